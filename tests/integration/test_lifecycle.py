"""Every example applies as it stands, wants no change on a second plan, and leaves nothing behind."""

from pathlib import Path

import boto3
import pytest

from local_aws import LocalAws
from tests.integration import endpoints
from tools.policy_lint import findings, identity_policies, trust_findings, trust_policies
from tools.terraform import ROOT, Terraform

EXAMPLES = sorted(folder.parent.relative_to(ROOT).as_posix() for folder in (ROOT / "examples").glob("*/main.tf"))
OPTIONS = "tests/integration/terraform/api_options"
"""What an API may have and no example shows: private, in a VPC, with a user pool, under a domain."""


def overrule(table: str | None) -> None:
    """Revokes every key of a table, and disables every tenant, as `llm-api` does."""
    if table is None:
        return
    dynamodb = boto3.client("dynamodb")
    for item in dynamodb.scan(TableName=table)["Items"]:
        override = {"pk": {"S": f"override#{item['pk']['S']}"}, "expires_at": {"N": "0"}, "enabled": {"BOOL": False}}
        dynamodb.put_item(TableName=table, Item=override)


@pytest.mark.parametrize("folder", [*EXAMPLES, OPTIONS])
def test_an_example_applies_settles_and_goes_without_a_trace(folder: str, local_aws: LocalAws, tmp_path: Path) -> None:
    # GIVEN an account and what stands in it
    before = local_aws.inventory()
    stack = Terraform(ROOT / folder, tmp_path / "stack", {**local_aws.environment(), "TF_VAR_api_key_sha256": "0" * 64})
    stack.init()
    with stack.resident():
        # WHEN the example is applied
        try:
            stack.apply()
            overrule(stack.outputs().get("table_name"))

            # THEN a second plan wants nothing, whatever operators have put over keys and tenants
            assert stack.wanted() == ""

            # AND every policy that it made names what IAM can name
            made = list(stack.resources())
            linted = {address: list(findings(document)) for address, document in identity_policies(made)}
            assert {address: found for address, found in linted.items() if found} == {}

            # AND every role that it made is assumed by its service alone, for this account where the service says so
            trusted = {address: list(trust_findings(document)) for address, document in trust_policies(made)}
            assert {address: found for address, found in trusted.items() if found} == {}

            # AND where it says what endpoints let through, that is what it should be
            if "endpoint_policies" in (outputs := stack.outputs()):
                endpoints.check(outputs)
        finally:
            stack.destroy()

    # AND after the destroy the account holds what it held
    assert local_aws.inventory() == before
