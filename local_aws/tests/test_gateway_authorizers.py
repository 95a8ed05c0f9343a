"""Who may call: user pools and Lambda authorizers."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey
from moto.cognitoidp.models import cognitoidp_backends
from moto.iam.models import iam_backends

from local_aws.credentials import CredentialStore
from local_aws.gateway.cognito import pool_keys
from local_aws.lambda_service.types import Invocation, NotPermitted
from local_aws.tests.gateway_support import ACCOUNT, BUFFERED_URI, document, operation, proxy, serve
from local_aws.tests.iam_support import API, Iam, allow, policy


@pytest.fixture
def iam() -> Iterator[Iam]:
    iam_backends.reset()
    yield Iam(CredentialStore())
    iam_backends.reset()


POOL = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/us-east-1_pool"
KEY = generate_private_key(65537, 2048)
CLAIMS = {
    "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool",
    "token_use": "id",
    "sub": "ada",
    "admin": True,
}


def token(claims: dict[str, Any], key: RSAPrivateKey = KEY, algorithm: str = "RS256") -> str:
    from base64 import urlsafe_b64encode

    def part(value: bytes) -> str:
        return urlsafe_b64encode(value).rstrip(b"=").decode()

    head, payload = {"alg": algorithm}, {"exp": time.time() + 60, **claims}
    text = f"{part(json.dumps(head).encode())}.{part(json.dumps(payload).encode())}"
    return f"{text}.{part(key.sign(text.encode(), PKCS1v15(), SHA256()))}"


def pool_api(scopes: list[str]) -> Any:
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [POOL]},
    }
    body = document({"/x": {"get": operation(proxy(), [{"pool": scopes}])}}, schemes={"pool": scheme})
    public = RSAKey.import_key(KEY.public_key()).as_dict(private=False)
    keys = [{name: str(value) for name, value in public.items()}]
    return serve(body, keys_of_pool=lambda arn: keys if arn == POOL else None)


def test_a_user_pools_claims_reach_the_event() -> None:
    # GIVEN a valid ID token
    call, functions = pool_api([])

    # WHEN it is sent, with its scheme and without
    for value in (token(CLAIMS), f"Bearer {token(CLAIMS)}"):
        assert call("GET", "/x", [("Authorization", value)]).status == 200

    # THEN the event has its claims, as text
    claims = functions.events[0]["requestContext"]["authorizer"]["claims"]
    assert (claims["sub"], claims["admin"]) == ("ada", "true")


INVALID: dict[str, str | None] = {
    "absent": None,
    "empty": "",
    "no token": "not.a.token",
    "a key": "Bearer sk-key",
    "expired": token({**CLAIMS, "exp": time.time() - 1}),
    "another pool's": token({**CLAIMS, "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"}),
    "for another use": token({**CLAIMS, "token_use": "access"}),
    "signed by another key": token(CLAIMS, generate_private_key(65537, 2048)),
    "not signed by its own word": token(CLAIMS, algorithm="none"),
    "without its signature": token(CLAIMS).rsplit(".", 1)[0] + ".",
    "with a damaged signature": token(CLAIMS)[:-6] + "AAAAAA",
}


@pytest.mark.parametrize("value", INVALID.values(), ids=INVALID)
def test_a_token_that_is_not_valid(value: str | None) -> None:
    # GIVEN no token, or one with something wrong
    call, functions = pool_api([])
    answer = call("GET", "/x", [("Authorization", value)] if value is not None else [])

    # THEN the caller is unauthorized, and its token is not repeated
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (401, "UnauthorizedException")
    assert functions.events == []
    assert not value or value not in answer.body.decode()


def test_scopes_want_an_access_token() -> None:
    # GIVEN a route that wants a scope
    call, _ = pool_api(["llm/invoke"])
    access = {**CLAIMS, "token_use": "access"}

    # THEN an access token with that scope passes, without it, or an ID token, does not
    for claims, status in (
        ({**access, "scope": "openid llm/invoke"}, 200),
        ({**access, "scope": "openid"}, 401),
        (CLAIMS, 401),
    ):
        assert call("GET", "/x", [("Authorization", token(claims))]).status == status


def test_a_pool_in_the_control_plane_has_keys_that_verify_its_tokens() -> None:
    # GIVEN a user pool
    backend = cognitoidp_backends[ACCOUNT]["us-east-1"]
    pool = backend.create_user_pool("p", {})

    # THEN its public key can be had, and a pool that is not there has none
    keys = pool_keys(pool.arn)
    assert keys is not None
    assert set(keys[0]) == {"n", "e"}
    assert pool_keys(POOL) is None
    cognitoidp_backends.reset()


def authorizer_api(answer: Any, **block: Any) -> Any:
    """An API with a Lambda authorizer; `answer` is what it says, or a function of its event."""
    kind = block.pop("type", "request")
    scheme = {
        "type": "apiKey",
        "name": "Authorization" if kind == "token" else "Unused",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": kind,
            "authorizerUri": BUFFERED_URI.replace(":app:live", ":authorizer"),
            "authorizerResultTtlInSeconds": 0,
            **block,
        },
    }
    body = document({"/x/{id}": {"get": operation(proxy(), [{"own": []}])}}, schemes={"own": scheme})

    def dispatch(event: dict[str, Any]) -> Any:
        if "methodArn" not in event:
            return {"statusCode": 200}
        said = answer(event) if callable(answer) else answer
        return said if isinstance(said, (Invocation, Exception)) else Invocation("r", payload=json.dumps(said).encode())

    return serve(body, dispatch)


def verdict(effect: str = "Allow", resource: str = f"{API}/*", **context: Any) -> dict[str, Any]:
    return {"principalId": "ada", "policyDocument": policy(allow(resource, effect)), "context": context}


def test_a_request_authorizer_sees_the_request_and_adds_to_the_event() -> None:
    # GIVEN an authorizer that allows, with a context
    call, functions = authorizer_api(verdict(team="blue", level=3))

    # WHEN a request comes
    assert call("GET", "/x/1?a=b", [("X-Key", "k")]).status == 200

    # THEN the authorizer saw it, in API Gateway's name, and its context is in the event as text
    asked, event = functions.events
    assert (asked["type"], asked["methodArn"]) == ("REQUEST", f"{API}/live/GET/x/1")
    assert (asked["headers"]["X-Key"], asked["queryStringParameters"]) == ("k", {"a": "b"})
    assert "body" not in asked
    assert functions.calls[0]["source"].arn == f"{API}/authorizers/own"
    authorizer = event["requestContext"]["authorizer"]
    assert (authorizer["principalId"], authorizer["team"], authorizer["level"]) == ("ada", "blue", "3")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (verdict("Deny"), 403),
        (verdict(resource=f"{API}/live/POST/*"), 403),
        ({"principalId": "ada"}, 500),
        ({"policyDocument": policy(allow())}, 500),
        (verdict(nested={"not": "flat"}), 500),
        (Invocation("r", payload=b'{"errorMessage":"Unauthorized"}', function_error="Unhandled"), 401),
        (Invocation("r", payload=b'{"errorMessage":"boom"}', function_error="Unhandled"), 500),
        (NotPermitted("no"), 500),
    ],
)
def test_what_an_authorizer_says_is_done(answer: Any, status: int) -> None:
    # GIVEN an authorizer that does not let the caller in
    call, functions = authorizer_api(answer)

    # THEN the status tells whose fault it is, and the function is not called
    assert call("GET", "/x/1").status == status
    assert len(functions.events) == 1


def test_a_token_authorizer_gets_the_token() -> None:
    # GIVEN a token authorizer with a pattern for its tokens
    call, functions = authorizer_api(verdict(), type="token", identityValidationExpression="Bearer [a-z]+")

    # WHEN a token fits, does not fit, and is missing
    statuses = [
        call("GET", "/x/1", headers).status
        for headers in ([("Authorization", "Bearer abc")], [("Authorization", "Bearer 1")], [])
    ]

    # THEN only the first reaches the authorizer
    assert statuses == [200, 401, 401]
    asked = functions.events[0]
    assert asked == {"type": "TOKEN", "methodArn": f"{API}/live/GET/x/1", "authorizationToken": "Bearer abc"}


@pytest.mark.parametrize(("seconds", "asked"), [(0, 3), (300, 2)])
def test_verdicts_are_remembered_by_identity_for_as_long_as_wanted(seconds: int, asked: int) -> None:
    # GIVEN an authorizer whose verdicts keep for some time
    call, functions = authorizer_api(
        verdict(), identitySource="method.request.header.X-Key", authorizerResultTtlInSeconds=seconds
    )

    # WHEN one caller comes twice, another once
    for key in ("one", "one", "two"):
        assert call("GET", "/x/1", [("X-Key", key)]).status == 200

    # THEN it is asked once for each, or every time where nothing is remembered
    assert len([event for event in functions.events if "methodArn" in event]) == asked


@pytest.mark.parametrize(
    ("action", "status"), [("lambda:InvokeFunction", 200), ("lambda:GetFunction", 500), (None, 500)]
)
def test_an_authorizers_role_has_to_be_allowed_to_invoke_it(iam: Iam, action: str | None, status: int) -> None:
    # GIVEN an authorizer that is invoked with a role, which may do so, may not, or does not exist
    role = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    if action:
        role = str(iam.role(allow(f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:authorizer", Action=action)).role_arn)
    call, functions = authorizer_api(verdict(), authorizerCredentials=role)

    # THEN the role decides, and the function's own policy is not asked
    assert call("GET", "/x/1").status == status
    assert [one["source"] for one in functions.calls[:1]] == ([None] if status == 200 else [])


def test_a_remembered_verdict_is_still_evaluated_for_each_path() -> None:
    # GIVEN a verdict that allows one path alone, remembered
    call, _ = authorizer_api(
        verdict(resource=f"{API}/live/GET/x/1"),
        identitySource="method.request.header.X-Key",
        authorizerResultTtlInSeconds=300,
    )

    # THEN another path is refused by the same verdict
    assert [call("GET", path, [("X-Key", "k")]).status for path in ("/x/1", "/x/2")] == [200, 403]
