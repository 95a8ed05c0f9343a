"""The dashboard, the alarms and the saved queries name what the handler emits: both sides are real here.

The module is planned by Terraform; the lines are written by the handler as it goes through every kind of end that a
request can have.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from llm_api.inference.clients import Clients
from llm_api.registry import CacheTerms, Target
from llm_api.telemetry import _UNITS

from local_aws.logs_insights import BadQuery, Insights, leaves
from tests.unit.llm_api.metered import CLAUDE_ANSWER, CONVERSE, FAST, INVOKE, NOVA, World
from tests.unit.llm_api.model_wire import CLAUDE_STREAM, CONVERSE_ANSWER, ModelWire, answer, failure, stalled, stream
from tools import costs
from tools.terraform import ROOT, Terraform

WHOLE, STREAMED = "/model/{modelId}/invoke", "/model/{modelId}/invoke-with-response-stream"
ENDED = failure(404, "ResourceNotFoundException", "This model version has reached the end of its life.")

OFFLINE = """
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}
"""

NAMESPACES = {
    "AWS/ApiGateway": ({"Count", "5XXError", "4XXError"}, ({"ApiName", "Stage"},)),
    "AWS/Lambda": ({"ConcurrentExecutions", "ClaimedAccountConcurrency", "Throttles"}, ({"FunctionName"}, set())),
    "AWS/States": (
        {"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"},
        ({"StateMachineArn"},),
    ),
}
"""AWS's own metrics that are used, and the sets of dimensions that they come with.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html,
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html,
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html"""

Planned = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """The module's resources, by type, as a plan of the module shows them."""
    folder = tmp_path_factory.mktemp("monitoring")
    # The account's number is the one thing that the module asks AWS for.
    module = (ROOT / "modules/monitoring/main.tf").read_text().replace('data "aws_caller_identity" "current" {}', "")
    module = module.replace("data.aws_caller_identity.current.account_id", '"123456789012"')
    inner = folder / "module"
    inner.mkdir()
    for file in (ROOT / "modules/monitoring").glob("*.tf"):
        (inner / file.name).write_text(file.read_text() if file.name != "main.tf" else module)
    shutil.copytree(ROOT / "modules/names", folder / "names")
    (folder / "main.tf").write_text(
        OFFLINE
        + """
module "monitoring" {
  source = "./module"

  name      = "acme"
  models    = ["fast", "nova"]
  workflows = { adverts = "arn:aws:states:us-east-1:123456789012:stateMachine:adverts" }
}
"""
    )
    stack = Terraform(folder, folder / "stack", {"AWS_EC2_METADATA_DISABLED": "true"})
    stack.init()
    resources: Planned = {}
    for module_ in stack.plan()["planned_values"]["root_module"]["child_modules"]:
        for resource in module_["resources"]:
            resources.setdefault(resource["type"], []).append(resource["values"])
    return resources


@pytest.fixture(scope="module")
def widgets(planned: Planned) -> list[dict[str, Any]]:
    body = json.loads(planned["aws_cloudwatch_dashboard"][0]["dashboard_body"])
    found: list[dict[str, Any]] = body["widgets"]
    return found


@pytest.fixture(scope="module")
def lines(_session_wire: ModelWire, clients: Clients) -> Iterator[list[dict[str, Any]]]:
    """What the handler wrote of requests that end in every way that there is."""
    written: list[dict[str, Any]] = []

    def world(*targets: Target, **budgets: str) -> World:
        made = World(_session_wire, clients, *targets, **budgets)
        made.lines = written
        return made

    plenty = world()
    plenty.send(WHOLE, INVOKE, CLAUDE_ANSWER)
    plenty.send(STREAMED, INVOKE, stream(*CLAUDE_STREAM))
    plenty.send(STREAMED, INVOKE, stream(CLAUDE_STREAM[0], CLAUDE_STREAM[1], cut=True))
    plenty.send(WHOLE, INVOKE, *[failure(429, "ThrottlingException")] * 3)
    plenty.send(WHOLE, INVOKE, failure(424, "ModelErrorException"))
    plenty.send(WHOLE, INVOKE, stalled, seconds=2)
    plenty.send(WHOLE, INVOKE, model="unknown")
    plenty.send(WHOLE, INVOKE, key="sk-nobody")
    plenty.send(WHOLE, INVOKE, ENDED)
    world(FAST._replace(fallbacks=("nova",)), NOVA).send(
        "/model/{modelId}/converse", CONVERSE, ENDED, answer(CONVERSE_ANSWER)
    )
    spent = world(requests_per_day="1")
    spent.send(WHOLE, INVOKE, CLAUDE_ANSWER)
    spent.send(WHOLE, INVOKE)
    # Each went as it was meant to: nothing is left of what the models were to say.
    assert _session_wire.replies == []
    yield written
    _session_wire.reset()


@pytest.fixture(scope="module")
def cached_lines(lines: list[dict[str, Any]], _session_wire: ModelWire, clients: Clients) -> list[dict[str, Any]]:
    """What it wrote of a request whose answer was kept, and of the same request again. The cost page has none."""
    world = World(_session_wire, clients, FAST._replace(cache=CacheTerms(60, "tenant")))
    body = {**CONVERSE, "inferenceConfig": {"maxTokens": 50, "temperature": 0}}
    for replies in ([answer(CONVERSE_ANSWER)], []):
        world.send("/model/{modelId}/converse", body, *replies)
    assert [line["cache"] for line in world.lines if "cache" in line] == ["miss", "hit"]
    return world.lines


def metrics_of(widget: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of each line of a widget; CloudWatch's shorthand for repetitions isn't used."""
    for line in widget["properties"].get("metrics", []):
        names = [part for part in line if isinstance(part, str)]
        assert len(names) % 2 == 0, line
        assert "." not in names, line
        yield names[0], names[1], dict(zip(names[2::2], names[3::2], strict=True))


def alarmed(planned: Planned) -> Iterator[tuple[str, str, dict[str, str]]]:
    for alarm in planned["aws_cloudwatch_metric_alarm"]:
        for query in alarm["metric_query"]:
            for metric in query["metric"]:
                yield metric["namespace"], metric["metric_name"], metric["dimensions"] or {}


@pytest.fixture
def emitted(lines: list[dict[str, Any]], cached_lines: list[dict[str, Any]]) -> dict[str, set[frozenset[str]]]:
    """The sets of dimensions of each metric that was emitted."""
    found: dict[str, set[frozenset[str]]] = {}
    for record in [*lines, *cached_lines]:
        for directive in record.get("_aws", {}).get("CloudWatchMetrics", ()):
            for metric in directive["Metrics"]:
                found.setdefault(metric["Name"], set()).update(frozenset(names) for names in directive["Dimensions"])
    return found


def test_every_metric_that_is_shown_or_watched_is_emitted(
    planned: Planned, widgets: list[dict[str, Any]], emitted: dict[str, set[frozenset[str]]]
) -> None:
    # GIVEN the metrics that the dashboard and the alarms name
    named = [*alarmed(planned), *(metric for widget in widgets for metric in metrics_of(widget))]
    assert len(named) > 40

    # THEN the handler emits each of its own with these dimensions, and AWS has each of the others
    for namespace, name, dimensions in named:
        if namespace == "LlmApi":
            assert frozenset(dimensions) in emitted[name], (name, dimensions)
        else:
            names, sets = NAMESPACES[namespace]
            assert name in names
            assert set(dimensions) in sets


def test_every_metric_that_is_emitted_is_shown(
    widgets: list[dict[str, Any]], emitted: dict[str, set[frozenset[str]]]
) -> None:
    # GIVEN every metric that there is a unit for, all of which were emitted
    assert emitted.keys() == _UNITS.keys()

    # THEN each is in the dashboard: what nobody sees need not be paid for
    shown = {name for widget in widgets for namespace, name, _ in metrics_of(widget) if namespace == "LlmApi"}
    assert _UNITS.keys() - shown == set()


def test_what_is_told_of_the_whole_costs_no_model(emitted: dict[str, set[frozenset[str]]]) -> None:
    # THEN what somebody has to see to has no dimension but the deployment
    for name in ("BrokenStreams", "BudgetRefusals", "BudgetUsed", "ModelEnded"):
        assert emitted[name] == {frozenset({"service"})}


def test_an_alarms_expression_names_its_metrics(planned: Planned) -> None:
    # GIVEN each alarm
    for alarm in planned["aws_cloudwatch_metric_alarm"]:
        identifiers = {query["id"] for query in alarm["metric_query"] if query["metric"]}
        (watched,) = [query for query in alarm["metric_query"] if query["return_data"]]

        # THEN what it watches is made of all of its metrics, and of nothing else
        words = set(re.findall(r"[a-z_]+", watched["expression"] or watched["id"]))
        assert words == identifiers, alarm["alarm_name"]

        # AND it looks at no more than a day, CloudWatch's limit
        period = max(metric["period"] for query in alarm["metric_query"] for metric in query["metric"])
        assert period * alarm["evaluation_periods"] <= 86_400


def test_widgets_lie_side_by_side(widgets: list[dict[str, Any]]) -> None:
    # GIVEN the cells of CloudWatch's grid that each widget covers
    covered: set[tuple[int, int]] = set()
    for widget in widgets:
        assert widget["x"] + widget["width"] <= 24
        assert 1 <= widget["height"] <= 1000
        columns = range(widget["x"], widget["x"] + widget["width"])
        cells = {(column, row) for column in columns for row in range(widget["y"], widget["y"] + widget["height"])}

        # THEN none covers another's
        assert not cells & covered, widget["properties"].get("title")
        covered |= cells

    # AND there is no hole
    assert len(covered) == 24 * max(widget["y"] + widget["height"] for widget in widgets)


def test_every_widget_says_what_it_is(widgets: list[dict[str, Any]]) -> None:
    # THEN each has a title of its own, a Region where it reads something, and lines that can be told apart
    titles = [widget["properties"].get("title") for widget in widgets if widget["type"] != "text"]
    assert all(titles)
    assert len(set(titles)) == len(titles)
    for widget in widgets:
        if widget["type"] in ("metric", "log"):
            assert widget["properties"]["region"] == "us-east-1"
        labels = [line[-1]["label"] for line in widget["properties"].get("metrics", [])]
        assert len(set(labels)) == len(labels)


def test_the_dashboard_shows_every_alarm(planned: Planned, widgets: list[dict[str, Any]]) -> None:
    # GIVEN the alarms' names
    names = {alarm["alarm_name"] for alarm in planned["aws_cloudwatch_metric_alarm"]}

    # THEN the ARNs in the dashboard are theirs
    (shown,) = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]
    assert {arn.rpartition(":")[2] for arn in shown} == names


@pytest.fixture
def log(lines: list[dict[str, Any]]) -> Insights:
    return Insights.of(json.dumps(line) for line in lines)


def queries(planned: Planned) -> dict[str, str]:
    return {
        query["name"].removeprefix("acme/"): query["query_string"]
        for query in planned["aws_cloudwatch_query_definition"]
    }


def test_queries_ask_for_fields_that_are_logged(planned: Planned, log: Insights, lines: list[dict[str, Any]]) -> None:
    # GIVEN the fields of the log lines, without those of the metrics records
    logged = {name for line in lines if "_aws" not in line for name, _ in leaves(line)}

    # WHEN every query is run
    for query in queries(planned).values():
        log.run(query)

    # THEN each field that it names is one
    assert log.fields - logged == set()


ANSWERS: dict[str, Callable[[list[dict[str, Any]]], bool]] = {
    "What did it cost, by model": lambda rows: (
        rows[0]["usd"] > 0 and {row.get("model") for row in rows} >= {"fast", "nova"}
    ),
    "What did it cost, by tenant and day": lambda rows: [row["tenant"] for row in rows] == ["marketing"],
    "Who calls, and how much": lambda rows: rows[0]["tenant"] == "marketing" and rows[0]["requests"] >= 10,
    "Who was throttled or refused": lambda rows: {row["error_type"] for row in rows} == {"Throttled", "BudgetSpent"},
    "Whose budget runs out": lambda rows: (
        rows == [{"tenant": "marketing", "used_percent": 100.0, "of_budget": "requests_per_day"}]
    ),
    "What went wrong, by cause": lambda rows: (
        {row["error_type"] for row in rows}
        >= {"Throttled", "ModelFailed", "OutOfTime", "NotFound", "Unauthenticated", "ModelEnded", "BudgetSpent"}
    ),
    "Which model is slowest": lambda rows: {row["model"] for row in rows} == {"fast", "nova"} and rows[0]["p99"] > 0,
    "Which requests hit a deadline or broke off": lambda rows: (
        len(rows) == 2 and {row.get("error") or row["stream_ended_by"] for row in rows} >= {"ModelTimeoutException"}
    ),
    "Which models have ended, and who stood in": lambda rows: (
        {(row["ended_model"], row["model"]) for row in rows} == {("fast", "fast"), ("fast", "nova")}
    ),
    "What happened to one request": lambda rows: len(rows) > 20,
}
"""What each saved query has to answer about these requests."""


@pytest.mark.parametrize("question", ANSWERS)
def test_a_query_answers_its_question(planned: Planned, log: Insights, question: str) -> None:
    # WHEN it is run over the log, with the request's ID in its place
    rows = log.run(queries(planned)[question].replace("PUT THE x-request-id HERE", "req-1"))

    # THEN its answer is right, and no line of it comes from a metrics record
    assert ANSWERS[question](rows), rows


def test_there_is_an_answer_to_every_question(planned: Planned) -> None:
    assert queries(planned).keys() == ANSWERS.keys()


def test_widgets_that_read_the_log_are_saved_queries(planned: Planned, widgets: list[dict[str, Any]]) -> None:
    # GIVEN the queries in the dashboard
    read = [widget["properties"]["query"] for widget in widgets if widget["type"] == "log"]

    # THEN each is one of the saved ones, over the function's log
    source = "SOURCE '/aws/lambda/acme' | "
    assert read
    assert {query.removeprefix(source) for query in read} <= set(queries(planned).values())
    assert all(query.startswith(source) for query in read)


@pytest.mark.parametrize(
    "query",
    ["select 1", "filter a == 1", "filter a = 'x'", "stats total(a) as b", "sort a", "filter ispresent(a", "limit all"],
)
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(BadQuery):
        Insights.of([]).run(query)


def test_what_a_request_logs_is_what_the_cost_page_counts(lines: list[dict[str, Any]]) -> None:
    # GIVEN the two lines of an answered request of a tenant with budgets
    sizes = [len(json.dumps(line)) + 26 for line in lines[:2]]  # CloudWatch counts 26 bytes for each event

    # THEN together they take what the page says, to a tenth
    assert pytest.approx(sum(sizes), rel=0.1) == costs.LOG_BYTES


def test_metrics_are_as_many_as_the_cost_page_counts(lines: list[dict[str, Any]]) -> None:
    # GIVEN the records of whole and streamed answers of one model
    published = {
        (metric["Name"], tuple(dimensions))
        for record in lines
        for directive in record.get("_aws", {}).get("CloudWatchMetrics", ())
        for dimensions in directive["Dimensions"]
        for metric in directive["Metrics"]
    }

    # THEN the page counts those of the deployment, those of each model, and those that are rare
    per_model = {name for name, dimensions in published if dimensions == ("service", "model")}
    rare = {name for name, _ in published} - per_model
    assert (len(per_model), len(rare)) == (costs.METRICS, costs.RARE_METRICS)


def test_alarms_and_widgets_are_as_many_as_the_cost_page_counts(planned: Planned) -> None:
    # THEN each metric that an alarm reads is counted, the workflow's apart
    alarms = [alarm for alarm in planned["aws_cloudwatch_metric_alarm"] if "workflows" not in alarm["alarm_name"]]
    assert sum(len(query["metric"]) for alarm in alarms for query in alarm["metric_query"]) == costs.ALARM_METRICS


def test_every_field_of_the_log_line_is_documented(
    lines: list[dict[str, Any]], cached_lines: list[dict[str, Any]]
) -> None:
    # GIVEN the page's table of fields
    page = (ROOT / "docs/monitoring.md").read_text()
    documented = {
        name for row in re.findall(r"^\| (`[^|]+) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }

    # THEN each that was logged stands there, and each cause does on the page
    logged = {name for line in [*lines, *cached_lines] if "_aws" not in line for name in line}
    assert logged - documented == set()
    assert {line["error_type"] for line in lines if "error_type" in line} - set(re.findall(r"`(\w+)`", page)) == set()
