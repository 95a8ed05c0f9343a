"""What the lint wants of a trust policy; the identity policies of all examples are its own test."""

from typing import Any

import pytest

from tools.policy_lint import trust_findings

ACCOUNT = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
MACHINE = {"ArnLike": {"aws:SourceArn": "arn:aws:states:us-east-1:123456789012:stateMachine:adverts"}}


def trust(principal: Any, action: str = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Statement": [{"Sid": "Trust", "Effect": "Allow", "Principal": principal, "Action": action, **more}]}


@pytest.mark.parametrize(
    "document",
    [
        trust({"Service": "lambda.amazonaws.com"}),
        trust({"Service": ["states.amazonaws.com"]}, Condition=ACCOUNT | MACHINE),
    ],
)
def test_one_service_is_trusted(document: dict[str, Any]) -> None:
    assert list(trust_findings(document)) == []


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (trust("*"), "something else than one service"),
        (trust({"AWS": "arn:aws:iam::123456789012:root"}), "something else than one service"),
        (trust({"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}), "something else than one service"),
        (trust({"Service": "lambda.amazonaws.com", "AWS": "*"}), "something else than one service"),
        (trust({"Service": "ec2.amazonaws.com"}), "no service that assumes a role here"),
        (trust({"Service": "states.amazonaws.com"}), "ask for aws:SourceAccount"),
        (trust({"Service": "states.amazonaws.com"}, Condition=MACHINE), "ask for aws:SourceAccount"),
        (trust({"Service": "states.amazonaws.com"}, Condition=ACCOUNT), "ask for aws:SourceArn"),
        (trust({"Service": "lambda.amazonaws.com"}, "sts:*"), "something else than sts:AssumeRole"),
    ],
)
def test_anything_else_is_found(document: dict[str, Any], says: str) -> None:
    assert any(says in finding for finding in trust_findings(document))
