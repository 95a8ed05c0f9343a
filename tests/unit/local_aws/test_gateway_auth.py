"""Who may call: signatures with policies on both sides, user pools, Lambda authorizers, the resource policy."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SigningCredentials
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey
from moto.cognitoidp.models import cognitoidp_backends
from moto.iam.models import iam_backends

from local_aws.credentials import ADMINISTRATOR, Credentials, CredentialStore
from local_aws.gateway.cognito import pool_keys
from local_aws.iam import policies_of
from local_aws.lambda_service.types import Invocation, NotPermitted
from tests.unit.local_aws.gateway_support import (
    ACCOUNT,
    BUFFERED_URI,
    Answer,
    Caller,
    document,
    operation,
    proxy,
    serve,
)

API = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abc123"
OTHER_ACCOUNT = "999999999999"
SIGV4 = {
    "sigv4": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}
}
SIGNED_PATHS = {"/v1/models/{id}": {"get": operation(proxy(), [{"sigv4": []}])}}


def allow(resource: str = f"{API}/*", effect: str = "Allow", **others: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource, **others}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@dataclass
class Iam:
    """moto's IAM in two accounts, and sessions of roles in it."""

    store: CredentialStore

    def role(
        self, *statements: dict[str, Any], account: str = ACCOUNT, boundary: dict[str, Any] | None = None
    ) -> Credentials:
        """A session of a new role with an inline policy, and a managed boundary."""
        backend = iam_backends[account]["aws"]
        name = f"caller{len(backend.roles)}"
        boundary_arn = None
        if boundary:
            boundary_arn = backend.create_policy("", "/", json.dumps(boundary), f"{name}-boundary", []).arn
        role = backend.create_role(name, "{}", "/team/", boundary_arn, "", [], "3600")
        if statements:
            backend.put_role_policy(name, "p", json.dumps(policy(*statements)))
        return self.store.issue(role.arn, "session")


@pytest.fixture
def iam() -> Iterator[Iam]:
    iam_backends.reset()
    yield Iam(CredentialStore())
    iam_backends.reset()


def signed_call(call: Caller, who: Credentials, path: str = "/v1/models/fast", service: str = "execute-api") -> Answer:
    """Calls with a signature over the path as it is sent."""
    url = f"https://localhost:8443{call.prefix}{path}"
    request = AWSRequest(method="GET", url=url, headers={"Host": "localhost:8443"})
    keys = SigningCredentials(who.access_key_id, who.secret_access_key, who.session_token)
    SigV4Auth(keys, service, "us-east-1").add_auth(request)
    return call("GET", path, [(name, value) for name, value in request.headers.items() if name != "Host"])


def signed_api(iam: Iam, resource_policy: dict[str, Any] | None = None) -> Any:
    return serve(
        document(SIGNED_PATHS) | {"components": {"securitySchemes": SIGV4}},
        credentials=iam.store,
        stage={"policy": resource_policy},
    )


def test_a_signed_caller_is_named_in_the_event(iam: Iam) -> None:
    # GIVEN a role that may call the API
    call, functions = signed_api(iam)
    caller = iam.role(allow())

    # WHEN it calls, with a path that is encoded
    answer = signed_call(call, caller, "/v1/models/us.anthropic%3Ax%2Fy")

    # THEN the event says who it was, and does not hold its signature
    assert answer.status == 200
    identity = functions.events[0]["requestContext"]["identity"]
    assert identity["userArn"] == caller.principal_arn
    assert (identity["accountId"], identity["accessKey"]) == (ACCOUNT, caller.access_key_id)
    assert identity["caller"].endswith(":session")
    assert "authorization" not in {name.lower() for name in functions.events[0]["headers"]}


def test_the_account_itself_is_not_evaluated(iam: Iam) -> None:
    # WHEN the account's own key signs, THEN it may call
    call, _ = signed_api(iam)
    assert signed_call(call, ADMINISTRATOR).status == 200


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([], 403),
        ([allow()], 200),
        ([allow(f"{API}/live/GET/v1/models/*")], 200),
        ([allow(f"{API}/live/POST/*")], 403),
        ([allow(f"{API}/other/*")], 403),
        ([allow(f"arn:aws:execute-api:us-east-1:{ACCOUNT}:other1/*")], 403),
        ([allow(), allow(effect="Deny", Condition={"Bool": {"aws:SecureTransport": "true"}})], 403),
        ([allow(Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})], 200),
        ([allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], 403),
    ],
)
def test_a_callers_own_policy_decides(iam: Iam, own: list[dict[str, Any]], expected: int) -> None:
    # GIVEN an API without a resource policy, and a role with its own
    call, functions = signed_api(iam)

    # WHEN it calls
    answer = signed_call(call, iam.role(*own))

    # THEN its own policy decides, and a refused call never reaches the function
    assert answer.status == expected
    assert len(functions.events) == (1 if expected == 200 else 0)
    if expected == 403:
        assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"
        assert "is not authorized to perform: execute-api:Invoke on resource" in answer.json["message"]
        assert "********9012" in answer.json["message"]


def test_a_boundary_counts_too(iam: Iam) -> None:
    # GIVEN a role whose boundary leaves API Gateway out
    call, _ = signed_api(iam)

    # THEN what its policy allows is not enough
    assert signed_call(call, iam.role(allow(), boundary=policy(allow(resource="*")))).status == 200
    assert signed_call(call, iam.role(allow(), boundary=policy(allow("*", Action="s3:*")))).status == 403


SAME = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
ANYBODY = "*"
OTHER = {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}


@pytest.mark.parametrize(
    ("account", "own", "resource", "expected"),
    [
        # the same account: either side may allow, none may deny; naming the account leaves it to the caller's policy
        (ACCOUNT, [allow()], [], 200),
        (ACCOUNT, [], [allow(Principal=ANYBODY)], 200),
        (ACCOUNT, [], [allow(Principal=SAME)], 403),
        (ACCOUNT, [allow()], [allow(Principal=SAME)], 200),
        (ACCOUNT, [allow()], [allow(Principal=OTHER)], 200),
        (ACCOUNT, [allow()], [allow(Principal=ANYBODY), allow(effect="Deny", Principal=SAME)], 403),
        (ACCOUNT, [allow(effect="Deny")], [allow(Principal=ANYBODY)], 403),
        # another account: both sides must allow
        (OTHER_ACCOUNT, [allow()], [allow(Principal=OTHER)], 200),
        (OTHER_ACCOUNT, [allow()], [], 403),
        (OTHER_ACCOUNT, [], [allow(Principal=OTHER)], 403),
        (OTHER_ACCOUNT, [], [allow(Principal=ANYBODY)], 403),
        (OTHER_ACCOUNT, [allow()], [allow(Principal=SAME)], 403),
        (OTHER_ACCOUNT, [allow()], [allow(Principal=OTHER, Resource="execute-api:/live/*")], 200),
        (OTHER_ACCOUNT, [allow()], [allow(Principal=OTHER, Resource="execute-api:/other/*")], 403),
        (
            OTHER_ACCOUNT,
            [allow()],
            [allow(Principal=ANYBODY, Condition={"Null": {"aws:PrincipalAccount": "true"}})],
            403,
        ),
    ],
)
def test_both_sides_of_a_signed_call(
    iam: Iam, account: str, own: list[dict[str, Any]], resource: list[dict[str, Any]], expected: int
) -> None:
    # GIVEN a resource policy, and a caller in the same or another account
    call, _ = signed_api(iam, policy(*resource) if resource else None)

    # THEN who has to allow depends on the account
    assert signed_call(call, iam.role(*own, account=account)).status == expected


@pytest.mark.parametrize(
    ("headers", "kind", "status"),
    [
        ([], "MISSING_AUTHENTICATION_TOKEN", 403),
        ([("Authorization", "Bearer sk-secret")], "INVALID_SIGNATURE", 403),
    ],
)
def test_an_unsigned_caller(iam: Iam, headers: list[tuple[str, str]], kind: str, status: int) -> None:
    # GIVEN an API whose gateway responses tell their type
    responses = {kind: {"responseTemplates": {"application/json": '{"type":"$context.error.responseType"}'}}}
    body = document(SIGNED_PATHS, schemes=SIGV4, gateway_responses=responses)
    call, _ = serve(body, credentials=iam.store)

    # THEN it is refused, by that type
    answer = call("GET", "/v1/models/fast", headers)
    assert (answer.status, answer.json) == (status, {"type": kind})


def test_an_expired_session(iam: Iam) -> None:
    # GIVEN a session that is over
    call, _ = signed_api(iam)
    role = iam.role(allow()).role_arn
    assert role is not None

    # THEN that is what API Gateway says
    answer = signed_call(call, iam.store.issue(role, "over", duration_seconds=-1))
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "ExpiredTokenException")


def test_a_signature_for_bedrock_is_not_one_for_execute_api(iam: Iam) -> None:
    # GIVEN a call that is signed the way boto3's Bedrock client signs by itself
    call, _ = signed_api(iam)
    answer = signed_call(call, iam.role(allow()), service="bedrock")

    # THEN it names the service that it should be for
    assert answer.status == 403
    assert "correct service: 'execute-api'" in answer.json["message"]


def test_an_unknown_element_in_a_policy_is_no_pass(iam: Iam, caplog: pytest.LogCaptureFixture) -> None:
    # GIVEN a resource policy with a condition that can't be evaluated
    odd = policy(allow(Principal=ANYBODY, Condition={"StringEquals": {"aws:SomethingNew": "x"}}))
    call, functions = signed_api(iam, odd)

    # WHEN a caller comes whom everything else allows
    answer = signed_call(call, iam.role(allow()))

    # THEN nothing is served, and the operator reads why
    assert (answer.status, functions.events) == (500, [])
    assert "aws:SomethingNew" in caplog.text


@pytest.mark.parametrize(
    ("statements", "status"),
    [
        ([allow(Principal=ANYBODY)], 200),
        ([allow(Principal=ANYBODY, Condition={"Null": {"aws:PrincipalAccount": "true"}})], 200),
        ([allow(Principal=SAME)], 403),
        ([allow(Principal=ANYBODY, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], 403),
        (
            [
                allow(Principal=ANYBODY),
                allow(effect="Deny", Principal=ANYBODY, Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
            ],
            403,
        ),
    ],
)
def test_an_open_route_needs_an_allow_of_the_resource_policy(statements: list[dict[str, Any]], status: int) -> None:
    # GIVEN a route without auth in an API with a resource policy
    call, _ = serve(document({"/open": {"get": operation(proxy())}}), stage={"policy": policy(*statements)})

    # THEN the policy decides alone, about a caller whom nobody knows
    answer = call("GET", "/open")
    assert answer.status == status
    if status == 403:
        assert answer.json["message"].startswith("User: anonymous is not authorized to perform: execute-api:Invoke")


def test_policies_of_a_role_are_those_that_are_attached_now(iam: Iam) -> None:
    # GIVEN a role with an inline and a managed policy, of which a second version is the default
    backend = iam_backends[ACCOUNT]["aws"]
    caller = iam.role(allow())
    managed = backend.create_policy("", "/", json.dumps(policy(allow("*"))), "managed", []).arn
    backend.create_policy_version(managed, json.dumps(policy(allow(API))), "true")
    backend.attach_role_policy(managed, str(caller.role_arn).rsplit("/", 1)[-1])

    # WHEN they are read
    documents, boundary = policies_of(str(caller.role_arn))

    # THEN both are there, in the default version
    assert (documents, boundary) == ([policy(allow()), policy(allow(API))], None)

    # AND a role that is gone is an error
    with pytest.raises(KeyError):
        policies_of(f"arn:aws:iam::{ACCOUNT}:role/nobody")


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


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "not.a.token",
        "Bearer sk-key",
        token({**CLAIMS, "exp": time.time() - 1}),
        token({**CLAIMS, "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"}),
        token({**CLAIMS, "token_use": "access"}),
        token(CLAIMS, generate_private_key(65537, 2048)),
        token(CLAIMS, algorithm="none"),
        token(CLAIMS).rsplit(".", 1)[0] + ".",
        token(CLAIMS)[:-6] + "AAAAAA",
    ],
)
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
