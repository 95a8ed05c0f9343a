"""`make up` with a configuration of one's own: any, more than once, and nothing is left running where it fails."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tools import stack
from tools.terraform import TerraformError

OWN = """
provider "aws" {
  skip_requesting_account_id = true
}

variable "api_key_sha256" {
  type = string
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "own"
  retention_in_days = 30
  tags              = { key = substr(var.api_key_sha256, 0, 10) }
}
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A configuration that isn't this module's, and places of its own for what `make up` keeps."""
    monkeypatch.setattr(stack, "STATE", tmp_path)
    monkeypatch.setattr(stack, "ENDPOINT", tmp_path / "endpoint.env")
    monkeypatch.setattr(stack, "SERVER", tmp_path / "local-aws")
    monkeypatch.setattr(stack, "APPLIED", tmp_path / "local-aws/applied")
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "main.tf").write_text(OWN)
    yield folder
    stack.down()


def group() -> tuple[int, str]:
    """The log group's retention in days, and the tag that tells the key."""
    settings = stack.variables(stack.ENDPOINT)
    logs = boto3.client(
        "logs",
        endpoint_url=settings["AWS_ENDPOINT_URL"],
        region_name=settings["AWS_DEFAULT_REGION"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    found = logs.describe_log_groups(logGroupNamePrefix="own")["logGroups"][0]
    tags = logs.list_tags_for_resource(resourceArn=found["arn"].removesuffix(":*"))["tags"]
    return found["retentionInDays"], tags["key"]


def test_a_configuration_is_applied_again_on_the_account_that_has_it(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # GIVEN a configuration without an output, applied
    stack.up(str(own))
    first, key = group()
    assert "the account's settings alone" in capsys.readouterr().out

    # WHEN it changes, and `make up` is run once more
    (own / "main.tf").write_text(OWN.replace("= 30", "= 60"))
    stack.up(str(own))

    # THEN the same group has the change, and the key is the one that was told
    assert (first, group()) == (30, (60, key))

    # AND another configuration isn't mixed with it
    with pytest.raises(SystemExit, match="take it down first"):
        stack.up(str(tmp_path))


def test_what_fails_leaves_nothing_running(own: Path) -> None:
    # GIVEN a configuration that can't be applied
    (own / "main.tf").write_text(OWN.replace("= 30", "= 31"))

    # WHEN `make up` tries
    with pytest.raises(TerraformError, match="retention_in_days"):
        stack.up(str(own))

    # THEN no server is left, which would be in the way of the next try
    assert stack.server_pid() is None
