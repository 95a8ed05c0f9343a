"""HTTP as it came in and as it goes out, with nothing of it decoded or renamed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

RAW_HEADERS = "local_aws.raw_headers"
"""Key of the WSGI environment under which the listener leaves the headers as they were sent, `[(name, value), …]`."""

VPC_ENDPOINT = "x-local-aws-vpc-endpoint"
"""Header by which a local caller says through which VPC endpoint it comes; it never reaches the function."""


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """One request.

    Attributes:
        raw_path: as it was sent, still percent-encoded, without the query.
        raw_query: what followed the question mark, as it was sent.
        headers: in order, names in their own case.
        body: all of it, or what was read of a body beyond the limit.
        too_large: the body is beyond the limit.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    scheme: str
    protocol: str
    too_large: bool = False

    def header(self, name: str) -> str | None:
        """The last value of a header, whatever its case."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[-1] if found else None

    @property
    def host(self) -> str:
        """The Host header in lower case, its port included."""
        return (self.header("host") or "").lower()

    @property
    def media_type(self) -> str:
        """The Content-Type without parameters, in lower case; JSON where there is none, as API Gateway takes it."""
        return (self.header("content-type") or "").split(";")[0].strip().lower() or "application/json"

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's parameters in order, decoded."""
        return parse_qsl(self.raw_query, keep_blank_values=True)


@dataclass(slots=True)
class OutgoingResponse:
    """One answer. `body` is an iterator where it is streamed; each of its pieces goes out at once."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterator[bytes] = b""

    def has(self, name: str) -> bool:
        return any(key.lower() == name.lower() for key, _ in self.headers)

    def set(self, name: str, value: str) -> None:
        """Puts a header in place of those of that name."""
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        self.headers.append((name, value))


def read_request(environ: Mapping[str, Any], limit_bytes: int) -> IncomingRequest:
    """The request of a WSGI environment. Of a body beyond the limit only as much is read as tells that it is."""
    target = str(environ["REQUEST_URI"])
    if not target.startswith("/"):  # absolute form: http://host/path
        target = "/" + target.split("://", 1)[-1].partition("/")[2]
    raw_path, _, raw_query = target.partition("?")
    declared = environ.get("CONTENT_LENGTH") or ""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = stream.read(limit_bytes + 1)
    elif declared.isdigit():
        body = stream.read(int(declared)) if int(declared) <= limit_bytes else b""
    else:
        body = b""
    return IncomingRequest(
        method=environ["REQUEST_METHOD"],
        raw_path=raw_path,
        raw_query=raw_query,
        headers=tuple(environ.get(RAW_HEADERS) or _rebuilt_headers(environ)),
        body=body,
        source_ip=environ.get("REMOTE_ADDR", "127.0.0.1"),
        scheme=environ.get("wsgi.url_scheme", "http"),
        protocol=environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
        too_large=len(body) > limit_bytes or (declared.isdigit() and int(declared) > limit_bytes),
    )


def _rebuilt_headers(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Headers from a listener that kept neither their case nor their order."""
    headers = []
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            headers.append((key[5:].replace("_", "-").title(), value))
        elif key in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            headers.append((key.replace("_", "-").title(), value))
    return headers
