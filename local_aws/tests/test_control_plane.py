"""What the data planes read out of the control plane: stages as deployed, mappings, access keys, leftovers."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from local_aws import LocalAws
from local_aws.control_plane import AccessLog, DomainMapping

STREAMED = {"type": "aws_proxy", "uri": "arn:x", "httpMethod": "POST", "responseTransferMode": "STREAM"}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke"}]}


def document(title: str = "one", **extra: Any) -> dict[str, Any]:
    operation = {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": STREAMED}
    return {
        "openapi": "3.0.1",
        "info": {"title": title, "version": "1"},
        "paths": {"/a": {"post": operation}},
        **extra,
    }


class Api:
    """A REST API with a stage."""

    def __init__(self, gateway: Any) -> None:
        self.gateway = gateway
        self.id = gateway.create_rest_api(name="views", endpointConfiguration={"types": ["REGIONAL"]})["id"]

    def put(self, body: dict[str, Any]) -> None:
        self.gateway.put_rest_api(restApiId=self.id, mode="overwrite", body=json.dumps(body).encode())

    def deploy(self) -> str:
        deployment_id: str = self.gateway.create_deployment(restApiId=self.id)["id"]
        return deployment_id

    def patch_stage(self, **values: str) -> None:
        operations = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
        self.gateway.update_stage(restApiId=self.id, stageName="live", patchOperations=operations)


@pytest.fixture
def client(local_aws: LocalAws) -> Any:
    return lambda service: boto3.client(service, endpoint_url=local_aws.endpoint_url, region_name="us-east-1")


@pytest.fixture
def rest_api(client: Any) -> Iterator[Api]:
    api = Api(client("apigateway"))
    api.put(document(**{"x-amazon-apigateway-policy": POLICY}))
    api.gateway.create_stage(
        restApiId=api.id, stageName="live", deploymentId=api.deploy(), variables={"colour": "blue"}
    )
    yield api
    api.gateway.delete_rest_api(restApiId=api.id)


def test_stage_serves_what_was_deployed(local_aws: LocalAws, rest_api: Api) -> None:
    # GIVEN a document that changed after the deployment
    rest_api.put(document("two"))

    # WHEN
    stage = local_aws.control_plane.stage(rest_api.id, "live")

    # THEN the stage serves the old one, extensions and all; the API holds the new one
    assert stage is not None
    assert stage.document["info"]["title"] == "one"
    integration = stage.document["paths"]["/a"]["post"]["x-amazon-apigateway-integration"]
    assert integration["responseTransferMode"] == "STREAM"
    assert local_aws.control_plane.documents[rest_api.id]["info"]["title"] == "two"


def test_stage_follows_its_deployment(local_aws: LocalAws, rest_api: Api) -> None:
    # GIVEN
    rest_api.put(document("two"))

    # WHEN the stage moves to a new deployment
    rest_api.patch_stage(**{"/deploymentId": rest_api.deploy()})

    # THEN
    stage = local_aws.control_plane.stages[rest_api.id, "live"]
    assert stage.document["info"]["title"] == "two"


def test_stage_has_its_settings(local_aws: LocalAws, rest_api: Api, client: Any) -> None:
    # GIVEN an account with a CloudWatch role
    operation = {"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::123456789012:role/logs"}
    client("apigateway").update_account(patchOperations=[operation])

    # WHEN
    rest_api.patch_stage(
        **{
            "/*/*/throttling/rateLimit": "20",
            "/*/*/throttling/burstLimit": "-1",
            "/accessLogSettings/destinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:a",
            "/accessLogSettings/format": "$context.requestId",
        }
    )

    # THEN
    stage = local_aws.control_plane.stage(rest_api.id, "live")
    assert stage is not None
    assert (stage.method_settings["*/*"].rate_limit, stage.method_settings["*/*"].burst_limit) == (20.0, None)
    assert stage.access_log == AccessLog("arn:aws:logs:us-east-1:123456789012:log-group:a", "$context.requestId")
    assert stage.policy == POLICY
    assert stage.variables == {"colour": "blue"}
    assert stage.endpoint_types == ("REGIONAL",)
    assert stage.arn == f"arn:aws:apigateway:us-east-1::/restapis/{rest_api.id}/stages/live"
    client("apigateway").update_account(patchOperations=[{**operation, "value": ""}])


def test_no_stage_of_that_name(local_aws: LocalAws, rest_api: Api) -> None:
    # GIVEN WHEN THEN
    assert local_aws.control_plane.stage(rest_api.id, "other") is None
    assert local_aws.control_plane.stage("none", "live") is None


def test_domain_mappings(local_aws: LocalAws, rest_api: Api) -> None:
    # GIVEN
    gateway = rest_api.gateway
    gateway.create_domain_name(domainName="views.example.com", endpointConfiguration={"types": ["REGIONAL"]})

    # WHEN
    gateway.create_base_path_mapping(domainName="views.example.com", restApiId=rest_api.id, stage="live", basePath="v")

    # THEN
    expected = DomainMapping("views.example.com", "v", rest_api.id, "live")
    assert expected in local_aws.control_plane.domain_mappings
    gateway.delete_base_path_mapping(domainName="views.example.com", basePath="v")
    gateway.delete_domain_name(domainName="views.example.com")


def test_access_keys_of_users_are_found(local_aws: LocalAws, client: Any) -> None:
    # GIVEN a user with a key
    iam = client("iam")
    iam.create_user(UserName="views")
    key = iam.create_access_key(UserName="views")["AccessKey"]

    # WHEN
    found = local_aws.credentials.find(key["AccessKeyId"])

    # THEN
    assert found is not None
    assert found.secret_access_key == key["SecretAccessKey"]
    assert found.principal_arn == "arn:aws:iam::123456789012:user/views"
    assert not found.is_administrator
    iam.delete_access_key(UserName="views", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="views")


def test_inventory_lists_what_exists(local_aws: LocalAws, client: Any) -> None:
    # GIVEN
    before = local_aws.inventory()
    logs = client("logs")

    # WHEN
    logs.create_log_group(logGroupName="/views")

    # THEN
    assert set(local_aws.inventory()) - set(before) == {"log group /views (us-east-1)"}
    logs.delete_log_group(logGroupName="/views")
    assert local_aws.inventory() == before
