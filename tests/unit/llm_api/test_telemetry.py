"""One log line and one metrics record a request, and nothing in them that is the caller's or the model's."""

import json

import pytest
from llm_api.registry import Target

from tests.unit.llm_api.conftest import FAST, Deploy
from tests.unit.llm_api.model_wire import (
    ANSWER,
    CLAUDE_STREAM,
    CONVERSE_ANSWER,
    CONVERSE_STREAM,
    Reply,
    answer,
    chunk,
    failure,
    named,
    stream,
    whole,
)

PROMPT = "my most secret prompt"
SAID = "the model's private answer"


def test_the_log_line_of_an_answer(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN an environment with a trace, and an answer with Bedrock's own latency
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
    api = deploy()

    # WHEN it is given
    api.call("invoke", {}, replies=[answer(ANSWER, {"x-amzn-bedrock-invocation-latency": "234"})])

    # THEN the line holds all that there is to know
    line = dict(api.log)
    assert line.pop("timestamp").endswith("+0000")
    assert line.pop("latency_ms") > 0
    assert line == {
        "level": "INFO",
        "message": "request",
        "service": "acme-llm",
        "cold_start": True,
        "function_request_id": "lambda-1",
        "xray_trace_id": "1-5759e988-bd862e3fe1be46a994272793",
        "request_id": "req-1",
        "route": "POST /model/{modelId}/invoke",
        "dialect": "bedrock",
        "tenant": "arn:aws:iam::123456789012:user/anna",
        "model": "fast",
        "family": "anthropic",
        "status": 200,
        "streamed": False,
        "model_latency_ms": 234,
        "attempts": 1,
        "fallback": False,
        "input_tokens": 3,
        "output_tokens": 4,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "tokens_estimated": False,
        "gen_ai": {
            "provider": {"name": "aws.bedrock"},
            "operation": {"name": "chat"},
            "request": {"model": "fast"},
            "response": {"model": "us.anthropic.claude-haiku-4-5-20251001-v1:0"},
            "usage": {"input_tokens": 3, "output_tokens": 4},
        },
    }


def test_the_metrics_record_of_an_answer(deploy: Deploy) -> None:
    # GIVEN an answer
    api = deploy()

    # WHEN it is given
    api.call("invoke", {}, replies=[answer()])

    # THEN the record is CloudWatch's embedded format: each metric named has a value, each dimension too
    record = api.metrics
    directive = record["_aws"]["CloudWatchMetrics"][0]
    assert directive["Namespace"] == "LlmApi"
    assert directive["Dimensions"] == [["service"], ["service", "model"]]
    assert (record["service"], record["model"]) == ("acme-llm", "fast")
    assert {metric["Name"] for metric in directive["Metrics"]} <= record.keys()
    assert (record["Requests"], record["Errors"], record["Throttles"], record["Attempts"]) == (1, 0, 0, 1)
    assert (record["InputTokens"], record["OutputTokens"]) == (3, 4)
    assert record["_aws"]["Timestamp"] > 1_600_000_000_000


@pytest.mark.parametrize(
    ("status", "code", "errors", "throttles", "level"),
    [
        (400, "ValidationException", 0, 0, "WARNING"),
        (429, "ThrottlingException", 0, 1, "WARNING"),
        (500, "InternalServerException", 1, 0, "ERROR"),
    ],
)
def test_failures_are_counted_by_kind(
    deploy: Deploy, status: int, code: str, errors: int, throttles: int, level: str
) -> None:
    # GIVEN a model that fails
    api = deploy()

    # WHEN it is called
    api.call("invoke", {}, replies=[failure(status, code)] * 3)

    # THEN the metrics tell errors from throttles, and the line has the code
    assert (api.metrics["Errors"], api.metrics["Throttles"]) == (errors, throttles)
    assert (api.log["level"], api.log["error"]) == (level, code)


def test_only_the_first_request_is_a_cold_start(deploy: Deploy) -> None:
    # GIVEN a fresh environment
    api = deploy()

    # WHEN two requests come
    for _ in range(2):
        api.call("invoke", {}, replies=[answer()])

    # THEN the first was cold
    assert [line["cold_start"] for line in api.lines[::2]] == [True, False]


def test_an_unknown_model_is_no_dimension(deploy: Deploy) -> None:
    # GIVEN a caller who asks for whatever comes to mind: each name would be a metric that costs money
    api = deploy()

    # WHEN the model is unknown
    api.call("invoke", {}, model="whatever")

    # THEN the metric has no model
    assert api.metrics["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert "model" not in api.metrics
    assert "whatever" not in json.dumps(api.lines)


def test_nothing_of_a_request_or_an_answer_is_logged(deploy: Deploy) -> None:
    # GIVEN prompts and answers in every place, success and failure
    said = {"content": [{"type": "text", "text": SAID}], "usage": {"input_tokens": 1, "output_tokens": 1}}
    quoting = failure(400, "ValidationException", f"Malformed input: {PROMPT}")
    failing = failure(424, "ModelErrorException", f"Can't digest {PROMPT}")
    cut = stream(CLAUDE_STREAM[0], cut=True)
    api = deploy()
    body = {"messages": [{"role": "user", "content": PROMPT}]}

    # WHEN they pass
    for reply in (answer(said), quoting, failing, answer(SAID.encode())):
        api.call("invoke", body, replies=[reply])
    whole(api.call("invoke-with-response-stream", body, replies=[cut]))
    api.call("invoke", PROMPT.encode())

    # THEN no line holds a word of them
    assert len(api.lines) == 12
    assert "secret" not in json.dumps(api.lines)
    assert "private" not in json.dumps(api.lines)


def test_an_unforeseen_failure_is_a_500_that_tells_where(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a fault of ours that quotes the prompt
    def broken(*_: object) -> None:
        raise KeyError(PROMPT)

    monkeypatch.setattr("llm_api.dialects.bedrock.calls.Invoke.payloads", broken)
    api = deploy()

    # WHEN a request meets it
    response = api.call("invoke", {"prompt": PROMPT})

    # THEN the caller gets a plain 500, the log the place, and nobody the words
    assert response.status == 500
    assert json.loads(whole(response))["message"].startswith("This deployment failed")
    assert api.log["exception_name"] == "KeyError"
    assert "broken" in api.log["stack_trace"][-1]
    assert PROMPT not in json.dumps(api.lines) + whole(response).decode()


def test_a_failure_of_our_own_inside_a_call_is_located_too(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a fault of ours on the thread that calls
    def broken(*_: object) -> None:
        raise ZeroDivisionError(PROMPT)

    monkeypatch.setattr("llm_api.inference.bedrock.Bedrock.answer", broken)
    api = deploy()

    # WHEN a request meets it
    response = api.call("invoke", {})

    # THEN the log has its place, without its words
    assert response.status == 500
    assert api.log["exception_name"] == "ZeroDivisionError"
    assert PROMPT not in json.dumps(api.lines)


INTERVENED = {"amazon-bedrock-guardrailAction": "INTERVENED"}
STOPPED = {"stopReason": "guardrail_intervened"}


@pytest.mark.parametrize(
    ("operation", "reply"),
    [
        ("invoke", answer({**ANSWER, **INTERVENED})),
        ("invoke-with-response-stream", stream(*CLAUDE_STREAM[:-1], chunk({"type": "message_stop", **INTERVENED}))),
        ("converse", answer({**CONVERSE_ANSWER, **STOPPED})),
        ("converse-stream", stream(*CONVERSE_STREAM[:-2], named("messageStop", STOPPED), CONVERSE_STREAM[-1])),
    ],
)
def test_a_guardrails_intervention_is_logged(deploy: Deploy, operation: str, reply: Reply) -> None:
    # GIVEN an answer that a guardrail stopped
    api = deploy()

    # WHEN it is given, THEN the line says so, and that the request succeeded
    whole(api.call(operation, {}, replies=[reply]))
    assert (api.log["guardrail"], api.log["level"], api.log["status"]) == ("intervened", "INFO", 200)

    # AND no other line does
    api.call("invoke", {}, replies=[answer({**ANSWER, "amazon-bedrock-guardrailAction": "NONE"})])
    assert "guardrail" not in api.log


def test_a_fallback_names_both(deploy: Deploy) -> None:
    # GIVEN a model with a fallback
    first = Target("first", "a.b", "anthropic", fallbacks=("fast",))
    api = deploy(first, FAST)

    # WHEN it stands in
    api.call("invoke", {}, model="first", replies=[*[failure(429, "ThrottlingException")] * 3, answer()])

    # THEN the metric counts for the one that answered
    assert (api.metrics["model"], api.log["model_asked_for"]) == ("fast", "first")
    assert api.metrics["Attempts"] == 4


CACHED = {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 10}


def test_input_tokens_in_opentelemetrys_words_include_cached_ones(deploy: Deploy) -> None:
    # GIVEN an answer whose prompt was read out of the cache in part
    api = deploy()

    # WHEN it is given
    api.call("invoke", {}, replies=[answer({**ANSWER, "usage": CACHED})])

    # THEN our own field has those that weren't, the convention's has all of them
    assert api.log["input_tokens"] == 3
    assert api.log["gen_ai"]["usage"] == {"input_tokens": 33, "output_tokens": 4}


def test_no_arn_is_told_in_opentelemetrys_words(deploy: Deploy) -> None:
    # GIVEN a model that was declared by its ARN, which holds the account
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3"
    api = deploy(Target("tuned", arn, "titan-embed"))

    # WHEN it answers
    api.call("invoke", {}, model="tuned", replies=[answer({"embedding": [1], "inputTextTokenCount": 2})])

    # THEN its alias stands for it
    assert api.log["gen_ai"]["response"] == {"model": "tuned"}
    assert api.log["gen_ai"]["operation"] == {"name": "embeddings"}
    assert "arn:aws:bedrock" not in json.dumps(api.lines)


def test_a_call_that_reached_no_model_is_none_in_opentelemetrys_words(deploy: Deploy) -> None:
    # WHEN the model is unknown
    api = deploy()
    api.call("invoke", {}, model="whatever")

    # THEN there is nothing to tell
    assert "gen_ai" not in api.log


def test_an_ended_model_is_told_although_a_fallback_answered(deploy: Deploy) -> None:
    # GIVEN a model that has ended, and its fallback
    api = deploy(Target("first", "a.b", "anthropic", fallbacks=("fast",)), FAST)
    ended = failure(404, "ResourceNotFoundException", "This model version has reached the end of its life.")

    # WHEN it is asked for
    response = api.call("invoke", {}, model="first", replies=[ended, answer()])

    # THEN the caller has an answer, and who runs the deployment a metric and the alias
    assert response.status == 200
    assert api.log["ended_model"] == "first"
    assert api.metrics["ModelEnded"] == 1
    assert api.metrics["Errors"] == 0


def test_an_ended_model_has_an_error_of_its_own(deploy: Deploy) -> None:
    # WHEN a model has ended and nobody stands in
    api = deploy()
    ended = failure(404, "ResourceNotFoundException", "This model version has reached the end of its life.")
    response = api.call("invoke", {}, replies=[ended])

    # THEN the error's type tells it from a model that was never declared
    assert response.status == 404
    assert (api.log["error_type"], api.log["ended_model"]) == ("ModelEnded", "fast")


def test_what_is_rare_is_emitted_only_when_it_happens(deploy: Deploy) -> None:
    # GIVEN a plain answer
    api = deploy()
    api.call("invoke", {}, replies=[answer()])

    # THEN nothing is billed for what didn't happen
    rare = {"BrokenStreams", "BudgetRefusals", "BudgetUsed", "ModelEnded"}
    assert rare & api.metrics.keys() == set()
    assert len(api.metrics["_aws"]["CloudWatchMetrics"]) == 1

    # WHEN a stream breaks off
    whole(api.call("invoke-with-response-stream", {}, replies=[stream(CLAUDE_STREAM[0], cut=True)]))

    # THEN it is, for the deployment alone
    assert api.metrics["BrokenStreams"] == 1
    directive = api.metrics["_aws"]["CloudWatchMetrics"][1]
    assert directive["Dimensions"] == [["service"]]
    assert directive["Metrics"] == [{"Name": "BrokenStreams", "Unit": "Count"}]


@pytest.mark.parametrize(
    ("operation", "reply"), [("invoke", answer()), ("invoke-with-response-stream", stream(*CLAUDE_STREAM))]
)
def test_the_trace_goes_on_to_the_model(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch, operation: str, reply: Reply
) -> None:
    # GIVEN a traced invocation, as Lambda has it
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "acme-llm")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    api = deploy()

    # WHEN a model is called, from whichever thread
    whole(api.call(operation, {}, replies=[reply]))

    # THEN Bedrock gets the header, and the line has the trace
    assert api.wire.received[-1].headers["x-amzn-trace-id"] == trace
    assert api.log["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
