"""What goes wrong behind the API, in every dialect, whole and streamed: who answers, with what, how often asked.

Each row of the table is a failure before the first byte. A caller is told its cause by a status, and by the exception
that its SDK raises; a fallback stands in where the rules say so; and a model is never called once more than they allow.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import anthropic
import boto3
import openai
import pytest
from botocore.config import Config
from botocore.eventstream import EventStreamError

from local_aws.journal import Call
from tests.clients.drivers import anthropic_plain, openai_plain
from tests.integration.dialects import CHAT, CONVERSE, DIALECTS, INVOKE, MESSAGES, RESPONSES, TEXT, Dialect, streaming
from tests.integration.logs import line_of
from tests.support import Api, Reply, send


@dataclass(frozen=True, slots=True)
class Row:
    """One failure, and what becomes of it.

    Attributes:
        status: what the caller gets where no fallback stands in.
        code: the code that boto3 picks its exception class by.
        attempts: requests to the one model that was asked for: one, and two repeats where they can't be paid for.
        stood_in_for: whether its fallback answers instead.
        openai, anthropic: what the SDKs raise.
        options: of the fault.
    """

    kind: str
    status: int
    code: str
    attempts: int
    stood_in_for: bool
    openai: type[openai.APIStatusError]
    anthropic: type[anthropic.APIStatusError]
    options: dict[str, Any] = field(default_factory=dict)


TABLE = (
    Row("throttle", 429, "ThrottlingException", 3, True, openai.RateLimitError, anthropic.RateLimitError),
    Row("quota", 429, "ServiceQuotaExceededException", 1, True, openai.RateLimitError, anthropic.RateLimitError),
    Row("not_ready", 503, "ModelNotReadyException", 3, True, openai.InternalServerError, anthropic.InternalServerError),
    Row(
        "unavailable",
        503,
        "ServiceUnavailableException",
        3,
        True,
        openai.InternalServerError,
        anthropic.InternalServerError,
    ),
    Row("ended", 404, "ResourceNotFoundException", 1, True, openai.NotFoundError, anthropic.NotFoundError),
    Row(
        "internal", 502, "InternalServerException", 1, False, openai.InternalServerError, anthropic.InternalServerError
    ),
    Row("model_error", 502, "ModelErrorException", 1, False, openai.InternalServerError, anthropic.InternalServerError),
    Row(
        "model_timeout",
        504,
        "ModelTimeoutException",
        1,
        False,
        openai.InternalServerError,
        anthropic.InternalServerError,
    ),
    Row(
        "access_denied_not_enabled",
        403,
        "AccessDeniedException",
        1,
        False,
        openai.PermissionDeniedError,
        anthropic.PermissionDeniedError,
    ),
    Row("validation", 400, "ValidationException", 1, False, openai.BadRequestError, anthropic.BadRequestError),
    Row(
        "expired_token",
        503,
        "ServiceUnavailableException",
        1,
        False,
        openai.InternalServerError,
        anthropic.InternalServerError,
    ),
    Row(
        "cut_after",
        502,
        "InternalServerException",
        1,
        False,
        openai.InternalServerError,
        anthropic.InternalServerError,
        {"frames": 0},
    ),
)

every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
whole_and_streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
every_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind)


def ask(api: Api, dialect: Dialect, model: str, *, stream: bool) -> Reply:
    path, body = dialect.request(model, stream=stream)
    return send(api, "POST", path, body)


def calls_since(api: Api, before: int) -> list[Call]:
    """The calls of models since the journal had `before` entries; nobody is at work any more."""
    assert api.aws.lambda_service.wait_until_idle()
    return api.aws.journal.calls()[before:]


def assert_shape(dialect: Dialect, reply: Reply, code: str) -> None:
    """An error as the dialect's SDKs read it."""
    document = reply.json()
    match dialect.name:
        case "chat" | "responses":
            assert set(document["error"]) == {"message", "type", "param", "code"}
        case "messages":
            assert document["type"] == "error"
            assert set(document["error"]) == {"type", "message"}
            assert document["request_id"] == reply.headers["request-id"]
        case _:
            assert document["message"]
            assert reply.headers["x-amzn-errortype"] == code


@every_row
@whole_and_streamed
@every_dialect
def test_a_failure_is_told_by_its_cause(hurried: Api, dialect: Dialect, stream: bool, row: Row) -> None:
    # GIVEN a model without a fallback that fails, however often it is called
    hurried.aws.faults.add(row.kind, model="opus", times=None, **row.options)
    before = len(hurried.aws.journal)

    # WHEN it is asked
    reply = ask(hurried, dialect, "alone", stream=stream)

    # THEN the caller is told the cause, in its dialect's shape, and who failed
    hurried.aws.faults.clear()
    assert reply.status == row.status, reply.body
    assert_shape(dialect, reply, row.code)
    assert reply.headers["x-llm-model"] == "alone"
    assert ("retry-after" in reply.headers) == (
        row.kind in ("throttle", "quota", "not_ready", "unavailable", "internal", "expired_token")
    )

    # AND it was called as often as the rules allow, and not once more
    assert len(calls_since(hurried, before)) == row.attempts
    assert line_of(hurried, reply.headers)["attempts"] == row.attempts


def test_a_model_that_stalls_is_given_up_at_the_deadline_and_never_asked_again(hurried: Api) -> None:
    # GIVEN a model that says nothing for longer than the function may take
    hurried.aws.faults.add("stall", model="haiku", times=None, seconds=20.0)
    before = len(hurried.aws.journal)
    ways = list(product(DIALECTS, (False, True)))

    # WHEN it is asked in every dialect, whole and streamed, all at once
    with ThreadPoolExecutor(len(ways)) as callers:
        replies = list(callers.map(lambda way: ask(hurried, way[0], "fast", stream=way[1]), ways))
    hurried.aws.faults.clear()

    # THEN each caller hears of the deadline, and neither the model nor its fallback is asked again: it may be paid for
    for (dialect, _), reply in zip(ways, replies, strict=True):
        assert reply.status == 504
        assert_shape(dialect, reply, "ModelTimeoutException")
        assert "retry-after" not in reply.headers
        assert line_of(hurried, reply.headers)["attempts"] == 1
    assert len(calls_since(hurried, before)) == len(ways)


@every_row
@whole_and_streamed
@every_dialect
def test_a_fallback_stands_in_where_nothing_was_paid_for(
    hurried: Api, dialect: Dialect, stream: bool, row: Row
) -> None:
    # GIVEN a model that fails, and its fallback of the same family, which doesn't
    hurried.aws.faults.add(row.kind, model="haiku", times=None, **row.options)
    before = len(hurried.aws.journal)

    # WHEN it is asked
    reply = ask(hurried, dialect, "fast", stream=stream)

    # THEN the fallback answers, once, or the failure is told; the header names who it was
    called = ["haiku" if "haiku" in call.model else "sonnet" for call in calls_since(hurried, before)]
    if row.stood_in_for:
        assert reply.status == 200, reply.body
        assert reply.headers["x-llm-model"] == "spare"
        assert called == ["haiku"] * row.attempts + ["sonnet"]
    else:
        assert reply.status == row.status
        assert reply.headers["x-llm-model"] == "fast"
        assert called == ["haiku"] * row.attempts


def test_where_the_fallback_fails_too_the_failure_that_will_pass_is_told(hurried: Api) -> None:
    # GIVEN a model that is ended for good, and a fallback that is throttled for now
    hurried.aws.faults.add("ended", model="haiku", times=None)
    hurried.aws.faults.add("throttle", model="sonnet", times=None)

    # WHEN it is asked, THEN the caller is told to come back
    reply = ask(hurried, CONVERSE, "fast", stream=False)
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (429, "ThrottlingException")


@every_row
@pytest.mark.parametrize("sdk", ["boto3", "openai", "anthropic"])
def test_the_sdks_raise_their_own_exceptions(hurried: Api, sdk: str, row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a model that fails before the first byte of a stream; `tests/clients` has whole answers
    hurried.aws.faults.add(row.kind, model="opus", times=None, **row.options)
    messages = [{"role": "user", "content": "Hi"}]
    monkeypatch.setenv("SSL_CERT_FILE", hurried.ca_file)
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", hurried.key)

    # WHEN an SDK asks it, THEN it raises the class that it has for this
    if sdk == "openai":
        with pytest.raises(row.openai) as told:
            openai_plain(hurried, "chat.completions.create", model="alone", messages=messages, stream=True)
        assert told.value.status_code == row.status
    elif sdk == "anthropic":
        with pytest.raises(row.anthropic) as refused:
            anthropic_plain(hurried, "messages.create", model="alone", max_tokens=50, messages=messages, stream=True)
        assert refused.value.status_code == row.status
    else:
        client = boto3.client(
            "bedrock-runtime",
            endpoint_url=hurried.url,
            region_name="us-east-1",
            verify=hurried.ca_file,
            config=Config(retries={"total_max_attempts": 1}),
        )
        with pytest.raises(getattr(client.exceptions, row.code)) as raised:
            client.converse_stream(modelId="alone", messages=[{"role": "user", "content": [{"text": "Hi"}]}])
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == row.status


# After the first byte

BREAKS = ("error_frame_after", "truncated_frame_after", "corrupt_frame_after", "cut_after")


@pytest.mark.parametrize("kind", BREAKS)
@every_dialect
def test_a_stream_that_breaks_ends_in_an_error_of_its_dialect(hurried: Api, dialect: Dialect, kind: str) -> None:
    # GIVEN a model with a fallback, whose stream breaks after three frames
    hurried.aws.faults.add(kind, model="haiku", frames=3)
    before = len(hurried.aws.journal)

    # WHEN it is asked
    with streaming(hurried, dialect, "fast") as stream:
        events = stream.read_to_the_end()

    # THEN the beginning is there, and the end is an error and no short answer
    assert stream.status == 200
    assert TEXT.startswith(stream.text)
    assert stream.text != TEXT
    match dialect.name:
        case "chat":
            assert events[-1]["error"]["type"] == "server_error"
        case "responses":
            assert (events[-1]["event"], events[-1]["response"]["error"]["code"]) == ("response.failed", "server_error")
        case "messages":
            assert (events[-1]["event"], events[-1]["error"]["type"]) == ("error", "api_error")
        case _:
            assert events[-1]["exception"]
            expected = "modelStreamErrorException" if kind == "error_frame_after" else "internalServerException"
            assert events[-1]["event"] == expected

    # AND nobody is called a second time once a byte is out
    assert [("haiku" in call.model) for call in calls_since(hurried, before)] == [True]
    line = line_of(hurried, stream.headers)
    assert line["attempts"] == 1
    assert line["stream_ended_by"] in ("ModelErrorException", "InternalServerException")
    assert line["input_tokens"] > 0


@pytest.mark.parametrize("kind", BREAKS)
@pytest.mark.parametrize("sdk", ["boto3", "openai", "anthropic"])
def test_the_sdks_raise_what_breaks_a_stream(
    hurried: Api, sdk: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a stream that breaks after three frames
    hurried.aws.faults.add(kind, model="haiku", frames=3)
    messages = [{"role": "user", "content": "Repeat after me: one two three four five six"}]
    monkeypatch.setenv("SSL_CERT_FILE", hurried.ca_file)
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", hurried.key)

    # WHEN an SDK reads it, THEN it raises
    if sdk == "openai":
        with pytest.raises(openai.APIError):
            openai_plain(hurried, "chat.completions.create", model="fast", messages=messages, stream=True)
    elif sdk == "anthropic":
        with pytest.raises(anthropic.APIStatusError):
            anthropic_plain(hurried, "messages.create", model="fast", max_tokens=50, messages=messages, stream=True)
    else:
        client = boto3.client(
            "bedrock-runtime", endpoint_url=hurried.url, region_name="us-east-1", verify=hurried.ca_file
        )
        body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": messages}
        answer = client.invoke_model_with_response_stream(modelId="fast", body=json.dumps(body))
        with pytest.raises(EventStreamError):
            list(answer["body"])


# A guardrail that steps in is no failure


@pytest.mark.parametrize("point", ["input", "output"])
@whole_and_streamed
@every_dialect
def test_a_guardrails_intervention_is_an_answer(hurried: Api, dialect: Dialect, stream: bool, point: str) -> None:
    # GIVEN a guardrail that steps in
    hurried.aws.faults.add("guardrail_intervention", model="haiku", point=point)
    before = len(hurried.aws.journal)

    # WHEN the model is asked
    if stream:
        with streaming(hurried, dialect, "fast") as answer:
            events = answer.read_to_the_end()
            status, text, headers = answer.status, answer.text, answer.headers
        told = json.dumps(events)
    else:
        reply = ask(hurried, dialect, "fast", stream=False)
        status, text, headers, told = reply.status, dialect.text(reply.body), reply.headers, reply.body.decode()

    # THEN its message is the answer, of the model that was asked for, and the dialect says what happened
    assert status == 200
    assert text == "Sorry, this request is blocked by the guardrail."
    assert headers["x-llm-model"] == "fast"
    expected = {
        CONVERSE: "guardrail_intervened",
        INVOKE: "INTERVENED",
        CHAT: "content_filter",
        RESPONSES: "content_filter",
        MESSAGES: "refusal",
    }
    assert expected[dialect] in told
    assert len(calls_since(hurried, before)) == 1


def test_the_error_that_names_an_account_setting_says_what_to_do(hurried: Api) -> None:
    # GIVEN a model that the account has not enabled
    hurried.aws.faults.add("access_denied_not_enabled", model="opus")

    # WHEN it is asked, THEN the answer says who does what
    message = ask(hurried, CONVERSE, "alone", stream=False).json()["message"]
    assert "has not enabled" in message
    assert "use-case form" in message


def test_the_roles_credentials_are_its_own_affair(hurried: Api) -> None:
    # GIVEN a sandbox whose credentials have expired
    hurried.aws.faults.add("expired_token", model="opus")

    # WHEN it calls, THEN the caller's own credentials are not blamed, and the log has the cause
    reply = ask(hurried, CONVERSE, "alone", stream=False)
    assert "token" not in reply.json()["message"].lower()
    assert "ExpiredTokenException" in line_of(hurried, reply.headers)["reason"]

    # AND the same request, sent again as its headers say, finds another sandbox
    assert reply.headers["retry-after"] == "1"
    assert ask(hurried, CONVERSE, "alone", stream=False).status == 200


def test_a_buffered_function_with_expired_credentials_is_replaced_too(buffered: Api) -> None:
    # GIVEN a deployment without streaming, one sandbox of which has expired credentials
    buffered.aws.lambda_service.wait_until_idle()
    buffered.aws.lambda_service.end_idle_sandboxes()
    buffered.aws.faults.add("sandbox_expires", seconds=0.0)

    # WHEN it is asked, THEN API Gateway answers in its place, and the next request finds another
    assert ask(buffered, CONVERSE, "fast", stream=False).status == 502
    assert ask(buffered, CONVERSE, "fast", stream=False).status == 200
