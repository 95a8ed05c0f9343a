"""Who may call: signatures with policies on both sides, and the resource policy."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SigningCredentials
from moto.iam.models import iam_backends

from local_aws.credentials import ADMINISTRATOR, Credentials, CredentialStore
from local_aws.iam import policies_of
from local_aws.tests.gateway_support import (
    ACCOUNT,
    Answer,
    Caller,
    document,
    operation,
    proxy,
    serve,
)
from local_aws.tests.iam_support import API, Iam, allow, policy

OTHER_ACCOUNT = "999999999999"
SIGV4 = {
    "sigv4": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}
}
SIGNED_PATHS = {"/v1/models/{id}": {"get": operation(proxy(), [{"sigv4": []}])}}


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
