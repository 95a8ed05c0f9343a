"""Runs Terraform for tests: on a copy of the modules, offline, with no setting of the user's own AWS account."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.terraform import COMMAND_SECONDS
from tools.terraform import environment as terraform_environment

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

MODULES = ("api", "cache", "function", "guardrail", "images", "model-access", "monitoring", "tenants", "workflow")


def together(file: str) -> pytest.MarkDecorator:
    """Keeps the tests of a module in one worker, so that what Terraform says of it is asked for once."""
    module = next((module for module in MODULES if file.replace("_", "-").startswith(module)), "root")
    return pytest.mark.xdist_group(f"terraform-{module}")


@dataclass(frozen=True, eq=False, slots=True)
class Workspace:
    """The modules and their tests, initialized.

    Attributes:
        provider: where one listens, for the configurations that have one provider.
    """

    folder: Path
    provider: Mapping[str, str]


def settings() -> dict[str, str]:
    """The environment of every process: no setting of the user's own AWS account."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**own, **terraform_environment()}


def terraform(
    folder: Path, *arguments: str, provider: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Terraform there.

    Parameters:
        provider: where one listens (`tools.provider`), or None to have Terraform start one for each run of a test.
    """
    return subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env={**settings(), **(provider or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
    )


def messages(output: str) -> Iterator[dict[str, Any]]:
    """Terraform's JSON lines."""
    for line in output.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def diagnostic(message: dict[str, Any]) -> str:
    """One diagnostic as a line: where, what, why."""
    detail = message["diagnostic"]
    place = detail.get("range") or {"filename": "", "start": {"line": 0}}
    return f"{place['filename']}:{place['start']['line']}: {detail['summary']}: {detail.get('detail', '')}"


def copy_modules(folder: Path) -> None:
    """Copy what Terraform needs, so that it leaves nothing beside the code."""
    for file in ROOT.glob("*.tf"):
        shutil.copy(file, folder)
    ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*", "__pycache__")
    shutil.copytree(ROOT / "modules", folder / "modules", ignore=ignored)
    shutil.copytree(HERE, folder / "tests" / "terraform", ignore=ignored)
    if (package := ROOT / "lambda_src" / "dist").exists():
        shutil.copytree(package, folder / "lambda_src" / "dist")


def initialize(folder: Path, *arguments: str, provider: Mapping[str, str] | None = None) -> None:
    """`terraform init` there."""
    done = terraform(folder, "init", "-no-color", "-input=false", *arguments, provider=provider)
    assert done.returncode == 0, done.stdout + done.stderr
