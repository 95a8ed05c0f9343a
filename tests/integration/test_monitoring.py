"""The applied dashboard, alarms and saved queries, and what they say of the lines that the deployed function wrote."""

import json

import boto3
import pytest

from local_aws.logs_insights import Insights, leaves
from tests.integration.dialects import CONVERSE, streaming
from tests.integration.logs import events_of, line_of
from tests.support import Api, send


def test_every_alarm_is_there_and_tells_the_topic(hurried: Api) -> None:
    # WHEN the account's alarms are read
    found = boto3.client("cloudwatch").describe_alarms(AlarmNamePrefix="hurried-")["MetricAlarms"]

    # THEN they are those of the output, each with the topic that was made in the same plan
    assert {alarm["AlarmArn"] for alarm in found} == set(hurried.outputs["alarm_arns"].values())
    assert len(found) == 8
    assert {tuple(alarm["AlarmActions"]) for alarm in found} == {(hurried.outputs["topic_arn"],)}
    assert {alarm["TreatMissingData"] for alarm in found} == {"notBreaching"}


def test_the_dashboard_is_there(hurried: Api) -> None:
    # WHEN it is read
    name = hurried.outputs["dashboard_name"]
    body = json.loads(boto3.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])

    # THEN it has a line for each model
    labels = {line[-1]["label"] for widget in body["widgets"] for line in widget["properties"].get("metrics", ())}
    assert {"fast", "alone", "spare", "guarded"} <= labels

    # AND what it reads has the names of what was made beside it
    lines = [line for widget in body["widgets"] for line in widget["properties"].get("metrics", ())]
    named = {(line[place], line[place + 1]) for line in lines for place in range(2, len(line) - 1, 2)}
    apis = {api["name"] for api in boto3.client("apigateway").get_rest_apis()["items"]}
    functions = {function["FunctionName"] for function in boto3.client("lambda").list_functions()["Functions"]}
    assert {value for name, value in named if name == "ApiName"} <= apis
    assert {value for name, value in named if name == "FunctionName"} <= functions
    sources = [widget["properties"]["query"] for widget in body["widgets"] if widget["type"] == "log"]
    assert all(query.startswith(f"SOURCE '{hurried.outputs['log_group_name']}' |") for query in sources)


def test_the_saved_queries_answer_from_what_the_function_logged(hurried: Api) -> None:
    # GIVEN an answer, a stream that broke off, a refusal, and a model that was throttled and has no fallback
    path, body = CONVERSE.request("spare", stream=False)
    assert send(hurried, "POST", path, body).status == 200
    hurried.aws.faults.add("error_frame_after", model="claude-sonnet-4-5")
    with streaming(hurried, CONVERSE, "spare") as stream:
        stream.read_to_the_end()
    hurried.aws.faults.add("throttle", model="nova-micro", times=None)
    path, body = CONVERSE.request("guarded", stream=False)
    throttled = send(hurried, "POST", path, body)
    assert throttled.status == 429

    # WHEN the saved queries are run over the function's own log group
    saved = boto3.client("logs").describe_query_definitions(queryDefinitionNamePrefix="hurried/")["queryDefinitions"]
    assert len(saved) == 10
    assert {tuple(query["logGroupNames"]) for query in saved} == {(hurried.outputs["log_group_name"],)}
    messages = [event["message"].strip() for event in events_of(hurried, hurried.outputs["log_group_name"])]
    log = Insights.of(messages)
    rows = {query["name"].removeprefix("hurried/"): log.run(query["queryString"]) for query in saved}

    # THEN they tell what happened
    assert {"tenant": "wide", "error_type": "Throttled", "model": "guarded"} in [
        {name: row.get(name) for name in ("tenant", "error_type", "model")}
        for row in rows["Who was throttled or refused"]
    ]
    assert "ModelErrorException" in {
        row.get("stream_ended_by") for row in rows["Which requests hit a deadline or broke off"]
    }
    assert "spare" in {row["model"] for row in rows["Which model is slowest"]}

    # AND a request is found by the ID that its caller was given
    (one,) = [query["queryString"] for query in saved if query["name"].endswith("What happened to one request")]
    identifier = throttled.headers["x-request-id"]
    assert len(log.run(one.replace("PUT THE x-request-id HERE", identifier))) == 2


@pytest.mark.parametrize(("streaming", "model"), [(True, "spare"), (False, "nova")])
def test_the_trace_reaches_bedrock(hurried: Api, buffered: Api, streaming: bool, model: str) -> None:
    # GIVEN a deployment under our own loop, and one under AWS's runtime client
    api = hurried if streaming else buffered

    # WHEN a model answers
    path, body = CONVERSE.request(model, stream=False)
    reply = send(api, "POST", path, body)

    # THEN Bedrock was called with the trace that the log line has
    line = line_of(api, reply.headers)
    call = api.aws.journal.calls()[-1]
    assert call.trace is not None
    assert f"Root={line['xray_trace_id']}" in call.trace.split(";")

    # AND the line speaks OpenTelemetry's words too
    assert dict(leaves(line))["gen_ai.response.model"] == call.model
