"""What the endpoints of `examples/private` let through is what the function's role may do, for that role alone."""

import json
from typing import Any

from local_aws.iam import authorize_model_call, evaluate

ACCOUNT = "123456789012"
DECLARED = ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "amazon.nova-lite-v1:0")
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/llm-private-tenants"
OTHERS = (f"arn:aws:iam::{ACCOUNT}:role/somebody-else", "arn:aws:iam::999999999999:role/stolen")


def check(outputs: dict[str, Any]) -> None:
    """Judges the applied example's outputs.

    Raises:
        AssertionError: an endpoint lets through too much or too little.
    """
    role = outputs["role_arn"]
    policies = {name: without_principal(document) for name, document in outputs["endpoint_policies"].items()}
    bedrock, dynamodb = policies["bedrock-runtime"], policies["dynamodb"]

    # Bedrock: the role, and what is declared.
    for model in DECLARED:
        assert may_ask(bedrock, model, role), model
        assert not any(may_ask(bedrock, model, other) for other in OTHERS), model
    assert not may_ask(bedrock, "amazon.nova-pro-v1:0", role)

    # DynamoDB: the role, two actions, one table.
    assert may_use(dynamodb, "dynamodb:GetItem", TABLE, role)
    assert may_use(dynamodb, "dynamodb:UpdateItem", TABLE, role)
    assert not may_use(dynamodb, "dynamodb:Scan", TABLE, role)
    assert not may_use(dynamodb, "dynamodb:GetItem", f"{TABLE}-copy", role)
    assert not any(may_use(dynamodb, "dynamodb:GetItem", TABLE, other) for other in OTHERS)

    # The API's: this API.
    [statement] = policies["execute-api"]["Statement"]
    assert statement["Action"] == ["execute-api:Invoke"]
    assert all(resource.count(":") == 5 and ":*/" not in resource for resource in statement["Resource"])


def without_principal(document: str) -> dict[str, Any]:
    """The policy as one of an identity: its principal is everybody, and the condition names the role."""
    policy: dict[str, Any] = json.loads(document)
    for statement in policy["Statement"]:
        assert statement.pop("Principal") == "*"
    return policy


def may_ask(policy: dict[str, Any], model: str, role: str) -> bool:
    context = {"aws:PrincipalArn": role}
    return authorize_model_call([policy], "converse-stream", model, "us-east-1", ACCOUNT, context=context).allowed


def may_use(policy: dict[str, Any], action: str, resource: str, role: str) -> bool:
    return evaluate([policy], action, resource, {"aws:PrincipalArn": role}).allowed
