"""The managed runtime's entry, and what both entries promise: an answer, whatever happens."""

import importlib
import json
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from llm_api import entry
from llm_api.deadline import Deadline
from llm_api.errors import Throttled
from llm_api.events import MAX_PROXY_RESPONSE_BYTES, Request, Response

from tests.unit.llm_api.proxy_events import proxy_event


class Echo:
    """An app that answers with what it was given."""

    must_end = False

    def __init__(self, settings: object = None) -> None:
        self.settings = settings
        self.deadline: Deadline | None = None
        self.is_warm = False

    def warm_up(self) -> None:
        self.is_warm = True

    def handle(self, request: Request, deadline: Deadline) -> Response:
        self.deadline = deadline
        body = {"id": request.id, "lambda": request.function_request_id, "path": request.path}
        return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())


class Failing:
    """An app that breaks its promise never to raise."""

    must_end = False

    def __init__(self, error: Exception) -> None:
        self.error = error

    def handle(self, request: Request, deadline: Deadline) -> Response:
        raise self.error


class Context:
    aws_request_id = "lambda-1"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def test_handler_answers_with_the_app_that_it_built(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a function whose environment holds its settings
    stand_in = types.ModuleType("llm_api.app")
    stand_in.App = Echo  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "llm_api.app", stand_in)
    monkeypatch.setenv("LLM_API_MODELS", '{"fast": {"id": "amazon.nova-lite-v1:0", "family": "nova"}}')
    for name in ("LLM_API_AUTH", "LLM_API_TENANTS_TABLE", "LLM_API_STREAMING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "llm_api.handler", raising=False)
    # WHEN Lambda imports and calls the handler
    handler: Any = importlib.import_module("llm_api.handler")
    monkeypatch.delitem(sys.modules, "llm_api.handler")
    answer = handler.lambda_handler(proxy_event(), Context())
    # THEN the app answered, its clients made before the first request, knowing both request IDs
    assert handler.app.is_warm
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {
        "id": proxy_event()["requestContext"]["requestId"],
        "lambda": "lambda-1",
        "path": "/model/fast/invoke",
    }


def test_handler_ends_with_an_app_that_can_not_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a function whose app finds that AWS takes its credentials no longer
    stand_in = types.ModuleType("llm_api.app")
    stand_in.App = Echo  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "llm_api.app", stand_in)
    monkeypatch.setenv("LLM_API_MODELS", '{"fast": {"id": "amazon.nova-lite-v1:0", "family": "nova"}}')
    monkeypatch.delitem(sys.modules, "llm_api.handler", raising=False)
    handler: Any = importlib.import_module("llm_api.handler")
    monkeypatch.delitem(sys.modules, "llm_api.handler")
    handler.app.must_end = True
    # WHEN it is called THEN the process ends, so that Lambda starts another
    with pytest.raises(SystemExit):
        handler.lambda_handler(proxy_event(), Context())


def test_missing_setting_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a function without its registry
    stand_in = types.ModuleType("llm_api.app")
    stand_in.App = Echo  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "llm_api.app", stand_in)
    monkeypatch.delenv("LLM_API_MODELS", raising=False)
    # THEN it fails while it starts, by name
    with pytest.raises(ValueError, match="LLM_API_MODELS"):
        entry.build()


def test_app_gets_less_time_than_lambda_has() -> None:
    # GIVEN an invocation with ten seconds left
    app = Echo()
    entry.buffered(app, proxy_event(), 10_000)
    # THEN the app has the reserve less
    assert app.deadline is not None
    assert 8 < app.deadline.remaining_seconds() <= 10 - entry.RESERVE_SECONDS


@pytest.mark.parametrize("event", [None, {}, [], proxy_event(path=7)], ids=["null", "empty", "list", "broken"])
def test_bad_event_is_a_400(event: object) -> None:
    # GIVEN an event that is none
    answer = entry.buffered(Echo(), event, 10_000)
    # THEN the answer says so
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["message"]


def test_unforeseen_failure_is_a_500_that_gives_nothing_away(capsys: pytest.CaptureFixture[str]) -> None:
    # GIVEN an app that raises, quoting a prompt
    answer = entry.buffered(Failing(RuntimeError("secret prompt")), proxy_event(), 10_000, "lambda-1")
    # THEN neither the answer nor the log quotes it, and the log says where it was
    assert answer["statusCode"] == 500
    logged = capsys.readouterr().out
    assert "secret" not in json.dumps(answer) + logged
    line = json.loads(logged)
    assert line["exception_name"] == "RuntimeError"
    assert line["function_request_id"] == "lambda-1"
    assert line["stack_trace"][-1].endswith(" handle")


def test_known_error_keeps_its_status() -> None:
    # GIVEN an app that lets a known error through
    answer = entry.buffered(Failing(Throttled("Slow down.")), proxy_event(), 10_000)
    # THEN it keeps its meaning
    assert answer["statusCode"] == 429
    assert answer["headers"]["x-amzn-errortype"] == "ThrottlingException"


class Answering:
    """An app with one answer."""

    must_end = False

    def __init__(self, body: bytes | Iterator[bytes]) -> None:
        self.body = body

    def handle(self, request: Request, deadline: Deadline) -> Response:
        return Response(200, {"content-type": "text/plain", "x-request-id": request.id}, self.body)


def test_answer_beyond_six_megabytes_is_a_413() -> None:
    # GIVEN an answer that Lambda would drop
    answer = entry.buffered(Answering(b"x" * (MAX_PROXY_RESPONSE_BYTES + 1)), proxy_event(), 10_000)
    # THEN the caller learns why, under the request's ID
    assert answer["statusCode"] == 413
    assert "6 MB" in json.loads(answer["body"])["message"]
    assert answer["headers"]["x-request-id"] == proxy_event()["requestContext"]["requestId"]


@pytest.mark.parametrize(
    ("route", "is_the_dialects_own"),
    [
        ("/model/fast/converse", lambda body: set(body) == {"message"}),
        ("/v1/chat/completions", lambda body: "message" in body["error"]),
        ("/v1/messages", lambda body: body["type"] == "error"),
    ],
)
def test_late_error_keeps_the_dialects_shape(route: str, is_the_dialects_own: Callable[[Any], bool]) -> None:
    # GIVEN an answer that is found too large after the dialect rendered it
    event = proxy_event(resource=route, path=route)
    answer = entry.buffered(Answering(b"x" * (MAX_PROXY_RESPONSE_BYTES + 1)), event, 10_000)
    # THEN the caller's SDK can still read the refusal
    assert answer["statusCode"] == 413
    assert is_the_dialects_own(json.loads(answer["body"]))


def test_stream_that_fails_in_a_buffered_deployment_is_a_500() -> None:
    # GIVEN a body that fails in the middle
    def body() -> Iterator[bytes]:
        yield b"one"
        raise RuntimeError

    # THEN nothing of it was sent, so that it can still be an error
    assert entry.buffered(Answering(body()), proxy_event(), 10_000)["statusCode"] == 500


def test_streamed_failure_after_the_first_piece_is_raised() -> None:
    # GIVEN a body that fails after its first piece
    def body() -> Iterator[bytes]:
        yield b"one"
        raise RuntimeError("broken")

    pieces = entry.streamed(Answering(body()), proxy_event(), 10_000)
    assert next(pieces).endswith(b"one")
    # THEN whoever carries the pieces learns that there are no more
    with pytest.raises(RuntimeError, match="broken"):
        next(pieces)
