"""Signatures made by botocore, verified; and every way in which one is refused."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SigningCredentials

from local_aws.credentials import Credentials, CredentialStore
from local_aws.sigv4 import Refused, SignatureRefused, SignedRequest, verify

HOST = "https://abc123.execute-api.us-east-1.amazonaws.com"
ROLE = "arn:aws:iam::123456789012:role/caller"
STORE = CredentialStore()
CALLER = STORE.issue(ROLE, "session")


def signed(
    url: str = f"{HOST}/live/v1/models",
    method: str = "GET",
    body: bytes = b"",
    *,
    credentials: Credentials = CALLER,
    service: str = "execute-api",
    region: str = "us-east-1",
    headers: dict[str, str] | None = None,
    signer: Callable[..., Any] = SigV4Auth,
) -> SignedRequest:
    """A request that botocore signed, as it comes over the wire."""
    request = AWSRequest(method=method, url=url, data=body, headers={"Host": urlsplit(url).netloc, **(headers or {})})
    keys = SigningCredentials(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    signer(keys, service, region).add_auth(request)
    parts = urlsplit(request.url)
    return SignedRequest(method, parts.path, parts.query, list(request.headers.items()), body)


def refusal(request: SignedRequest, **options: Any) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as found:
        verify(request, STORE.find, **{"service": "execute-api", "region": "us-east-1", **options})
    return found.value


def altered(request: SignedRequest, name: str, value: str | None) -> SignedRequest:
    """The request with one header replaced, or taken away."""
    headers = [(key, old) for key, old in request.headers if key.lower() != name.lower()]
    added = [(name, value)] if value is not None else []
    return SignedRequest(request.method, request.raw_path, request.raw_query, headers + added, request.body)


@pytest.mark.parametrize("signer", [SigV4Auth, SigV4QueryAuth])
@pytest.mark.parametrize(
    "url",
    [
        f"{HOST}/",
        HOST,
        f"{HOST}/live/v1/models",
        f"{HOST}/live/v1/models/",
        f"{HOST}//live//v1/models",
        f"{HOST}/live/./v1/../v1/models",
        f"{HOST}/live/model/us.anthropic.claude%3A0/invoke",
        f"{HOST}/live/model/us.anthropic.claude:0/invoke",
        f"{HOST}/live/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.nova%3A0/converse",
        f"{HOST}/live/model/a%252Fb/invoke",
        f"{HOST}/live/model/%C3%A9%20x/invoke",
        f"{HOST}/live/model/~tilde_under-score.dot/invoke",
        f"{HOST}/live/v1/models?b=2&a=1&a=0&empty=&plus=%2B&slash=%2F&space=%20",
    ],
)
def test_what_botocore_signs_is_verified(url: str, signer: Callable[..., Any]) -> None:
    # GIVEN a request signed by botocore, in its header or its query
    request = signed(
        url, "POST" if signer is SigV4Auth else "GET", b"body" if signer is SigV4Auth else b"", signer=signer
    )

    # WHEN it is verified over the path as it was sent, THEN its signer is known
    assert verify(request, STORE.find, service="execute-api", region="us-east-1") == CALLER


@pytest.mark.parametrize("signer", [S3SigV4Auth, S3SigV4QueryAuth])
@pytest.mark.parametrize("path", ["/bucket/images/a%20b.png", "/bucket//a/../b", "/bucket/a+b"])
def test_s3_signs_paths_as_they_are_and_addresses_without_a_payload(path: str, signer: Callable[..., Any]) -> None:
    # GIVEN a request to S3 that botocore signed
    request = signed(f"https://s3.us-east-1.amazonaws.com{path}", service="s3", signer=signer)

    # WHEN THEN
    assert verify(request, STORE.find, service="s3") == CALLER
    with pytest.raises(SignatureRefused):
        verify(replace(request, raw_path=f"{path}x"), STORE.find, service="s3")


def test_a_users_key_needs_no_session_token() -> None:
    # GIVEN the account's own key
    owner = STORE.find("test")
    assert owner is not None

    # THEN its signature is verified too
    assert verify(signed(credentials=owner), STORE.find) is owner


def test_headers_are_compared_without_the_spaces_around_and_within() -> None:
    # GIVEN a header with spaces, sent as botocore sends it
    request = signed(headers={"X-Amz-Meta": "  a   b "})

    # THEN the canonical request has them trimmed
    assert verify(request, STORE.find) == CALLER


@pytest.mark.parametrize(("stated", "accepted"), [("UNSIGNED-PAYLOAD", True), ("right", True), ("wrong", False)])
def test_a_stated_payload_hash(stated: str, accepted: bool) -> None:
    # GIVEN a request that states its payload's hash, signs with it, and carries a body
    class Stating(SigV4Auth):
        def payload(self, request: Any) -> str:
            return str(request.headers["X-Amz-Content-SHA256"])

    digest = {"right": hashlib.sha256(b"body").hexdigest(), "wrong": "0" * 64}.get(stated, stated)
    request = signed(method="POST", body=b"body", headers={"X-Amz-Content-SHA256": digest}, signer=Stating)

    # THEN the hash has to be the body's, or to say that there is none
    if accepted:
        assert verify(request, STORE.find) == CALLER
    else:
        assert refusal(request).cause is Refused.MISMATCH


def test_no_signature_at_all() -> None:
    # WHEN nothing was signed, THEN that is what is missing
    found = refusal(SignedRequest("GET", "/live", "", [("Host", "x")], b""))
    assert (found.cause.code, found.message) == ("MissingAuthenticationTokenException", "Missing Authentication Token")


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        ("Bearer sk-secret", "'sk-secret' not a valid key=value pair (missing equal-sign) in Authorization header"),
        ("sk-secret", "'sk-secret' not a valid key=value pair"),
        ("Bearer c2VjcmV0PT0=", "Authorization header requires 'Credential' parameter"),
        ("AWS4-HMAC-SHA256 Credential=a/b/c/d/e", "requires 'Signature' parameter"),
        ("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=x", "exactly 5 slash-delimited elements"),
        ("AWS4 Credential=a/b/c/d/e, SignedHeaders=host, Signature=x", "Unsupported AWS 'algorithm'"),
    ],
)
def test_a_header_that_is_no_signature_is_repeated(authorization: str, words: str) -> None:
    # GIVEN an Authorization header of another kind
    found = refusal(altered(signed(), "Authorization", authorization))

    # THEN the refusal says what is wrong with it, the way AWS does
    assert found.cause is Refused.INCOMPLETE
    assert words in found.message


def test_the_bearer_token_is_in_the_message() -> None:
    # GIVEN a bearer token
    # THEN it stands in the refusal in full: that is the leak which the API's own gateway responses have to stop
    assert "Bearer sk-secret" in refusal(altered(signed(), "Authorization", "Bearer sk-secret")).message


def test_no_date() -> None:
    # GIVEN a signature without its time
    found = refusal(altered(signed(), "X-Amz-Date", None))

    # THEN it is incomplete
    assert found.cause is Refused.INCOMPLETE
    assert "X-Amz-Date" in found.message


def test_an_unknown_key() -> None:
    # GIVEN a key that nobody issued
    stranger = Credentials("AKIASTRANGER", "secret", None, "arn:aws:iam::123456789012:user/x")

    # THEN it is refused as such
    assert refusal(signed(credentials=stranger)).cause.code == "UnrecognizedClientException"


@pytest.mark.parametrize("token", [None, "another-token"])
def test_a_session_needs_its_token(token: str | None) -> None:
    # GIVEN a session's key with no token, or with another one, and the right secret
    wrong = Credentials(CALLER.access_key_id, CALLER.secret_access_key, token, CALLER.principal_arn)

    # THEN it is not valid
    assert refusal(signed(credentials=wrong)).cause is Refused.UNKNOWN_KEY


@pytest.mark.parametrize(
    "change",
    [
        lambda request: altered(request, "X-Signed", "other"),
        lambda request: SignedRequest("PUT", *_rest(request)),
        lambda request: SignedRequest("POST", "/live/v1/other", *_rest(request)[1:]),
        lambda request: SignedRequest("POST", request.raw_path, "a=2", request.headers, request.body),
        lambda request: SignedRequest("POST", request.raw_path, "a=1", request.headers, b"other"),
        lambda request: altered(request, "Host", "elsewhere.example.com"),
    ],
)
def test_what_was_changed_after_signing_is_a_mismatch(change: Callable[[SignedRequest], SignedRequest]) -> None:
    # GIVEN a signed request, of which one part is changed on the way
    request = signed(f"{HOST}/live/v1/models?a=1", "POST", b"body", headers={"X-Signed": "this"})
    assert verify(request, STORE.find) == CALLER

    # THEN its signature does not match any more
    assert refusal(change(request)).cause is Refused.MISMATCH


def _rest(request: SignedRequest) -> tuple[Any, ...]:
    return request.raw_path, request.raw_query, request.headers, request.body


def test_a_wrong_secret_is_a_mismatch() -> None:
    # GIVEN the right key with a wrong secret
    wrong = Credentials(CALLER.access_key_id, "wrong", CALLER.session_token, CALLER.principal_arn)

    # THEN the signature does not match, and AWS's sentence says so
    found = refusal(signed(credentials=wrong))
    assert found.cause.code == "InvalidSignatureException"
    assert found.message.startswith("The request signature we calculated does not match")


def test_headers_that_are_not_signed_may_change() -> None:
    # GIVEN a header that was added after signing, as a proxy does
    request = altered(signed(), "X-Forwarded-For", "10.0.0.1")

    # THEN it does no harm
    assert verify(request, STORE.find) == CALLER


@pytest.mark.parametrize(
    ("seconds", "cause"),
    [(0, None), (299, None), (301, Refused.EXPIRED_SIGNATURE), (-299, None), (-301, Refused.EXPIRED_SIGNATURE)],
)
def test_a_signature_is_good_for_five_minutes(seconds: int, cause: Refused | None) -> None:
    # GIVEN a signature
    request = signed()
    signed_at = datetime.strptime(request.header("x-amz-date") or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()

    # WHEN it arrives so many seconds later (or, by the clock, earlier), THEN it is good for as long as AWS says
    if cause is None:
        assert verify(request, STORE.find, now=signed_at + seconds) == CALLER
    else:
        assert refusal(request, now=signed_at + seconds).cause is cause


@pytest.mark.parametrize(("seconds", "good"), [(59, True), (62, False)])
def test_a_presigned_url_is_good_for_as_long_as_it_says(seconds: int, good: bool) -> None:
    # GIVEN a presigned URL for a minute
    now = time.time()
    request = signed(signer=lambda *keys: SigV4QueryAuth(*keys, expires=60))

    # THEN it ends with the minute
    if good:
        assert verify(request, STORE.find, now=now + seconds) == CALLER
    else:
        assert refusal(request, now=now + seconds).cause is Refused.EXPIRED_SIGNATURE


def test_a_session_that_is_over() -> None:
    # GIVEN credentials that have expired, and a signature of this moment
    over = STORE.issue(ROLE, "over", duration_seconds=-1)

    # THEN the token is what has expired
    found = refusal(signed(credentials=over))
    assert (found.cause, found.cause.code) == (Refused.EXPIRED_TOKEN, "ExpiredTokenException")


@pytest.mark.parametrize(
    ("options", "words"),
    [({"service": "bedrock"}, "correct service: 'execute-api'"), ({"region": "eu-west-1"}, "valid region")],
)
def test_the_scope_names_service_and_region(options: dict[str, str], words: str) -> None:
    # GIVEN a signature for another service, as boto3's Bedrock client makes it, or another Region
    found = refusal(signed(**options))  # type: ignore[arg-type]

    # THEN it says where it belongs
    assert found.cause is Refused.WRONG_SCOPE
    assert words in found.message


def test_the_host_must_be_signed() -> None:
    # GIVEN a signature that leaves the host out
    request = signed()
    authorization = (request.header("authorization") or "").replace("SignedHeaders=host;", "SignedHeaders=")

    # THEN it is not accepted
    assert "Host" in refusal(altered(request, "Authorization", authorization)).message
