"""Calls of models against policies of every kind of target: what is allowed, and what its neighbours are denied."""

import json
from typing import Any

import pytest

from local_aws.iam import CATALOGUE, Guardrail, UnknownTarget, authorize_model_call, checks_for, guardrail_of

REGION = "us-east-1"
ACCOUNT = "123456789012"
NOVA = "amazon.nova-lite-v1:0"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
US = ("us-east-1", "us-east-2", "us-west-2")
OWN = f"arn:aws:bedrock:{REGION}:{ACCOUNT}"
GUARDRAIL = f"{OWN}:guardrail/gr1"
ENDPOINT = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/acme"


def model(name: str, region: str = REGION) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{name}"


def statement(resources: Any, action: Any = "bedrock:InvokeModel", **condition: Any) -> dict[str, Any]:
    block = {"Effect": "Allow", "Action": action, "Resource": resources}
    return {**block, "Condition": condition} if condition else block


def document(*statements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"Version": "2012-10-17", "Statement": list(statements)}]


def allowed(policies: list[dict[str, Any]], model_id: str, operation: str = "invoke", **options: Any) -> bool:
    region = options.pop("region", REGION)
    return authorize_model_call(policies, operation, model_id, region, ACCOUNT, **options).allowed


FOUNDATION = document(statement(model(NOVA)))
PROFILE_ARN = f"{OWN}:inference-profile/us.{HAIKU}"
GEOGRAPHIC = document(
    statement(PROFILE_ARN),
    statement([model(HAIKU, region) for region in US], StringEquals={"bedrock:InferenceProfileArn": PROFILE_ARN}),
)
GLOBAL_ARN = f"{OWN}:inference-profile/global.{HAIKU}"
GLOBAL = document(
    statement(GLOBAL_ARN, StringEquals={"aws:RequestedRegion": REGION}),
    statement(model(HAIKU), StringEquals={"aws:RequestedRegion": REGION, "bedrock:InferenceProfileArn": GLOBAL_ARN}),
    statement(
        model(HAIKU, ""),
        StringEquals={"aws:RequestedRegion": "unspecified", "bedrock:InferenceProfileArn": GLOBAL_ARN},
    ),
)


@pytest.mark.parametrize(
    ("model_id", "operation", "options", "expected"),
    [
        (NOVA, "invoke", {}, True),
        (NOVA, "converse", {}, True),
        (model(NOVA), "converse", {}, True),
        (NOVA, "invoke-with-response-stream", {}, False),
        (NOVA, "converse-stream", {}, False),
        (NOVA, "count-tokens", {}, False),
        (NOVA.replace("lite", "pro"), "invoke", {}, False),
        (NOVA, "invoke", {"region": "us-west-2"}, False),
        (model(NOVA, "us-west-2"), "invoke", {}, False),
        (f"us.{NOVA}", "invoke", {}, False),
        (f"global.{NOVA}", "invoke", {}, False),
    ],
)
def test_a_foundation_model(model_id: str, operation: str, options: dict[str, Any], expected: bool) -> None:
    # GIVEN a role that may invoke one foundation model in one Region
    # WHEN it makes a call, THEN that one is allowed and its neighbours are not
    assert allowed(FOUNDATION, model_id, operation, **options) is expected


@pytest.mark.parametrize(
    ("model_id", "operation", "options", "expected"),
    [
        (f"us.{HAIKU}", "invoke", {}, True),
        (PROFILE_ARN, "converse", {}, True),
        (HAIKU, "invoke", {}, False),
        (HAIKU, "invoke", {"region": "us-west-2"}, False),
        (f"us.{NOVA}", "invoke", {}, False),
        (f"global.{HAIKU}", "invoke", {}, False),
        (f"us.{HAIKU}", "converse-stream", {}, False),
        (f"us.{HAIKU}", "invoke", {"region": "us-west-2"}, False),
    ],
)
def test_a_geographic_profile(model_id: str, operation: str, options: dict[str, Any], expected: bool) -> None:
    # GIVEN a role that may use one geographic profile of its Region
    # WHEN it makes a call, THEN the profile is allowed, its model by itself is not
    assert allowed(GEOGRAPHIC, model_id, operation, **options) is expected


def test_a_geographic_profile_needs_every_destination() -> None:
    # GIVEN a policy that forgot one destination Region
    policies = document(
        statement(PROFILE_ARN),
        statement([model(HAIKU, r) for r in US[:2]], StringEquals={"bedrock:InferenceProfileArn": PROFILE_ARN}),
    )

    # WHEN the profile is called
    decision = authorize_model_call(policies, "invoke", f"us.{HAIKU}", REGION, ACCOUNT)

    # THEN it is denied, and the reason names the model there
    assert not decision.allowed
    assert "us-west-2" in decision.reason


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_global_profile_needs_its_three_statements(missing: int) -> None:
    # GIVEN the three statements of a global profile
    statements = GLOBAL[0]["Statement"]

    # THEN together they allow it, and without any one they do not
    assert allowed(document(*statements), f"global.{HAIKU}")
    assert not allowed(document(*(one for index, one in enumerate(statements) if index != missing)), f"global.{HAIKU}")


def test_a_global_profile_does_not_open_its_model() -> None:
    # GIVEN a role that may use a global profile
    # THEN the model by itself and the geographic profile are denied
    assert not allowed(GLOBAL, HAIKU)
    assert not allowed(GLOBAL, f"us.{HAIKU}")


def test_an_application_profile() -> None:
    # GIVEN the policy of an application profile that was copied from a geographic one
    arn = f"{OWN}:application-inference-profile/claudecopy01"
    source = CATALOGUE.application_profiles["claudecopy01"].model_id
    models = [model(source, region) for region in US]
    policies = document(statement(arn), statement(models, StringEquals={"bedrock:InferenceProfileArn": arn}))

    # THEN the profile is allowed; its source, by model or by geographic profile, is not; nor is another profile
    assert allowed(policies, arn)
    assert not allowed(policies, source)
    assert not allowed(policies, f"us.{source}")
    assert not allowed(policies, f"{OWN}:application-inference-profile/novacopy0001")

    # AND without the models' statement the profile itself is denied too
    assert not allowed(document(statement(arn)), arn)


@pytest.mark.parametrize("kind", ["provisioned-model", "custom-model-deployment", "imported-model"])
def test_a_model_of_ones_own(kind: str) -> None:
    # GIVEN a role that may invoke one of them
    policies = document(statement(f"{OWN}:{kind}/one1"))

    # THEN that one is allowed, another is not, nor is a stream
    assert allowed(policies, f"{OWN}:{kind}/one1")
    assert not allowed(policies, f"{OWN}:{kind}/two2")
    assert not allowed(policies, f"{OWN}:{kind}/one1", "converse-stream")


def test_a_marketplace_endpoint_is_called_by_bedrock_on_the_callers_behalf() -> None:
    # GIVEN the two statements of a Marketplace deployment
    gate = statement(f"{OWN}:marketplace/model-endpoint/all-access")
    endpoint = statement(
        ENDPOINT, "sagemaker:InvokeEndpoint", StringEquals={"aws:CalledViaLast": "bedrock.amazonaws.com"}
    )

    # THEN both are needed through Bedrock, and the endpoint is closed to a direct call
    assert allowed(document(gate, endpoint), ENDPOINT)
    assert not allowed(document(gate), ENDPOINT)
    assert not allowed(document(endpoint), ENDPOINT)
    assert not allowed(document(gate, endpoint), "acme", "sagemaker-invoke")
    assert not allowed(document(gate, endpoint), ENDPOINT, "converse-stream")


def test_a_sagemaker_endpoint_and_its_component() -> None:
    # GIVEN a role that may invoke an endpoint, and one that may also invoke a component on it
    plain = document(statement(ENDPOINT, "sagemaker:InvokeEndpoint"))
    component = document(
        statement(
            [ENDPOINT, ENDPOINT.replace("endpoint/acme", "inference-component/llama")], "sagemaker:InvokeEndpoint"
        )
    )

    # THEN the component needs its own ARN, and a stream its own action
    assert allowed(plain, "acme", "sagemaker-invoke")
    assert not allowed(plain, "acme", "sagemaker-invoke", inference_component="llama")
    assert allowed(component, "acme", "sagemaker-invoke", inference_component="llama")
    assert not allowed(plain, "acme", "sagemaker-stream")
    assert not allowed(plain, "other", "sagemaker-invoke")


def test_count_tokens_is_its_own_action_on_foundation_models_alone() -> None:
    # GIVEN a role that may count tokens of one model
    policies = document(statement(model(HAIKU), "bedrock:CountTokens"))

    # THEN it may do so, and not invoke; a profile is refused by Bedrock itself
    assert allowed(policies, HAIKU, "count-tokens")
    assert not allowed(policies, HAIKU)
    with pytest.raises(UnknownTarget, match="CountTokens"):
        allowed(policies, f"us.{HAIKU}", "count-tokens")


GUARDED = document(
    statement(model(NOVA), StringEquals={"bedrock:GuardrailIdentifier": f"{GUARDRAIL}:3"}),
    statement(GUARDRAIL, "bedrock:ApplyGuardrail"),
    {
        "Effect": "Deny",
        "Action": ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
        "Resource": model(NOVA),
        "Condition": {"StringNotEquals": {"bedrock:GuardrailIdentifier": f"{GUARDRAIL}:3"}},
    },
)


@pytest.mark.parametrize(
    ("guardrail", "expected"),
    [
        (Guardrail(GUARDRAIL, "3"), True),
        (Guardrail("gr1", "3"), True),
        (Guardrail(GUARDRAIL, "2"), False),
        (Guardrail(GUARDRAIL, "DRAFT"), False),
        (Guardrail("gr2", "3"), False),
        (None, False),
    ],
)
def test_an_enforced_guardrail(guardrail: Guardrail | None, expected: bool) -> None:
    # GIVEN a role whose policy enforces one version of a guardrail
    # WHEN a call names that guardrail, another one, or none, THEN only the first is allowed
    assert allowed(GUARDED, NOVA, guardrail=guardrail) is expected


def test_applying_a_guardrail_is_a_permission_of_its_own() -> None:
    # GIVEN a role that may invoke with and without guardrails, but apply none
    # WHEN a call names a guardrail, THEN it is denied
    assert not allowed(FOUNDATION, NOVA, guardrail=Guardrail("gr1", "3"))


def test_a_guardrail_counts_for_every_check_of_a_profile() -> None:
    # GIVEN a call of a profile with a guardrail
    checks = checks_for("converse", f"us.{HAIKU}", REGION, ACCOUNT, guardrail=Guardrail("gr1", "3"))

    # THEN the profile and each model carry it, and the guardrail is asked for itself
    assert [check.context.get("bedrock:GuardrailIdentifier") for check in checks] == [*[f"{GUARDRAIL}:3"] * 4, None]
    assert checks[-1].action == "bedrock:ApplyGuardrail"


def test_a_boundary_limits_calls_of_models() -> None:
    # GIVEN a boundary that leaves Bedrock out
    boundary = document(statement("*", "dynamodb:*"))[0]

    # THEN nothing is allowed
    assert not allowed(FOUNDATION, NOVA, boundary=boundary)


def test_conditions_on_the_caller_see_the_callers_context() -> None:
    # GIVEN a policy that demands TLS
    policies = document(statement(model(NOVA), Bool={"aws:SecureTransport": "true"}))

    # THEN what the endpoint knows of the request decides
    assert allowed(policies, NOVA, context={"aws:SecureTransport": "true"})
    assert not allowed(policies, NOVA)


@pytest.mark.parametrize(
    "model_id",
    [
        "no-such-thing",
        "../admin",
        "",
        "eu.amazon.nova-lite-v1:0",
        "xx.amazon.nova-lite-v1:0",
        f"{OWN}:prompt/P1",
        f"{OWN}:default-prompt-router/x",
        f"{OWN}:custom-model/one1",
        "arn:aws:s3:::bucket/key",
        f"arn:aws:bedrock:{REGION}:{ACCOUNT}:endpoint/acme",
    ],
)
def test_an_identifier_of_no_known_kind_is_refused(model_id: str) -> None:
    # GIVEN a role that may do anything
    policies = document(statement("*", "*"))

    # WHEN it names what is no model of this Region, THEN it is not evaluated at all
    with pytest.raises(UnknownTarget):
        allowed(policies, model_id)


@pytest.mark.parametrize(
    ("operation", "headers", "body", "expected"),
    [
        (
            "invoke",
            {"x-amzn-bedrock-guardrailidentifier": "gr1", "x-amzn-bedrock-guardrailversion": "1"},
            {},
            Guardrail("gr1", "1"),
        ),
        ("invoke-with-response-stream", {"x-amzn-bedrock-guardrailidentifier": "gr1"}, {}, Guardrail("gr1", "DRAFT")),
        ("invoke", {}, {"guardrailConfig": {"guardrailIdentifier": "gr1", "guardrailVersion": "1"}}, None),
        (
            "converse-stream",
            {},
            {"guardrailConfig": {"guardrailIdentifier": GUARDRAIL, "guardrailVersion": "1"}},
            Guardrail(GUARDRAIL, "1"),
        ),
        ("converse", {"x-amzn-bedrock-guardrailidentifier": "gr1"}, {}, None),
        ("converse", {}, [], None),
        ("count-tokens", {"x-amzn-bedrock-guardrailidentifier": "gr1"}, {}, None),
    ],
)
def test_where_a_call_names_its_guardrail(
    operation: str, headers: dict[str, str], body: Any, expected: Guardrail | None
) -> None:
    # WHEN the guardrail is read from a call, THEN each operation has it in its own place
    assert guardrail_of(operation, headers, json.dumps(body).encode()) == expected
