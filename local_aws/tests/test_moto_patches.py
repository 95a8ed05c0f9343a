"""Every gap twice: local AWS fills it, and moto alone still has it. Where the second fails, delete the gap."""

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.apigateway.models import apigateway_backends
from moto.awslambda.models import lambda_backends
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.responses import DynamoHandler
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local_aws import moto_patches
from local_aws.gateway.server import GatewayServer

ACCOUNT_ID = "111122223333"
REGION = "us-east-1"
INTEGRATION = {"type": "http_proxy", "uri": "https://example.com", "httpMethod": "GET"}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    }
)
MOCK = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
RESPONSES = {"200": {"description": "ok"}}
DOCUMENT = {
    "openapi": "3.0.1",
    "info": {"title": "api", "description": "d", "version": "1"},
    "x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": []},
    "paths": {"/a": {"get": {"responses": RESPONSES, "x-amazon-apigateway-integration": INTEGRATION}}},
}

_shown: set[str] = set()


def shows(gap: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Marks a test as the one for a gap: it runs with the gap filled, and must fail on moto alone."""
    _shown.add(gap.__name__)
    return pytest.mark.parametrize("filled", [True, False], ids=["local AWS", "moto alone"])


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """moto's server."""
    moto_patches.install()
    server = GatewayServer(DomainDispatcherApplication(create_backend_app))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(endpoint: str, filled: bool) -> Iterator[Callable[[str], Any]]:
    """Makes boto3 clients of an account that no other test uses, with the gaps filled or not."""

    def make(service: str) -> Any:
        made = boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=20),
        )
        made.meta.events.register(
            "before-sign.*", lambda request, **_: request.headers.add_header("x-moto-account-id", ACCOUNT_ID)
        )
        return made

    try:
        if filled:
            yield make
        else:
            with moto_patches.bare_moto():
                yield make
    finally:
        for backends in (apigateway_backends, lambda_backends, dynamodb_backends, iam_backends):
            backends[ACCOUNT_ID].reset()


def deviates(filled: bool, as_on_aws: bool) -> None:
    """On local AWS it is as on AWS; on moto alone it is not, or the gap is closed."""
    if filled:
        assert as_on_aws
    else:
        assert not as_on_aws, "moto has closed this gap: delete its function in local_aws/moto_patches"


def succeeds(call: Callable[[], object]) -> bool:
    try:
        call()
    except ClientError:
        return False
    return True


def refusal(call: Callable[[], object]) -> str:
    try:
        call()
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return ""


def imported(client: Callable[[str], Any], document: object = DOCUMENT) -> tuple[Any, str]:
    gateway = client("apigateway")
    api_id = gateway.create_rest_api(name="api")["id"]
    gateway.put_rest_api(restApiId=api_id, mode="overwrite", body=json.dumps(document).encode())
    return gateway, api_id


def moto_api(api_id: str) -> Any:
    return apigateway_backends[ACCOUNT_ID][REGION].apis[api_id]


@shows(moto_patches.apigateway.imports_keep_the_document)
def test_imported_document_is_kept(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN WHEN
    _, api_id = imported(client)

    # THEN
    deviates(filled, getattr(moto_api(api_id), "document", None) == DOCUMENT)


@shows(moto_patches.apigateway.imports_take_any_method_and_bare_mocks)
@pytest.mark.parametrize("method", ["get", "x-amazon-apigateway-any-method"])
def test_mock_without_uri_and_any_method_are_imported(client: Callable[[str], Any], filled: bool, method: str) -> None:
    # GIVEN
    paths = {"/a": {method: {"responses": RESPONSES, "x-amazon-apigateway-integration": MOCK}}}

    # WHEN
    def methods() -> set[str]:
        gateway, api_id = imported(client, {**DOCUMENT, "paths": paths})
        resources = gateway.get_resources(restApiId=api_id, embed=["methods"])["items"]
        return {name for resource in resources for name in resource.get("resourceMethods", {})}

    # THEN
    expected = {"GET" if method == "get" else "ANY"}
    deviates(filled, succeeds(methods) and methods() == expected)


@shows(moto_patches.apigateway.deployments_keep_a_snapshot)
def test_deployment_keeps_what_it_deployed(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    gateway, api_id = imported(client)

    # WHEN
    deployment_id = gateway.create_deployment(restApiId=api_id)["id"]
    gateway.put_rest_api(restApiId=api_id, mode="overwrite", body=json.dumps({**DOCUMENT, "paths": {}}).encode())

    # THEN
    snapshot = getattr(moto_api(api_id).deployments[deployment_id], "snapshot", None)
    deviates(filled, snapshot is not None and snapshot.document == DOCUMENT)


@shows(moto_patches.apigateway.used_deployments_are_kept)
def test_deployment_of_a_stage_is_not_deleted(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    gateway, api_id = imported(client)
    deployment_id = gateway.create_deployment(restApiId=api_id)["id"]
    gateway.create_stage(restApiId=api_id, stageName="live", deploymentId=deployment_id)

    # WHEN
    refused = refusal(lambda: gateway.delete_deployment(restApiId=api_id, deploymentId=deployment_id))

    # THEN
    deviates(filled, "Active stages pointing to this deployment" in refused)


@shows(moto_patches.apigateway.access_logs_need_the_account_role)
def test_access_log_without_the_accounts_role(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    gateway, api_id = imported(client)
    deployment_id = gateway.create_deployment(restApiId=api_id)["id"]
    gateway.create_stage(restApiId=api_id, stageName="live", deploymentId=deployment_id)
    operation = {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": "arn:aws:logs:x"}

    # WHEN
    refused = refusal(lambda: gateway.update_stage(restApiId=api_id, stageName="live", patchOperations=[operation]))

    # THEN
    deviates(filled, "CloudWatch Logs role ARN must be set in account settings to enable logging" in refused)


@shows(moto_patches.apigateway.policies_are_read_back_escaped)
def test_policy_is_read_back_escaped(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    policy = json.dumps(DOCUMENT["x-amazon-apigateway-policy"])
    gateway = client("apigateway")
    api_id = gateway.create_rest_api(name="api", policy=policy)["id"]

    # WHEN
    read = gateway.get_rest_api(restApiId=api_id)["policy"]

    # THEN
    deviates(filled, read == policy.replace('"', '\\"'))


@shows(moto_patches.apigateway.execute_api_endpoint_is_switched)
def test_execute_api_endpoint_is_switched_on_again(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    gateway, api_id = imported(client)
    operation = {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "false"}

    # WHEN
    updated = gateway.update_rest_api(restApiId=api_id, patchOperations=[operation])

    # THEN
    deviates(filled, updated["disableExecuteApiEndpoint"] is False)


@shows(moto_patches.apigateway.apis_and_domains_have_tags)
def test_an_api_is_tagged_and_untagged(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    gateway, api_id = imported(client)
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{api_id}"

    def tagged() -> bool:
        gateway.tag_resource(resourceArn=arn, tags={"team": "a", "cost": "1"})
        gateway.untag_resource(resourceArn=arn, tagKeys=["cost"])
        # THEN both ways to read them agree
        return bool(gateway.get_tags(resourceArn=arn)["tags"] == gateway.get_rest_api(restApiId=api_id)["tags"])

    # WHEN
    deviates(filled, succeeds(tagged) and moto_api(api_id).tags == {"team": "a"})


def created(client: Callable[[str], Any], trust: str = TRUST, **options: Any) -> Any:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "")
    role = iam_backends[ACCOUNT_ID]["aws"]
    arn = role.create_role("r", trust, "/", None, None, [], "3600").arn
    functions = client("lambda")
    functions.create_function(
        FunctionName="f",
        Role=arn,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": buffer.getvalue()},
        **options,
    )
    return functions


@shows(moto_patches.awslambda.configuration_is_echoed)
def test_function_configuration_is_echoed(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:q"
    functions = created(client, SnapStart={"ApplyOn": "PublishedVersions"}, DeadLetterConfig={"TargetArn": queue})

    # WHEN
    read = functions.get_function_configuration(FunctionName="f")

    # THEN
    deviates(
        filled,
        read["SnapStart"]["ApplyOn"] == "PublishedVersions"
        and read.get("DeadLetterConfig") == {"TargetArn": queue}
        and read.get("LoggingConfig") == {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"},
    )


@shows(moto_patches.awslambda.configuration_is_updated)
def test_function_configuration_is_updated(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    functions = created(client)

    # WHEN
    updated = functions.update_function_configuration(
        FunctionName="f", TracingConfig={"Mode": "Active"}, EphemeralStorage={"Size": 1024}
    )

    # THEN
    deviates(filled, (updated["TracingConfig"]["Mode"], updated["EphemeralStorage"]["Size"]) == ("Active", 1024))


@shows(moto_patches.awslambda.environment_is_limited)
@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"A": "x" * 4089}, "exceeded the 4KB limit"),
        ({"A": '"' * 2045}, "exceeded the 4KB limit"),
        ({"AWS_REGION": "us-east-1"}, "Reserved keys used in this request: AWS_REGION"),
    ],
    ids=["4097 bytes", "quotes count twice", "reserved"],
)
def test_environment_is_limited(
    client: Callable[[str], Any], filled: bool, variables: dict[str, str], words: str
) -> None:
    # GIVEN WHEN
    refused = refusal(lambda: created(client, Environment={"Variables": variables}))

    # THEN
    deviates(filled, refused.startswith("InvalidParameterValueException") and words in refused)


@pytest.mark.parametrize("filled", [True])
def test_environment_of_4_kb_is_taken(client: Callable[[str], Any]) -> None:
    # GIVEN variables whose JSON has 4,096 bytes
    variables = {"A": "x" * 4088}

    # WHEN THEN
    assert succeeds(lambda: created(client, Environment={"Variables": variables}))


@shows(moto_patches.awslambda.role_must_trust_lambda)
def test_role_must_trust_lambda(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN WHEN
    trust = TRUST.replace("lambda.amazonaws.com", "states.amazonaws.com")
    refused = refusal(lambda: created(client, trust=trust))

    # THEN
    deviates(filled, "cannot be assumed by Lambda" in refused)


@shows(moto_patches.bedrock.inference_profiles_are_described)
def test_inference_profile_is_described(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    bedrock = client("bedrock")

    # WHEN
    def regions() -> list[str]:
        profile = bedrock.get_inference_profile(
            inferenceProfileIdentifier="us.anthropic.claude-haiku-4-5-20251001-v1:0"
        )
        return [model["modelArn"].split(":")[3] for model in profile["models"]]

    # THEN
    deviates(filled, succeeds(regions) and regions() == ["us-east-1", "us-east-2", "us-west-2"])


@shows(moto_patches.guardrails.guardrails_are_kept)
def test_guardrail_is_kept_with_its_versions(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    bedrock = client("bedrock")

    def published() -> bool:
        words = {"wordsConfig": [{"text": "crown jewels"}]}
        said = {"blockedInputMessaging": "No.", "blockedOutputsMessaging": "No."}
        tags = [{"key": "team", "value": "ml"}]
        made = bedrock.create_guardrail(name="acme", wordPolicyConfig=words, tags=tags, **said)
        arn = made["guardrailArn"]
        first = bedrock.create_guardrail_version(guardrailIdentifier=arn, description="first")
        # WHEN the draft changes and one version goes
        bedrock.update_guardrail(guardrailIdentifier=arn, name="acme", **said)
        second = bedrock.create_guardrail_version(guardrailIdentifier=made["guardrailId"])
        bedrock.delete_guardrail(guardrailIdentifier=made["guardrailId"], guardrailVersion="2")
        # THEN a version stays what it was, and the guardrail ends with its draft
        kept = bedrock.get_guardrail(guardrailIdentifier=arn, guardrailVersion="1")
        draft = bedrock.get_guardrail(guardrailIdentifier=made["guardrailId"])
        assert (first["version"], second["version"]) == ("1", "2")
        assert kept["wordPolicy"] == {"words": [{"text": "crown jewels"}]}
        assert (kept["description"], kept["status"]) == ("first", "READY")
        assert (draft["version"], "wordPolicy" in draft) == ("DRAFT", False)
        assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == tags
        assert refusal(lambda: bedrock.get_guardrail(guardrailIdentifier=arn, guardrailVersion="2"))
        assert refusal(lambda: bedrock.create_guardrail(name="acme", **said))
        bedrock.delete_guardrail(guardrailIdentifier=arn)
        assert refusal(lambda: bedrock.get_guardrail(guardrailIdentifier=arn))
        return True

    # THEN
    deviates(filled, succeeds(published))


@shows(moto_patches.dynamodb.requests_are_serialised)
def test_writes_are_one_at_a_time(client: Callable[[str], Any], filled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a table, and a meeting point within the handling of a write
    meeting = threading.Barrier(2)
    table = client("dynamodb")
    table.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    # WHEN two requests arrive at once and each waits there for the other
    inside: list[bool] = []
    update = DynamoHandler.update_item

    def slow(self: DynamoHandler) -> Any:
        try:
            meeting.wait(1.0 if filled else 60.0)  # bare moto lets them meet, however busy the machine
            inside.append(True)
        except threading.BrokenBarrierError:
            inside.append(False)
        return update(self)

    monkeypatch.setattr(DynamoHandler, "update_item", slow)
    threads = [
        threading.Thread(
            target=lambda: table.update_item(
                TableName="t",
                Key={"pk": {"S": "a"}},
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # THEN they never meet
    deviates(filled, not any(inside))


@pytest.mark.parametrize("filled", [True])
def test_no_write_beyond_a_limit_under_concurrency(client: Callable[[str], Any]) -> None:
    # GIVEN a counter with a limit of 50
    table = client("dynamodb")
    table.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table.put_item(TableName="t", Item={"pk": {"S": "a"}, "n": {"N": "0"}})
    accepted: list[bool] = []

    def count() -> None:
        for _ in range(10):
            accepted.append(
                succeeds(
                    lambda: table.update_item(
                        TableName="t",
                        Key={"pk": {"S": "a"}},
                        UpdateExpression="ADD n :one",
                        ConditionExpression="n < :limit",
                        ExpressionAttributeValues={":one": {"N": "1"}, ":limit": {"N": "50"}},
                        ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    )
                )
            )

    # WHEN ten threads write ten times each
    threads = [threading.Thread(target=count) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # THEN
    assert accepted.count(True) == 50
    assert table.get_item(TableName="t", Key={"pk": {"S": "a"}})["Item"]["n"] == {"N": "50"}


@pytest.mark.parametrize("filled", [True])
def test_failed_condition_returns_the_item(client: Callable[[str], Any]) -> None:
    # GIVEN
    table = client("dynamodb")
    table.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table.put_item(TableName="t", Item={"pk": {"S": "a"}, "n": {"N": "7"}})

    # WHEN
    with pytest.raises(ClientError) as failed:
        table.update_item(
            TableName="t",
            Key={"pk": {"S": "a"}},
            UpdateExpression="ADD n :one",
            ConditionExpression="n < :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    # THEN
    assert failed.value.response["Item"]["n"] == {"N": "7"}  # type: ignore[typeddict-item]


@shows(moto_patches.dynamodb.plain_values_are_written_as_they_are)
def test_a_value_is_written_without_a_look_at_all_types(
    client: Callable[[str], Any], filled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a table with an item of each plain type
    dynamodb, table = client("dynamodb"), f"values-{filled}"
    key = {"AttributeName": "pk", "AttributeType": "S"}
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[key],
        BillingMode="PAY_PER_REQUEST",
    )
    values = {"n": {"N": "5"}, "b": {"BOOL": True}, "m": {"M": {"s": {"SS": ["x"]}, "l": {"L": [{"S": "y"}]}}}}
    item = {"pk": {"S": "a"}, **values, "raw": {"B": b"\x00"}, "none": {"NULL": True}}
    dynamodb.put_item(TableName=table, Item=item)
    looks: list[str] = []
    original = BaseJSONSerializer._serialize_structure_member

    def counted(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        looks.append(key)
        original(self, serialized, value, shape, key)

    # WHEN it is read
    monkeypatch.setattr(BaseJSONSerializer, "_serialize_structure_member", counted)
    found = dynamodb.get_item(TableName=table, Key={"pk": {"S": "a"}})["Item"]

    # THEN it is as it was written, and each plain value was looked at once
    assert found == item
    deviates(filled, len([key for key in looks if key == "NULL"]) <= len(("m", "l", "raw")))


@shows(moto_patches.bedrock.foundation_models_are_described)
def test_a_foundation_model_has_a_lifecycle_and_an_access(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    bedrock = client("bedrock")

    # WHEN
    def told() -> tuple[str, str, str]:
        nova = bedrock.get_foundation_model(modelIdentifier="amazon.nova-lite-v1:0")["modelDetails"]
        access = bedrock.get_foundation_model_availability(modelId="amazon.nova-lite-v1:0")
        gone = refusal(lambda: bedrock.get_foundation_model(modelIdentifier="amazon.nova-canvas-v1:0"))
        return nova["modelLifecycle"]["status"], access["authorizationStatus"], gone.partition(":")[0]

    # THEN
    deviates(filled, succeeds(told) and told() == ("ACTIVE", "AUTHORIZED", "ResourceNotFoundException"))


@shows(moto_patches.logs.queries_are_saved)
def test_queries_are_saved_changed_and_deleted(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN
    logs = client("logs")

    # WHEN
    def kept() -> list[str]:
        identifier = logs.put_query_definition(name="acme/cost", queryString="fields a")["queryDefinitionId"]
        logs.put_query_definition(name="acme/cost", queryString="fields b", queryDefinitionId=identifier)
        saved = logs.describe_query_definitions(queryDefinitionNamePrefix="acme/")["queryDefinitions"]
        logs.delete_query_definition(queryDefinitionId=identifier)
        left = logs.describe_query_definitions()["queryDefinitions"]
        return [query["queryString"] for query in (*saved, *left)]

    # THEN
    deviates(filled, succeeds(kept) and kept() == ["fields b"])


@shows(moto_patches.logs.queries_add_up)
def test_a_query_adds_up_the_log(client: Callable[[str], Any], filled: bool) -> None:
    # GIVEN a log of two requests, the second of which came a day later
    logs, day, group = client("logs"), 86_400_000, f"/added/{filled}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000)
    for at, cost in ((now - day, 0.5), (now, 0.25)):
        line = json.dumps({"tenant": "marketing", "cost_usd": cost})
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": at, "message": line}])

    # WHEN
    def added() -> list[dict[str, str]]:
        query = logs.start_query(
            logGroupName=group,
            startTime=now // 1000 - 2 * day // 1000,
            endTime=now // 1000 + 1,
            queryString="filter ispresent(tenant) | stats count(*) as requests, sum(cost_usd) as usd by bin(1d)",
        )
        rows = logs.get_query_results(queryId=query["queryId"])["results"]
        return sorted(
            ({cell["field"]: cell["value"] for cell in row} for row in rows), key=lambda row: row.get("bin(1d)", "")
        )

    # THEN
    days = [time.strftime("%Y-%m-%d 00:00:00.000", time.gmtime(at / 1000)) for at in (now - day, now)]
    expected = [{"bin(1d)": each, "requests": "1", "usd": usd} for each, usd in zip(days, ("0.5", "0.25"), strict=True)]
    deviates(filled, succeeds(added) and added() == expected)


def test_every_gap_has_a_test() -> None:
    # GIVEN WHEN THEN
    elsewhere = {"interpreter", "s3", "stepfunctions"}  # test_moto_patches_stepfunctions.py
    patches = {fill.__name__ for fill in moto_patches.PATCHES if fill.__module__.rsplit(".", 1)[-1] not in elsewhere}
    assert patches == _shown
