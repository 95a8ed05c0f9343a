"""The listener: werkzeug's threaded server, with what a gateway needs beside it.

Headers keep their case, connections are kept alive, each piece of a stream is flushed, and an answer that fails on the
way is cut off without its closing chunk, so that no caller takes the half for the whole.
"""

import logging
import socket
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from local_aws.gateway.http2 import Http2Connection
from local_aws.gateway.serving import BODILESS, serve
from local_aws.gateway.wire import RAW_HEADERS

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 60.0
LINGER_BYTES = 64 * 1024 * 1024
LINGER_SECONDS = 2.0


class GatewayRequestHandler(WSGIRequestHandler):
    """One connection. Any WSGI application can be served with it."""

    protocol_version = "HTTP/1.1"
    timeout = KEEP_ALIVE_SECONDS
    _served = False
    # Otherwise the head and the first piece of a short answer wait for each other's acknowledgement.
    disable_nagle_algorithm = True

    server: "GatewayServer"

    def handle(self) -> None:
        """Serves the connection in the version of HTTP that was agreed on with the handshake."""
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.do_handshake()
            if self.connection.selected_alpn_protocol() == "h2":
                peer = str(self.client_address[0])
                Http2Connection(self.server.app, self.connection, peer, KEEP_ALIVE_SECONDS).serve()
                return
        super().handle()

    def handle_one_request(self) -> None:
        """Waits for a request, and serves it."""
        self.raw_requestline = b""
        self._idle_since = time.monotonic()
        super().handle_one_request()

    def parse_request(self) -> bool:
        """Whether there is a request to serve, now that its first line is there."""
        if self._served and self.server.forgets(time.monotonic() - self._idle_since):
            self.close_connection = True  # with what was sent unread, which makes it a reset
            return False
        self._served = True
        return super().parse_request()

    def log_error(self, format: str, *args: Any) -> None:
        """Nothing of connections that were idle until their time was over."""
        if self.raw_requestline or not any(isinstance(value, TimeoutError) for value in args):
            super().log_error(format, *args)

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        environ[RAW_HEADERS] = [(name, str(value)) for name, value in self.headers.items()]
        self._body = _CountingInput(environ["wsgi.input"])
        environ["wsgi.input"] = self._body
        return environ

    def run_wsgi(self) -> None:
        """Serves one request; afterwards the connection is ready for the next one, or closed."""
        self.environ = environ = self.make_environ()
        if not serve(self.server.app, environ, _Answer(self)):
            self.close_connection = True
        if self._unread():
            self.close_connection = True
            self._linger()

    def _unread(self) -> bool:
        if self.environ.get("wsgi.input_terminated"):
            return not self._body.exhausted
        declared = self.headers.get("Content-Length") or ""
        return declared.isdigit() and self._body.count < int(declared)

    def _linger(self) -> None:
        """Reads on for a moment, so that a caller who is still sending gets to see the answer, and no reset."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER_SECONDS)
            left = LINGER_BYTES
            while left > 0 and (piece := self.connection.recv(65536)):
                left -= len(piece)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the access log is the stage's."""


class _CountingInput:
    """Counts what was read of a request's body."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.count = 0
        self.exhausted = False

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self.count += len(data)
        self.exhausted = self.exhausted or size < 0 or len(data) < size
        return data


class _Answer:
    """Writes one response."""

    def __init__(self, handler: GatewayRequestHandler) -> None:
        self._handler = handler
        self._status = 500
        self._headers: list[tuple[str, str]] = []
        self._chunked = False
        self.begun = False

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """WSGI's `start_response`."""
        self._status, self._headers = int(status.split(" ", 1)[0]), headers
        return self.write

    def write(self, piece: bytes) -> None:
        if not self.begun:
            self._begin()
        if not piece or self._handler.command == "HEAD":
            return
        if self._chunked:
            piece = b"%x\r\n%s\r\n" % (len(piece), piece)
        self._handler.wfile.write(piece)
        self._handler.wfile.flush()

    def finish(self) -> None:
        """The end of a whole answer."""
        if not self.begun:
            self._begin()
        if self._chunked and self._handler.command != "HEAD":
            self._handler.wfile.write(b"0\r\n\r\n")
        self._handler.wfile.flush()

    def fail(self) -> None:
        """An answer for a fault of the application itself."""
        with suppress(OSError):
            self.start("500 Internal Server Error", [("Content-Length", "0")])
            self.finish()

    def _begin(self) -> None:
        self.begun = True
        handler = self._handler
        names = {name.lower() for name, _ in self._headers}
        sized = "content-length" in names or self._status in BODILESS or self._status < 200
        self._chunked = not sized and handler.request_version == "HTTP/1.1"
        handler.send_response_only(self._status)  # without a Server header: API Gateway sends none
        if "date" not in names:
            handler.send_header("Date", handler.date_time_string())
        for name, value in self._headers:
            handler.send_header(name, value)
        if self._chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        elif not sized:
            handler.close_connection = True
        if handler.close_connection or handler._unread():
            handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.flush()


class GatewayServer(ThreadedWSGIServer):
    """A listener with a thread for each connection. `serve_forever` runs it, `shutdown` and `server_close` end it.

    Attributes:
        forgets: whether a connection that was idle for so many seconds is known no longer, to whoever uses it.
    """

    daemon_threads = True
    request_queue_size = 256
    forgets: Callable[[float], bool] = staticmethod(lambda idle_seconds: False)

    def __init__(self, app: Any, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        if tls is not None:
            tls.set_alpn_protocols(["h2", "http/1.1"])
        super().__init__(host, port, app, handler=GatewayRequestHandler, ssl_context=tls)
        if isinstance(self.socket, ssl.SSLSocket):
            # The handshake is left to the connection's own thread: one slow caller must not hold up all others.
            setattr(self.socket, "do_handshake_on_connect", False)  # noqa: B010 - the attribute has no stub

    def log(self, type: str, message: str, *args: Any) -> None:
        log.error(message, *args)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError, ssl.SSLError)):
            log.error("a connection failed: %r", error)
