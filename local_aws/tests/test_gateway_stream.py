"""Lambda proxy integrations that stream, and the listener that sends them on."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local_aws.gateway import GatewayServer, Limits, StreamCut
from local_aws.lambda_service.types import Invocation, InvocationFailed, Throttled
from local_aws.tests.gateway_support import FUNCTION, Caller, document, operation, proxy, serve, stream

STREAMED = document({"/v1/messages": {"post": operation(stream())}, "/echo": {"post": operation(proxy())}})
PRELUDE = {"statusCode": 200, "headers": {"content-type": "text/event-stream"}, "cookies": ["a=1"]}


def streaming(chunks: Iterator[bytes], prelude: dict[str, Any] | None = None) -> Invocation:
    return Invocation("r1", prelude=PRELUDE if prelude is None else prelude, chunks=chunks)


@contextmanager
def listening(call: Caller, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    server = GatewayServer(call.gateway, tls=tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_prelude_and_pieces_are_passed_on() -> None:
    # GIVEN a function that streams
    call, functions = serve(STREAMED, lambda event: streaming(iter([b"data: 1\n\n", b"data: 2\n\n"])))

    # WHEN it is called
    answer = call("POST", "/v1/messages", body=b"{}")

    # THEN status, headers and each piece arrive, and the function was asked to stream
    assert (answer.status, answer.headers["content-type"], answer.headers["set-cookie"]) == (
        200,
        "text/event-stream",
        "a=1",
    )
    assert answer.pieces == [b"data: 1\n\n", b"data: 2\n\n"]
    assert "content-length" not in answer.headers
    assert (functions.calls[0]["function_arn"], functions.calls[0]["streaming"]) == (FUNCTION, True)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Invocation("r1", prelude=None, chunks=iter([b"x"])), 502),
        (streaming(iter([]), {"statusCode": "none"}), 502),
        (InvocationFailed("Runtime.ExitError", "exit status 1"), 502),
        (Throttled("Rate Exceeded."), 500),
    ],
)
def test_a_stream_that_never_begins_is_an_error_of_api_gateway(answer: Any, status: int) -> None:
    # GIVEN a function without a valid prelude, or none at all
    call, _ = serve(STREAMED, lambda event: answer)

    # THEN the caller gets API Gateway's own error, not half an answer
    found = call("POST", "/v1/messages")
    assert (found.status, found.json) == (status, {"message": "Internal server error"})


def test_an_error_in_mid_stream_cuts_the_connection() -> None:
    # GIVEN a function that fails after one piece
    def chunks() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        raise InvocationFailed("Function.Error", "boom")

    call, _ = serve(STREAMED, lambda event: streaming(chunks()))

    # WHEN it is called, THEN the piece arrives, and then no end but a cut
    answer = call("POST", "/v1/messages")
    assert answer.pieces == [b"data: 1\n\n"]
    assert isinstance(answer.cut, StreamCut)


@pytest.mark.parametrize(
    ("limits", "stage"),
    [
        (Limits(regional_idle_seconds=0.05), {}),
        (Limits(edge_idle_seconds=0.05), {"endpoint_types": ("EDGE",)}),
        (Limits(stream_timeout_seconds=0.05), {}),
    ],
)
def test_a_silent_or_endless_stream_is_cut_and_read_to_its_end(limits: Limits, stage: dict[str, Any]) -> None:
    # GIVEN a stream that falls silent
    release, finished = threading.Event(), threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        release.wait(10)
        yield from (b"x" for _ in range(200))
        finished.set()

    call, _ = serve(STREAMED, lambda event: streaming(chunks()), limits=limits, stage=stage)

    # WHEN the limit is over
    answer = call("POST", "/v1/messages")

    # THEN the caller is cut off, while the function is heard out
    assert isinstance(answer.cut, StreamCut)
    release.set()
    assert finished.wait(10)


def test_no_first_byte_in_time_is_a_504_and_the_function_runs_on() -> None:
    # GIVEN a stream whose integration times out before it begins
    release, finished = threading.Event(), threading.Event()

    def chunks() -> Iterator[bytes]:
        yield from (b"x" for _ in range(200))
        finished.set()

    def late(event: dict[str, Any]) -> Invocation:
        release.wait(10)
        return streaming(chunks())

    body = document({"/slow": {"post": operation(stream(timeoutInMillis=50))}})
    call, _ = serve(body, late)

    # THEN nothing was sent yet, so there is a proper answer; what comes later is heard out all the same
    assert call("POST", "/slow").status == 504
    release.set()
    assert finished.wait(10)


def test_pieces_leave_as_they_come() -> None:
    # GIVEN a function that waits for the caller to have seen its first piece
    seen = threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b"first"
        assert seen.wait(10)
        yield b"second"

    call, _ = serve(STREAMED, lambda event: streaming(chunks()))
    with listening(call) as port:
        connection = http.client.HTTPConnection("localhost", port, timeout=120)
        connection.request("POST", "/_api/abc123/live/v1/messages", body=b"{}")
        response = connection.getresponse()

        # WHEN the first piece is read, THEN it is there before the second was made
        assert response.getheader("Transfer-Encoding") == "chunked"
        assert response.read(5) == b"first"
        seen.set()
        assert response.read() == b"second"
        connection.close()


def test_over_the_wire_a_cut_stream_has_no_end() -> None:
    # GIVEN a function that fails after one piece
    def chunks() -> Iterator[bytes]:
        yield b"first"
        raise InvocationFailed("Function.Error", "boom")

    call, _ = serve(STREAMED, lambda event: streaming(chunks()))
    with listening(call) as port:
        connection = http.client.HTTPConnection("localhost", port, timeout=120)
        connection.request("POST", "/_api/abc123/live/v1/messages", body=b"{}")

        # WHEN the answer is read, THEN no caller can take it for whole
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            connection.getresponse().read()
        connection.close()


def test_a_caller_who_hangs_up_does_not_stop_the_function() -> None:
    # GIVEN a stream under way
    gone, finished = threading.Event(), threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b"first"
        assert gone.wait(10)
        for _ in range(500):
            yield b"x" * 65536
        finished.set()

    call, _ = serve(STREAMED, lambda event: streaming(chunks()))
    with listening(call) as port:
        connection = http.client.HTTPConnection("localhost", port, timeout=120)
        connection.request("POST", "/_api/abc123/live/v1/messages", body=b"{}")
        assert connection.getresponse().read(5) == b"first"

        # WHEN the caller hangs up
        connection.sock and connection.sock.close()
        connection.close()
        gone.set()

        # THEN the function runs to its end
        assert finished.wait(20)


def echo(event: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": 200, "body": event["body"] or "", "headers": {"x-agent": event["headers"].get("X-Agent", "")}}


def test_connections_are_kept_alive_and_headers_keep_their_case() -> None:
    # GIVEN a listener
    call, functions = serve(STREAMED, echo)
    with listening(call) as port:
        connection = http.client.HTTPConnection("localhost", port, timeout=120)

        # WHEN several requests come over one connection
        sockets = set()
        for number in range(3):
            connection.request("POST", "/_api/abc123/live/echo", body=f"{number}", headers={"X-Agent": "Me"})
            sockets.add(connection.sock)
            assert connection.getresponse().read() == f"{number}".encode()
        connection.close()

    # THEN it was the same connection each time, and the event has the headers as they were sent
    assert len(sockets) == 1
    assert functions.events[0]["headers"]["X-Agent"] == "Me"


def test_a_chunked_request_is_read_whole() -> None:
    # WHEN a body comes without its length, and another request after it
    call, _ = serve(STREAMED, echo)
    with listening(call) as port:
        connection = http.client.HTTPConnection("localhost", port, timeout=120)
        for _ in range(2):
            connection.request("POST", "/_api/abc123/live/echo", body=iter([b"one,", b"two"]), encode_chunked=True)
            # THEN the function gets all of it
            assert connection.getresponse().read() == b"one,two"
        connection.close()


def test_a_body_beyond_the_limit_gets_its_answer() -> None:
    # GIVEN a listener with a small limit
    call, functions = serve(STREAMED, echo, limits=Limits(payload_bytes=1000))
    with listening(call) as port:
        for options in ({"body": b"x" * 5_000_000}, {"body": iter([b"x" * 5_000_000]), "encode_chunked": True}):
            connection = http.client.HTTPConnection("localhost", port, timeout=120)

            # WHEN far more is sent, THEN the caller reads a 413 and no reset
            connection.request("POST", "/_api/abc123/live/echo", **options)  # type: ignore[arg-type]
            response = connection.getresponse()
            assert (response.status, response.read()) == (413, b'{"message":"Request Too Long"}')
            connection.close()
    assert functions.events == []


def test_a_head_request_has_no_body() -> None:
    # GIVEN a function for any method
    body = document({"/x": {"x-amazon-apigateway-any-method": operation(proxy())}})
    call, _ = serve(body, lambda event: {"statusCode": 200, "body": "hello"})
    with listening(call) as port:
        connection = http.client.HTTPConnection("localhost", port, timeout=120)
        for method, expected in (("HEAD", b""), ("GET", b"hello")):
            # WHEN it is asked for its head, THEN the connection stays in step
            connection.request(method, "/_api/abc123/live/x")
            assert connection.getresponse().read() == expected
        connection.close()


def test_a_hundred_callers_at_once() -> None:
    # GIVEN a function that answers only once a hundred callers are in it
    together = threading.Barrier(100, timeout=120)

    def wait(event: dict[str, Any]) -> dict[str, Any]:
        together.wait()
        return echo(event)

    call, _ = serve(STREAMED, wait)
    with listening(call) as port, ThreadPoolExecutor(100) as pool:

        def one(number: int) -> bytes:
            connection = http.client.HTTPConnection("localhost", port, timeout=120)
            connection.request("POST", "/_api/abc123/live/echo", body=f"{number}")
            answer = connection.getresponse().read()
            connection.close()
            return answer

        # WHEN they call, THEN each gets its own answer
        assert list(pool.map(one, range(100))) == [f"{number}".encode() for number in range(100)]


def test_a_slow_handshake_holds_nobody_up(tmp_path: Path) -> None:
    # GIVEN a TLS listener, and a caller who connects and says nothing
    from local_aws.tls import create_certificates

    certificates = create_certificates(tmp_path)
    call, _ = serve(STREAMED, echo)
    with listening(call, certificates.server_context()) as port, socket.create_connection(("localhost", port)):
        # WHEN another one comes after it
        trust = ssl.create_default_context(cafile=str(certificates.ca_file))
        connection = http.client.HTTPSConnection("localhost", port, timeout=120, context=trust)
        connection.request("POST", "/_api/abc123/live/echo", body=b"hello")

        # THEN it is served
        assert connection.getresponse().read() == b"hello"
        connection.close()
