"""Signature Version 4, a function for each step of its specification.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, and for signed addresses
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from llm_api.aws.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

Query = Sequence[tuple[str, str]]
"""Names and values, not escaped."""

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_IN_SEGMENT = [chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in range(256)]
_IN_PATH = _IN_SEGMENT.copy()
_IN_PATH[ord("/")] = "/"


class Scope(NamedTuple):
    """What a signature holds for, beside its day."""

    region: str
    service: str


def escape(text: str, *, slashes: bool = False) -> str:
    """`text` as it stands in a path or a query: all but letters, digits and `-._~` percent-encoded.

    Parameters:
        slashes: whether `/` stays.
    """
    return "".join(map((_IN_PATH if slashes else _IN_SEGMENT).__getitem__, text.encode()))


def escaped_query(query: Query) -> str:
    """The query as it is sent."""
    return "&".join(f"{escape(name)}={escape(value)}" for name, value in query)


def timestamp(now: float) -> str:
    """The moment of a signature. `now` is in seconds since 1970."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def sign(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    scope: Scope,
    *,
    query: Query = (),
    now: float,
) -> dict[str, str]:
    """The headers with those that sign the request.

    Parameters:
        path: as it is sent, so already escaped.
        headers: all that are to be signed, `host` among them, names in lower case.
        now: seconds since 1970.
    """
    moment = timestamp(now)
    digest = hashlib.sha256(body).hexdigest()
    headers = {**headers, "x-amz-date": moment}
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    if scope.service == "s3":
        headers["x-amz-content-sha256"] = digest
    names = ";".join(sorted(headers))
    request = canonical_request(method, canonical_path(path, scope), query, headers, names, digest)
    credential = credential_scope(moment, scope)
    signed = signature(credentials.secret_key, string_to_sign(moment, credential, request), moment, scope)
    headers["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{credential}, SignedHeaders={names}, Signature={signed}"
    )
    return headers


def presign(
    host: str, path: str, credentials: Credentials, scope: Scope, *, seconds: int, query: Query = (), now: float
) -> str:
    """The query that makes a GET of `path` one by these credentials, for whoever has it.

    Parameters:
        seconds: how long it holds; the credentials' own end may come first.
    """
    moment = timestamp(now)
    credential = credential_scope(moment, scope)
    query = [
        *query,
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{credentials.access_key}/{credential}"),
        ("X-Amz-Date", moment),
        ("X-Amz-Expires", str(seconds)),
        ("X-Amz-SignedHeaders", "host"),
    ]
    if credentials.token:
        query.append(("X-Amz-Security-Token", credentials.token))
    request = canonical_request("GET", canonical_path(path, scope), query, {"host": host}, "host", UNSIGNED_PAYLOAD)
    signed = signature(credentials.secret_key, string_to_sign(moment, credential, request), moment, scope)
    return f"{escaped_query(query)}&X-Amz-Signature={signed}"


def canonical_path(path: str, scope: Scope) -> str:
    """The path that is signed: S3's as it is sent, every other service's without dots and escaped a second time."""
    if scope.service == "s3":
        return path
    if "//" in path or "/." in path:
        path = _without_dots(path)
    return escape(path or "/", slashes=True)


def canonical_request(method: str, path: str, query: Query, headers: Mapping[str, str], names: str, digest: str) -> str:
    """All of the request in one form.

    Parameters:
        names: of the signed headers, sorted, joined by semicolons.
        digest: of the body.
    """
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names.split(";"))
    pairs = "&".join(f"{name}={value}" for name, value in sorted((escape(n), escape(v)) for n, v in query))
    return f"{method}\n{path}\n{pairs}\n{lines}\n{names}\n{digest}"


def credential_scope(moment: str, scope: Scope) -> str:
    """For which day, Region and service a key signs."""
    return f"{moment[:8]}/{scope.region}/{scope.service}/aws4_request"


def string_to_sign(moment: str, credential: str, request: str) -> str:
    """What the signature is made of."""
    return f"{ALGORITHM}\n{moment}\n{credential}\n{hashlib.sha256(request.encode()).hexdigest()}"


@lru_cache(maxsize=16)
def signing_key(secret_key: str, day: str, scope: Scope) -> bytes:
    """The key of a day, the same for all of its requests."""
    key = f"AWS4{secret_key}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(secret_key: str, text: str, moment: str, scope: Scope) -> str:
    """The signature itself."""
    return hmac.digest(signing_key(secret_key, moment[:8], scope), text.encode(), "sha256").hex()


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4, and without empty segments: what the services compare with."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    end = "/" if kept and path.endswith("/") else ""
    return f"/{'/'.join(kept)}{end}"
