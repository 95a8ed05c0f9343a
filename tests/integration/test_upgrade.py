"""An older release's state under this one: nothing that holds something, or that callers know, is destroyed."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from local_aws import LocalAws
from tools.terraform import ROOT, Terraform

OLDEST = "fc9ac8a"
"""The oldest commit that people may have applied. Raise it when an upgrade from it is no longer promised."""

KEPT = {
    "aws_api_gateway_base_path_mapping",
    "aws_api_gateway_domain_name",
    "aws_api_gateway_rest_api",
    "aws_api_gateway_stage",
    "aws_bedrock_guardrail",
    "aws_cloudwatch_log_group",
    "aws_dynamodb_table",
    "aws_dynamodb_table_item",
    "aws_iam_role",
    "aws_lambda_alias",
    "aws_lambda_function",
    "aws_s3_bucket",
    "aws_sfn_state_machine",
}
"""What holds data, or has an address that somebody wrote down."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The repository as it was."""
    archive = subprocess.run(["git", "archive", OLDEST], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode != 0:
        pytest.skip(f"this clone has no {OLDEST}: git fetch --unshallow")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(tmp_path / "old", filter="data")
    return tmp_path / "old"


def test_an_upgrade_destroys_nothing_that_is_kept(old: Path, local_aws: LocalAws, tmp_path: Path) -> None:
    # GIVEN a deployment of the older release
    settings = {**local_aws.environment(), "TF_VAR_api_key_sha256": "0" * 64}
    before = Terraform(old / "examples/quickstart", tmp_path / "stack", settings)
    before.init()
    with before.resident():
        before.apply()
    upgraded = Terraform(ROOT / "examples/quickstart", tmp_path / "stack", settings)
    upgraded.init()
    with upgraded.resident():
        try:
            # WHEN this one is planned over it
            changes = {
                change["address"]: change["change"]["actions"]
                for change in upgraded.plan()["resource_changes"]
                if "delete" in change["change"]["actions"]
            }

            # THEN what is kept stays where it is
            assert {address: actions for address, actions in changes.items() if address.split(".")[-2] in KEPT} == {}

            # AND the apply succeeds, after which nothing is left to do
            upgraded.apply_plan()
            assert upgraded.wanted() == ""
        finally:
            upgraded.destroy()
