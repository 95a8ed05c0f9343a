"""Terraform's own tests, one pytest test for each `run`.

Terraform runs a whole file at once; what it reports of each run is kept and shared out. `expect_failures` says only
that a check failed, so the text of every refusal is tested here: a comment `# says: …` in a run is what its message
must contain.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.terraform.native import HERE, ROOT, copy_modules, diagnostic, initialize, messages, terraform

FILES = sorted(HERE.glob("*.tftest.hcl"))
RUN = re.compile(r'^run "(?P<name>[^"]+)" \{\n(?P<body>.*?)^\}\n', re.MULTILINE | re.DOTALL)


@dataclass(slots=True)
class Outcome:
    """What Terraform said of one run: `pass`, `fail`, `error` or `skip`, and why."""

    status: str = "missing"
    diagnostics: list[str] = field(default_factory=list)


def runs(file: Path) -> list[tuple[str, str]]:
    """Name and body of every run in a file, in order."""
    return [(run["name"], run["body"]) for run in RUN.finditer(file.read_text())]


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modules and their tests, initialized."""
    folder = tmp_path_factory.mktemp("terraform")
    copy_modules(folder)
    initialize(folder, "-test-directory=tests/terraform")
    return folder


@functools.cache
def outcomes(folder: Path, file: str) -> dict[str, Outcome]:
    """What Terraform says of every run in a file."""
    done = terraform(folder, "test", "-json", "-test-directory=tests/terraform", f"-filter=tests/terraform/{file}")
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
    [pytest.param(file.name, name, id=f"{file.name.split('.')[0]}-{name}") for file in FILES for name, _ in runs(file)],
)
def test_run(workspace: Path, file: str, run: str) -> None:
    # WHEN Terraform has run the file
    found = outcomes(workspace, file)

    # THEN this run of it passed; what went wrong outside of all runs is shown too
    outcome = found.get(run, Outcome())
    reasons = outcome.diagnostics or found.get("", Outcome()).diagnostics
    assert outcome.status == "pass", f"{run}: {outcome.status}\n" + "\n".join(reasons)


def refusals(file: Path) -> dict[str, tuple[str, str]]:
    """For each run that says why it is refused: the text, and the module call that provokes it."""
    found = {}
    for name, body in runs(file):
        says = re.search(r"# says: (?P<text>.+)\n", body)
        source = re.search(r'source = "(?P<path>[^"]+)"', body)
        variables = re.search(r"^  variables \{\n(?P<arguments>.*?)^  \}\n", body, re.MULTILINE | re.DOTALL)
        providers = re.search(r"^  providers = .+\n", body, re.MULTILINE)
        if says and source and variables:
            call = f'module "{name}" {{\n  source = "{source["path"]}"\n{providers[0] if providers else ""}'
            found[name] = (says["text"], f"{call}{variables['arguments']}}}\n")
    return found


REFUSALS = {file.name: refusals(file) for file in FILES}


def planned(root: Path, file: str, calls: Mapping[str, str]) -> list[str]:
    """All errors of one plan that holds these module calls of a file."""
    providers = re.findall(r'^provider "aws" \{\n.*?^\}\n', (HERE / file).read_text(), re.MULTILINE | re.DOTALL)
    (root / "main.tf").write_text("\n".join([*providers, *calls.values()]))
    identities = [
        f'override_data {{\n  target = module.{name}.{target}\n  values = {{ account_id = "123456789012" }}\n}}\n'
        for name in calls
        for target in re.findall(r"^override_data \{\n  target += (\S+)", (HERE / file).read_text(), re.MULTILINE)
    ]
    (root / "all.tftest.hcl").write_text("".join(identities) + 'run "all" {\n  command = plan\n}\n')
    initialize(root)
    done = terraform(root, "test", "-json")
    return [diagnostic(message) for message in messages(done.stdout) if message["type"] == "diagnostic"]


@functools.cache
def refused(folder: Path, file: str) -> list[str]:
    """The errors of every module call of a file that is refused.

    Terraform stops after the first of its stages that finds an error (static validation, then variables, then
    outputs), so what one plan has named is left out of the next.
    """
    root = folder / file.split(".")[0]
    root.mkdir()
    (root / "modules").symlink_to(folder / "modules")
    left, errors = dict(REFUSALS[file]), list[str]()
    while left:
        found = planned(root, file, {name: call for name, (_, call) in left.items()})
        errors += found
        silent = {
            name: (says, call) for name, (says, call) in left.items() if not any(says in error for error in found)
        }
        if len(silent) == len(left):
            break
        left = silent
    return errors


@pytest.mark.parametrize(
    ("file", "says"),
    [
        pytest.param(file, says, id=f"{file.split('.')[0]}-{name}")
        for file, found in REFUSALS.items()
        for name, (says, _) in found.items()
    ],
)
def test_refusal_says_what_to_change(workspace: Path, file: str, says: str) -> None:
    # WHEN all bad inputs of a file are planned together
    errors = refused(workspace, file)

    # THEN one of the errors is this one, which names what is wrong
    assert any(says in error for error in errors), f"no message contains {says!r}; there were:\n" + "\n".join(errors)


@pytest.mark.parametrize("module", ["model-access", "function", "tenants"])
def test_every_check_has_a_failing_case(workspace: Path, module: str) -> None:
    # GIVEN where the module's validations and preconditions are written: a validation is reported by its own line,
    # a precondition by its condition's
    written = {
        f"modules/{module}/{file.name}:{number + (kind == 'precondition')}"
        for file in (ROOT / "modules" / module).glob("*.tf")
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        for kind in re.findall(r"^\s+(validation|precondition) \{$", line)
    }

    # WHEN all bad inputs are planned
    files = [file for file, calls in REFUSALS.items() if calls and file.startswith(module.replace("-", "_"))]
    errors = [error for file in files for error in refused(workspace, file)]

    # THEN each check has refused one of them
    reported = {place for error in errors for place in re.findall(r"(?:^|rule at )\S*?(modules/\S+?:\d+)", error)}
    assert written
    assert written - reported == set()
