"""Terraform's own tests, one pytest test for each `run`.

Terraform runs a whole file at once; what it reports of each run is kept and shared out. Bad inputs have tables of their
own: test_refusals.py.
"""

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.terraform.native import HERE, Workspace, diagnostic, messages, terraform, together
from tools import provider

FILES = sorted(HERE.glob("*.tftest.hcl"))
RUN = re.compile(r'^run "([^"]+)" \{$', re.MULTILINE)


@dataclass(slots=True)
class Outcome:
    """What Terraform said of one run: `pass`, `fail`, `error` or `skip`, and why."""

    status: str = "missing"
    diagnostics: list[str] = field(default_factory=list)


def runs(file: Path) -> list[str]:
    """The name of every run in a file, in order."""
    return RUN.findall(file.read_text())


@functools.cache
def outcomes(workspace: Workspace, file: str) -> dict[str, Outcome]:
    """What Terraform says of every run in a file."""
    options = ("-json", "-test-directory=tests/terraform", f"-filter=tests/terraform/{file}")
    running = workspace.provider if provider.configured_once(HERE / file) else None
    done = terraform(workspace.folder, "test", *options, provider=running)
    found: dict[str, Outcome] = {}
    for message in messages(done.stdout):
        name = message.get("@testrun", "")
        outcome = found.setdefault(name, Outcome())
        if message["type"] == "test_run" and "status" in message["test_run"]:
            outcome.status = message["test_run"]["status"]
        if message["type"] == "diagnostic" and message["diagnostic"]["severity"] == "error":
            outcome.diagnostics.append(diagnostic(message))
    return found


@pytest.mark.parametrize(
    ("file", "run"),
    [
        pytest.param(file.name, name, id=f"{file.name.split('.')[0]}-{name}", marks=together(file.name))
        for file in FILES
        for name in runs(file)
    ],
)
def test_run(workspace: Workspace, file: str, run: str) -> None:
    # WHEN Terraform has run the file
    found = outcomes(workspace, file)

    # THEN this run of it passed; what went wrong outside of all runs is shown too
    outcome = found.get(run, Outcome())
    reasons = outcome.diagnostics or found.get("", Outcome()).diagnostics
    assert outcome.status == "pass", f"{run}: {outcome.status}\n" + "\n".join(reasons)
