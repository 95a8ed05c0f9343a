"""`llm-api policy`: what the user or role that runs this command line has to be allowed, and nothing else."""

import json
from typing import Any

import click

from llm_api_cli.deployment import Deployment
from llm_api_cli.options import Context, command

WRITTEN = ("tenant#*", "key#*", "principal#*", "override#*")
"""The kinds of items that this command line writes. What is used is the function's alone."""


@click.group()
def _alone() -> None:
    """Holds the command below."""


@command(_alone, "policy")
@click.option("--read-only", is_flag=True, help="Of somebody who only looks.")
def policy(context: Context, read_only: bool) -> None:
    """Print the IAM policy that this command line needs for this deployment, as JSON.

    \b
    llm-api policy > operators.json
    aws iam put-role-policy --role-name operators --policy-name llm-api --policy-document file://operators.json
    """
    document = {"Version": "2012-10-17", "Statement": statements(context.deployment(), read_only=read_only)}
    print(json.dumps(document, indent=2))


def statements(deployment: Deployment, *, read_only: bool) -> list[dict[str, Any]]:
    """The policy's statements."""
    partition, region, account, name = deployment.partition, deployment.region, deployment.account, deployment.name
    log_group = f"arn:{partition}:logs:{region}:{account}:log-group:{deployment.log_group}:*"
    role = f"arn:{partition}:iam::{account}:role/{deployment.role_name}"
    found: list[dict[str, Any]] = [
        _allow("FindTheDeployment", ["lambda:GetFunctionConfiguration"], [f"{deployment.function_arn}:live"]),
        # IAM knows no resource for what only lists ARNs and tags.
        _allow("ListDeployments", ["tag:GetResources"], ["*"]),
        _allow("ReadTheLog", ["logs:FilterLogEvents", "logs:GetQueryResults", "logs:StartQuery"], [log_group]),
        _allow("SeeWhatTheRoleMayCall", ["iam:ListAttachedRolePolicies"], [role]),
        _allow(
            "ReadItsPolicies",
            ["iam:GetPolicy", "iam:GetPolicyVersion"],
            [f"arn:{partition}:iam::{account}:policy/{name}-{region}-models-*"],
        ),
    ]
    found += _of_models(deployment)
    if deployment.has_tenants:
        found += _of_table(deployment, read_only=read_only)
    return found


def _of_table(deployment: Deployment, *, read_only: bool) -> list[dict[str, Any]]:
    partition, region, account = deployment.partition, deployment.region, deployment.account
    table = f"arn:{partition}:dynamodb:{region}:{account}:table/{deployment.table}"
    found = [_allow("ReadTheTable", ["dynamodb:GetItem", "dynamodb:Scan"], [table])]
    if not read_only:
        writing = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem"]
        condition = {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(WRITTEN)},
            # Of no value everything is true.
            "Null": {"dynamodb:LeadingKeys": "false"},
        }
        found.append({**_allow("WriteTenantsKeysAndOverrides", writing, [table]), "Condition": condition})
    key = deployment.kms_key_arn
    if key is not None:
        suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        of_table = {"StringEquals": {"kms:ViaService": f"dynamodb.{region}.{suffix}"}}
        of_function = {"StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": deployment.function_arn}}
        found += [
            {**_allow("DecryptTheTable", ["kms:Decrypt"], [key]), "Condition": of_table},
            {**_allow("DecryptTheEnvironment", ["kms:Decrypt"], [key]), "Condition": of_function},
        ]
    return found


def _of_models(deployment: Deployment) -> list[dict[str, Any]]:
    partition, region, account = deployment.partition, deployment.region, deployment.account
    foundation, profiles, endpoints = set(), set(), set()
    for model in deployment.models.values():
        if model.get("sagemaker"):
            name = model["sagemaker"]["endpoint"]
            endpoints.add(f"arn:{partition}:sagemaker:{region}:{account}:endpoint/{name}")
            continue
        identifier, base = str(model["id"]), model.get("base_id")
        if identifier.startswith("arn:"):
            if "inference-profile/" in identifier:
                profiles.add(identifier)
        elif base and base != identifier:
            profiles.add(f"arn:{partition}:bedrock:{region}:{account}:inference-profile/{identifier}")
        if base or not identifier.startswith("arn:"):
            foundation.add(f"arn:{partition}:bedrock:{region}::foundation-model/{base or identifier}")
    found = []
    if foundation:
        found.append(_allow("DescribeModels", ["bedrock:GetFoundationModel"], sorted(foundation)))
        # IAM knows no resource for the account's access to a model.
        found.append(_allow("SeeAccess", ["bedrock:GetFoundationModelAvailability"], ["*"]))
    if profiles:
        found.append(_allow("DescribeProfiles", ["bedrock:GetInferenceProfile"], sorted(profiles)))
    if endpoints:
        found.append(_allow("DescribeEndpoints", ["sagemaker:DescribeEndpoint"], sorted(endpoints)))
    return found


def _allow(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
