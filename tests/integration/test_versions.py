"""A deployment's versions: what is deployed is published, callers reach it by the alias, and the one before stays."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_aws import LocalAws
from tests.support import Api
from tools.terraform import ROOT, Terraform

Deploy = Callable[[str], str]


def package(path: Path, says: str) -> None:
    """A zip whose handler says one thing."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("llm_api/__init__.py", "")
        archive.writestr("llm_api/handler.py", f"def lambda_handler(event, context):\n    return {says!r}\n")
    path.write_bytes(written.getvalue())


@pytest.fixture
def deploy(local_aws: LocalAws, tmp_path: Path) -> Iterator[Deploy]:
    """Applies the function with a package that says something, and gives back the alias's ARN."""

    filename = tmp_path / "function.zip"
    settings = {**local_aws.environment(), "TF_VAR_filename": str(filename)}
    stack = Terraform(ROOT / "tests/integration/terraform/versions", tmp_path / "stack", settings)
    stack.init()

    def apply(says: str) -> str:
        package(filename, says)
        stack.apply()
        arn: str = stack.outputs()["alias_arn"]
        return arn

    with stack.resident():
        yield apply
        stack.destroy()


def alias() -> dict[str, Any]:
    found: dict[str, Any] = boto3.client("lambda").get_alias(FunctionName="versions", Name="live")
    return found


def said_by(arn: str) -> Any:
    return json.loads(boto3.client("lambda").invoke(FunctionName=arn)["Payload"].read())


def test_a_new_package_is_a_new_version_and_the_one_before_is_kept(deploy: Deploy) -> None:
    # GIVEN a deployment
    arn = deploy("one")
    assert alias()["FunctionVersion"] == "1"
    assert said_by(arn) == "one"

    # WHEN another package is applied, THEN it is published, and the alias's callers reach it
    assert deploy("two") == arn
    assert alias()["FunctionVersion"] == "2"
    assert said_by(arn) == "two"

    # WHEN the alias is pointed at the version before, THEN its callers reach that one as it was
    boto3.client("lambda").update_alias(FunctionName="versions", Name="live", FunctionVersion="1")
    assert said_by(arn) == "one"


def test_callers_of_the_api_reach_a_published_version(api: Api) -> None:
    # GIVEN the quickstart
    name = api.outputs["function_name"]

    # WHEN / THEN its alias points at a version that can't be changed any more, and the API calls the alias
    version = boto3.client("lambda").get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    assert version.isdigit()
    rest_api = api.url.split("/")[-2]
    document = json.dumps(api.aws.control_plane.documents[rest_api])
    assert f"function:{name}:live/" in document
    assert f"function:{name}/" not in document
