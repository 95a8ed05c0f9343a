"""What running a deployment costs, beside the models: the tables of `docs/cost.md`, out of prices and counts.

Prices are AWS's for us-east-1, without free tiers, discounts and data transfer. Counts are the module's own, and tests
hold them to what it does.
"""

from dataclasses import dataclass

PRICES_READ = "November 2026"

API_REQUEST = 3.50 / 1e6
"""A REST API's request, of the first 333 million a month. A streamed answer counts as one for each 10 MB."""
LAMBDA_REQUEST = 0.20 / 1e6
LAMBDA_GB_SECOND = 0.0000133334
"""On arm64."""
DYNAMODB_WRITE = 0.625 / 1e6
"""On demand, of up to 1 KB."""
DYNAMODB_READ = 0.125 / 1e6
"""On demand, consistent, of up to 4 KB; an eventually consistent one is half."""
LOG_GB = 0.50
"""Taken in. Keeping a GB for a month is `LOG_GB_MONTH`."""
LOG_GB_MONTH = 0.03
METRIC_MONTH = 0.30
"""A custom metric with one set of dimensions, of the first 10,000; by the hours in which a value came."""
ALARM_METRIC_MONTH = 0.10
"""A metric that an alarm reads."""
DASHBOARD_MONTH = 3.00
"""Beyond the account's first three of up to 50 metrics."""
SCANNED_GB = 0.005
"""By Logs Insights."""
STEP_TRANSITION = 25 / 1e6
"""Of a Standard workflow."""
KMS_KEY_MONTH = 1.00

MEMORY_GB = 0.5
LOG_BYTES = 1_700
"""A request's two lines, CloudWatch's 26 bytes for each included."""
PLATFORM_LOG_BYTES = 380
"""Lambda's own START, END and REPORT."""
METRICS = 10
"""Of the deployment, and again of each model."""
RARE_METRICS = 4
"""Of the deployment alone, in the hours in which there is something to tell."""
ALARM_METRICS = 13
BUDGET_WRITES = 2
"""Reserve and settle, each of an item under 1 KB."""
GB = 1e9


@dataclass(frozen=True, slots=True)
class Line:
    """One row: what is paid for, how it is counted, and US dollars."""

    what: str
    counted: str
    usd: float


def idle(models: int = 3) -> list[Line]:
    """A month without a request; metrics are for one in which each hour has some."""
    metrics = METRICS * (1 + models)
    return [
        Line("API Gateway, Lambda, DynamoDB on demand", "paid by the request", 0.0),
        Line(
            "alarms",
            f"{ALARM_METRICS} metrics that they read x ${ALARM_METRIC_MONTH:.2f}",
            ALARM_METRICS * ALARM_METRIC_MONTH,
        ),
        Line("dashboard", "unless it is one of the account's first three", DASHBOARD_MONTH),
        Line("saved queries", "stored for nothing", 0.0),
        Line(
            f"metrics of {models} models, if requests come in each hour",
            f"{METRICS} x (1 + {models}) x ${METRIC_MONTH:.2f}",
            metrics * METRIC_MONTH,
        ),
    ]


def million(seconds: float, *, budgets: bool = True) -> list[Line]:
    """A million requests that each keep the function for `seconds`."""
    requests = 1e6
    gigabytes = requests * (LOG_BYTES + PLATFORM_LOG_BYTES) / GB
    return [
        Line("API Gateway", "$3.50", requests * API_REQUEST),
        Line("Lambda, requests", "$0.20", requests * LAMBDA_REQUEST),
        Line(
            "Lambda, time",
            f"{MEMORY_GB} GB x {seconds:g} s x ${LAMBDA_GB_SECOND:.10f}",
            requests * MEMORY_GB * seconds * LAMBDA_GB_SECOND,
        ),
        Line(
            "DynamoDB, budgets", f"{BUDGET_WRITES} writes x $0.625", requests * BUDGET_WRITES * DYNAMODB_WRITE * budgets
        ),
        Line(
            "logs",
            f"{gigabytes:.1f} GB x (${LOG_GB:.2f} + 3 months x ${LOG_GB_MONTH})",
            gigabytes * (LOG_GB + 3 * LOG_GB_MONTH),
        ),
    ]


def total(lines: list[Line]) -> float:
    return sum(line.usd for line in lines)


def tables() -> str:
    """The tables, in Markdown."""
    seconds = (1, 3, 10, 30)
    columns = [million(each) for each in seconds]
    rows = []
    for lines in zip(*columns, strict=True):
        same = len({line.counted for line in lines}) == 1
        counted = lines[0].counted if same else f"{MEMORY_GB} GB x seconds x ${LAMBDA_GB_SECOND:.10f}"
        rows.append(f"| {lines[0].what} | {counted} | " + " | ".join(f"{line.usd:,.2f}" for line in lines) + " |")
    heads = " | ".join(f"{each} s" for each in seconds)
    sums = " | ".join(f"**{total(column):,.2f}**" for column in columns)
    return "\n".join(
        [
            f"US dollars a month, us-east-1, list prices as of {PRICES_READ}, three models:",
            "",
            "| a month | counted as | US$ |",
            "|---|---|---:|",
            *[f"| {line.what} | {line.counted} | {line.usd:,.2f} |" for line in idle()],
            "",
            "US dollars a million requests, by the seconds that a request keeps the function:",
            "",
            f"| a million requests | counted as | {heads} |",
            "|---|---|" + "---:|" * len(seconds),
            *rows,
            f"| **together** | | {sums} |",
            "",
        ]
    )
