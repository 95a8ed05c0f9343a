"""The gateway over HTTP/2, called by httpx2."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from h2.connection import H2Connection

from local_aws.gateway import Limits, StreamCut
from local_aws.lambda_service.types import Invocation
from local_aws.tests.gateway_support import document, operation, proxy, serve, stream
from local_aws.tests.test_gateway_stream import listening
from local_aws.tls import create_certificates

PATHS = document({"/stream": {"post": operation(stream())}, "/echo": {"post": operation(proxy())}})
PRELUDE = {"statusCode": 200, "headers": {"content-type": "text/event-stream"}}
ROOM = 65535
"""What a caller takes of a body before it asks for more."""


@contextmanager
def settings(tmp_path: Path, answer: Any, **options: Any) -> Iterator[dict[str, Any]]:
    """A gateway, and what makes a caller of it that takes HTTP/2 or nothing."""
    certificates = create_certificates(tmp_path)
    trust = ssl.create_default_context(cafile=str(certificates.ca_file))
    call, _ = serve(PATHS, answer, **options)
    with listening(call, certificates.server_context()) as port:
        base = f"https://localhost:{port}/_api/abc123/live"
        yield {"base_url": base, "http1": False, "http2": True, "verify": trust, "timeout": 120}


@contextmanager
def client(tmp_path: Path, answer: Any, **options: Any) -> Iterator[httpx2.Client]:
    """A caller."""
    with settings(tmp_path, answer, **options) as given, httpx2.Client(**given) as one:
        yield one


def echo(event: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": 201, "body": event["body"], "headers": {"X-Sent": event["headers"]["x-sent"]}}


def test_a_request_and_its_answer(tmp_path: Path) -> None:
    # GIVEN a body larger than what may be sent before there is room for more
    body = "x" * 3 * ROOM
    with client(tmp_path, echo) as caller:
        # WHEN it is sent
        answer = caller.post("/echo", content=body, headers={"X-Sent": "yes"})

    # THEN it arrives whole, both ways
    assert (answer.http_version, answer.status_code, answer.headers["x-sent"]) == ("HTTP/2", 201, "yes")
    assert answer.text == body


def test_requests_side_by_side_on_one_connection(tmp_path: Path) -> None:
    # GIVEN a function that waits until all twenty are there
    together = threading.Barrier(20)

    def answer(event: dict[str, Any]) -> dict[str, Any]:
        together.wait(120)
        return echo(event)

    async def send(given: dict[str, Any]) -> list[httpx2.Response]:
        # The asynchronous client, since the plain one's threads begin their streams out of order.
        async with httpx2.AsyncClient(**given) as caller:
            asked = (caller.post("/echo", content=body, headers={"X-Sent": "1"}) for body in sent)
            return await asyncio.gather(*asked)

    # WHEN they are sent together THEN each has its own answer
    sent = [f"{number}" * 1000 for number in range(20)]
    with settings(tmp_path, answer) as given:
        answers = asyncio.run(send(given))
    assert [one.text for one in answers] == sent


def test_a_stream_comes_piece_by_piece(tmp_path: Path) -> None:
    # GIVEN a function whose second piece waits for the caller to have the first
    seen = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        assert seen.wait(120)
        yield b"x" * 2 * ROOM

    with (
        client(tmp_path, lambda event: Invocation("r1", prelude=PRELUDE, chunks=pieces())) as caller,
        caller.stream("POST", "/stream", content=b"{}") as answer,
    ):
        # WHEN it is read THEN the first piece comes alone, and the rest whole
        read = answer.iter_raw()
        assert next(read) == b"data: 1\n\n"
        seen.set()
        assert sum(map(len, read)) == 2 * ROOM


def test_an_answer_that_is_never_whole_is_reset(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        raise StreamCut("over")

    with client(tmp_path, lambda event: Invocation("r1", prelude=PRELUDE, chunks=pieces())) as caller:
        # WHEN a stream is cut THEN the caller does not take it for all
        with pytest.raises(httpx2.RemoteProtocolError, match="StreamReset"):
            caller.post("/stream", content=b"{}")
        # AND the connection goes on
        assert caller.post("/nowhere").status_code == 403


def test_a_caller_who_resets_does_not_stop_the_function(tmp_path: Path) -> None:
    # GIVEN a stream that fills what the caller takes, and waits for room
    gone, finished = threading.Event(), threading.Event()

    def pieces() -> Iterator[bytes]:
        while not gone.is_set():
            yield b"x" * ROOM
        finished.set()

    with client(tmp_path, lambda event: Invocation("r1", prelude=PRELUDE, chunks=pieces())) as caller:
        # WHEN the caller has seen enough
        with caller.stream("POST", "/stream", content=b"{}") as answer:
            next(answer.iter_raw())
        gone.set()

        # THEN the function comes to its end, and the connection goes on
        assert finished.wait(120)
        assert caller.post("/nowhere").status_code == 403


def test_a_body_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    # GIVEN a gateway that takes 100,000 bytes WHEN more comes, with its length declared and without THEN 413
    with client(tmp_path, echo, limits=Limits(payload_bytes=100_000)) as caller:
        assert caller.post("/echo", content=b"x" * 100_001).status_code == 413
        assert caller.post("/echo", content=iter([b"x" * 60_000] * 2)).status_code == 413


def test_a_caller_who_says_farewell_has_its_answer(tmp_path: Path) -> None:
    # GIVEN a caller who asks, and says at once that it will ask no more, as the AWS SDK for JavaScript does
    certificates = create_certificates(tmp_path)
    trust = ssl.create_default_context(cafile=str(certificates.ca_file))
    trust.set_alpn_protocols(["h2"])
    call, _ = serve(PATHS, echo)
    speaker = H2Connection()
    speaker.initiate_connection()
    asked = [
        (":method", "POST"),
        (":path", "/_api/abc123/live/echo"),
        (":authority", "localhost"),
        (":scheme", "https"),
    ]
    speaker.send_headers(1, [*asked, ("x-sent", "yes")])
    speaker.send_data(1, b"hello", end_stream=True)
    speaker.close_connection()
    with (
        listening(call, certificates.server_context()) as port,
        socket.create_connection(("localhost", port)) as plain,
        trust.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        # WHEN the bytes go out one by one
        for byte in speaker.data_to_send():
            secured.sendall(bytes([byte]))
        # THEN the answer comes, and the connection is closed
        received = b"".join(iter(lambda: secured.recv(65536), b""))
    assert b"hello" in received
