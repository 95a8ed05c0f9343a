"""`llm-api models`: what Bedrock says of the declared models, before a caller hears it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from llm_api_cli.deployment import Deployment
from llm_api_cli.errors import CHECK_FAILED
from llm_api_cli.options import Context, command

_WARNING_DAYS = 90


@click.group()
def models() -> None:
    """What Bedrock says of the declared models."""


@dataclass(slots=True)
class Finding:
    """What is known of one alias.

    Attributes:
        lifecycle, access, destinations: in a few words; `-` where AWS has no such thing for it.
        problems: what has to be done something about.
    """

    alias: str
    id: str
    lifecycle: str = "-"
    access: str = "-"
    destinations: str = "-"
    problems: list[str] = field(default_factory=list)


@command(models, "check")
@click.option("--within", default=_WARNING_DAYS, show_default=True, metavar="DAYS", help="Ends that are a problem.")
def check(context: Context, within: int) -> None:
    """Ask Bedrock for each model's lifecycle, this account's access to it, and where its profile routes.

    Calls no model and costs nothing. The exit code is 1 where something has to be done.
    """
    found = findings(context.deployment(), timedelta(days=within))
    rows = [
        {
            "alias": one.alias,
            "id": one.id,
            "lifecycle": one.lifecycle,
            "access": one.access,
            "destinations": one.destinations,
            "problems": one.problems,
        }
        for one in found
    ]
    headings = ("Alias", "Model", "Lifecycle", "Access", "Destinations", "To do")
    context.out.rows(rows, dict(zip(rows[0] if rows else (), headings, strict=False)), "No model is declared.")
    if any(one.problems for one in found):
        raise click.exceptions.Exit(CHECK_FAILED)


def findings(deployment: Deployment, within: timedelta) -> list[Finding]:
    """What AWS says of each declared model, by alias."""
    allowed: set[str] | None = None
    found = []
    for alias, model in sorted(deployment.models.items()):
        if model.get("sagemaker"):
            found.append(_of_endpoint(deployment, alias, model["sagemaker"]))
            continue
        if allowed is None:
            allowed = allowed_resources(deployment)
        found.append(_of_model(deployment, alias, model, allowed, within))
    return found


def allowed_resources(deployment: Deployment) -> set[str]:
    """What the function's role may call, as its policies name it."""
    iam = deployment.client("iam")
    role = deployment.role_name
    resources: set[str] = set()
    for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
        for policy in page["AttachedPolicies"]:
            version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
            document = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)["PolicyVersion"]
            for statement in document["Document"]["Statement"]:
                if statement["Effect"] == "Allow":
                    named = statement["Resource"]
                    resources |= {named} if isinstance(named, str) else set(named)
    return resources


def _of_model(
    deployment: Deployment, alias: str, model: Mapping[str, Any], allowed: set[str], within: timedelta
) -> Finding:
    bedrock = deployment.client("bedrock")
    identifier = str(model["id"])
    finding = Finding(alias, identifier)
    base = model.get("base_id") or (identifier if _is_foundation(identifier) else None)
    if base is None or base != identifier:
        routed = _destinations(bedrock, finding, identifier, allowed)
        base = base or routed
    if base is None:
        return finding
    missing = bedrock.exceptions.ResourceNotFoundException, bedrock.exceptions.ValidationException
    try:
        details = bedrock.get_foundation_model(modelIdentifier=base)["modelDetails"]
    except missing:
        finding.lifecycle = "unknown"
        finding.problems.append(f"Bedrock knows no model {base} in {deployment.region}, or no longer.")
        return finding
    _lifecycle(finding, details.get("modelLifecycle") or {}, within)
    _access(finding, bedrock.get_foundation_model_availability(modelId=base))
    return finding


def _is_foundation(identifier: str) -> bool:
    return not identifier.startswith("arn:") or ":foundation-model/" in identifier


def _lifecycle(finding: Finding, lifecycle: Mapping[str, Any], within: timedelta) -> None:
    status, end = str(lifecycle.get("status", "unknown")), lifecycle.get("endOfLifeTime")
    finding.lifecycle = status if end is None else f"{status}, ends {end:%Y-%m-%d}"
    if end is not None and end <= datetime.now(UTC) + within:
        finding.problems.append(f"It ends on {end:%Y-%m-%d}: point {finding.alias} at its successor before.")
    elif status == "LEGACY":
        finding.problems.append("It is Legacy: AWS may refuse who hasn't used it of late. Plan its successor.")


def _access(finding: Finding, availability: Mapping[str, Any]) -> None:
    answers = {
        "agreement": (availability.get("agreementAvailability") or {}).get("status"),
        "authorization": availability.get("authorizationStatus"),
        "entitlement": availability.get("entitlementAvailability"),
        "Region": availability.get("regionAvailability"),
    }
    wrong = [f"{what} {said}" for what, said in answers.items() if said not in ("AVAILABLE", "AUTHORIZED")]
    finding.access = "; ".join(wrong) or "available"
    if wrong:
        finding.problems.append("This account has no access: examples/account-setup says how it is asked for.")


def _destinations(bedrock: Any, finding: Finding, identifier: str, allowed: set[str]) -> str | None:
    """Where a profile routes, held against what the role may call; the foundation model's ID, where it tells."""
    if identifier.startswith("arn:") and ":inference-profile/" not in identifier.replace("application-", ""):
        return None
    missing = bedrock.exceptions.ResourceNotFoundException, bedrock.exceptions.ValidationException
    try:
        profile = bedrock.get_inference_profile(inferenceProfileIdentifier=identifier)
    except missing:
        finding.destinations = "unknown"
        finding.problems.append(f"Bedrock knows no inference profile {identifier} in this Region.")
        return None
    arns = [str(model["modelArn"]) for model in profile["models"]]
    regions = [arn.split(":")[3] for arn in arns]
    finding.destinations = ", ".join(regions)
    denied = [arn.split(":")[3] for arn in arns if arn not in allowed]
    if denied:
        finding.problems.append(
            f"It may be routed to {', '.join(denied)}, which the role may not call: add to `destination_regions`."
        )
    if profile.get("status") not in (None, "ACTIVE"):
        finding.problems.append(f"The profile is {profile['status']}.")
    return arns[0].rpartition("/")[2] if arns else None


def _of_endpoint(deployment: Deployment, alias: str, endpoint: Mapping[str, Any]) -> Finding:
    sagemaker = deployment.client("sagemaker")
    name = str(endpoint["endpoint"])
    finding = Finding(alias, f"sagemaker {name}")
    try:
        finding.access = str(sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"])
    except sagemaker.exceptions.ClientError as error:
        if "could not find" not in str(error).lower():
            raise
        finding.access = "missing"
    if finding.access != "InService":
        finding.problems.append(f"The endpoint {name} is {finding.access}.")
    return finding
