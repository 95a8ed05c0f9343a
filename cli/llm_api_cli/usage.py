"""`llm-api usage`: who used what, from the ledger for the current windows, and from the log for all before."""

import time
from calendar import timegm
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click

from llm_api_cli.deployment import Deployment
from llm_api_cli.errors import AWS, CliError, Invalid, NotFound
from llm_api_cli.items import KINDS, Contents, current_numbers
from llm_api_cli.options import Context, command
from llm_api_cli.output import Output
from llm_api_cli.store import Store

_MOST_ROWS = 10_000
"""Of one query of Logs Insights.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""

_BY = {"tenant": "tenant", "model": "model", "key": "key_id", "day": "bin(1d)"}


@click.group()
def _alone() -> None:
    """Holds the command below."""


@command(_alone, "usage")
@click.option("--tenant", help="Of one tenant alone.")
@click.option("--by", type=click.Choice(list(_BY)), help="Add up the log by model, day, key or tenant.")
@click.option("--month", metavar="YYYY-MM", help="A month of the log's; else the current one.")
@click.option("--csv", "as_csv", is_flag=True, help="The same as --output csv.")
@click.option("--json", "as_json", is_flag=True, help="The same as --output json.")
def usage(context: Context, tenant: str | None, by: str | None, month: str | None, as_csv: bool, as_json: bool) -> None:
    """Who used what.

    Without --by and --month it is the ledger: what counts towards each budget at this moment, reservations included.
    With either it is the log, added up by CloudWatch Logs Insights, which bills what it reads (0.005 US$ a GB).

    \b
    llm-api usage
    llm-api usage --tenant marketing --by model --month 2026-11 --csv
    """
    if as_csv or as_json:
        context.out = Output("csv" if as_csv else "json")
    deployment = context.deployment()
    if by is None and month is None:
        _of_the_ledger(context, Store(deployment), tenant)
    else:
        _of_the_log(context, deployment, tenant, by or "tenant", month)


def _of_the_ledger(context: Context, store: Store, tenant: str | None) -> None:
    contents = store.contents("tenant#", "usage#", "override#tenant#")
    if tenant is not None and tenant not in contents.tenants:
        raise NotFound(f"There is no tenant {tenant!r} in {store.table}. `llm-api tenants list` shows all.")
    rows = list(_ledger_rows(contents, tenant, time.time()))
    columns = {
        "tenant": "Tenant",
        "window": "Window",
        "requests": "Requests",
        "tokens": "Tokens",
        "usd": "US$",
        "limits": "Of",
        "used_percent": "Used %",
    }
    context.out.rows(rows, columns, "No tenant with a budget has used anything; `--by tenant` adds up the log.")


def _ledger_rows(contents: Contents, only: str | None, now: float) -> Iterable[dict[str, Any]]:
    current = current_numbers(now)
    for name, use in sorted(contents.uses.items()):
        if name not in contents.tenants or only not in (None, name):
            continue
        limits = dict(contents.tenants[name].budgets)
        override = contents.tenant_overrides.get(name)
        limits |= {} if override is None else {key: limit for key, (limit, _) in override.in_force(now).items()}
        for window, number in use.numbers.items():
            turned = number < current.get(window, 0)
            used = {kind: 0 if turned else use.used.get(f"{kind}_per_{window}", 0) for kind in KINDS}
            of = {kind: limits[f"{kind}_per_{window}"] for kind in KINDS if f"{kind}_per_{window}" in limits}
            parts = [float(used[kind] / limit) for kind, limit in of.items() if limit]
            yield {
                "tenant": name,
                "window": window,
                **used,
                "limits": of,
                "used_percent": round(100 * max(parts), 1) if parts else None,
            }


def _of_the_log(context: Context, deployment: Deployment, tenant: str | None, by: str, month: str | None) -> None:
    start, end = _bounds(month)
    if tenant is not None and not all(each.isalnum() or each in "-_" for each in tenant):
        raise Invalid(f"{tenant!r} is no tenant's name.")
    grouped = _BY[by] if by == "tenant" else f"tenant, {_BY[by]}"
    lines = [
        "filter ispresent(route) and ispresent(tenant)" + (f' and tenant = "{tenant}"' if tenant else ""),
        "stats count(*) as requests, sum(input_tokens) as tokens_in, sum(output_tokens) as tokens_out, "
        f"sum(cost_usd) as usd by {grouped}",
        f"limit {_MOST_ROWS}",
    ]
    rows = [_log_row(found, by) for found in _query(deployment, " | ".join(lines), start, end)]
    rows.sort(key=lambda row: (row["tenant"], row.get("day", ""), -(row["usd"] or 0), -row["requests"]))
    if len(rows) == _MOST_ROWS:
        context.out.note(f"Logs Insights gives {_MOST_ROWS:,} rows at most; ask for one tenant or a smaller part.")
    columns = {
        "tenant": "Tenant",
        **({} if by == "tenant" else {_log_name(by): {"model": "Model", "key": "Key ID", "day": "Day"}[by]}),
        "requests": "Requests",
        "input_tokens": "Tokens in",
        "output_tokens": "Tokens out",
        "usd": "US$",
    }
    context.out.rows(rows, columns, "The log has no request of a tenant in this time.")


def _log_name(by: str) -> str:
    return "key_id" if by == "key" else by


def _log_row(found: dict[str, str], by: str) -> dict[str, Any]:
    row: dict[str, Any] = {"tenant": found.get("tenant", "")}
    if by == "day":
        row["day"] = found.get("bin(1d)", "")[:10]
    elif by != "tenant":
        row[_log_name(by)] = found.get(_BY[by], "")
    row |= {
        "requests": int(float(found["requests"])),
        "input_tokens": int(float(found.get("tokens_in") or 0)),
        "output_tokens": int(float(found.get("tokens_out") or 0)),
        "usd": float(found["usd"]) if found.get("usd") else None,
    }
    return row


def _bounds(month: str | None) -> tuple[int, int]:
    """A month's first and last second, in UTC."""
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC) if month else datetime.now(UTC)
    except ValueError:
        raise Invalid(f"--month is such as 2026-11, and not {month!r}.") from None
    year, number = first.year, first.month
    return timegm((year, number, 1, 0, 0, 0)), timegm((year + number // 12, number % 12 + 1, 1, 0, 0, 0)) - 1


def _query(deployment: Deployment, query: str, start: int, end: int) -> list[dict[str, str]]:
    """The rows of a query of Logs Insights.

    Raises:
        NotFound: the log group is gone.
        CliError: the query failed.
    """
    logs = deployment.client("logs")
    try:
        started = logs.start_query(
            logGroupName=deployment.log_group, startTime=start, endTime=end, queryString=query, limit=_MOST_ROWS
        )
    except logs.exceptions.ResourceNotFoundException:
        raise NotFound(f"There is no log group {deployment.log_group}.") from None
    pause = 0.1
    while True:
        answer = logs.get_query_results(queryId=started["queryId"])
        if answer["status"] == "Complete":
            return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]
        if answer["status"] not in ("Scheduled", "Running"):
            raise CliError(f"Logs Insights ended the query: {answer['status']}. Ask for a smaller part.", AWS)
        time.sleep(pause)
        pause = min(2.0, 2 * pause)
