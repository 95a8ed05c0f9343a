"""Signatures are those that botocore makes, byte for byte."""

import datetime
import hashlib
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Theirs
from hypothesis import example, given
from hypothesis import strategies as st
from llm_api.aws import signing
from llm_api.aws.credentials import Credentials
from llm_api.aws.signing import Scope

HOST = "bedrock-runtime.us-east-1.amazonaws.com"

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12).map(lambda name: f"x-{name}")
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
segments = st.lists(st.one_of(texts, st.sampled_from(["", ".", "..", "%", "a b", "a%2Fb", "~*'()"])), max_size=6)
moments = st.datetimes(datetime.datetime(2000, 1, 1), datetime.datetime(2099, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=datetime.UTC)
)
credentials = st.builds(
    Credentials,
    st.from_regex(r"[A-Z0-9]{16,20}", fullmatch=True),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40),
    st.one_of(st.none(), st.from_regex(r"[A-Za-z0-9+/=]{1,60}", fullmatch=True)),
)
scopes = st.builds(
    Scope,
    st.sampled_from(["us-east-1", "eu-central-2", "us-gov-west-1", "cn-north-1"]),
    st.sampled_from(["bedrock", "dynamodb", "sagemaker", "states"]),
)


def escaped(parts: list[str]) -> str:
    return "/" + "/".join(signing.escape(part) for part in parts)


class _At:
    """botocore, at a moment."""

    def __init__(self, moment: datetime.datetime) -> None:
        self.moment = moment

    def __enter__(self) -> None:
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr("botocore.auth.get_current_datetime", lambda: self.moment)

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


@given(texts, st.booleans())
@example("arn:aws:bedrock:us-east-1:1:a/b", False)
def test_escaping_is_what_the_standard_library_does(text: str, slashes: bool) -> None:
    assert signing.escape(text, slashes=slashes) == quote(text, safe="-._~/" if slashes else "-._~")


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    segments,
    st.dictionaries(texts.filter(bool), texts, max_size=4),
    st.dictionaries(names, values, max_size=5),
    st.binary(max_size=60),
    credentials,
    scopes,
    moments,
)
def test_a_signed_request_is_botocores(
    method: str,
    path: list[str],
    query: dict[str, str],
    headers: dict[str, str],
    body: bytes,
    ours: Credentials,
    scope: Scope,
    moment: datetime.datetime,
) -> None:
    # GIVEN any request
    url = f"https://{HOST}{escaped(path)}"
    request = AWSRequest(method, url, headers={**headers, "host": HOST}, data=body, params=query)
    # WHEN it is signed by botocore and by us
    with _At(moment):
        SigV4Auth(Theirs(*ours), scope.service, scope.region).add_auth(request)
    pairs = list(query.items())
    signed = signing.sign(
        method,
        escaped(path),
        {**headers, "host": HOST},
        body,
        ours,
        scope,
        query=pairs,
        now=moment.timestamp(),
    )
    # THEN both say the same
    assert {name.lower(): value for name, value in request.headers.items()} == signed


@given(segments, st.dictionaries(names, values, max_size=4), st.binary(max_size=60), credentials, moments)
def test_what_is_put_into_s3_is_signed_as_botocore_does(
    path: list[str], headers: dict[str, str], body: bytes, ours: Credentials, moment: datetime.datetime
) -> None:
    # GIVEN any object
    host = "acme-images.s3.eu-west-1.amazonaws.com"
    request = AWSRequest("PUT", f"https://{host}{escaped(path)}", headers={**headers, "host": host}, data=body)
    # WHEN it is signed by botocore and by us
    with _At(moment):
        S3SigV4Auth(Theirs(*ours), "s3", "eu-west-1").add_auth(request)
    scope = Scope("eu-west-1", "s3")
    signed = signing.sign("PUT", escaped(path), {**headers, "host": host}, body, ours, scope, now=moment.timestamp())
    # THEN both say the same, the content's hash included
    assert {name.lower(): value for name, value in request.headers.items()} == signed
    assert signed["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()


@given(segments, st.integers(1, 604_800), credentials, moments)
def test_a_signed_address_is_botocores(
    path: list[str], seconds: int, ours: Credentials, moment: datetime.datetime
) -> None:
    # GIVEN any key
    host = "acme-images.s3.eu-west-1.amazonaws.com"
    request = AWSRequest("GET", f"https://{host}{escaped(path)}")
    # WHEN an address of it is signed by botocore and by us
    with _At(moment):
        S3SigV4QueryAuth(Theirs(*ours), "s3", "eu-west-1", seconds).add_auth(request)
    query = signing.presign(
        host, escaped(path), ours, Scope("eu-west-1", "s3"), seconds=seconds, now=moment.timestamp()
    )
    # THEN it is the same, to the last character
    assert urlsplit(request.url).query == query


def test_a_days_key_is_made_once() -> None:
    # GIVEN two signatures of one day
    signing.signing_key.cache_clear()
    for now in (1_795_435_230.0, 1_795_435_999.0):
        signing.sign("POST", "/", {"host": HOST}, b"", Credentials("A", "s"), Scope("us-east-1", "bedrock"), now=now)
    # THEN they share the key
    assert signing.signing_key.cache_info().misses == 1


def test_the_specifications_own_example() -> None:
    # GIVEN the key that AWS's documentation derives step by step
    key = signing.signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830", Scope("us-east-1", "iam"))
    # THEN ours is that key: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    assert key.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
