"""From a call of a model to the requests that IAM decides: action, resource and condition keys.

https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
https://docs.aws.amazon.com/bedrock/latest/userguide/geographic-cross-region-inference.html
https://docs.aws.amazon.com/bedrock/latest/userguide/global-cross-region-inference.html
https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions-id.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from local_aws.iam.catalogue import CATALOGUE, GLOBAL_PREFIX, Catalogue
from local_aws.iam.errors import UnknownTarget
from local_aws.iam.evaluation import Decision, decide, lower_keys, parse_policies
from local_aws.iam.policy import parse_policy

BEDROCK_ACTIONS = {
    "invoke": "bedrock:InvokeModel",
    "converse": "bedrock:InvokeModel",
    "invoke-with-response-stream": "bedrock:InvokeModelWithResponseStream",
    "converse-stream": "bedrock:InvokeModelWithResponseStream",
    "count-tokens": "bedrock:CountTokens",
}
SAGEMAKER_ACTIONS = {
    "sagemaker-invoke": "sagemaker:InvokeEndpoint",
    "sagemaker-stream": "sagemaker:InvokeEndpointWithResponseStream",
}
_STREAMS = {"invoke-with-response-stream", "converse-stream"}
_OPAQUE_KINDS = {"provisioned-model", "custom-model-deployment", "imported-model"}
_PROFILE_ID = re.compile(r"^(?P<prefix>[a-z]{2,4}(-gov)?|global)\.(?P<model>[a-z0-9-]+\..+)$")
_MODEL_ID = re.compile(r"^[a-z0-9-]+\.[A-Za-z0-9.:_-]+$")


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A guardrail as a call names it: by ID or ARN, and its version (`DRAFT` included)."""

    identifier: str
    version: str


@dataclass(frozen=True, slots=True)
class Check:
    """One request that IAM has to allow. `context` adds to what every request carries."""

    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]]


def guardrail_of(operation: str, headers: Mapping[str, str], body: bytes) -> Guardrail | None:
    """The guardrail that a call asks for: in headers for `invoke`, in the body for `converse`.

    Args:
        headers: names in lower case.
    """
    if operation.startswith("invoke"):
        identifier, version = (headers.get(f"x-amzn-bedrock-guardrail{part}") for part in ("identifier", "version"))
    elif operation.startswith("converse"):
        try:
            config = json.loads(body).get("guardrailConfig") or {}
            identifier, version = config.get("guardrailIdentifier"), config.get("guardrailVersion")
        except (ValueError, AttributeError):
            return None
    else:
        return None
    return Guardrail(str(identifier), str(version or "DRAFT")) if identifier else None


def tier_of(operation: str, headers: Mapping[str, str], body: bytes) -> str | None:
    """The service tier that a call asks for, in the same places; None where it names none.

    https://docs.aws.amazon.com/bedrock/latest/userguide/service-tiers-inference.html
    """
    if operation.startswith("invoke"):
        return headers.get("x-amzn-bedrock-service-tier")
    try:
        asked = json.loads(body).get("serviceTier") if operation.startswith("converse") else None
        return str(asked["type"]) if asked else None
    except (ValueError, AttributeError, KeyError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the call was made."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def foundation_model(self, model: str, region: str | None = None) -> str:
        return f"arn:{self.partition}:bedrock:{self.region if region is None else region}::foundation-model/{model}"


def checks_for(
    operation: str,
    model_id: str,
    region: str,
    account: str,
    *,
    guardrail: Guardrail | None = None,
    tier: str | None = None,
    inference_component: str | None = None,
    partition: str = "aws",
    catalogue: Catalogue = CATALOGUE,
) -> tuple[Check, ...]:
    """Every request that IAM must allow for one call.

    Args:
        operation: as in `local_aws.models.ModelRequest`.
        model_id: ID or ARN, decoded; for the SageMaker operations the endpoint's name.
        region: where the call was made, such as `us-east-1`.
        guardrail: what `guardrail_of` found.
        tier: what `tier_of` found.
        inference_component: of a SageMaker call, where it names one.

    Raises:
        UnknownTarget: an identifier of no known kind, or one that the operation does not take.
    """
    place = _Place(partition, region, account)
    if operation in SAGEMAKER_ACTIONS:
        action = SAGEMAKER_ACTIONS[operation]
        names = [f"endpoint/{model_id}"]
        if inference_component:
            names.append(f"inference-component/{inference_component}")
        return tuple(Check(action, place.arn("sagemaker", name), {"aws:RequestedRegion": region}) for name in names)
    action = BEDROCK_ACTIONS[operation]
    checks = _bedrock_checks(operation, action, model_id, place, catalogue)
    if tier is not None:
        checks = tuple(replace(check, context={**check.context, "bedrock:ServiceTier": tier}) for check in checks)
    if guardrail is None:
        return checks
    arn = guardrail.identifier
    if not arn.startswith("arn:"):
        arn = place.arn("bedrock", f"guardrail/{arn}")
    # A draft is named by the guardrail's ARN alone, which no ARN:VERSION equals.
    named = arn if guardrail.version == "DRAFT" else f"{arn}:{guardrail.version}"
    guarded = [
        replace(check, context={**check.context, "bedrock:GuardrailIdentifier": named})
        if check.action == action
        else check
        for check in checks
    ]
    return (*guarded, Check("bedrock:ApplyGuardrail", arn, {"aws:RequestedRegion": region}))


def _bedrock_checks(
    operation: str, action: str, model_id: str, place: _Place, catalogue: Catalogue
) -> tuple[Check, ...]:
    here = {"aws:RequestedRegion": place.region}
    kind, name = _kind_of(model_id)
    if operation == "count-tokens" and kind != "foundation-model":
        raise UnknownTarget(f"CountTokens takes foundation models only, not the {kind} {model_id!r}.")
    if kind == "foundation-model":
        arn = model_id if model_id.startswith("arn:") else place.foundation_model(name)
        return (Check(action, arn, here),)
    if kind == "inference-profile":
        return _system_profile_checks(action, model_id, name, place, catalogue)
    if kind == "application-inference-profile":
        if name not in catalogue.application_profiles:
            return (Check(action, model_id, here),)
        profile = catalogue.application_profiles[name]
        regions = profile.regions or (place.region,)
        return _profile_checks(action, model_id, profile.model_id, {region: region for region in regions}, place)
    if kind == "endpoint":
        stream = operation in _STREAMS
        called = {"aws:CalledVia": ["bedrock.amazonaws.com"], "aws:CalledViaFirst": "bedrock.amazonaws.com"}
        called |= {"aws:CalledViaLast": "bedrock.amazonaws.com", "aws:ViaAWSService": "true"}
        return (
            Check(action, place.arn("bedrock", "marketplace/model-endpoint/all-access"), here),
            Check(
                SAGEMAKER_ACTIONS["sagemaker-stream" if stream else "sagemaker-invoke"], model_id, {**here, **called}
            ),
        )
    return (Check(action, model_id, here),)


def _system_profile_checks(
    action: str, model_id: str, name: str, place: _Place, catalogue: Catalogue
) -> tuple[Check, ...]:
    found = _PROFILE_ID.match(name)
    if found is None:
        raise UnknownTarget(f"{model_id!r} is no inference profile: its ID starts with a geography or with global.")
    arn = model_id if model_id.startswith("arn:") else place.arn("bedrock", f"inference-profile/{name}")
    if found["prefix"] == GLOBAL_PREFIX:
        # The Region-less ARN stands for the whole commercial world; the request there has no Region to name.
        return _profile_checks(action, arn, found["model"], {place.region: place.region, "": "unspecified"}, place)
    regions = catalogue.geographies.get(found["prefix"], ())
    if place.region not in regions:
        raise UnknownTarget(
            f"The inference profile {name} is not offered in {place.region}, only in {', '.join(regions)}."
        )
    return _profile_checks(action, arn, found["model"], {region: region for region in regions}, place)


def _profile_checks(
    action: str, profile_arn: str, model: str, regions: Mapping[str, str], place: _Place
) -> tuple[Check, ...]:
    """The profile itself, and the model in each Region; `regions`: the ARN's Region -> the requested one."""
    profile = Check(action, profile_arn, {"aws:RequestedRegion": place.region})
    models = (
        Check(
            action,
            place.foundation_model(model, region),
            {"aws:RequestedRegion": requested, "bedrock:InferenceProfileArn": profile_arn},
        )
        for region, requested in regions.items()
    )
    return (profile, *models)


def _kind_of(model_id: str) -> tuple[str, str]:
    """(kind, name): the resource type of its ARN, or what a bare ID can only be."""
    if not model_id.startswith("arn:"):
        found = _PROFILE_ID.match(model_id)
        if found:
            return "inference-profile", model_id
        if _MODEL_ID.match(model_id):
            return "foundation-model", model_id
        raise UnknownTarget(f"{model_id!r} is neither a model ID, nor an inference profile's ID, nor an ARN.")
    parts = model_id.split(":", 5)
    kind, slash, name = parts[-1].partition("/")
    services = {"endpoint": "sagemaker"}
    kinds = {"foundation-model", "inference-profile", "application-inference-profile", "endpoint"} | _OPAQUE_KINDS
    if len(parts) != 6 or not slash or kind not in kinds or parts[2] != services.get(kind, "bedrock"):
        raise UnknownTarget(f"{model_id!r} is no ARN of a model, an inference profile, a deployment or an endpoint.")
    return kind, name


def authorize_model_call(
    policies: Sequence[Mapping[str, Any]],
    operation: str,
    model_id: str,
    region: str,
    account: str,
    *,
    boundary: Mapping[str, Any] | None = None,
    guardrail: Guardrail | None = None,
    tier: str | None = None,
    inference_component: str | None = None,
    context: Mapping[str, str | Sequence[str]] | None = None,
    partition: str = "aws",
    catalogue: Catalogue = CATALOGUE,
) -> Decision:
    """Whether a role may make this call of a model: allowed only where each of `checks_for` is.

    A profile's model must be allowed in every Region that the profile may route to, since AWS chooses the Region.

    Args:
        policies: the role's identity policies, decoded.
        boundary: its permissions boundary.
        context: condition keys beyond those that follow from the call, such as `aws:PrincipalArn`.
        (the others as in `checks_for`)

    Raises:
        UnknownTarget: see `checks_for`.
        UnknownPolicyElement: a policy holds what the evaluator does not implement.
    """
    statements = parse_policies(policies)
    limit = parse_policy(boundary) if boundary is not None else None
    checks = checks_for(
        operation,
        model_id,
        region,
        account,
        guardrail=guardrail,
        tier=tier,
        inference_component=inference_component,
        partition=partition,
        catalogue=catalogue,
    )
    decisions = [
        decide(statements, limit, check.action, check.resource, lower_keys({**(context or {}), **check.context}))
        for check in checks
    ]
    # An explicit deny is the reason to name, wherever it stands among the checks.
    denied = sorted((one for one in decisions if not one.allowed), key=lambda one: not one.explicit)
    return denied[0] if denied else decisions[0]
