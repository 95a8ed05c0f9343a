"""The streaming loop against a Runtime API that watches every chunk."""

import base64
import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from llm_api.deadline import Deadline
from llm_api.events import Request, Response
from llm_api.runtime import RuntimeApi, RuntimeApiFailed, answer

from tests.unit.llm_api.fake_runtime_api import PATIENCE_SECONDS, FakeRuntimeApi
from tests.unit.llm_api.proxy_events import proxy_event

Body = Callable[[], bytes | Iterator[bytes]]


@dataclass
class FakeApp:
    """An app that answers with the next of some bodies."""

    bodies: list[Body]
    requests: list[Request] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)
    must_end: bool = False

    def handle(self, request: Request, deadline: Deadline) -> Response:
        self.requests.append(request)
        self.deadlines.append(deadline.remaining_seconds())
        body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
        return Response(200, {"content-type": "text/plain", "x-request-id": request.id}, body())


@dataclass
class Loop:
    """The loop of `runtime.main`, for a known number of events, in a thread."""

    lambda_api: FakeRuntimeApi
    threads: list[threading.Thread] = field(default_factory=list)

    def run(self, app: FakeApp, count: int = 1) -> None:
        def serve() -> None:
            with contextlib.closing(RuntimeApi(self.lambda_api.address)) as api:
                for _ in range(count):
                    answer(api, app, api.next())

        self.threads.append(threading.Thread(target=serve))
        self.threads[-1].start()

    def join(self) -> None:
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()


@pytest.fixture
def loop(lambda_api: FakeRuntimeApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loop]:
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    running = Loop(lambda_api)
    yield running
    running.join()


def pieces(*parts: bytes) -> Body:
    return lambda: iter(parts)


def test_each_piece_arrives_before_the_next_is_produced(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN an app that produces its next piece only when told to
    second, third = threading.Event(), threading.Event()

    def body() -> Iterator[bytes]:
        yield b"one"
        assert second.wait(PATIENCE_SECONDS)
        yield b"two"
        assert third.wait(PATIENCE_SECONDS)
        yield b"three"

    lambda_api.send(proxy_event())
    # WHEN it answers
    loop.run(FakeApp([body]))
    posted = lambda_api.posted()
    # THEN each piece is in Lambda's hands while the next doesn't exist yet
    assert (posted.chunk() or b"").endswith(bytes(8) + b"one")
    second.set()
    assert posted.chunk() == b"two"
    third.set()
    assert posted.chunk() == b"three"
    assert posted.chunk() is None


def test_answer_is_announced_as_a_stream(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN an event
    lambda_api.send(proxy_event(), "id-7")
    # WHEN it is answered
    loop.run(FakeApp([pieces(b"a")]))
    posted = lambda_api.posted()
    # THEN the request is the one that AWS documents for streams
    assert posted.path == "/2018-06-01/runtime/invocation/id-7/response"
    assert posted.headers["lambda-runtime-function-response-mode"] == "streaming"
    assert posted.headers["transfer-encoding"] == "chunked"
    assert posted.headers["content-type"] == "application/vnd.awslambda.http-integration-response"
    assert posted.headers["user-agent"].startswith("llm-api-runtime/python-3.")
    assert "Lambda-Runtime-Function-Error-Type" in posted.headers["trailer"]
    metadata, payload = posted.answer()
    assert metadata["statusCode"] == 200
    assert metadata["headers"]["content-type"] == "text/plain"
    assert payload == b"a"
    assert posted.trailers == {}


def test_whole_answer_is_streamed_too(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN an app that answers in one piece
    lambda_api.send(proxy_event())
    loop.run(FakeApp([lambda: b'{"a": 1}']))
    # THEN API Gateway gets it in the only format that it takes here
    posted = lambda_api.posted()
    assert posted.headers["lambda-runtime-function-response-mode"] == "streaming"
    assert posted.answer()[1] == b'{"a": 1}'


@pytest.mark.parametrize("nested", ["[", '{"a":'])
def test_no_event_ends_the_process(lambda_api: FakeRuntimeApi, loop: Loop, nested: str) -> None:
    # GIVEN an event that is nested deeper than Python reads, and another one after it
    lambda_api.send((nested * 200_000).encode())
    lambda_api.send(proxy_event())
    # WHEN the loop runs
    loop.run(FakeApp([pieces(b"a")]), count=2)
    # THEN the first is refused like any event that is none, and the next is answered
    assert json.loads(lambda_api.posted().body())["statusCode"] == 400
    assert lambda_api.posted().answer()[1] == b"a"


def test_attempt_id_is_echoed(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN a delivery that Lambda numbered
    lambda_api.send(proxy_event(), Lambda_Runtime_Invocation_Id="attempt-3")
    loop.run(FakeApp([pieces(b"a")]))
    # THEN the answer says which one it belongs to
    assert lambda_api.posted().headers["lambda-runtime-invocation-id"] == "attempt-3"


def test_deadline_is_lambdas_less_a_reserve(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN an invocation that Lambda ends in 60 seconds
    app = FakeApp([pieces(b"a")])
    lambda_api.send(proxy_event())
    loop.run(app)
    loop.join()
    # THEN the app has less than that
    assert 50 < app.deadlines[0] <= 59


def test_request_knows_lambdas_id(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN an invocation
    app = FakeApp([pieces(b"a")])
    lambda_api.send(proxy_event(), "id-9")
    loop.run(app)
    loop.join()
    # THEN its ID is there for the log line, beside API Gateway's
    assert app.requests[0].function_request_id == "id-9"
    assert app.requests[0].id == proxy_event()["requestContext"]["requestId"]


def test_trace_header_is_set_and_taken_away(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN a traced invocation and one that is not
    seen: list[str | None] = []

    def body() -> bytes:
        seen.append(os.environ.get("_X_AMZN_TRACE_ID"))
        return b""

    lambda_api.send(proxy_event(), Lambda_Runtime_Trace_Id="Root=1-2;Sampled=1")
    lambda_api.send(proxy_event())
    loop.run(FakeApp([body]), 2)
    loop.join()
    # THEN each sees its own
    assert seen == ["Root=1-2;Sampled=1", None]


def test_hundred_invocations_share_one_waiting_connection(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN a hundred events, streamed and whole
    for number in range(100):
        lambda_api.send(proxy_event(), f"id-{number}")
    # WHEN one loop answers them
    loop.run(FakeApp([pieces(b"s") if number % 2 else (lambda: b"w") for number in range(100)]), 100)
    answers = [lambda_api.posted() for _ in range(100)]
    # THEN each has its answer, and all waits used the same connection
    assert [posted.path.split("/")[-2] for posted in answers] == [f"id-{number}" for number in range(100)]
    assert [posted.answer()[1] for posted in answers] == [b"w", b"s"] * 50
    assert len(set(lambda_api.polls)) == 1


def test_waiting_connection_that_was_closed_is_replaced(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN a Runtime API that drops idle connections
    lambda_api.close_after_next = True
    lambda_api.send(proxy_event(), "id-1")
    lambda_api.send(proxy_event(), "id-2")
    # WHEN two events are answered
    loop.run(FakeApp([pieces(b"a")]), 2)
    # THEN both are
    assert [lambda_api.posted().path.split("/")[-2] for _ in range(2)] == ["id-1", "id-2"]


def test_failure_before_the_first_byte_is_a_proper_answer(
    lambda_api: FakeRuntimeApi, loop: Loop, capfd: pytest.CaptureFixture[str]
) -> None:
    # GIVEN an app that fails before it has produced anything, quoting a prompt
    def body() -> Iterator[bytes]:
        raise RuntimeError("secret prompt")
        yield b""

    lambda_api.send(proxy_event())
    loop.run(FakeApp([body]))
    # THEN the caller gets a 500 in our shape without a word of it
    metadata, payload = lambda_api.posted().answer()
    loop.join()
    assert metadata["statusCode"] == 500
    assert metadata["headers"]["x-request-id"] == proxy_event()["requestContext"]["requestId"]
    assert set(json.loads(payload)) == {"message"}
    assert b"secret" not in payload
    # AND the log names the type and the place, and doesn't quote it either
    line = json.loads(capfd.readouterr().out)
    assert line["exception_name"] == "RuntimeError"
    assert line["function_request_id"] == "request-1"
    assert "secret" not in json.dumps(line)


def test_failure_in_mid_stream_is_told_in_trailers(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN an app that fails after its first piece
    def body() -> Iterator[bytes]:
        yield b"one"
        raise KeyError("secret prompt")

    lambda_api.send(proxy_event())
    loop.run(FakeApp([body]))
    # THEN what was produced is there, and the trailers say that it is not all
    posted = lambda_api.posted()
    assert posted.answer()[1] == b"one"
    assert posted.trailers["lambda-runtime-function-error-type"] == "KeyError"
    told = json.loads(base64.b64decode(posted.trailers["lambda-runtime-function-error-body"]))
    assert told["errorType"] == "KeyError"
    assert "secret" not in json.dumps(told)


def test_loop_goes_on_after_a_failure_in_mid_stream(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN an answer that breaks off, and another event
    def body() -> Iterator[bytes]:
        yield b"one"
        raise KeyError

    lambda_api.send(proxy_event(), "id-1")
    lambda_api.send(proxy_event(), "id-2")
    loop.run(FakeApp([body, pieces(b"fine")]), 2)
    lambda_api.posted().body()
    # THEN the next one is answered as if nothing had happened
    assert lambda_api.posted().answer()[1] == b"fine"


def test_caller_who_hangs_up_is_counted_to_the_end(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN a Runtime API that stops listening after the first chunk
    lambda_api.hang_up_after = 1
    produced: list[int] = []
    hung_up = threading.Event()

    def body() -> Iterator[bytes]:
        for number in range(50):
            yield b"x" * 100_000
            assert hung_up.wait(PATIENCE_SECONDS)
            produced.append(number)

    lambda_api.send(proxy_event(), "id-1")
    lambda_api.send(proxy_event(), "id-2")
    loop.run(FakeApp([body, pieces(b"fine")]), 2)
    posted = lambda_api.posted()
    posted.chunk()
    lambda_api.hang_up_after = None
    hung_up.set()
    # THEN the next event is answered, and the model's answer was read to its end before that
    assert lambda_api.posted().answer()[1] == b"fine"
    assert produced == list(range(50))


@pytest.mark.parametrize("status", [400, 403, 413])
def test_refused_answer_does_not_stop_the_loop(lambda_api: FakeRuntimeApi, loop: Loop, status: int) -> None:
    # GIVEN a Runtime API that refuses an answer, as it does after a timeout
    lambda_api.status = status
    lambda_api.send(proxy_event(), "id-1")
    lambda_api.send({"direct": True}, "id-2")
    loop.run(FakeApp([pieces(b"a")]), 2)
    # THEN the loop takes the next event
    lambda_api.posted().body()
    assert lambda_api.posted().path.split("/")[-2] == "id-2"
    loop.join()


@pytest.mark.parametrize("event", [proxy_event(), {"direct": True}], ids=["streamed", "direct"])
def test_lost_container_ends_the_loop(lambda_api: FakeRuntimeApi, event: object) -> None:
    # GIVEN a Runtime API in the state that AWS calls non-recoverable
    lambda_api.status = 500
    lambda_api.send(event)
    # THEN the loop ends, as AWS asks
    with contextlib.closing(RuntimeApi(lambda_api.address)) as api, pytest.raises(RuntimeApiFailed, match="500"):
        answer(api, FakeApp([pieces(b"a")]), api.next())


@pytest.mark.parametrize("event", [proxy_event(), {"direct": True}], ids=["streamed", "direct"])
def test_runtime_api_that_dies_before_it_confirms_is_no_fault_of_the_app(
    lambda_api: FakeRuntimeApi, loop: Loop, event: object
) -> None:
    # GIVEN a Runtime API that takes an answer and closes the connection without a word
    lambda_api.status = None
    lambda_api.send(event, "id-1")
    lambda_api.send(proxy_event(), "id-2")
    loop.run(FakeApp([pieces(b"a")]), 2)
    lambda_api.posted().body()
    lambda_api.status = 202
    # THEN the loop takes the next event
    assert lambda_api.posted().answer()[1] == b"a"


def test_refused_wait_ends_the_loop(lambda_api: FakeRuntimeApi) -> None:
    # GIVEN a Runtime API that has no event and says so
    lambda_api.refuse(403)
    # THEN the loop ends
    with contextlib.closing(RuntimeApi(lambda_api.address)) as api, pytest.raises(RuntimeApiFailed, match="403"):
        api.next()


@pytest.mark.parametrize("event", [{"source": "warm-up"}, [], None, "text", b"not JSON"], ids=repr)
def test_direct_invocation_is_told_what_the_function_answers(
    lambda_api: FakeRuntimeApi, loop: Loop, event: object
) -> None:
    # GIVEN somebody who invokes the function itself
    lambda_api.send(event)
    loop.run(FakeApp([pieces(b"never")]))
    # THEN the answer is plain JSON with a way out, and no function error
    posted = lambda_api.posted()
    assert posted.path.endswith("/response")
    assert "lambda-runtime-function-response-mode" not in posted.headers
    document = json.loads(posted.body())
    assert document["statusCode"] == 400
    assert "Call the API's URL" in json.loads(document["body"])["message"]


def test_broken_proxy_event_is_answered_in_the_streaming_format(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN an event that looks like API Gateway's and is not whole
    lambda_api.send(proxy_event(path=None))
    loop.run(FakeApp([pieces(b"never")]))
    # THEN API Gateway can pass the refusal on
    metadata, _ = lambda_api.posted().answer()
    assert metadata["statusCode"] == 400


def test_headers_beyond_16_kb_become_an_error_and_the_answer_is_read(lambda_api: FakeRuntimeApi, loop: Loop) -> None:
    # GIVEN an answer whose headers API Gateway would not read
    consumed: list[bytes] = []

    def body() -> Iterator[bytes]:
        for part in (b"a", b"b"):
            consumed.append(part)
            yield part

    class LongHeaders(FakeApp):
        def handle(self, request: Request, deadline: Deadline) -> Response:
            return Response(200, {"x-long": "x" * 20_000}, body())

    lambda_api.send(proxy_event())
    loop.run(LongHeaders([]))
    # THEN the caller gets an error, and what the model produced was read and counted
    metadata, _ = lambda_api.posted().answer()
    assert metadata["statusCode"] == 500
    assert consumed == [b"a", b"b"]
