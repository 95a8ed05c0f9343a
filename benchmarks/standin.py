"""A process that stands for Bedrock and DynamoDB: TLS on loopback, fixed answers, hardly any work of its own.

    python -m benchmarks.standin CERTIFICATE KEY     prints the port and serves until its standard input ends

`POST /bench/behaviour` sets how it answers from then on; `GET /bench/first-frame` says when the latest stream began.
"""

import asyncio
import json
import ssl
import sys
import time
from dataclasses import asdict, dataclass

from benchmarks import wire

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the model answers.

    Attributes:
        delay_seconds: before a whole answer, and between a stream's head and its first frame.
        chunks: pieces of text in a stream.
        pace_seconds: the silence before each frame after the first; None: the rest follows the first at once.
    """

    delay_seconds: float = 0.0
    chunks: int = 500
    pace_seconds: float | None = None

    def to_json(self) -> bytes:
        """As `POST /bench/behaviour` takes it."""
        return json.dumps(asdict(self)).encode()


class State:
    """What all connections share."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self.first_frame_at_ns = 0


class Connection(asyncio.Protocol):
    """One caller's connection, kept alive; one request at a time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._buffer = bytearray()
        self._head: bytes | None = None
        self._missing = 0
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._head is None:
            end = self._buffer.find(HEAD_END)
            if end < 0:
                return
            self._head = bytes(self._buffer[:end])
            del self._buffer[: end + len(HEAD_END)]
            self._missing = int(_header(self._head, b"content-length") or 0)
        if len(self._buffer) >= self._missing:
            head, body = self._head, bytes(self._buffer[: self._missing])
            del self._buffer[: self._missing]
            self._head = None
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1]
        target = _header(head, b"x-amz-target")
        if target is not None:
            operation = target.rpartition(b".")[2].decode()
            self._whole(wire.table(operation, json.loads(body)), {"content-type": "application/x-amz-json-1.0"})
        elif path == b"/bench/behaviour":
            self._state.behaviour = Behaviour(**json.loads(body))
            self._whole(b"{}")
        elif path == b"/bench/first-frame":
            self._whole(str(self._state.first_frame_at_ns).encode())
        elif path.endswith(b"/invoke"):
            self._later(wire.INVOKED, wire.INVOKE_HEADERS)
        elif path.endswith(b"/converse"):
            self._later(wire.CONVERSED)
        elif path.endswith(b"/invoke-with-response-stream"):
            self._stream(wire.invoke_stream(self._state.behaviour.chunks))
        elif path.endswith(b"/converse-stream"):
            self._stream(wire.converse_stream(self._state.behaviour.chunks))
        else:
            self._whole(b"{}", status=404)

    def _later(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        delay = self._state.behaviour.delay_seconds
        if delay:
            asyncio.get_running_loop().call_later(delay, self._whole, body, headers)
        else:
            self._whole(body, headers)

    def _whole(self, body: bytes, headers: dict[str, str] | None = None, status: int = 200) -> None:
        given = {"content-type": "application/json", **(headers or {}), "content-length": str(len(body))}
        self._transport.write(_head(status, given) + body)

    def _stream(self, stream: wire.Stream) -> None:
        self._task = asyncio.get_running_loop().create_task(self._streamed(stream, self._state.behaviour))

    async def _streamed(self, stream: wire.Stream, behaviour: Behaviour) -> None:
        headers = {
            "content-type": "application/vnd.amazon.eventstream",
            "x-amzn-bedrock-content-type": "application/json",
            "transfer-encoding": "chunked",
        }
        self._transport.write(_head(200, headers))
        if behaviour.delay_seconds:
            await asyncio.sleep(behaviour.delay_seconds)
        self._state.first_frame_at_ns = time.monotonic_ns()
        self._transport.write(stream.first)
        if behaviour.pace_seconds is None:
            self._transport.write(b"".join(stream.rest))
            return
        # By the clock, not by sleeping again and again, so that a busy machine doesn't slow the model down.
        started = time.monotonic()
        for number, chunk in enumerate(stream.rest, 1):
            pause = started + number * behaviour.pace_seconds - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            self._transport.write(chunk)


def _header(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n"):
        found, _, value = line.partition(b":")
        if found.lower() == name:
            return value.strip()
    return None


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} OK", *(f"{name}: {value}" for name, value in headers.items()), "\r\n"]
    return "\r\n".join(lines).encode()


async def serve(certificate: str, key: str) -> None:
    """Serve until standard input ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    state = State()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(state), "127.0.0.1", 0, ssl=context, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
