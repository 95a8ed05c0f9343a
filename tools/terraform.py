"""Terraform as the project's own commands run it: one working folder a stack, nothing written beside the code."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"


def environment() -> dict[str, str]:
    """What every Terraform process of this project gets: the CLI configuration that `tools/setup.py` wrote.

    Half of what a command takes is the AWS provider's schema, read and thrown away: Go's collector may be lazier then.
    """
    return {
        "GOGC": os.environ.get("GOGC", "400"),
        "TF_CLI_CONFIG_FILE": str(STATE / "terraform.rc"),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
    }


class TerraformError(Exception):
    """A Terraform command failed; the text is what it printed."""


class Terraform:
    """One root configuration with a state of its own.

    Parameters:
        folder: the configuration, such as `examples/quickstart`.
        workspace: where state, plans and plugins go.
        variables: the environment of every command, AWS settings and `TF_VAR_…` among them.
    """

    def __init__(self, folder: Path, workspace: Path, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self.workspace = workspace
        self.state = workspace / "terraform.tfstate"
        self._environment = {
            # No setting of the user's own AWS account may reach a child process.
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            **environment(),
            **variables,
            "TF_DATA_DIR": str(workspace / "data"),
        }

    def init(self) -> None:
        self.workspace.mkdir(parents=True, exist_ok=True)
        self._run("init", "-input=false", "-backend=false", "-upgrade")

    def validate(self) -> None:
        self._run("validate")

    def diagnostics(self) -> list[dict[str, Any]]:
        """The errors that `validate` finds, as Terraform describes them in JSON."""
        described = json.loads(self._run("validate", "-json", saying=1, silent=0) or "{}")
        return [one for one in described.get("diagnostics", []) if one["severity"] == "error"]

    def apply(self) -> None:
        self._run("apply", "-input=false", "-auto-approve", f"-state={self.state}")

    def apply_plan(self) -> None:
        """Apply what `plan` planned last."""
        self._run("apply", "-input=false", f"-state={self.state}", str(self._planned))

    def destroy(self) -> None:
        self._run("destroy", "-input=false", "-auto-approve", f"-state={self.state}")
        shutil.rmtree(self.workspace)

    def plan(self) -> dict[str, Any]:
        """The plan as Terraform describes it in JSON."""
        self._run("plan", "-input=false", f"-state={self.state}", f"-out={self._planned}")
        plan: dict[str, Any] = json.loads(self._run("show", "-json", str(self._planned)))
        return plan

    def wanted(self) -> str:
        """What a plan would change, in Terraform's words; empty if nothing."""
        return self._run("plan", "-input=false", f"-state={self.state}", "-detailed-exitcode", silent=0, saying=2)

    def outputs(self) -> dict[str, Any]:
        described: dict[str, dict[str, Any]] = json.loads(self._run("output", "-json", f"-state={self.state}"))
        return {name: output["value"] for name, output in described.items()}

    @property
    def _planned(self) -> Path:
        return self.workspace / "plan"

    def _run(self, command: str, *options: str, saying: int = 0, silent: int | None = None) -> str:
        """What a command printed if it exits with `saying`, nothing if with `silent`; anything else is an error."""
        colour = [] if command in ("show", "output") else ["-no-color"]
        result = subprocess.run(
            ["terraform", f"-chdir={self.folder}", command, *colour, *options],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode not in (saying, silent):
            raise TerraformError(f"terraform {command} in {self.folder.name} failed:\n{result.stdout}{result.stderr}")
        return result.stdout if result.returncode == saying else ""
