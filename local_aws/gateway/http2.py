"""HTTP/2 on one connection, as API Gateway offers it beside HTTP/1.1: frames by h2, a thread for each request.

One thread does all that concerns the socket, since a TLS connection can't be read and written by two at once. The
threads of requests leave their frames with h2 and wake it.
"""

import io
import selectors
import socket
import ssl
import threading
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

from local_aws.gateway.serving import serve
from local_aws.gateway.wire import RAW_HEADERS

BODY_MAX_BYTES = 16 * 1024 * 1024
"""Of a request's body this much is kept, more than API Gateway takes; the rest is read and dropped."""

READ_BYTES = 65536
PREFACE_BYTES = 24
GOAWAY = 7
NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
OF_ONE_CONNECTION = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
"""Headers that HTTP/2 has no place for (RFC 9113, section 8.2.2)."""


class Http2Connection:
    """A connection on which `h2` was agreed.

    Args:
        app: the WSGI application.
        taken: the socket, after its handshake.
        peer: the caller's IP address.
        idle_seconds: for how long it may be silent while no request is open.
    """

    def __init__(self, app: Any, taken: socket.socket, peer: str, idle_seconds: float) -> None:
        self.app = app
        self._socket = taken
        self._peer = peer
        self._idle_seconds = idle_seconds
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="latin-1"))
        self._turn = threading.Condition()
        self._streams: dict[int, _Stream] = {}
        self._over = False
        self._incoming = _Incoming()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)

    def serve(self) -> None:
        """Until either side ends it."""
        self._h2.initiate_connection()
        self._socket.setblocking(False)
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._woken, selectors.EVENT_READ)
                selector.register(self._socket, selectors.EVENT_READ)
                self._exchange(selector)
        finally:
            with self._turn:
                self._over = True
                self._turn.notify_all()
                self._waker.close()
            self._woken.close()

    def _exchange(self, selector: selectors.BaseSelector) -> None:
        unsent = b""
        open_still = True
        while open_still or unsent:
            with self._turn:
                unsent += self._h2.data_to_send()
                idle = not self._streams
            if idle and self._incoming.farewell and not unsent:
                return
            selector.modify(self._socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if unsent else 0))
            pending = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
            ready = selector.select(0 if pending else self._idle_seconds)
            if idle and not ready and not pending:
                return
            with suppress(BlockingIOError):
                while self._woken.recv(READ_BYTES):
                    pass
            with suppress(*NOT_YET):
                unsent = unsent[self._socket.send(unsent) :] if unsent else b""
            open_still = open_still and self._receive()

    def _receive(self) -> bool:
        """Takes in what has come; whether there may be more."""
        try:
            data = self._socket.recv(READ_BYTES)
        except NOT_YET:
            return True
        if not data:
            return False
        with self._turn:
            try:
                for event in self._h2.receive_data(self._incoming.take(data)):
                    self._on(event)
            except ProtocolError:
                return False  # h2 has left a GOAWAY that says why
            self._turn.notify_all()  # there may be room for those who wait for it
        return True

    def _on(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            sent = [(str(name), str(value)) for name, value in event.headers]
            self._streams[event.stream_id] = _Stream(self, event.stream_id, dict(sent), sent)
        elif isinstance(event, DataReceived):
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if stream := self._streams.get(event.stream_id):
                stream.take(event.data)
        elif isinstance(event, StreamEnded):
            if stream := self._streams.get(event.stream_id):
                threading.Thread(target=stream.run, name="http2-request", daemon=True).start()
        elif isinstance(event, StreamReset):
            self._streams.pop(event.stream_id, None)

    def environ(self, stream: "_Stream") -> dict[str, Any]:
        """A request as WSGI has it."""
        named, sent = stream.named, stream.sent
        target = named[":path"]
        path, _, query = target.partition("?")
        headers = [("host", named.get(":authority", "")), *((n, v) for n, v in sent if not n.startswith(":"))]
        return {
            "REQUEST_METHOD": named[":method"],
            "REQUEST_URI": target,
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": named.get("content-type", ""),
            "CONTENT_LENGTH": named.get("content-length", ""),
            "REMOTE_ADDR": self._peer,
            "SERVER_PROTOCOL": "HTTP/2.0",
            "wsgi.url_scheme": named[":scheme"],
            "wsgi.input": io.BytesIO(stream.body),
            "wsgi.input_terminated": True,
            RAW_HEADERS: headers,
        }

    def head(self, stream_id: int, headers: list[tuple[str, str]]) -> None:
        """Sends an answer's head.

        Raises:
            ConnectionError: the caller is gone.
        """
        with self._turn:
            self._check(stream_id)
            self._h2.send_headers(stream_id, headers)
            self._wake()

    def data(self, stream_id: int, piece: bytes) -> None:
        """Sends a piece of a body, as fast as the caller makes room for it.

        Raises:
            ConnectionError: the caller is gone.
        """
        while piece:
            with self._turn:
                self._check(stream_id)
                room = min(self._h2.local_flow_control_window(stream_id), self._h2.max_outbound_frame_size)
                if room <= 0:
                    self._turn.wait()
                    continue
                self._h2.send_data(stream_id, piece[:room])
                piece = piece[room:]
                self._wake()

    def end(self, stream_id: int, *, whole: bool) -> None:
        """Ends an answer, or resets one that is not whole."""
        with self._turn:
            if self._over or self._streams.pop(stream_id, None) is None:
                return
            with suppress(ProtocolError):
                if whole:
                    self._h2.end_stream(stream_id)
                else:
                    self._h2.reset_stream(stream_id, ErrorCodes.INTERNAL_ERROR)
            self._wake()

    def _check(self, stream_id: int) -> None:
        if self._over or stream_id not in self._streams:
            raise ConnectionResetError("the caller is gone")

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # then it is awake already
            self._waker.send(b"\0")


class _Incoming:
    """What a caller sends, frame by frame, without GOAWAY.

    By it a caller says that it begins no further request, and waits for the answers to those that it has begun
    (RFC 9113, section 6.8). h2 would let nothing be sent after one.

    Attributes:
        farewell: whether there was one.
    """

    def __init__(self) -> None:
        self._data = b""
        self._preface = PREFACE_BYTES
        self.farewell = False

    def take(self, data: bytes) -> bytes:
        """Adds what came, and gives what of it is whole."""
        self._data += data
        whole, self._preface = self._data[: self._preface], max(0, self._preface - len(self._data))
        at = len(whole)
        # A frame's head: its length in three bytes, its type, its flags, and its stream in four.
        while len(head := self._data[at : at + 9]) == 9:
            end = at + 9 + int.from_bytes(head[:3], "big")
            if len(self._data) < end:
                break
            if head[3] == GOAWAY:
                self.farewell = True
            else:
                whole += self._data[at:end]
            at = end
        self._data = self._data[at:]
        return whole


class _Stream:
    """One request and its answer."""

    def __init__(
        self, connection: Http2Connection, number: int, named: dict[str, str], sent: list[tuple[str, str]]
    ) -> None:
        self._connection = connection
        self._number = number
        self.named = named
        self.sent = sent
        self.body = bytearray()
        self._status = 500
        self._headers: list[tuple[str, str]] = []
        self.begun = False

    def take(self, data: bytes) -> None:
        """A piece of the request's body."""
        self.body += data[: BODY_MAX_BYTES - len(self.body)]

    def run(self) -> None:
        """Has the application answer."""
        whole = serve(self._connection.app, self._connection.environ(self), self)
        self._connection.end(self._number, whole=whole or not self.begun)

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self._status, self._headers = int(status.split(" ", 1)[0]), headers
        return self.write

    def write(self, piece: bytes) -> None:
        self._begin()
        if self.named[":method"] != "HEAD":
            self._connection.data(self._number, piece)

    def finish(self) -> None:
        self._begin()

    def fail(self) -> None:
        with suppress(ConnectionError):
            self.start(f"{HTTPStatus.INTERNAL_SERVER_ERROR.value}", [("content-length", "0")])
            self.finish()

    def _begin(self) -> None:
        if self.begun:
            return
        self.begun = True
        headers = [(name.lower(), value) for name, value in self._headers]
        if not any(name == "date" for name, _ in headers):
            headers.append(("date", formatdate(usegmt=True)))
        kept = [(name, value) for name, value in headers if name not in OF_ONE_CONNECTION]
        self._connection.head(self._number, [(":status", str(self._status)), *kept])
