"""The Lambda Runtime API of one sandbox: next, response (buffered and streamed), error, init error.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

import base64
import binascii
import json
import queue
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from local_aws.lambda_service.types import STREAM_LIMIT_BYTES
from local_aws.lambda_service.work import Chunk, End, Failure, Head, Work

# The figure that AWS itself names in the refusal: 6 MB and a little for the envelope.
BUFFERED_RESPONSE_LIMIT_BYTES = 6 * 1024 * 1024 + 100
READ_BYTES = 64 * 1024
INVOCATION = re.compile(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)")


class RuntimeOwner(Protocol):
    """The sandbox behind a Runtime API."""

    def runtime_is_free(self) -> None:
        """The runtime asks for an event: init, or the current invocation, is over."""

    def runtime_failed_init(self, failure: Failure) -> None:
        """The runtime says that the function could not be loaded."""

    def current_work(self) -> Work | None:
        """The invocation that is running."""


class RuntimeApi:
    """An HTTP server on a loopback port of its own."""

    def __init__(self, owner: RuntimeOwner) -> None:
        self.owner = owner
        self._events: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        handler = type("Handler", (RuntimeHandler,), {"api": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, name="runtime-api", daemon=True).start()

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`, the value of AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def offer(self, work: Work) -> None:
        """Hands an event to the runtime at its next request for one."""
        self._events.put(work)

    def take(self) -> Work | None:
        """Waits for an event; None once the API is closed."""
        return self._events.get()

    def close(self) -> None:
        """Ends the server without waiting for it."""
        self._events.put(None)

        def stop() -> None:
            self._server.shutdown()
            self._server.server_close()

        threading.Thread(target=stop, name="runtime-api-stop", daemon=True).start()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sandbox that ends severs its connections: no news, the caller hears of it in its own way."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class MalformedChunks(Exception):
    """The runtime's chunked body ended early or is none."""


class RuntimeHandler(BaseHTTPRequestHandler):
    """One connection of the runtime."""

    api: RuntimeApi
    protocol_version = "HTTP/1.1"
    # Head and body go out in separate writes: without this, each answer waits for a delayed acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the requests out of the console."""

    def do_GET(self) -> None:
        """Waits for the next event."""
        if self.path != "/2018-06-01/runtime/invocation/next":
            return self._answer(404, {"errorType": "NotFound", "errorMessage": self.path})
        self.api.owner.runtime_is_free()
        work = self.api.take()
        if work is None:
            self.close_connection = True
            return None
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(work.event)))
        self.send_header("Lambda-Runtime-Aws-Request-Id", work.request_id)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(work.deadline_ms))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", work.function_arn)
        self.send_header("Lambda-Runtime-Trace-Id", work.trace_id)
        self.end_headers()
        self.wfile.write(work.event)
        return None

    def do_POST(self) -> None:
        """Takes an answer or an error."""
        if self.path == "/2018-06-01/runtime/init/error":
            self.api.owner.runtime_failed_init(self._failure(self._body()))
            return self._answer(202, {"status": "OK"})
        match = INVOCATION.fullmatch(self.path)
        work = self.api.owner.current_work()
        if match is None or work is None or work.request_id != match[1]:
            self.close_connection = True
            return self._answer(400, {"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"})
        if match[2] == "error":
            work.post(self._failure(self._body()))
            return self._answer(202, {"status": "OK"})
        if self.headers.get("Lambda-Runtime-Function-Response-Mode", "").lower() == "streaming":
            return self._stream(work)
        return self._buffered(work)

    def _buffered(self, work: Work) -> None:
        body = self._body()
        if len(body) > BUFFERED_RESPONSE_LIMIT_BYTES:
            refusal = f"payload size exceeded maximum allowed payload size ({BUFFERED_RESPONSE_LIMIT_BYTES} bytes)."
            work.post(Failure.of("Function.ResponseSizeTooLarge", f"Response {refusal}"))
            return self._answer(413, {"errorType": "RequestEntityTooLarge", "errorMessage": f"Exceeded {refusal}"})
        work.post(Head(streaming=False, content_type=self.headers.get("Content-Type", "")))
        work.post(Chunk(body))
        work.post(End())
        return self._answer(202, {"status": "OK"})

    def _stream(self, work: Work) -> None:
        work.post(Head(streaming=True, content_type=self.headers.get("Content-Type", "")))
        total = 0
        trailers: dict[str, str] = {}
        try:
            for piece in self._chunks(trailers):
                total += len(piece)
                if total > STREAM_LIMIT_BYTES:
                    work.post(
                        Failure.of("Function.ResponseSizeTooLarge", "The streamed response is larger than 200 MB.")
                    )
                    self.close_connection = True
                    return self._answer(413, {"errorType": "RequestEntityTooLarge", "errorMessage": "over 200 MB"})
                work.post(Chunk(piece))
        except (MalformedChunks, OSError) as error:
            self.close_connection = True
            work.break_off(Failure.of("Runtime.TruncatedResponse", f"The stream broke off: {error}"))
            return None
        error_type = trailers.get("lambda-runtime-function-error-type")
        if error_type:
            work.post(_trailer_failure(error_type, trailers.get("lambda-runtime-function-error-body", "")))
        else:
            work.post(End())
        return self._answer(202, {"status": "OK"})

    def _chunks(self, trailers: dict[str, str]) -> "list[bytes] | ChunkIterator":
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return ChunkIterator(self, trailers)
        return [self._body()]

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(ChunkIterator(self, {}))
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _failure(self, body: bytes) -> Failure:
        return _failure(self.headers.get("Lambda-Runtime-Function-Error-Type"), body)

    def _answer(self, status: int, document: dict[str, str]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class ChunkIterator:
    """Bytes of a chunked request body as they arrive, parts of a chunk included; then the trailers.

    https://www.rfc-editor.org/rfc/rfc9112#section-7.1
    """

    def __init__(self, handler: RuntimeHandler, trailers: dict[str, str]) -> None:
        self._file = handler.rfile
        self._trailers = trailers
        self._left_in_chunk = 0

    def __iter__(self) -> "ChunkIterator":
        return self

    def __next__(self) -> bytes:
        if self._left_in_chunk == 0:
            self._left_in_chunk = self._size()
            if self._left_in_chunk == 0:
                self._read_trailers()
                raise StopIteration
        # read1: at most one read of the socket, so that a byte is passed on when it comes.
        piece: bytes = self._file.read1(min(self._left_in_chunk, READ_BYTES))
        if not piece:
            raise MalformedChunks("the connection ended within a chunk")
        self._left_in_chunk -= len(piece)
        if self._left_in_chunk == 0 and self._file.readline() != b"\r\n":
            raise MalformedChunks("a chunk is longer than its size says")
        return piece

    def _size(self) -> int:
        line = self._file.readline(1024)
        try:
            return int(line.split(b";")[0].strip(), 16)
        except ValueError:
            raise MalformedChunks("the connection ended before the last chunk") from None

    def _read_trailers(self) -> None:
        while (line := self._file.readline(1024 * 1024)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            self._trailers[name.strip().lower()] = value.strip()


def _failure(error_type: str | None, body: bytes) -> Failure:
    """A failure by the header where there is one (awslambdaric sends none), else by its body."""
    try:
        document = json.loads(body)
        message = str(document.get("errorMessage", ""))
        error_type = error_type or str(document.get("errorType") or "Runtime.Unknown")
    except (ValueError, AttributeError):
        message = ""
    error_type = error_type or "Runtime.Unknown"
    return Failure(error_type, message, body or Failure.of(error_type, message).payload)


def _trailer_failure(error_type: str, encoded: str) -> Failure:
    try:
        body = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        body = b""
    return _failure(error_type, body)
