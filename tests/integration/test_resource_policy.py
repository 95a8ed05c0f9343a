"""The API's resource policy follows `allowed_account_ids`: an account that is taken away is gone once it is applied.

Provider versions before 6.48 put the former policy back after importing a document that changes it, and report
success: https://github.com/hashicorp/terraform-provider-aws/issues/38515. That is why the policy is a resource too.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_aws import LocalAws
from tools.terraform import ROOT, Terraform


@pytest.fixture
def example(local_aws: LocalAws, tmp_path: Path) -> Iterator[Terraform]:
    stack = Terraform(ROOT / "examples/cross-account", tmp_path / "stack", local_aws.environment())
    stack.init()
    with stack.resident():
        yield stack
        stack.destroy()


def apply(example: Terraform, accounts: list[str]) -> dict[str, Any]:
    """Lets the accounts in and gives back the policy that API Gateway now has."""
    example.set(TF_VAR_caller_account_ids=json.dumps(accounts))
    example.apply()
    api = example.outputs()["url"].removeprefix("https://").partition(".")[0]
    described = boto3.client("apigateway", region_name="us-east-1").get_rest_api(restApiId=api)
    # AWS returns the policy with its quotes escaped.
    policy: dict[str, Any] = json.loads(json.loads(f'"{described["policy"]}"'))
    return policy


def accounts_in(policy: dict[str, Any]) -> list[str]:
    return [
        principal
        for statement in policy["Statement"]
        if statement["Principal"] != "*"
        for principal in statement["Principal"]["AWS"]
    ]


def test_an_account_that_is_taken_away_is_gone(example: Terraform) -> None:
    # GIVEN an API that two other accounts may call
    both = apply(example, ["111122223333", "444455556666"])
    assert accounts_in(both) == ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"]

    # WHEN one of them is taken away, THEN the other is left
    one = apply(example, ["111122223333"])
    assert accounts_in(one) == ["arn:aws:iam::111122223333:root"]

    # WHEN the last one is taken away, THEN none is left
    assert accounts_in(apply(example, [])) == []
