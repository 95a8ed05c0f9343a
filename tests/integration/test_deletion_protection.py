"""What is protected can't be destroyed, and a destroy that is tried loses nothing."""

import json
from pathlib import Path

import pytest

from local_aws import LocalAws
from tools.terraform import ROOT, Terraform, TerraformError

MODELS = {"fast": {"id": "amazon.nova-lite-v1:0", "max_output_tokens": 64}}
TENANTS = {"marketing": {"models": ["fast"], "api_key_sha256": ["0" * 64]}}


def test_a_destroy_fails_before_anything_is_lost_until_protection_is_off(local_aws: LocalAws, tmp_path: Path) -> None:
    # GIVEN a protected deployment
    settings = {
        **local_aws.environment(),
        "TF_VAR_models": json.dumps(MODELS),
        "TF_VAR_tenants": json.dumps(TENANTS),
        "TF_VAR_protected": "true",
    }
    before = local_aws.inventory()
    stack = Terraform(ROOT / "tests/integration/terraform/changes", tmp_path / "stack", settings)
    stack.init()
    with stack.resident():
        try:
            stack.apply()
            there = local_aws.inventory()

            # WHEN it is destroyed
            with pytest.raises(TerraformError, match="Deletion protection is on"):
                stack.destroy()

            # THEN all of it is there, and in the state
            assert local_aws.inventory() == there
            actions = {change["address"]: change["change"]["actions"] for change in stack.plan()["resource_changes"]}
            assert {address: action for address, action in actions.items() if action != ["no-op"]} == {}
        finally:
            # AND once protection is off it goes, without a trace
            stack.set(TF_VAR_protected="false")
            stack.apply()
            stack.destroy()
    assert local_aws.inventory() == before
