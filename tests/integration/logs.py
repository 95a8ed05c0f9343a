"""What a function has logged."""

import json
from collections.abc import Mapping
from typing import Any

import boto3

from tests.support import Api


def events_of(api: Api, group: str) -> list[dict[str, Any]]:
    """Every event of a log group, once whatever runs has been written down."""
    assert api.aws.lambda_service.wait_until_idle()
    _, _, region, _ = str(api.outputs["url"]).split(".", 3)
    pages = boto3.client("logs", region_name=region).get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event for page in pages for event in page["events"]]


def reports_of(api: Api, request_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str | None]:
    """A request's log lines, its metrics records, and the log stream that they are in, one for each environment."""
    lines: list[dict[str, Any]] = []
    metrics: list[dict[str, Any]] = []
    stream = None
    for event in events_of(api, api.outputs["log_group_name"]):
        if not event["message"].startswith("{"):
            continue
        record = json.loads(event["message"])
        if record.get("request_id") == request_id:
            (metrics if "_aws" in record else lines).append(record)
            stream = event["logStreamName"]
    return lines, metrics, stream


def line_of(api: Api, headers: Mapping[str, str]) -> dict[str, Any]:
    """The one log line of an answer."""
    lines, _, _ = reports_of(api, headers["x-request-id"])
    assert len(lines) == 1
    return lines[0]
