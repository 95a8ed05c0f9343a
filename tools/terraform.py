"""Terraform as the project's own commands run it: one working folder a stack, nothing written beside the code."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools import provider

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"

COMMAND_SECONDS = 900
"""How long a command may take before it is given up: S3 alone lets the provider wait a minute for each bucket."""


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
        seconds: how long one command may take.
    """

    def __init__(
        self, folder: Path, workspace: Path, variables: Mapping[str, str], *, seconds: float = COMMAND_SECONDS
    ) -> None:
        self.folder = folder
        self.workspace = workspace
        self.state = workspace / "terraform.tfstate"
        self._seconds = seconds
        self._environment = {
            # No setting of the user's own AWS account may reach a child process.
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            **environment(),
            **variables,
            "TF_DATA_DIR": str(workspace / "data"),
        }

    @contextlib.contextmanager
    def resident(self) -> Iterator["Terraform"]:
        """One provider process for all commands in the `with` block; without effect where several are configured.

        After `init`, which finds the modules: these may configure it, too.
        """
        listed = self.workspace / "data/modules/modules.json"
        modules = json.loads(listed.read_text())["Modules"] if listed.exists() else [{"Dir": "."}]
        folders = {(self.folder / module["Dir"]).resolve() for module in modules}
        if not provider.configured_once(*(file for folder in folders for file in folder.glob("*.tf"))):
            yield self
            return
        with provider.running(self.folder, self._environment) as found:
            self._environment |= found
            try:
                yield self
            finally:
                for name in found:
                    del self._environment[name]

    def set(self, **variables: str) -> None:
        """Changes variables of the commands to come."""
        self._environment |= variables

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

    def resources(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Address, type and attributes of every managed resource in the state."""
        for resource in json.loads(self.state.read_text())["resources"]:
            if resource["mode"] == "managed":
                address = ".".join(filter(None, (resource.get("module"), resource["type"], resource["name"])))
                for instance in resource["instances"]:
                    key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
                    yield address + key, resource["type"], instance["attributes"]

    @property
    def _planned(self) -> Path:
        return self.workspace / "plan"

    def _run(self, command: str, *options: str, saying: int = 0, silent: int | None = None) -> str:
        """What a command printed if it exits with `saying`, nothing if with `silent`; anything else is an error."""
        colour = [] if command in ("show", "output") else ["-no-color"]
        with subprocess.Popen(
            ["terraform", f"-chdir={self.folder}", command, *colour, *options],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            late = ""
            try:
                printed, errors = process.communicate(timeout=self._seconds)
            except subprocess.TimeoutExpired:
                late = f" (it was stopped after {self._seconds:g} s)"
                process.terminate()  # Terraform writes down what it has done, and ends
                try:
                    printed, errors = process.communicate(timeout=60)
                except subprocess.TimeoutExpired:
                    process.kill()
                    printed, errors = process.communicate()
        if late or process.returncode not in (saying, silent):
            raise TerraformError(f"terraform {command} in {self.folder.name} failed{late}:\n{printed}{errors}")
        return printed if process.returncode == saying else ""
