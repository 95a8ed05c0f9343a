"""`llm-api policy` is exact: enough for every command, and nothing of what is used can be written by it."""

from typing import Any

import pytest

from local_aws.iam.evaluation import evaluate
from tests.unit.cli.conftest import NAME, REGION, TABLE, Command
from tools.policy_lint import findings

ACCOUNT = "123456789012"
ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}"


@pytest.mark.parametrize("option", [(), ("--read-only",)])
def test_the_policy_is_one_that_iam_takes(account: Any, llm_api: Command, option: tuple[str, ...]) -> None:
    # WHEN it is printed
    document = llm_api("policy", *option).json

    # THEN its actions exist, with the resources that they take; `*` stands where IAM knows none
    assert list(findings(document)) == []
    of_everything = {
        action
        for statement in document["Statement"]
        if statement["Resource"] == ["*"]
        for action in statement["Action"]
    }
    assert of_everything == {"tag:GetResources", "bedrock:GetFoundationModelAvailability"}


@pytest.mark.parametrize("kind", ["tenant#a", "key#0", "principal#p", "override#key#0", "usage#a"])
def test_who_it_is_for_writes_tenants_and_never_what_was_used(account: Any, llm_api: Command, kind: str) -> None:
    # GIVEN
    operators, readers = llm_api("policy").json, llm_api("policy", "--read-only").json
    context = {"dynamodb:LeadingKeys": [kind]}

    # THEN
    for action in ("PutItem", "DeleteItem", "BatchWriteItem"):
        assert evaluate([operators], f"dynamodb:{action}", ARN, context).allowed == (not kind.startswith("usage#"))
        assert not evaluate([readers], f"dynamodb:{action}", ARN, context).allowed
        assert not evaluate([operators], f"dynamodb:{action}", f"{ARN}-2", context).allowed
    for document in (operators, readers):
        assert evaluate([document], "dynamodb:GetItem", ARN, context).allowed
        assert not evaluate([document], "dynamodb:UpdateItem", ARN, context).allowed
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}:live"
        assert evaluate([document], "lambda:GetFunctionConfiguration", function, {}).allowed
        assert not evaluate([document], "lambda:UpdateFunctionConfiguration", function, {}).allowed
