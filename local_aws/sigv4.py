"""AWS Signature Version 4, from the server's side: who signed a request, or why it is refused.

The ladder follows the specification's own steps: canonical request, string to sign, signing key, signature.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

import hashlib
import hmac
import time
from calendar import timegm
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from posixpath import normpath
from urllib.parse import quote, unquote

from local_aws.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
SKEW_SECONDS = 300
LONGEST_PRESIGNED_SECONDS = 7 * 24 * 3600


class Refused(Enum):
    """Why a signature was refused."""

    MISSING = "missing"
    INCOMPLETE = "incomplete"
    UNKNOWN_KEY = "unknown key"
    MISMATCH = "mismatch"
    EXPIRED_SIGNATURE = "expired signature"
    EXPIRED_TOKEN = "expired token"
    WRONG_SCOPE = "wrong scope"

    @property
    def code(self) -> str:
        """AWS's exception name, as in `x-amzn-errortype`."""
        return _CODES.get(self, "InvalidSignatureException")


_CODES = {
    Refused.MISSING: "MissingAuthenticationTokenException",
    Refused.INCOMPLETE: "IncompleteSignatureException",
    Refused.UNKNOWN_KEY: "UnrecognizedClientException",
    Refused.EXPIRED_TOKEN: "ExpiredTokenException",
}


class SignatureRefused(Exception):
    """The request is not the work of anyone known. The message is AWS's, echoes included."""

    def __init__(self, cause: Refused, message: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature covers.

    Attributes:
        raw_path: as it was sent, percent-encoded; `raw_query` too, without its question mark.
        headers: (name, value) as they came.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """All values of a header, joined as the canonical request has them; None where there is none."""
        values = [" ".join(value.split()) for key, value in self.headers if key.lower() == name.lower()]
        return ",".join(values) if values else None

    def parameters(self) -> list[tuple[str, str]]:
        """The query's parameters, decoded; a plus sign is a plus sign."""
        pairs = [part.partition("=") for part in self.raw_query.split("&") if part]
        return [(unquote(name), unquote(value)) for name, _, value in pairs]


@dataclass(frozen=True, slots=True)
class _Claim:
    """What the request says of its signature."""

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    security_token: str | None
    presigned_seconds: int | None = None

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


def verify(
    request: SignedRequest,
    find: Callable[[str], Credentials | None],
    *,
    service: str | None = None,
    region: str | None = None,
    now: float | None = None,
) -> Credentials:
    """The credentials that signed a request, by header or by query.

    Args:
        find: an access key's credentials, or None; `CredentialStore.find`.
        service: the signing name that the scope must have, such as `execute-api`; None: any.
        region: the Region that the scope must have; None: any.
        now: seconds since the epoch.

    Raises:
        SignatureRefused: with AWS's own message.
    """
    moment = time.time() if now is None else now
    claim = _claim_of(request)
    _check_scope(claim, service, region)
    _check_time(claim, moment)
    credentials = find(claim.access_key_id)
    if credentials is None or (credentials.session_token or None) != claim.security_token:
        raise SignatureRefused(Refused.UNKNOWN_KEY, "The security token included in the request is invalid.")
    presigned = claim.presigned_seconds is not None
    canonical = canonical_request(request, claim.signed_headers, presigned=presigned, s3=claim.service == "s3")
    to_sign = string_to_sign(claim.timestamp, claim.scope, canonical)
    key = signing_key(credentials.secret_access_key, claim.date, claim.region, claim.service)
    expected = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, claim.signature) or not _payload_matches(request):
        raise SignatureRefused(
            Refused.MISMATCH,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret"
            " Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for"
            f" this request should have been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{to_sign}'\n",
        )
    if credentials.expired(moment):
        raise SignatureRefused(Refused.EXPIRED_TOKEN, "The security token included in the request is expired")
    return credentials


def canonical_request(
    request: SignedRequest, signed_headers: Sequence[str], *, presigned: bool = False, s3: bool = False
) -> str:
    """Step 1. The path is encoded once more than it was sent, as every service has it but S3, whose addresses don't
    cover a payload either."""
    parameters = [pair for pair in request.parameters() if not (presigned and pair[0] == "X-Amz-Signature")]
    query = sorted((_encode(name), _encode(value)) for name, value in parameters)
    headers = "".join(f"{name}:{request.header(name) or ''}\n" for name in signed_headers)
    return "\n".join(
        (
            request.method,
            request.raw_path if s3 else canonical_path(request.raw_path),
            "&".join(f"{name}={value}" for name, value in query),
            headers,
            ";".join(signed_headers),
            UNSIGNED_PAYLOAD if s3 and presigned else _payload_hash(request),
        )
    )


def canonical_path(raw_path: str) -> str:
    """The path without dot segments and empty ones, each segment encoded again."""
    if not raw_path or raw_path == "/":
        return "/"
    normalized = normpath(raw_path)
    normalized = "/" + normalized.lstrip("/")
    if raw_path.endswith("/") and normalized != "/":
        normalized += "/"
    return quote(normalized, safe="/~-_.")


def string_to_sign(timestamp: str, scope: str, canonical: str) -> str:
    """Step 2."""
    return "\n".join((ALGORITHM, timestamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Step 3."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def parse_authorization(value: str) -> dict[str, str]:
    """The parts of an Authorization header, as API Gateway parses whatever it finds there.

    Raises:
        SignatureRefused: it is not a signature; the message repeats the header, a bearer token included, as AWS's does.
    """
    _, _, rest = value.strip().partition(" ")
    parts = {}
    for part in (rest if rest else value).replace(",", " ").split():
        name, equals, text = part.partition("=")
        if not equals:
            raise SignatureRefused(
                Refused.INCOMPLETE,
                f"'{part}' not a valid key=value pair (missing equal-sign) in Authorization header: '{value}'.",
            )
        parts[name] = text
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    if missing:
        needs = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise SignatureRefused(Refused.INCOMPLETE, f"{needs} Authorization={value}")
    return parts


def _claim_of(request: SignedRequest) -> _Claim:
    authorization = request.header("authorization")
    query = dict(request.parameters())
    if authorization is None and query.get("X-Amz-Algorithm") == ALGORITHM:
        return _claim_of_query(query)
    if authorization is None:
        raise SignatureRefused(Refused.MISSING, "Missing Authentication Token")
    parts = parse_authorization(authorization)
    if not authorization.startswith(f"{ALGORITHM} "):
        raise SignatureRefused(Refused.INCOMPLETE, f"Unsupported AWS 'algorithm': '{authorization.split(' ')[0]}'.")
    timestamp = request.header("x-amz-date")
    if timestamp is None:
        raise SignatureRefused(
            Refused.INCOMPLETE,
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
            f" Authorization={authorization}",
        )
    return _claim(
        parts["Credential"],
        parts["SignedHeaders"],
        parts["Signature"],
        timestamp,
        request.header("x-amz-security-token"),
    )


def _claim_of_query(query: dict[str, str]) -> _Claim:
    needed = ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date", "X-Amz-Expires")
    missing = [name for name in needed if not query.get(name)]
    if missing:
        needs = " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        raise SignatureRefused(Refused.INCOMPLETE, needs)
    seconds = query["X-Amz-Expires"]
    if not seconds.isdigit() or not 1 <= int(seconds) <= LONGEST_PRESIGNED_SECONDS:
        raise SignatureRefused(Refused.INCOMPLETE, "X-Amz-Expires must be a number of seconds of at most a week.")
    return _claim(
        query["X-Amz-Credential"],
        query["X-Amz-SignedHeaders"],
        query["X-Amz-Signature"],
        query["X-Amz-Date"],
        query.get("X-Amz-Security-Token"),
        int(seconds),
    )


def _claim(
    credential: str, signed: str, signature: str, timestamp: str, token: str | None, presigned: int | None = None
) -> _Claim:
    parts = credential.split("/")
    if len(parts) != 5:
        raise SignatureRefused(
            Refused.INCOMPLETE,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term,"
            f" got '{credential}'",
        )
    headers = tuple(signed.split(";"))
    if "host" not in headers:
        raise SignatureRefused(Refused.MISMATCH, "'Host' must be a 'SignedHeader' in the AWS Authorization.")
    key, date, region, service, terminator = parts
    return _Claim(key, date, region, service, terminator, headers, signature, timestamp, token, presigned)


def _check_scope(claim: _Claim, service: str | None, region: str | None) -> None:
    wrong = []
    if service is not None and claim.service != service:
        wrong.append(f"Credential should be scoped to correct service: '{service}'.")
    if region is not None and claim.region != region:
        wrong.append(f"Credential should be scoped to a valid region, not '{claim.region}'.")
    if claim.terminator != "aws4_request":
        wrong.append("Credential should be scoped with a valid terminator: 'aws4_request'.")
    if claim.date != claim.timestamp[:8]:
        wrong.append(
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{claim.date}'"
            f" != '{claim.timestamp[:8]}', from '{claim.timestamp}'."
        )
    if wrong:
        raise SignatureRefused(Refused.WRONG_SCOPE, " ".join(wrong))


def _check_time(claim: _Claim, now: float) -> None:
    try:
        signed_at = timegm(time.strptime(claim.timestamp, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise SignatureRefused(
            Refused.INCOMPLETE, f"Date must be in ISO-8601 'basic format'. Got '{claim.timestamp}'."
        ) from None
    here = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    lifetime = SKEW_SECONDS if claim.presigned_seconds is None else claim.presigned_seconds
    if signed_at + lifetime < now:
        raise SignatureRefused(
            Refused.EXPIRED_SIGNATURE,
            f"Signature expired: {claim.timestamp} is now earlier than {here} less {lifetime} s.",
        )
    if signed_at - SKEW_SECONDS > now:
        raise SignatureRefused(
            Refused.EXPIRED_SIGNATURE,
            f"Signature not yet current: {claim.timestamp} is still later than {here} plus {SKEW_SECONDS} s.",
        )


def _payload_hash(request: SignedRequest) -> str:
    return request.header("x-amz-content-sha256") or hashlib.sha256(request.body).hexdigest()


def _payload_matches(request: SignedRequest) -> bool:
    """Whether a stated hash is the body's, or says that the body is not signed."""
    stated = request.header("x-amz-content-sha256")
    return stated in (None, UNSIGNED_PAYLOAD) or stated == hashlib.sha256(request.body).hexdigest()


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
