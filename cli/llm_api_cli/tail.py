"""`llm-api tail`: the log's lines as they come, a line a request."""

import json
import time
from collections.abc import Iterator
from typing import Any

import click

from llm_api_cli.errors import Invalid, NotFound
from llm_api_cli.options import Context, command, moment
from llm_api_cli.output import printable, time_text

_PAUSE_SECONDS = 2.0
_LATE_SECONDS = 15
"""How much later than others a line may come and still be shown: streams of the log are read one after the other."""


@click.group()
def _alone() -> None:
    """Holds the command below."""


@command(_alone, "tail")
@click.option("--tenant", help="Of one tenant alone.")
@click.option("--key", "key_id", help="Of one key alone, by its ID.")
@click.option("--errors", is_flag=True, help="Only what was refused or failed.")
@click.option("--since", default="1m", show_default=True, metavar="SPAN", help="Begin that long ago: 10m, 2h, 1d.")
@click.option("--no-follow", is_flag=True, help="End with what is there already.")
def tail(context: Context, tenant: str | None, key_id: str | None, errors: bool, since: str, no_follow: bool) -> None:
    """Show requests as they are answered: when, whose, which model, what it cost. `-o json` has the whole line."""
    deployment = context.deployment()
    logs = deployment.client("logs")
    now = time.time()
    began = now - (moment(since, now=now) - now)
    if began > now:
        raise Invalid("--since is a span, such as 10m, 2h or 1d.")
    seen: dict[str, float] = {}
    start = began
    while True:
        try:
            for event_id, at, line in _events(logs, deployment.log_group, start):
                if event_id in seen:
                    continue
                seen[event_id] = at
                if _wanted(line, tenant, key_id, errors):
                    print(json.dumps(line) if context.out.form == "json" else summary(line, at), flush=True)
        except logs.exceptions.ResourceNotFoundException:
            raise NotFound(f"There is no log group {deployment.log_group}.") from None
        if no_follow:
            return
        start = max(began, time.time() - _LATE_SECONDS)
        seen = {event_id: at for event_id, at in seen.items() if at >= start - 1}
        time.sleep(_PAUSE_SECONDS)


def summary(line: dict[str, Any], at: float) -> str:
    """One request for people."""
    status, error = line.get("status", ""), line.get("error")
    parts = [
        str(time_text(at)),
        str(status),
        line.get("tenant", "-"),
        line.get("key_id", "-"),
        line.get("model", line.get("route", "-")),
        f"{line.get('latency_ms', 0):.0f} ms",
    ]
    if "input_tokens" in line:
        parts.append(f"{line['input_tokens']}+{line['output_tokens']} tokens")
    if "cost_usd" in line:
        parts.append(f"${line['cost_usd']:.6f}")
    if error:
        parts.append(error)
    parts.append(line.get("request_id", ""))
    return printable("  ".join(str(part) for part in parts))


def _events(logs: Any, group: str, start: float) -> Iterator[tuple[str, float, dict[str, Any]]]:
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=int(start * 1000), filterPattern='"request_id"'
    )
    for page in pages:
        for event in page["events"]:
            try:
                line = json.loads(event["message"])
            except ValueError:
                continue
            if isinstance(line, dict) and "route" in line:  # the metrics record of the same request has none
                yield event["eventId"], event["timestamp"] / 1000, line


def _wanted(line: dict[str, Any], tenant: str | None, key_id: str | None, errors: bool) -> bool:
    if tenant is not None and line.get("tenant") != tenant:
        return False
    if key_id is not None and not str(line.get("key_id", "")).startswith(key_id):
        return False
    return not errors or line.get("level") != "INFO"
