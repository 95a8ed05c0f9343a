"""A Lambda Runtime API that shows what arrives, as it arrives.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

PATIENCE_SECONDS = 20
"""How long a test waits for what has to happen anyway."""


@dataclass(slots=True)
class Posted:
    """One POST of the runtime.

    Attributes:
        chunks: the body's chunks as they come, then None; a body with a length is one chunk.
        trailers: complete once `chunks` has ended.
    """

    path: str
    headers: dict[str, str]
    chunks: "queue.Queue[bytes | None]" = field(default_factory=queue.Queue)
    trailers: dict[str, str] = field(default_factory=dict)

    def chunk(self) -> bytes | None:
        """The next chunk, or None at the end."""
        return self.chunks.get(timeout=PATIENCE_SECONDS)

    def body(self) -> bytes:
        """All that is still to come."""
        return b"".join(iter(self.chunk, None))

    def answer(self) -> tuple[dict[str, Any], bytes]:
        """The whole answer, split into its metadata and its payload."""
        metadata, payload = self.body().split(bytes(8), 1)
        return json.loads(metadata), payload


class FakeRuntimeApi:
    """The Runtime API on a free port.

    Attributes:
        hang_up_after: close the connection of a POST after that many chunks; None to take everything.
        status: what a POST is answered with; None for a connection that is closed without an answer.
        polls: the client port of each GET of the next event.
    """

    def __init__(self) -> None:
        self.hang_up_after: int | None = None
        self.status: int | None = 202
        self.polls: list[int] = []
        self.close_after_next = False
        self._events: queue.Queue[tuple[int, dict[str, str], bytes]] = queue.Queue()
        self._posted: queue.Queue[Posted] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def send(self, event: object, request_id: str = "request-1", **headers: str) -> None:
        """Have an event ready for the runtime."""
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        deadline = {"Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 60_000)}
        self._events.put((200, {"Lambda-Runtime-Aws-Request-Id": request_id} | deadline | given, payload))

    def refuse(self, status: int) -> None:
        """Answer the next wait for an event with a status instead."""
        self._events.put((status, {}, b"{}"))

    def posted(self) -> Posted:
        """The runtime's next POST, as soon as its headers are there."""
        return self._posted.get(timeout=PATIENCE_SECONDS)

    def _handler(api: Self) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                api.polls.append(self.client_address[1])
                status, headers, payload = api._events.get(timeout=PATIENCE_SECONDS)
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(payload))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(payload)
                # Without a Connection header, as a peer that dies does it.
                self.close_connection = api.close_after_next

            def do_POST(self) -> None:
                # As they are now: the test may change them as soon as it sees the request.
                status, hang_up_after = api.status, api.hang_up_after
                posted = Posted(self.path, {name.lower(): value for name, value in self.headers.items()})
                api._posted.put(posted)
                if self.headers.get("Transfer-Encoding") == "chunked":
                    if not self._read_chunks(posted, hang_up_after):
                        return
                else:
                    posted.chunks.put(self.rfile.read(int(self.headers["Content-Length"])))
                posted.chunks.put(None)
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _read_chunks(self, posted: Posted, hang_up_after: int | None) -> bool:
                count = 0
                while size := int(self.rfile.readline(), 16):
                    posted.chunks.put(self.rfile.read(size))
                    self.rfile.readline()
                    count += 1
                    if count == hang_up_after:
                        self.close_connection = True
                        self.connection.shutdown(socket.SHUT_RDWR)
                        return False
                while (line := self.rfile.readline().decode().strip()) != "":
                    name, _, value = line.partition(":")
                    posted.trailers[name.lower()] = value.strip()
                return True

            def log_message(self, *_: object) -> None: ...

        return Handler
