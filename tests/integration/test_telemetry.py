"""One log line and one metrics record a request, with the models' own counts, and never a word of what was said."""

import json
import secrets
from typing import Any

import boto3
import pytest

from local_aws.journal import Call
from tests.integration.dialects import CHAT, CONVERSE, DIALECTS, INVOKE, MESSAGES, RESPONSES, Dialect, streaming
from tests.integration.logs import events_of, reports_of
from tests.support import Api, Reply, send

every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)

ROUTES = {
    CONVERSE: "converse",
    INVOKE: "invoke",
    CHAT: "chat/completions",
    RESPONSES: "responses",
    MESSAGES: "messages",
}
ALWAYS = {
    "level",
    "message",
    "timestamp",
    "service",
    "cold_start",
    "function_request_id",
    "xray_trace_id",
    "request_id",
    "route",
    "status",
    "streamed",
    "latency_ms",
    "attempts",
    "fallback",
}
"""Fields of every log line."""


def report(api: Api, reply_headers: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The one log line and the one metrics record of an answer."""
    lines, metrics, _ = reports_of(api, reply_headers["x-request-id"])
    assert (len(lines), len(metrics)) == (1, 1)
    assert set(lines[0]) >= ALWAYS
    return lines[0], metrics[0]


def assert_counted(line: dict[str, Any], metrics: dict[str, Any], call: Call) -> None:
    """The tokens are those that the model produced."""
    assert line["input_tokens"] == metrics["InputTokens"] == call.input_tokens > 0
    assert line["output_tokens"] == metrics["OutputTokens"] == call.output_tokens > 0
    assert (line["cache_read_tokens"], line["cache_write_tokens"]) == (call.cache_read_tokens, call.cache_write_tokens)
    assert line["tokens_estimated"] is False


def assert_published(metrics: dict[str, Any]) -> None:
    """The record is one that CloudWatch makes metrics of: every metric and dimension it names is in it."""
    directive = metrics["_aws"]["CloudWatchMetrics"][0]
    assert directive["Namespace"] == "LlmApi"
    named = {metric["Name"] for metric in directive["Metrics"]} | {
        name for dimensions in directive["Dimensions"] for name in dimensions
    }
    assert named <= set(metrics)
    assert {"Requests", "Errors", "Throttles", "Latency"} <= named


@every_dialect
def test_a_whole_answer(api: Api, dialect: Dialect) -> None:
    # WHEN a model answers
    path, body = dialect.request("fast", stream=False)
    reply = send(api, "POST", path, body)

    # THEN the report has its counts
    line, metrics = report(api, reply.headers)
    assert_counted(line, metrics, api.aws.journal.calls()[-1])
    assert_published(metrics)
    assert (line["status"], line["streamed"], line["model"], line["tenant"]) == (200, False, "fast", "quickstart")
    assert line["route"].endswith(ROUTES[dialect])
    assert (metrics["Requests"], metrics["Errors"], metrics["Attempts"]) == (1, 0, 1)
    assert line["model_latency_ms"] == metrics["ModelLatency"]
    assert line["family"] == "anthropic"


@every_dialect
def test_a_streamed_answer(api: Api, dialect: Dialect) -> None:
    # WHEN a model streams
    with streaming(api, dialect, "fast") as stream:
        stream.read_to_the_end()

    # THEN the report has its counts, and when the first token came
    line, metrics = report(api, stream.headers)
    assert_counted(line, metrics, api.aws.journal.calls()[-1])
    assert line["streamed"] is True
    assert 0 < line["time_to_first_token_ms"] <= line["latency_ms"]
    assert metrics["TimeToFirstToken"] == line["time_to_first_token_ms"]


@every_dialect
def test_without_streaming(buffered: Api, dialect: Dialect) -> None:
    # GIVEN a deployment under AWS's own runtime client, WHEN a model answers, THEN the report is the same
    path, body = dialect.request("fast", stream=False)
    line, metrics = report(buffered, send(buffered, "POST", path, body).headers)
    assert_counted(line, metrics, buffered.aws.journal.calls()[-1])
    assert (line["service"], line["status"]) == ("buffered", 200)


def test_embeddings(api: Api) -> None:
    # WHEN two texts are embedded, in two calls
    before = len(api.aws.journal)
    reply = send(api, "POST", "/v1/embeddings", {"model": "embed", "input": ["one", "two or three"]})

    # THEN the tokens are added up
    line, metrics = report(api, reply.headers)
    calls = api.aws.journal.calls()[before:]
    assert line["attempts"] == metrics["Attempts"] == len(calls) == 2
    assert line["input_tokens"] == sum(call.input_tokens for call in calls)


@pytest.mark.parametrize(
    ("key", "model", "status", "code", "level"),
    [
        ("sk-nobody", "fast", 401, "UnrecognizedClientException", "WARNING"),
        ("", "no-such-model", 404, "ResourceNotFoundException", "WARNING"),
        ("", "embed", 400, "ValidationException", "WARNING"),
    ],
)
@every_dialect
def test_a_refused_request(
    api: Api, dialect: Dialect, key: str, model: str, status: int, code: str, level: str
) -> None:
    # WHEN a request is refused
    path, body = dialect.request(model, stream=False)
    reply = send(api, "POST", path, body, key=key)

    # THEN it is reported, without tokens
    line, metrics = report(api, reply.headers)
    assert reply.status == line["status"] == status
    assert (line["error"], line["level"]) == (code, level)
    assert "input_tokens" not in line
    assert "InputTokens" not in metrics
    assert_published(metrics)
    assert (metrics["Requests"], metrics["Errors"]) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "errors", "throttles", "attempts"),
    [("throttle", 0, 1, 3), ("internal", 1, 0, 1), ("model_error", 1, 0, 1)],
)
def test_a_failed_request(api: Api, kind: str, errors: int, throttles: int, attempts: int) -> None:
    # GIVEN a model that fails
    api.aws.faults.add(kind, model="nova", times=None)

    # WHEN it is asked
    path, body = CONVERSE.request("nova", stream=False)
    reply = send(api, "POST", path, body)

    # THEN the report says so
    line, metrics = report(api, reply.headers)
    assert line["status"] == reply.status
    assert line["error"] == reply.headers["x-amzn-errortype"]
    assert (metrics["Errors"], metrics["Throttles"], metrics["Attempts"]) == (errors, throttles, attempts)


def test_a_fallbacks_answer_is_reported_under_its_own_name(api: Api) -> None:
    # GIVEN a throttled model with a fallback
    api.aws.faults.add("throttle", model="claude", times=None)

    # WHEN it is asked
    path, body = CHAT.request("fast", stream=False)
    line, metrics = report(api, send(api, "POST", path, body).headers)

    # THEN the log knows both
    assert (line["model"], line["model_asked_for"], line["fallback"]) == ("nova", "fast", True)
    assert metrics["model"] == "nova"
    assert_counted(line, metrics, api.aws.journal.calls()[-1])


@every_dialect
def test_a_stream_that_breaks(api: Api, dialect: Dialect) -> None:
    # GIVEN a stream that breaks
    api.aws.faults.add("error_frame_after", model="claude")

    # WHEN it is read
    with streaming(api, dialect, "fast") as stream:
        stream.read_to_the_end()

    # THEN its report counts an error, and the output is an estimate, marked as one
    line, metrics = report(api, stream.headers)
    assert (line["status"], line["stream_ended_by"], metrics["Errors"]) == (200, "ModelErrorException", 1)
    assert line["tokens_estimated"] is True
    assert line["input_tokens"] > 0


# Silence


def canary() -> str:
    """A secret whose every part can be told from anything else."""
    return "-".join(f"{word}{secrets.token_hex(5)}" for word in ("heron", "otter", "lynx"))


def everything_logged(api: Api) -> str:
    """Every log group of the account, whole, names of streams and groups included."""
    logs = boto3.client("logs")
    groups = [
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate()
        for group in page["logGroups"]
    ]
    assert api.outputs["log_group_name"] in groups
    return "\n".join(json.dumps(event) for group in groups for event in events_of(api, group))


def test_nothing_that_was_said_is_ever_logged(api: Api) -> None:
    # GIVEN secrets where a caller may put them
    said, key, header, model, system, tool = (canary() for _ in range(6))
    text = f"Repeat after me: {said}"
    silent: list[Reply] = []  # answers that must not hold a secret either

    # WHEN they are sent in every dialect: answered, streamed, refused for the key, the model or the body, failed
    for dialect in DIALECTS:
        for stream in (False, True):
            path, body = dialect.request("fast", text, stream=stream)
            named = {"x-canary": header, "user-agent": header}
            assert said.encode() in send(api, "POST", path, body, named).body or stream
            silent.append(send(api, "POST", path, body, named, key=key))
            silent.append(send(api, "POST", path, body, {"x-api-key": key}, key=None))
            unknown, body_of_unknown = dialect.request(model, text, stream=stream)
            silent.append(send(api, "POST", unknown, body_of_unknown, named))
            silent.append(send(api, "POST", path, json.dumps(body).encode()[:-3], named))
            api.aws.faults.add("internal", model="claude")
            silent.append(send(api, "POST", path, body, named))
            api.aws.faults.add("error_frame_after" if stream else "not_json", model="claude", frames=1)
            silent.append(send(api, "POST", path, body, named))
    tools = [{"type": "function", "function": {"name": "f", "description": tool, "parameters": {"type": "object"}}}]
    chat = {"model": "fast", "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}]}
    send(api, "POST", "/v1/chat/completions", chat | {"tools": tools})
    send(api, "POST", "/v1/embeddings", {"model": "embed", "input": said})
    send(api, "POST", f"/v1/chat/completions?secret={key}", chat)
    silent.append(send(api, "POST", "/nowhere", chat, {"x-canary": header}, key=key))

    # THEN no part of any secret is in any log
    logged = everything_logged(api)
    parts = [part for secret in (said, key, header, model, system, tool) for part in secret.split("-")]
    assert [part for part in parts if part in logged] == []
    assert api.key not in logged

    # AND no error holds one
    told = "\n".join(reply.body.decode(errors="replace") + json.dumps(dict(reply.headers)) for reply in silent)
    assert [part for part in parts if part in told] == []
    assert "Traceback" not in told
    assert "arn:aws" not in told
