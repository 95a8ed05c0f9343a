"""What the planned policies allow and deny, call by call, by local AWS's evaluation of IAM."""

import hashlib
import json
from typing import Any

import pytest

from local_aws.iam import Guardrail, authorize_model_call, evaluate
from tests.unit.policies.conftest import Planned

REGION, ACCOUNT = "us-east-1", "123456789012"
BEDROCK = f"arn:aws:bedrock:{REGION}:{ACCOUNT}"
GUARDRAIL = Guardrail(f"{BEDROCK}:guardrail/abcdefghijkl", "7")
BEDROCK_TARGETS = {
    "foundation": "amazon.nova-lite-v1:0",
    "geographic": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "worldwide": "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "application": f"{BEDROCK}:application-inference-profile/claudecopy01",
    "provisioned": f"{BEDROCK}:provisioned-model/abcdefghijkl",
    "custom": f"{BEDROCK}:custom-model-deployment/abcdefghijkl",
    "imported": f"{BEDROCK}:imported-model/abcdefghijkl",
    "marketplace": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/shop",
}
OTHERS = {
    "another model of the family": "amazon.nova-pro-v1:0",
    "the profile's model outside the profile": "anthropic.claude-haiku-4-5-20251001-v1:0",
    "the global profile's model outside the profile": "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "a geographic profile of the global one's model": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "a global profile of the geographic one's model": "global.anthropic.claude-haiku-4-5-20251001-v1:0",
    "a profile of the foundation model": "us.amazon.nova-lite-v1:0",
    "another application profile": f"{BEDROCK}:application-inference-profile/novacopy0001",
    "another provisioned model": f"{BEDROCK}:provisioned-model/zzzzzzzzzzzz",
    "another custom model": f"{BEDROCK}:custom-model-deployment/zzzzzzzzzzzz",
    "another imported model": f"{BEDROCK}:imported-model/zzzzzzzzzzzz",
    "another Marketplace endpoint": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/mall",
}


def call(policies: list[dict[str, Any]], operation: str, model: str, **options: Any) -> bool:
    return authorize_model_call(policies, operation, model, options.pop("region", REGION), ACCOUNT, **options).allowed


@pytest.mark.parametrize("operation", ["invoke", "converse", "invoke-with-response-stream", "converse-stream"])
@pytest.mark.parametrize("target", BEDROCK_TARGETS)
def test_every_kind_of_declared_target_can_be_called(planned: Planned, target: str, operation: str) -> None:
    assert call(planned.documents["open"], operation, BEDROCK_TARGETS[target])
    assert call(planned.documents["crowded"], operation, BEDROCK_TARGETS[target])


@pytest.mark.parametrize("operation", ["sagemaker-invoke", "sagemaker-stream"])
def test_a_declared_endpoint_can_be_called(planned: Planned, operation: str) -> None:
    assert call(planned.documents["open"], operation, "tuned")
    assert call(planned.documents["open"], operation, "shared", inference_component="copy-1")


@pytest.mark.parametrize("what", OTHERS)
def test_what_was_not_declared_is_denied(planned: Planned, what: str) -> None:
    assert not call(planned.documents["open"], "invoke", OTHERS[what])
    assert not call(planned.documents["crowded"], "invoke", OTHERS[what])


def test_profiles_share_statements_where_documents_would_be_too_many(planned: Planned) -> None:
    # GIVEN a deployment whose profiles don't fit with a statement each
    shared = [
        statement["Condition"]["StringEquals"]["bedrock:InferenceProfileArn"]
        for policy in planned.documents["crowded"]
        for statement in policy["Statement"]
        if "AndOthers" in statement["Sid"]
    ]
    assert shared

    # THEN an application profile is never among those that share one: its owner decides where it leads
    assert not [arn for arns in shared for arn in arns if "application-inference-profile" in arn]
    for index in range(6):
        assert call(planned.documents["crowded"], "invoke", f"us.anthropic.claude-{index}-v1:0")
        assert call(planned.documents["crowded"], "invoke", f"global.anthropic.claude-{index}-v1:0")
        assert not call(planned.documents["crowded"], "invoke", f"anthropic.claude-{index}-v1:0")


@pytest.mark.parametrize(
    ("endpoint", "component"), [("other", None), ("shop", None), ("shared", "copy-2")], ids=["other", "shop", "copy"]
)
def test_other_endpoints_are_denied(planned: Planned, endpoint: str, component: str | None) -> None:
    # GIVEN among them the Marketplace endpoint, which only Bedrock may call on the role's behalf
    assert not call(planned.documents["open"], "sagemaker-invoke", endpoint, inference_component=component)


@pytest.mark.parametrize("target", ["foundation", "geographic", "worldwide"])
def test_another_region_is_denied(planned: Planned, target: str) -> None:
    # WHEN the same name is called in a Region that the profile reaches
    assert not call(planned.documents["open"], "invoke", BEDROCK_TARGETS[target], region="us-west-2")


@pytest.mark.parametrize("target", BEDROCK_TARGETS)
def test_streams_are_denied_without_streaming(planned: Planned, target: str) -> None:
    assert call(planned.documents["buffered"], "converse", BEDROCK_TARGETS[target])
    assert not call(planned.documents["buffered"], "converse-stream", BEDROCK_TARGETS[target])


def test_endpoint_streams_are_denied_without_streaming(planned: Planned) -> None:
    assert call(planned.documents["buffered"], "sagemaker-invoke", "tuned")
    assert not call(planned.documents["buffered"], "sagemaker-stream", "tuned")


@pytest.mark.parametrize("target", BEDROCK_TARGETS)
def test_a_guarded_target_is_called_with_its_guardrail_only(planned: Planned, target: str) -> None:
    # GIVEN the policies, and beside them one that allows everything
    everything = {"Statement": [{"Effect": "Allow", "Action": "bedrock:*", "Resource": "*"}]}
    for policies in (planned.documents["guarded"], [*planned.documents["guarded"], everything]):
        # THEN only the enforced version of the enforced guardrail passes
        assert call(policies, "invoke", BEDROCK_TARGETS[target], guardrail=GUARDRAIL)
        for guardrail in (
            None,
            Guardrail(GUARDRAIL.identifier, "DRAFT"),
            Guardrail(GUARDRAIL.identifier, "6"),
            Guardrail(f"{BEDROCK}:guardrail/zzzzzzzzzzzz", "7"),
        ):
            assert not call(policies, "converse-stream", BEDROCK_TARGETS[target], guardrail=guardrail), guardrail


def test_an_open_alias_beside_a_guarded_one_stays_open(planned: Planned) -> None:
    # GIVEN a guarded model whose profile is open, and an open model whose profile is guarded
    policies = planned.documents["beside"]

    # THEN each is called as it was declared
    assert call(policies, "invoke", "us.amazon.nova-lite-v1:0")
    assert call(policies, "invoke", "amazon.nova-pro-v1:0")
    assert call(policies, "invoke", "amazon.nova-lite-v1:0", guardrail=GUARDRAIL)
    assert call(policies, "invoke", "us.amazon.nova-pro-v1:0", guardrail=GUARDRAIL)
    assert not call(policies, "invoke", "amazon.nova-lite-v1:0")
    assert not call(policies, "invoke", "us.amazon.nova-pro-v1:0")


def test_tokens_are_counted_on_base_models_only_where_asked(planned: Planned) -> None:
    haiku = "anthropic.claude-haiku-4-5-20251001-v1:0"
    assert call(planned.documents["open"], "count-tokens", haiku)
    assert not call(planned.documents["open"], "count-tokens", "amazon.nova-lite-v1:0")
    assert not call(planned.documents["guarded"], "count-tokens", haiku)


@pytest.mark.parametrize(
    "action",
    ["bedrock:InvokeModelWithBidirectionalStream", "bedrock:CreateModelInvocationJob", "bedrock:GetFoundationModel"],
)
def test_other_actions_of_bedrock_are_denied(planned: Planned, action: str) -> None:
    resource = f"arn:aws:bedrock:{REGION}::foundation-model/amazon.nova-lite-v1:0"
    assert not evaluate(planned.documents["open"], action, resource, {"aws:RequestedRegion": REGION}).allowed


def test_the_function_cannot_touch_the_network_that_lambda_may_manage(planned: Planned) -> None:
    # GIVEN the request that Lambda makes for the function, and the same one made by the function's own code
    policies = list(planned.role.values())
    interface = f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/eni-0123456789abcdef0"
    code = {"lambda:SourceFunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:everything"}

    # THEN only the first is allowed
    assert evaluate(policies, "ec2:DeleteNetworkInterface", interface, {}).allowed
    assert not evaluate(policies, "ec2:DeleteNetworkInterface", interface, code).allowed


@pytest.mark.parametrize(
    "key", ["key#0123", "override#key#0123", "principal#somebody", "tenant#research", "usage#research"]
)
def test_the_function_reads_who_calls_and_writes_only_what_was_used(planned: Planned, key: str) -> None:
    # GIVEN a request for one item of the table
    policies, table = list(planned.role.values()), f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/everything"
    context = {"dynamodb:LeadingKeys": [key]}

    # THEN each kind can be read, and none but use be written
    for action in ("BatchGetItem", "GetItem"):
        assert evaluate(policies, f"dynamodb:{action}", table, context).allowed, action
    assert evaluate(policies, "dynamodb:UpdateItem", table, context).allowed == key.startswith("usage#")
    for action in ("PutItem", "DeleteItem", "Query", "Scan", "BatchWriteItem"):
        assert not evaluate(policies, f"dynamodb:{action}", table, context).allowed, action


def test_the_function_touches_no_other_item_and_no_other_table(planned: Planned) -> None:
    policies, table = list(planned.role.values()), f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/everything"
    for action in ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"):
        assert not evaluate(policies, action, table, {"dynamodb:LeadingKeys": ["other#research"]}).allowed
        assert not evaluate(policies, action, table, {"dynamodb:LeadingKeys": ["tenant#a", "other#research"]}).allowed
        assert not evaluate(policies, action, table, {}).allowed
        assert not evaluate(policies, action, f"{table}-2", {"dynamodb:LeadingKeys": ["usage#research"]}).allowed


def test_the_function_reads_and_writes_single_answers(planned: Planned) -> None:
    # GIVEN the table of answers, whose keys are hashes
    policies, table = list(planned.role.values()), f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/everything-cache"
    context = {"dynamodb:LeadingKeys": ["0" * 64]}

    # THEN one can be read and one be written, and nothing else be done
    for action in ("GetItem", "PutItem"):
        assert evaluate(policies, f"dynamodb:{action}", table, context).allowed, action
    for action in ("UpdateItem", "DeleteItem", "Query", "Scan", "BatchWriteItem", "BatchGetItem", "UpdateTimeToLive"):
        assert not evaluate(policies, f"dynamodb:{action}", table, context).allowed, action


def test_the_handler_reads_tenants_that_terraform_wrote(planned: Planned) -> None:
    # GIVEN the items as Terraform plans them
    from llm_api.ledger.budgets import name_of
    from llm_api.ledger.callers import as_role
    from llm_api.ledger.tenants import number, read_tenant

    # WHEN the handler's own code reads them
    research = read_tenant("research", planned.items["tenant#research"])
    support = read_tenant("support", planned.items["tenant#support"])

    # THEN it finds models, budgets (dollars in picodollars) and limits
    budgets = {name_of(counter): limit for counter, limit in research.budgets.items()}
    assert budgets == {"requests_per_minute": 10, "tokens_per_day": 2_000_000, "usd_per_month": 12_500_000_000_000}
    assert research.models == frozenset({"foundation"})
    assert research.max_output_tokens == 1000
    assert support.models == frozenset({"foundation", "geographic"})
    assert not support.budgets
    assert support.max_output_tokens is None

    # AND keys by their hash, with the second at which they expire, and roles as sessions are matched to them
    key = planned.items[f"key#{hashlib.sha256(b'research').hexdigest()}"]
    assert key["tenant"] == {"S": "research"}
    assert number(key["expires_at"]) == 1_801_353_600
    session = "arn:aws:sts::123456789012:assumed-role/analytics/session"
    assert planned.items[f"principal#{as_role(session)}"]["tenant"] == {"S": "analytics"}


def test_the_handler_reads_what_terraform_wrote(planned: Planned) -> None:
    # GIVEN the registry as it travels in the environment
    from llm_api.registry import CacheTerms, Price, Registry

    # WHEN the handler's own code decodes it
    registry = Registry.decode(planned.registries["guarded"])

    # THEN it knows each target by alias and by ID, with the guardrail to set
    for alias, identifier in BEDROCK_TARGETS.items():
        target = registry.find(alias)
        assert target is not None
        assert target.id == identifier
        assert registry.find(identifier) == target
        assert target.guardrail is not None
        assert (target.guardrail.id, target.guardrail.version) == (GUARDRAIL.identifier, "7")
    foundation = registry.find("foundation")
    assert foundation is not None
    assert foundation.price == Price(input=60_000, output=240_000, cache_read=15_000)
    assert foundation.cache == CacheTerms(60, "shared")
    assert json.loads(planned.registries["open"])["component"]["sagemaker"] == {
        "endpoint": "shared",
        "inference_component": "copy-1",
    }
