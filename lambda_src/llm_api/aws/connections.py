"""Connections to one host: kept, given up when idle, opened with a limit, through a proxy where there is one.

Every wait has the request's own deadline, whatever the other side does: a socket's timeout is set anew before each
operation, and one operation is never longer than it. No thread waits but for names, which the system looks up without
a limit.
"""

import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from llm_api.aws import AwsError, BadHeader, BrokenOff, Insecure, NotSent, TimedOut
from llm_api.aws.answers import Answer
from llm_api.aws.trust import Trust

IDLE_SECONDS = 10.0
"""The most that a connection may have been idle when it is used.

AWS's hosts give an idle connection up after 5 (S3) to 90 seconds (DynamoDB), what stands between after 350, and a
frozen environment hears nothing of it. What it sends then is lost without a word on whether it had arrived.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

CONNECT_SECONDS = 2.0
KEEPALIVE_SECONDS = 60
"""A model may think for minutes without a byte, longer than a NAT gateway keeps a silent connection.
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html"""

_MOST_IDLE = 16
_RECEIVE_BYTES = 64 * 1024
_SEND_BYTES = 256 * 1024
_ONE_WRITE_BYTES = 16 * 1024
"""A TLS record: what is sent whole or not at all."""

_URL = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?")
_SENDABLE = bytes(range(0x20, 0x7F)) + b"\t"
_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """Where a service is.

    Attributes:
        host: without the brackets of an IPv6 address.
        path: that all of its paths begin with; no slash at its end.
    """

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def authority(self) -> str:
        """The `host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse_url(url: str, name: str) -> Address:
    """The address in a URL.

    Parameters:
        name: of the environment variable that holds it.

    Raises:
        ValueError: it is none.
    """
    match = _URL.fullmatch(url)
    if match is None or not 0 < int(match[3] or 1) < 65536:
        raise ValueError(f"{name} is not a URL such as https://HOST or http://HOST:PORT/PATH.")
    scheme, host, port, path = match.groups()
    return Address(scheme, host.strip("[]").lower(), int(port or _PORTS[scheme]), (path or "").rstrip("/"))


def request_head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """The bytes before the body.

    Raises:
        BadHeader: something in it would end its line, or can't be sent.
    """
    try:
        checked = "".join((method, target, *headers, *headers.values())).encode("ascii")
    except UnicodeEncodeError:
        checked = b"\n"
    if checked.translate(None, _SENDABLE) or " " in target:
        raise BadHeader("a header's value or the path has a character that can't be sent")
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    return f"{method} {target} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("ascii")


class Host:
    """One host and the connections to it. Thread-safe.

    Parameters:
        trust: for TLS; None for a host without.
        connect_seconds: the most that a new connection may take, TLS included.
        proxy: what to go through, and what to tell it.
    """

    def __init__(
        self,
        address: Address,
        trust: Trust | None = None,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        proxy: "tuple[Address, Mapping[str, str]] | None" = None,
    ) -> None:
        self.address = address
        self._trust = trust
        self._connect_seconds = connect_seconds
        self._proxy = proxy
        self._lock = threading.Lock()
        self._idle: list[Connection] = []

    def ask(self, head: bytes, body: bytes, until: float) -> Answer:
        """Send a request, once. Its answer has yet to be waited for.

        Parameters:
            until: the deadline, on the monotonic clock.

        Raises:
            NotSent: nothing was sent: the host can't be reached or isn't trusted.
            TimedOut: it wasn't sent by then.
            BrokenOff: the connection broke in the middle of it.
        """
        while (connection := self._kept()) is not None:
            try:
                return connection.ask(head, body, until)
            except NotSent:
                continue  # it was given up, and nothing could be sent
        return self._opened(until).ask(head, body, until)

    def keep(self, connection: "Connection") -> None:
        """Take a connection back that another request may be sent on."""
        connection.used()
        with self._lock:
            if len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """End what is idle."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def _kept(self) -> "Connection | None":
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.usable():
                return connection
            connection.close()

    def _opened(self, until: float) -> "Connection":
        limit = min(until, time.monotonic() + self._connect_seconds)
        try:
            return Connection(self._secured(limit), self)
        except TimedOut:
            if time.monotonic() >= until:
                raise
            raise NotSent("the host doesn't answer in time") from None

    def _secured(self, until: float) -> socket.socket:
        """A connection that is ready for a request."""
        while True:
            plain = self._connected(until)
            if self._trust is None:
                return plain
            context = self._trust.context
            try:
                plain.settimeout(remaining(until))
                # As bytes: to encode a text, Python imports its tables for names beyond ASCII.
                return context.wrap_socket(plain, server_hostname=self.address.host.encode())
            except TimeoutError:
                plain.close()
                raise TimedOut("the host doesn't answer in time") from None
            except ssl.SSLCertVerificationError as error:
                plain.close()
                if not self._trust.widen(context, self.address.host):
                    raise Insecure(f"the host's certificate is not trusted: {error.verify_message}") from error
            except ssl.SSLError as error:
                plain.close()
                raise Insecure(f"no TLS with the host: {error.reason}") from error
            except OSError as error:
                plain.close()
                raise NotSent(f"the connection broke: {type(error).__name__}") from error
            except TimedOut:
                plain.close()
                raise

    def _connected(self, until: float) -> socket.socket:
        nearest = self.address if self._proxy is None else self._proxy[0]
        addresses, reason = _resolved(nearest.host, nearest.port, until), ""
        while addresses:
            family, kind, protocol, _, where = addresses.pop(0)
            try:
                plain = socket.socket(family, kind, protocol)
            except OSError as error:  # an IPv6 address, where the system has no IPv6
                reason = type(error).__name__
                continue
            try:
                # Half of the time for each but the last: an address where nobody answers isn't the host's end.
                plain.settimeout(remaining(until) / (2 if addresses else 1))
                plain.connect(where)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                for option in ("TCP_KEEPIDLE", "TCP_KEEPINTVL"):
                    if hasattr(socket, option):
                        plain.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), KEEPALIVE_SECONDS)
                if self._proxy is not None:
                    self._tunnel(plain, self._proxy[1], until)
                return plain
            except OSError as error:
                plain.close()
                reason = type(error).__name__
            except AwsError:
                plain.close()
                raise
        remaining(until)
        raise NotSent(f"the host can't be reached: {reason}")

    def _tunnel(self, plain: socket.socket, headers: Mapping[str, str], until: float) -> None:
        """Have the proxy connect to the host. https://www.rfc-editor.org/rfc/rfc9110#name-connect"""
        target = f"{self.address.authority.removesuffix(f':{self.address.port}')}:{self.address.port}"
        plain.settimeout(remaining(until))
        plain.sendall(request_head("CONNECT", target, {"host": target, **headers}))
        told = b""
        while not told.endswith(b"\r\n\r\n"):
            plain.settimeout(remaining(until))
            more = plain.recv(1)  # what follows is the host's
            if not more or len(told) > 16 * 1024:
                raise NotSent("the proxy's answer is none")
            told += more
        if re.match(rb"HTTP/1\.[01] 2\d\d[ \r]", told) is None:
            raise NotSent(f"the proxy refuses: {told[9:12].decode('latin-1')}")


class Connection:
    """One connection; it has at most one answer at a time. See `answers.Reader`."""

    def __init__(self, plain: socket.socket, host: Host) -> None:
        self.received = bytearray()
        self._socket = plain
        self._host = host
        self._waiting = select.poll()
        self._waiting.register(plain, select.POLLIN)
        self.used()

    def used(self) -> None:
        """It is idle from now on."""
        self._since = time.monotonic(), time.time()

    def usable(self) -> bool:
        """Whether the other side can be believed to be there still. While frozen, one clock or the other stands."""
        monotonic, clock = self._since
        idle = max(time.monotonic() - monotonic, abs(time.time() - clock))
        # What is to be read before anything was asked is its end, or nothing that belongs to an answer.
        return idle <= IDLE_SECONDS and not self._waiting.poll(0)

    def ask(self, head: bytes, body: bytes, until: float) -> Answer:
        """See `Host.ask`."""
        try:
            self._send(head, body, until)
        except BaseException:
            self.close()
            raise
        return Answer(self)

    def receive(self, until: float) -> bool:
        try:
            self._socket.settimeout(remaining(until))
            data = self._socket.recv(_RECEIVE_BYTES)
        except TimeoutError:
            raise TimedOut("no answer in time") from None
        except OSError as error:
            raise BrokenOff(f"the connection broke: {type(error).__name__}") from error
        self.received += data
        return bool(data)

    def done(self, *, keep: bool) -> None:
        if keep:
            self._host.keep(self)
        else:
            self.close()

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def _send(self, head: bytes, body: bytes, until: float) -> None:
        together = len(head) + len(body) <= _ONE_WRITE_BYTES
        try:
            self._socket.settimeout(remaining(until))
            self._socket.sendall(head + body if together else head)
        except TimeoutError:
            raise TimedOut("the request could not be sent in time") from None
        except OSError as error:
            raise NotSent(f"the connection is broken: {type(error).__name__}") from error
        if together:
            return
        try:
            for piece in _pieces(body):  # because how often a TLS socket starts its timeout anew is nowhere promised
                self._socket.settimeout(remaining(until))
                self._socket.sendall(piece)
        except TimeoutError:
            raise TimedOut("the request could not be sent in time") from None
        except OSError as error:
            # Who refuses a request before its end may say so and hang up. Without an answer it is broken off.
            if not isinstance(error, BrokenPipeError | ConnectionResetError):
                raise BrokenOff(f"the connection broke: {type(error).__name__}") from error


def _pieces(body: bytes) -> Iterator[memoryview]:
    view = memoryview(body)
    return (view[at : at + _SEND_BYTES] for at in range(0, len(view), _SEND_BYTES))


def remaining(until: float) -> float:
    """Seconds until then.

    Raises:
        TimedOut: there are none.
    """
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimedOut("the time is over")
    return seconds


def _resolved(host: str, port: int, until: float) -> list[Any]:
    """A host's addresses. Looked up on a thread, because the system's resolver can't be given a limit."""
    found: list[Any] = []

    def look_up() -> None:
        try:
            found.append(socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.append(error)

    thread = threading.Thread(target=look_up, name="resolving", daemon=True)
    thread.start()
    thread.join(remaining(until))
    if not found:
        raise TimedOut("the host's name isn't looked up in time")
    if isinstance(found[0], Exception):
        raise NotSent(f"the host's name is not known: {type(found[0]).__name__}") from found[0]
    addresses: list[Any] = found[0]
    return addresses
