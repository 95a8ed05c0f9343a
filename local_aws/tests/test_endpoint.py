"""The one endpoint: who is let through to which service, and in which words the others are refused."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from moto.iam.models import iam_backends

from local_aws import Credentials, LocalAws
from local_aws.credentials import ACCOUNT_ID

REGION = "us-east-1"
NOVA = "amazon.nova-lite-v1:0"
NOVA_ARN = f"arn:aws:bedrock:{REGION}::foundation-model/{NOVA}"
TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/front-test"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/front-test/s"
ITEMS = [{"pk": {"S": name}} for name in "abc"]
HELLO: Any = [{"role": "user", "content": [{"text": "hello"}]}]

Grant = Callable[..., Credentials]


@pytest.fixture
def grant(local_aws: LocalAws) -> Iterator[Grant]:
    """Gives the test's role one inline policy, and hands out its credentials."""
    iam = iam_backends[ACCOUNT_ID]["aws"]
    role = iam.create_role("front-test", "{}", "/", None, None, [], "3600")

    def give(*statements: dict[str, Any], duration_seconds: float = 3600) -> Credentials:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
        if statements:
            iam.put_role_policy("front-test", "p", json.dumps(document))
        return local_aws.credentials.issue(role.arn, "s", duration_seconds)

    yield give
    for policy in list(role.policies):
        iam.delete_role_policy("front-test", policy)
    iam.delete_role("front-test")


@pytest.fixture
def table(local_aws: LocalAws) -> Iterator[None]:
    """A table with a partition key `pk`."""
    dynamodb = client(local_aws, "dynamodb", None)
    dynamodb.create_table(
        TableName="front-test",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield
    dynamodb.delete_table(TableName="front-test")


def client(aws: LocalAws, service: str, credentials: Credentials | None, **options: Any) -> Any:
    """A boto3 client of a role, or of the administrator."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    if credentials is not None:
        keys = {
            "aws_access_key_id": credentials.access_key_id,
            "aws_secret_access_key": credentials.secret_access_key,
            "aws_session_token": credentials.session_token or "",
        }
    return boto3.client(
        service,
        endpoint_url=aws.endpoint_url,
        region_name=REGION,
        **{"config": Config(retries={"total_max_attempts": 1}), **keys, **options},
    )


def refused(call: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as failed:
        call()
    response = failed.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_role_calls_the_model_it_was_granted(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN
    runtime = client(local_aws, "bedrock-runtime", grant({"Action": "bedrock:InvokeModel", "Resource": NOVA_ARN}))

    # WHEN
    answer = runtime.converse(modelId=NOVA, messages=HELLO)

    # THEN
    assert answer["stopReason"] == "end_turn"
    call = local_aws.journal.calls()[-1]
    assert (call.model, call.operation, call.allowed) == (NOVA, "converse", True)
    assert call.role_arn == f"arn:aws:iam::{ACCOUNT_ID}:role/front-test"


def test_a_path_of_no_operation_is_a_200_that_says_so(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN a client that asks at another path
    runtime = client(local_aws, "bedrock-runtime", grant({"Action": "bedrock:InvokeModel", "Resource": NOVA_ARN}))

    def astray(request: Any, **_: Any) -> None:
        request.url = request.url.replace("/converse", "/chat")

    runtime.meta.events.register("before-sign.bedrock-runtime.Converse", astray)

    # WHEN THEN it gets no answer of a model's, and no error
    answer = runtime.converse(modelId=NOVA, messages=HELLO)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer.keys() == {"ResponseMetadata"}


def test_other_model_is_denied_in_aws_words(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN
    runtime = client(local_aws, "bedrock-runtime", grant({"Action": "bedrock:InvokeModel", "Resource": NOVA_ARN}))

    # WHEN
    refusal = refused(lambda: runtime.converse(modelId="amazon.nova-pro-v1:0", messages=HELLO))

    # THEN
    assert refusal == (
        403,
        "AccessDeniedException",
        f"User: {SESSION_ARN} is not authorized to perform: bedrock:InvokeModel on resource: "
        f"arn:aws:bedrock:{REGION}::foundation-model/amazon.nova-pro-v1:0 because no identity-based policy allows the "
        "bedrock:InvokeModel action",
    )
    call = local_aws.journal.calls()[-1]
    assert (call.model, call.allowed, call.status) == ("amazon.nova-pro-v1:0", False, 403)


def test_explicit_deny_is_named(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN
    everything = {"Action": "bedrock:*", "Resource": "*"}
    credentials = grant(everything, {**everything, "Effect": "Deny"})

    # WHEN
    runtime = client(local_aws, "bedrock-runtime", credentials)
    _, _, message = refused(lambda: runtime.converse(modelId=NOVA, messages=HELLO))

    # THEN
    assert message.endswith("with an explicit deny in an identity-based policy")


def test_policy_that_nobody_can_judge_is_no_pass(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN a condition key that the evaluator does not know
    condition = {"StringEquals": {"bedrock:NoSuchKey": "x"}}
    credentials = grant({"Action": "bedrock:InvokeModel", "Resource": NOVA_ARN, "Condition": condition})

    # WHEN
    runtime = client(local_aws, "bedrock-runtime", credentials)
    status, _, message = refused(lambda: runtime.converse(modelId=NOVA, messages=HELLO))

    # THEN
    assert status == 500
    assert "bedrock:NoSuchKey" in message


def test_wrong_secret(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN
    credentials = grant({"Action": "bedrock:InvokeModel", "Resource": NOVA_ARN})

    # WHEN
    runtime = client(local_aws, "bedrock-runtime", credentials, aws_secret_access_key="wrong")

    # THEN
    assert refused(lambda: runtime.converse(modelId=NOVA, messages=HELLO))[:2] == (403, "InvalidSignatureException")


def test_expired_session(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN
    credentials = grant({"Action": "bedrock:InvokeModel", "Resource": NOVA_ARN}, duration_seconds=0)

    # WHEN
    runtime = client(local_aws, "bedrock-runtime", credentials)

    # THEN
    assert refused(lambda: runtime.converse(modelId=NOVA, messages=HELLO))[:2] == (403, "ExpiredTokenException")


def test_unknown_access_key(local_aws: LocalAws) -> None:
    # GIVEN WHEN
    dynamodb = client(local_aws, "dynamodb", None, aws_access_key_id="AKIAOFNOBODY00000000")

    # THEN
    assert refused(dynamodb.list_tables)[1] == "UnrecognizedClientException"


def test_model_identifier_of_no_kind(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN
    runtime = client(local_aws, "bedrock-runtime", grant({"Action": "bedrock:*", "Resource": "*"}))

    # WHEN
    refusal = refused(lambda: runtime.converse(modelId="bogus", messages=HELLO))

    # THEN
    assert refusal == (400, "ValidationException", "The provided model identifier is invalid.")


def test_arn_as_model_identifier(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN an ARN, whose slash and colons boto3 escapes in the path
    runtime = client(local_aws, "bedrock-runtime", grant({"Action": "bedrock:InvokeModel", "Resource": NOVA_ARN}))

    # WHEN
    runtime.converse(modelId=NOVA_ARN, messages=HELLO)

    # THEN
    assert local_aws.journal.calls()[-1].model == NOVA_ARN


@pytest.mark.usefixtures("table")
def test_table_is_authorised_by_action(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN a role that may read
    dynamodb = client(local_aws, "dynamodb", grant({"Action": "dynamodb:GetItem", "Resource": TABLE_ARN}))

    # WHEN THEN it reads, and may not write or read another table
    assert "Item" not in dynamodb.get_item(TableName="front-test", Key={"pk": {"S": "a"}})
    status, code, message = refused(lambda: dynamodb.put_item(TableName="front-test", Item={"pk": {"S": "a"}}))
    assert (status, code) == (400, "AccessDeniedException")
    assert f"dynamodb:PutItem on resource: {TABLE_ARN}" in message
    assert refused(lambda: dynamodb.get_item(TableName="other", Key={"pk": {"S": "a"}}))[1] == "AccessDeniedException"


@pytest.mark.usefixtures("table")
def test_table_fails_a_role_on_demand_and_says_so_or_says_nothing(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN a role that may write, and a table that is throttled, then fails, then is silent for longer than one waits
    credentials = grant({"Action": "dynamodb:PutItem", "Resource": TABLE_ARN})
    once = {"total_max_attempts": 1}
    dynamodb = client(local_aws, "dynamodb", credentials, config=Config(retries=once))
    hasty = client(local_aws, "dynamodb", credentials, config=Config(retries=once, read_timeout=0.5))
    for kind in ("table_throttled", "table_fails", "table_silent"):
        local_aws.faults.add(kind, model="front-test", operation="dynamodb:PutItem")

    # WHEN it writes three times
    throttled = refused(lambda: dynamodb.put_item(TableName="front-test", Item=ITEMS[0]))[1]
    failed = refused(lambda: dynamodb.put_item(TableName="front-test", Item=ITEMS[1]))[1]
    with pytest.raises(ReadTimeoutError):
        hasty.put_item(TableName="front-test", Item=ITEMS[2])

    # THEN it is told of two failures, and the third was written all the same
    assert (throttled, failed) == ("ProvisionedThroughputExceededException", "InternalServerError")
    local_aws.faults.clear()
    assert client(local_aws, "dynamodb", None).scan(TableName="front-test")["Items"] == [ITEMS[2]]


def test_bucket_takes_objects_by_signature_and_address(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN a role that may write and read below one prefix, in this account
    owner = client(local_aws, "s3", None)
    owner.create_bucket(Bucket="front-test")
    credentials = grant(
        {
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::front-test/images/*",
            "Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT_ID}},
        }
    )
    role = client(
        local_aws, "s3", credentials, config=Config(signature_version="s3v4", retries={"total_max_attempts": 1})
    )
    try:
        # WHEN it puts an object, and signs addresses of this and of another
        role.put_object(Bucket="front-test", Key="images/a b.png", Body=b"picture")
        good, other = (
            role.generate_presigned_url("get_object", {"Bucket": "front-test", "Key": key}, ExpiresIn=60)
            for key in ("images/a b.png", "elsewhere/a.png")
        )
        pool = urllib3.PoolManager()

        # THEN the one leads to the object, and the other is what the role may not do itself
        assert pool.request("GET", good).data == b"picture"
        assert pool.request("GET", other).status == 403
        assert pool.request("GET", good.replace("a%20b", "a%20c")).status == 403

        # WHEN S3 fails on demand THEN it says so, and nothing is written
        local_aws.faults.add("bucket_fails", model="front-test", operation="s3:PutObject")
        status, code, _ = refused(lambda: role.put_object(Bucket="front-test", Key="images/b.png", Body=b""))
        assert (status, code) == (503, "SlowDown")
        assert [one["Key"] for one in owner.list_objects_v2(Bucket="front-test")["Contents"]] == ["images/a b.png"]
    finally:
        owner.delete_object(Bucket="front-test", Key="images/a b.png")
        owner.delete_bucket(Bucket="front-test")


@pytest.mark.usefixtures("table")
def test_table_is_authorised_by_leading_key(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN a role that may touch one partition only
    condition = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}}
    credentials = grant({"Action": "dynamodb:*", "Resource": TABLE_ARN, "Condition": condition})
    dynamodb = client(local_aws, "dynamodb", credentials)

    # WHEN THEN
    dynamodb.put_item(TableName="front-test", Item={"pk": {"S": "mine"}})
    question = {"TableName": "front-test", "KeyConditionExpression": "pk = :pk"}
    assert dynamodb.query(**question, ExpressionAttributeValues={":pk": {"S": "mine"}})["Count"] == 1
    for call in (
        lambda: dynamodb.put_item(TableName="front-test", Item={"pk": {"S": "yours"}}),
        lambda: dynamodb.query(**question, ExpressionAttributeValues={":pk": {"S": "yours"}}),
        lambda: dynamodb.transact_write_items(
            TransactItems=[{"Put": {"TableName": "front-test", "Item": {"pk": {"S": "yours"}}}}]
        ),
    ):
        assert refused(call)[1] == "AccessDeniedException"


@pytest.mark.parametrize(
    "call",
    [
        lambda aws, role: client(aws, "s3", role).list_buckets(),
        lambda aws, role: client(aws, "iam", role).list_roles(),
        lambda aws, role: client(aws, "dynamodb", role).list_tables(),
        lambda aws, role: client(aws, "lambda", role).list_functions(),
    ],
    ids=["s3", "iam", "dynamodb", "lambda"],
)
def test_what_cannot_be_evaluated_is_refused(
    local_aws: LocalAws, grant: Grant, call: Callable[[LocalAws, Credentials], object]
) -> None:
    # GIVEN a role that may do everything
    credentials = grant({"Action": "*", "Resource": "*"})

    # WHEN THEN an operation that local AWS can't turn into an IAM action is refused all the same
    _, code, message = refused(lambda: call(local_aws, credentials))
    assert code == "AccessDeniedException"
    assert "does not know which IAM action" in message


def test_role_knows_who_it_is(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN WHEN
    identity = client(local_aws, "sts", grant()).get_caller_identity()

    # THEN
    assert (identity["Arn"], identity["Account"]) == (SESSION_ARN, ACCOUNT_ID)


def test_session_from_sts_is_evaluated_too(local_aws: LocalAws, grant: Grant) -> None:
    # GIVEN a role without policies, assumed through STS
    grant()
    assumed = client(local_aws, "sts", None).assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/front-test", RoleSessionName="via-sts"
    )["Credentials"]
    runtime = client(
        local_aws,
        "bedrock-runtime",
        None,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )

    # WHEN
    _, code, message = refused(lambda: runtime.converse(modelId=NOVA, messages=HELLO))

    # THEN
    assert code == "AccessDeniedException"
    assert f"{ACCOUNT_ID}:assumed-role/front-test/via-sts" in message


def test_unsigned_model_call(local_aws: LocalAws) -> None:
    # GIVEN WHEN a request comes without a signature
    answer = urllib3.request("POST", f"{local_aws.endpoint_url}/model/{NOVA}/converse", body=b"{}")

    # THEN
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")


def test_faults_and_journal_over_http(local_aws: LocalAws) -> None:
    # GIVEN a fault added from another process
    base = f"{local_aws.endpoint_url}/_local_aws"
    added = urllib3.request("POST", f"{base}/faults", json={"kind": "throttle", "model": "nova-lite"})
    assert added.json()["kind"] == "throttle"

    # WHEN
    runtime = client(local_aws, "bedrock-runtime", None)
    status, code, _ = refused(lambda: runtime.converse(modelId=NOVA, messages=HELLO))

    # THEN it struck, and the journal tells
    assert (status, code) == (429, "ThrottlingException")
    assert urllib3.request("GET", f"{base}/journal").json()[-1]["status"] == 429


def test_control_endpoint_refuses_what_it_does_not_know(local_aws: LocalAws) -> None:
    # GIVEN WHEN
    answer = urllib3.request("POST", f"{local_aws.endpoint_url}/_local_aws/faults", json={"kind": "nonsense"})

    # THEN
    assert answer.status == 400
    assert "nonsense" in answer.json()["message"]
