"""CloudWatch Logs: queries that are saved, which moto doesn't know, and that are run, of which it knows little."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from moto.core.exceptions import JsonRESTError
from moto.logs import models
from moto.logs.models import LogGroup, LogsBackend, logs_backends
from moto.logs.responses import LogsResponse

from local_aws.logs_insights import BadQuery, Insights
from local_aws.moto_patches.patching import Patch, gap

Queries = dict[str, dict[str, Any]]


@gap
def queries_are_saved(patch: Patch) -> None:
    """logs:PutQueryDefinition, DescribeQueryDefinitions and DeleteQueryDefinition are missing."""
    patch.replace(LogsResponse, "put_query_definition", lambda _: _put)
    patch.replace(LogsResponse, "describe_query_definitions", lambda _: _describe)
    patch.replace(LogsResponse, "delete_query_definition", lambda _: _delete)


@gap
def queries_add_up(patch: Patch) -> None:
    """logs:StartQuery takes `stats` and most of `filter` for nothing."""
    patch.replace(models, "execute_query", lambda _: _execute)


def _execute(log_groups: list[LogGroup], query: str, start_time: int, end_time: int) -> Iterable[dict[str, Any]]:
    """The rows of a query, over the events between two times in seconds since 1970."""
    events = (event for group in log_groups for stream in group.streams.values() for event in stream.events)
    within = sorted(
        (event.timestamp, event.message) for event in events if start_time <= event.timestamp // 1000 <= end_time
    )
    try:
        rows = Insights.at(within).run(query)
    except BadQuery as error:
        raise JsonRESTError("MalformedQueryException", str(error)) from error
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def saved_queries(backend: LogsBackend) -> Queries:
    """What an account has saved in a Region, by ID."""
    return backend.__dict__.setdefault("saved_queries", {})  # type: ignore[no-any-return]


def _of(response: LogsResponse) -> Queries:
    return saved_queries(logs_backends[response.current_account][response.region])


def _put(self: LogsResponse) -> str:
    asked = json.loads(self.body)
    identifier = asked.get("queryDefinitionId") or str(uuid4())
    kept = ("name", "queryString", "logGroupNames", "queryLanguage")
    _of(self)[identifier] = {
        "queryDefinitionId": identifier,
        "queryLanguage": "CWLI",
        "lastModified": 1_700_000_000_000,
        **{name: asked[name] for name in kept if name in asked},
    }
    return json.dumps({"queryDefinitionId": identifier})


def _describe(self: LogsResponse) -> str:
    prefix = json.loads(self.body).get("queryDefinitionNamePrefix", "")
    found = [query for query in _of(self).values() if query["name"].startswith(prefix)]
    return json.dumps({"queryDefinitions": sorted(found, key=lambda query: str(query["name"]))})


def _delete(self: LogsResponse) -> str:
    identifier = json.loads(self.body)["queryDefinitionId"]
    if _of(self).pop(identifier, None) is None:
        raise JsonRESTError("ResourceNotFoundException", f"There is no query definition {identifier}.")
    return json.dumps({"success": True})
