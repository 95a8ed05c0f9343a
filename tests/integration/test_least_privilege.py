"""What the deployed role may do, judged from the policies as IAM holds them after an apply.

For each kind of target the declared call is allowed; its nearest neighbours are not: another model of the family, the
same model in another Region, a profile's model outside its profile, a stream where streaming is off, a guarded model
without its guardrail or with a draft of it, any other action of Bedrock.
"""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from policy_sentry.querying.actions import get_actions_for_service

from local_aws import LocalAws
from local_aws.iam import Guardrail, authorize_model_call, evaluate, policies_of
from tests.support import Api

ACCOUNT = "123456789012"
BEDROCK = f"arn:aws:bedrock:us-east-1:{ACCOUNT}"
MODELS = "arn:aws:bedrock:us-east-1::foundation-model"
GUARDRAIL = f"{BEDROCK}:guardrail/gr1a2b3c4d5e"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
ENDPOINT = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint"

Policies = list[dict[str, Any]]


@pytest.fixture(scope="module")
def role(local_aws: LocalAws, all_targets: Any) -> Policies:
    """The identity policies of the role of the deployment with every kind of target."""
    return policies_of(f"arn:aws:iam::{ACCOUNT}:role/{all_targets['role_name']}")[0]


@pytest.fixture(scope="module")
def buffered_role(buffered: Api) -> Policies:
    """The identity policies of the role of a deployment without streaming."""
    return policies_of(f"arn:aws:iam::{ACCOUNT}:role/{buffered.outputs['role_name']}")[0]


def may(role: Policies, operation: str, model: str, region: str = "us-east-1", **how: Any) -> bool:
    return authorize_model_call(role, operation, model, region, ACCOUNT, **how).allowed


@pytest.mark.parametrize("operation", ["invoke", "converse", "invoke-with-response-stream", "converse-stream"])
@pytest.mark.parametrize(
    "model",
    [
        "amazon.nova-lite-v1:0",
        f"us.{HAIKU}",
        f"global.{SONNET}",
        f"{BEDROCK}:application-inference-profile/novacopy0001",
        f"{BEDROCK}:provisioned-model/prov1a2b3c4d",
        f"{BEDROCK}:custom-model-deployment/cust1a2b3c4d",
        f"{BEDROCK}:imported-model/impo1a2b3c4d",
        f"{ENDPOINT}/market-place",
    ],
)
def test_a_declared_target_may_be_called(role: Policies, model: str, operation: str) -> None:
    assert may(role, operation, model)


@pytest.mark.parametrize("operation", ["sagemaker-invoke", "sagemaker-stream"])
def test_a_declared_endpoint_may_be_called(role: Policies, operation: str) -> None:
    assert may(role, operation, "acme-llama")
    assert may(role, operation, "acme-shared", inference_component="acme-mistral")


@pytest.mark.parametrize(
    "model",
    [
        "amazon.nova-pro-v1:0",
        "amazon.nova-lite-v1:1",
        "us.anthropic.claude-opus-4-1-20250805-v1:0",
        f"global.{HAIKU}",
        f"us.{SONNET}",
        f"{BEDROCK}:application-inference-profile/claudecopy01",
        f"{BEDROCK}:provisioned-model/provisioned2",
        f"{BEDROCK}:custom-model-deployment/otherdeploy1",
        f"{BEDROCK}:imported-model/importedmod2",
        f"{ENDPOINT}/another-model",
    ],
)
def test_another_target_of_the_same_kind_may_not(role: Policies, model: str) -> None:
    assert not may(role, "invoke", model)


@pytest.mark.parametrize("endpoint", ["acme-llama-2", "acme"])
def test_another_endpoint_may_not(role: Policies, endpoint: str) -> None:
    assert not may(role, "sagemaker-invoke", endpoint)


def test_another_component_of_a_declared_endpoint_may_not(role: Policies) -> None:
    assert not may(role, "sagemaker-invoke", "acme-shared", inference_component="somebody-elses")


def test_a_marketplace_endpoint_is_reached_through_bedrock_alone(role: Policies) -> None:
    # WHEN the endpoint is called at SageMaker, past Bedrock and what it enforces
    # THEN the role may not
    assert not may(role, "sagemaker-invoke", "market-place")


@pytest.mark.parametrize("region", ["us-west-2", "eu-central-1"])
def test_a_declared_model_in_another_region_may_not(role: Policies, region: str) -> None:
    assert not may(role, "invoke", "amazon.nova-lite-v1:0", region)


@pytest.mark.parametrize("model", [HAIKU, SONNET])
@pytest.mark.parametrize("region", ["us-east-1", "us-east-2", "us-west-2"])
def test_a_profiles_model_may_not_be_called_outside_its_profile(role: Policies, model: str, region: str) -> None:
    assert not may(role, "invoke", model, region)


def test_a_profiles_model_may_not_be_called_through_another_profile(role: Policies) -> None:
    # GIVEN a request for the geographic profile's model that says it came through another profile
    elsewhere = {
        "aws:RequestedRegion": "us-east-1",
        "bedrock:InferenceProfileArn": f"{BEDROCK}:application-inference-profile/claudecopy01",
    }
    assert not evaluate(role, "bedrock:InvokeModel", f"{MODELS}/{HAIKU}", elsewhere).allowed


@pytest.mark.parametrize("model", ["amazon.nova-lite-v1:0", f"us.{HAIKU}"])
def test_streams_may_not_where_streaming_is_off(buffered_role: Policies, model: str) -> None:
    assert may(buffered_role, "invoke", model)
    assert not may(buffered_role, "invoke-with-response-stream", model)
    assert not may(buffered_role, "converse-stream", model)


def test_a_guarded_model_may_be_called_with_its_guardrail(role: Policies) -> None:
    assert may(role, "converse", "us.amazon.nova-pro-v1:0", guardrail=Guardrail(GUARDRAIL, "3"))


@pytest.mark.parametrize(
    "guardrail",
    [
        None,
        Guardrail(GUARDRAIL, "DRAFT"),
        Guardrail(GUARDRAIL, "2"),
        Guardrail(f"{BEDROCK}:guardrail/another12345", "3"),
    ],
)
def test_a_guarded_model_may_not_be_called_without_it(role: Policies, guardrail: Guardrail | None) -> None:
    assert not may(role, "converse", "us.amazon.nova-pro-v1:0", guardrail=guardrail)


def test_the_deny_of_the_guardrail_names_the_guarded_target_alone(role: Policies) -> None:
    denied = [
        resource
        for document in role
        for statement in document["Statement"]
        if statement["Effect"] == "Deny"
        for resource in statement["Resource"]
    ]
    assert denied == [f"{BEDROCK}:inference-profile/us.amazon.nova-pro-v1:0"]


def test_tokens_are_counted_for_declared_models_alone(role: Policies) -> None:
    assert may(role, "count-tokens", HAIKU)
    assert not may(role, "count-tokens", "anthropic.claude-opus-4-1-20250805-v1:0")


def every_other_action() -> Iterator[str]:
    granted = {
        "bedrock:invokemodel",
        "bedrock:invokemodelwithresponsestream",
        "bedrock:counttokens",
        "bedrock:applyguardrail",
    }
    for action in get_actions_for_service("bedrock"):
        if action.lower() not in granted:
            yield action


def test_no_other_action_of_bedrock_is_allowed_on_anything_declared(role: Policies) -> None:
    # GIVEN everything that the policies name
    resources = {
        resource
        for document in role
        for statement in document["Statement"]
        for resource in statement["Resource"]
        if resource.startswith("arn:aws:bedrock:")
    }
    actions = list(every_other_action())
    assert len(actions) > 100
    # WHEN each of Bedrock's other actions is tried on it
    allowed = [
        (action, resource)
        for action in actions
        for resource in sorted(resources)
        if evaluate(role, action, resource, {"aws:RequestedRegion": "us-east-1"}).allowed
    ]
    # THEN none is allowed
    assert allowed == []


def test_no_statement_of_any_role_has_a_wildcard_for_a_model_a_guardrail_or_an_endpoint(
    role: Policies, buffered_role: Policies
) -> None:
    for document in (*role, *buffered_role):
        for statement in document["Statement"]:
            for resource in (
                statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            ):
                if ":bedrock:" in resource or ":sagemaker:" in resource:
                    assert "*" not in resource, json.dumps(statement)


def test_the_role_can_be_assumed_by_lambda_alone(all_targets: Any) -> None:
    trust = boto3.client("iam").get_role(RoleName=all_targets["role_name"])["Role"]["AssumeRolePolicyDocument"]
    assert [statement["Principal"] for statement in trust["Statement"]] == [{"Service": "lambda.amazonaws.com"}]
