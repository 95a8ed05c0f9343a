"""Who may call: keys, signatures of this account's roles and of others', tokens of a user pool, an authorizer."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as SigningCredentials
from botocore.exceptions import ClientError
from moto.iam.models import iam_backends

from local_aws.credentials import ACCOUNT_ID, Credentials
from tests.integration.dialects import DIALECTS, Dialect
from tests.integration.logs import line_of
from tests.support import Api, Reply, send

HELLO = [{"role": "user", "content": [{"text": "Repeat after me: welcome"}]}]
FRIEND = "111122223333"
"""The account that `examples/cross-account` lets in."""
STRANGER = "444455556666"

NARROW_KEY = "sk-test-of-the-narrow-tenant"
"""Its hash is in `terraform/situations`."""

every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


# Keys


@pytest.mark.parametrize("header", ["authorization", "x-api-key"])
@every_dialect
def test_a_key_is_good_as_bearer_token_and_as_x_api_key(hurried: Api, dialect: Dialect, header: str) -> None:
    # GIVEN a key, in either header
    value = f"Bearer {hurried.key}" if header == "authorization" else hurried.key
    path, body = dialect.request("spare", stream=False)

    # WHEN / THEN
    assert send(hurried, "POST", path, body, {header: value}, key=None).status == 200


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@every_dialect
def test_another_tenants_model_is_refused_before_it_is_called(hurried: Api, dialect: Dialect, stream: bool) -> None:
    # GIVEN a tenant with one model, and another tenant's
    before = len(hurried.aws.journal)
    path, body = dialect.request("fast", stream=stream)

    # WHEN it asks for the other's
    reply = send(hurried, "POST", path, body, key=NARROW_KEY)

    # THEN it hears what it hears of a model that doesn't exist, and no model was called
    assert reply.status == 404
    assert b"There is no such model" in reply.body
    assert len(hurried.aws.journal) == before


def test_a_tenant_sees_its_own_models_alone(hurried: Api) -> None:
    # WHEN two tenants list the models
    narrow, wide = (
        [model["id"] for model in send(hurried, "GET", "/v1/models", key=key).json()["data"]]
        for key in (NARROW_KEY, hurried.key)
    )

    # THEN each sees its own
    assert narrow == ["spare"]
    assert set(wide) > {"alone", "fast", "guarded", "spare"}


def test_a_fallback_is_no_way_around_a_tenants_models(hurried: Api) -> None:
    # GIVEN a model that is ended
    hurried.aws.faults.add("ended", times=None)

    # WHEN a tenant that may use this one model asks for it
    path, body = DIALECTS[0].request("spare", stream=False)
    reply = send(hurried, "POST", path, body, key=NARROW_KEY)

    # THEN nobody else answers
    assert reply.status == 404
    assert reply.headers["x-llm-model"] == "spare"


# Signatures


@pytest.fixture
def roles(signed: Api) -> Iterator[Callable[..., Credentials]]:
    """Makes sessions of new roles, in any account, with or without a policy that the API's owner hands out."""
    made: list[tuple[str, str]] = []

    def role(account: str, policy: str | None) -> Credentials:
        name = f"caller{len(made)}"
        created = iam_backends[account]["aws"].create_role(name, "{}", "/", None, "", [], "3600")
        made.append((account, name))
        if policy is not None:
            iam_backends[account]["aws"].put_role_policy(name, "call-the-llm-api", policy)
        return signed.aws.credentials.issue(created.arn, "session")

    yield role
    for account, name in made:
        backend = iam_backends[account]["aws"]
        for policy in backend.list_role_policies(name):
            backend.delete_role_policy(name, policy)
        backend.delete_role(name)


def client_of(api: Api, who: Credentials, *, hook: bool = True) -> Any:
    """boto3 as the example's README sets it up, or without its hook."""
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=api.url,
        region_name="us-east-1",
        verify=api.ca_file,
        config=Config(retries={"total_max_attempts": 1}),
        aws_access_key_id=who.access_key_id,
        aws_secret_access_key=who.secret_access_key,
        aws_session_token=who.session_token,
    )
    if hook:
        client.meta.events.register(
            "before-sign.bedrock-runtime",
            lambda request, **_: request.context.setdefault("signing", {}).update(signing_name="execute-api"),
        )
    return client


def refusal_of(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(ClientError) as failure:
        call()
    response = failure.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_a_role_of_this_account_needs_the_callers_policy_alone(signed: Api) -> None:
    # GIVEN the example's caller
    caller = signed.aws.credentials.issue(signed.outputs["caller_role_arn"], "session")

    # WHEN boto3 calls with the documented hook, whole and streamed
    answer = client_of(signed, caller).converse(modelId="nova", messages=HELLO)
    stream = client_of(signed, caller).converse_stream(modelId="nova", messages=HELLO)["stream"]

    # THEN it gets its answers
    assert answer["output"]["message"]["content"] == [{"text": "welcome"}]
    assert "messageStop" in [name for event in stream for name in event]


def test_the_log_names_the_tenant_of_the_role_that_called(signed: Api, roles: Callable[..., Credentials]) -> None:
    # GIVEN the example's caller, whom a tenant names, and a role that nobody names
    known = signed.aws.credentials.issue(signed.outputs["caller_role_arn"], "session")
    other = roles(ACCOUNT_ID, signed.outputs["caller_policy"])

    # WHEN both call, THEN the log tells them apart
    for caller, tenant in ((known, "reports"), (other, "default")):
        answer = client_of(signed, caller).converse(modelId="nova", messages=HELLO)
        assert line_of(signed, answer["ResponseMetadata"]["HTTPHeaders"])["tenant"] == tenant


def test_an_arn_in_the_path_is_signed_as_it_is_sent(signed: Api) -> None:
    # GIVEN a model's name that is escaped in the path
    caller = signed.aws.credentials.issue(signed.outputs["caller_role_arn"], "session")

    # WHEN / THEN boto3's signature over the escaped path is good
    answer = client_of(signed, caller).converse(modelId="amazon.nova-lite-v1:0", messages=HELLO)
    assert answer["stopReason"] == "end_turn"


def test_without_the_hook_the_signature_is_for_another_service(signed: Api) -> None:
    caller = signed.aws.credentials.issue(signed.outputs["caller_role_arn"], "session")
    client = client_of(signed, caller, hook=False)
    assert refusal_of(lambda: client.converse(modelId="nova", messages=HELLO)) == (401, "UnrecognizedClientException")


@pytest.mark.parametrize(
    ("account", "has_policy", "may"),
    [
        (ACCOUNT_ID, True, True),
        (ACCOUNT_ID, False, False),
        (FRIEND, True, True),
        (FRIEND, False, False),
        (STRANGER, True, False),
        (STRANGER, False, False),
    ],
    ids=lambda value: str(value),
)
def test_another_accounts_role_takes_both_owners_consent(
    signed: Api, roles: Callable[..., Credentials], account: str, has_policy: bool, may: bool
) -> None:
    # GIVEN a role, with or without the policy that the API's owner hands out
    caller = roles(account, signed.outputs["caller_policy"] if has_policy else None)
    client = client_of(signed, caller)

    # WHEN it calls, THEN only an account that was let in gets an answer, and only with its own consent
    if may:
        assert client.converse(modelId="nova", messages=HELLO)["stopReason"] == "end_turn"
    else:
        assert refusal_of(lambda: client.converse(modelId="nova", messages=HELLO)) == (403, "AccessDeniedException")


def test_a_policy_for_another_api_is_none(signed: Api, roles: Callable[..., Credentials]) -> None:
    # GIVEN a role that may call some other API of the account
    policy = signed.outputs["caller_policy"].replace(signed.url.split("/")[-2], "another123")
    assert policy != signed.outputs["caller_policy"]

    # WHEN / THEN
    client = client_of(signed, roles(ACCOUNT_ID, policy))
    assert refusal_of(lambda: client.converse(modelId="nova", messages=HELLO)) == (403, "AccessDeniedException")


def signed_request(api: Api, who: Credentials, date: datetime | None = None, tampered: bool = False) -> Reply:
    """`GET /v1/models` with a signature that is made by hand."""
    request = AWSRequest("GET", f"{api.url}/v1/models", headers={"Host": api.url.split("/")[2]})
    keys = SigningCredentials(who.access_key_id, who.secret_access_key, who.session_token)
    signer = SigV4Auth(keys, "execute-api", "us-east-1")
    with pytest.MonkeyPatch.context() as patch:
        if date is not None:
            patch.setattr("botocore.auth.get_current_datetime", lambda: date)
        signer.add_auth(request)
    headers = {name: value for name, value in request.headers.items() if name != "Host"}
    if tampered:
        headers["Authorization"] = headers["Authorization"][:-4] + "0000"
    return send(api, "GET", "/v1/models", headers=headers, key=None)


def assert_unknown(reply: Reply) -> None:
    """A 401 in a shape that all SDKs read, which gives nothing away."""
    assert reply.status == 401, reply.body
    assert reply.headers["x-amzn-errortype"] == "UnrecognizedClientException"
    document = reply.json()
    assert document["message"] == document["error"]["message"]
    assert "Canonical" not in reply.body.decode()


def test_a_good_signature_by_hand(signed: Api) -> None:
    caller = signed.aws.credentials.issue(signed.outputs["caller_role_arn"], "session")
    assert signed_request(signed, caller).status == 200


@pytest.mark.parametrize(
    "spoilt", ["tampered", "old", "wrong secret", "unknown key", "expired session", "unsigned", "bearer"]
)
def test_a_bad_signature_learns_nothing(signed: Api, spoilt: str) -> None:
    # GIVEN a caller who would be let in
    store = signed.aws.credentials
    caller = store.issue(signed.outputs["caller_role_arn"], "session")
    stranger = Credentials("ASIA" + "A" * 16, "secret", "token", principal_arn=caller.principal_arn)
    false = Credentials(caller.access_key_id, "wrong", caller.session_token, principal_arn=caller.principal_arn)

    # WHEN its signature is spoilt in one way
    match spoilt:
        case "tampered":
            reply = signed_request(signed, caller, tampered=True)
        case "old":
            reply = signed_request(signed, caller, date=datetime(2020, 1, 1, tzinfo=UTC))
        case "wrong secret":
            reply = signed_request(signed, false)
        case "unknown key":
            reply = signed_request(signed, stranger)
        case "expired session":
            reply = signed_request(signed, store.issue(signed.outputs["caller_role_arn"], "old", duration_seconds=-1))
        case "unsigned":
            reply = send(signed, "GET", "/v1/models", key=None)
        case _:
            reply = send(signed, "GET", "/v1/models")

    # THEN it is unknown, and nothing of what it sent comes back
    assert_unknown(reply)
    for secret in (caller.access_key_id, caller.session_token or "", stranger.access_key_id, signed.key):
        assert secret not in reply.body.decode() + str(reply.headers)


# Tokens


@pytest.fixture(scope="module")
def tokens(pooled: Api) -> dict[str, str]:
    """What the pool hands out to a user who signs in."""
    cognito = boto3.client("cognito-idp", region_name="us-east-1")
    pool, client = pooled.outputs["user_pool_id"], pooled.outputs["client_id"]
    password = "Correct-Horse-1-Battery"
    cognito.admin_create_user(UserPoolId=pool, Username="ada")
    cognito.admin_set_user_password(UserPoolId=pool, Username="ada", Password=password, Permanent=True)
    signed_in: dict[str, str] = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": password},
    )["AuthenticationResult"]
    return signed_in


def test_a_user_of_the_pool_may_call_and_is_named_in_the_log(pooled: Api, tokens: dict[str, str]) -> None:
    # WHEN the user's ID token is sent
    reply = send(pooled, "POST", "/model/nova/converse", {"messages": HELLO}, key=tokens["IdToken"])

    # THEN the answer comes, and the log knows the user by its ID
    assert reply.status == 200
    user = boto3.client("cognito-idp", region_name="us-east-1").admin_get_user(
        UserPoolId=pooled.outputs["user_pool_id"], Username="ada"
    )
    subject = next(one["Value"] for one in user["UserAttributes"] if one["Name"] == "sub")
    assert line_of(pooled, reply.headers)["tenant"] == subject


@pytest.mark.parametrize("spoilt", ["none", "nonsense", "tampered", "access token", "another key"])
def test_anything_but_a_good_id_token_is_unknown(pooled: Api, tokens: dict[str, str], spoilt: str) -> None:
    head, payload, signature = tokens["IdToken"].split(".")
    sent = {
        "none": None,
        "nonsense": "nonsense",
        "tampered": f"{head}.{payload}.{signature[::-1]}",
        "access token": tokens["AccessToken"],
        "another key": pooled.key,
    }[spoilt]
    reply = send(pooled, "GET", "/v1/models", key=sent)
    assert_unknown(reply)
    assert sent is None or sent not in reply.body.decode()


# An authorizer


def test_the_authorizer_lets_its_token_in(authorized: Api) -> None:
    reply = send(authorized, "POST", "/model/nova/converse", {"messages": HELLO})
    assert reply.status == 200
    assert reply.headers["x-llm-model"] == "nova"


def test_whom_the_authorizer_denies_is_forbidden(authorized: Api) -> None:
    reply = send(authorized, "GET", "/v1/models", key="sk-of-somebody-else")
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    assert "sk-of-somebody-else" not in reply.body.decode() + str(reply.headers)


def test_without_a_token_the_authorizer_denies(authorized: Api) -> None:
    # Without a cache API Gateway asks the authorizer even then.
    assert send(authorized, "GET", "/v1/models", key=None).status == 403


# What API Gateway says by itself


@pytest.mark.parametrize(("method", "path"), [("POST", "/nowhere"), ("GET", "/v1/models"), ("DELETE", "/v1/models")])
def test_api_gateways_own_answers_echo_a_key(bare: Api, method: str, path: str) -> None:
    # GIVEN an API without gateway responses of its own
    # WHEN a key is sent to a path that doesn't exist, or that wants a signature
    reply = send(bare, method, path)

    # THEN it comes back: this is the leak
    assert reply.status == 403
    assert bare.key in reply.body.decode()


@pytest.fixture(params=["hurried", "pooled", "signed", "authorized"])
def deployment(request: pytest.FixtureRequest, situations: Any) -> Api:
    """A deployment for each way in which callers show who they are."""
    found: Api = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(("method", "path"), [("POST", "/nowhere"), ("GET", "/v1/models"), ("DELETE", "/v1/models")])
def test_ours_echo_none(deployment: Api, method: str, path: str) -> None:
    # GIVEN the same request to a deployment of the module, whatever its callers show
    # WHEN a key is sent
    reply = send(deployment, method, path, key="sk-this-comes-back-from-nowhere")

    # THEN nothing of it comes back
    assert reply.status in (401, 403, 404)
    assert "sk-this" not in reply.body.decode() + str(reply.headers)
    assert json.loads(reply.body)["error"]["message"]
