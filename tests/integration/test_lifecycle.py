"""Every example applies as it stands, wants no change on a second plan, and leaves nothing behind."""

from collections import Counter
from pathlib import Path

import boto3
import pytest

from local_aws import LocalAws
from tools.policy_lint import findings, identity_policies
from tools.terraform import ROOT, Terraform

EXAMPLES = sorted(folder.parent.relative_to(ROOT).as_posix() for folder in (ROOT / "examples").glob("*/main.tf"))
FIXTURES = sorted(folder.parent.relative_to(ROOT).as_posix() for folder in (ROOT / "tests/integration/terraform").glob("*/main.tf"))


def inventory() -> Counter[str]:
    """What stands in the account, by kind: everything that the module or an example makes."""
    listings = {
        "apis": ("apigateway", "get_rest_apis", "items"),
        "domains": ("apigateway", "get_domain_names", "items"),
        "functions": ("lambda", "list_functions", "Functions"),
        "roles": ("iam", "list_roles", "Roles"),
        "policies": ("iam", "list_policies", "Policies"),
        "log groups": ("logs", "describe_log_groups", "logGroups"),
        "tables": ("dynamodb", "list_tables", "TableNames"),
        "buckets": ("s3", "list_buckets", "Buckets"),
        "user pools": ("cognito-idp", "list_user_pools", "UserPools"),
    }
    arguments = {"list_policies": {"Scope": "Local"}, "list_user_pools": {"MaxResults": 60}}
    return Counter(
        {
            kind: len(getattr(boto3.client(service, region_name="us-east-1"), call)(**arguments.get(call, {}))[field])
            for kind, (service, call, field) in listings.items()
        }
    )


@pytest.mark.parametrize("folder", [*EXAMPLES, *FIXTURES])
def test_an_example_applies_settles_and_goes_without_a_trace(folder: str, local_aws: LocalAws, tmp_path: Path) -> None:
    # GIVEN an account and what stands in it
    before = inventory()
    stack = Terraform(ROOT / folder, tmp_path / "stack", {**local_aws.environment(), "TF_VAR_api_key_sha256": "0" * 64})
    stack.init()

    # WHEN the example is applied
    planned = stack.plan()
    stack.apply()
    try:
        # THEN a second plan wants nothing
        again = [
            (change["address"], change["change"]["actions"])
            for change in stack.plan().get("resource_changes", ())
            if change["change"]["actions"] not in (["no-op"], ["read"])
        ]
        assert again == []

        # AND every policy that it made names what IAM can name
        linted = {address: list(findings(document)) for address, document in identity_policies(planned)}
        assert {address: found for address, found in linted.items() if found} == {}
    finally:
        stack.destroy()

    # AND after the destroy the account holds what it held
    assert inventory() == before
