"""Terraform's own tests, one pytest test for each `run`.

Terraform runs a whole file at once; what it reports of each run is kept and shared out.

A run with a comment `# says: …` is a bad input, and the comment is what its refusal must contain. `expect_failures`
says only that some check failed, and each run starts the provider anew, so these are planned here, all of a file at
once, and each has to provoke its own message. `terraform test` by itself runs them too.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.native import HERE, ROOT, copy_modules, diagnostic, initialize, messages, settings, terraform
from tools import provider

FILES = sorted(HERE.glob("*.tftest.hcl"))
RUN = re.compile(r'^run "(?P<name>[^"]+)" \{\n(?P<body>.*?)^\}\n', re.MULTILINE | re.DOTALL)
SAYS = re.compile(r"# says: (?P<text>.+)\n")
VARIABLES = r"^{indent}variables \{{\n(?P<arguments>.*?)^{indent}\}}\n"


MODULES = ("api", "function", "guardrail", "model-access", "monitoring", "tenants", "workflow")
"""Those of which every check has a failing case."""

WHOLE = "./whole"
"""The root module, beside the calls of which it is one."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One error of a plan.

    Attributes:
        call: the module call that provoked it, or None.
    """

    call: str | None
    text: str


@dataclass(slots=True)
class Outcome:
    """What Terraform said of one run: `pass`, `fail`, `error` or `skip`, and why."""

    status: str = "missing"
    diagnostics: list[str] = field(default_factory=list)


def runs(file: Path) -> list[tuple[str, str]]:
    """Name and body of every run in a file, in order."""
    return [(run["name"], run["body"]) for run in RUN.finditer(file.read_text())]


def together(file: str) -> pytest.MarkDecorator:
    """Keeps the tests of a module in one worker, so that what Terraform says of it is asked for once."""
    module = next((module for module in MODULES if file.replace("_", "-").startswith(module)), "root")
    return pytest.mark.xdist_group(f"terraform-{module}")


def is_refusal(body: str) -> bool:
    """Whether a run says why it is refused."""
    return SAYS.search(body) is not None


@dataclass(frozen=True, eq=False, slots=True)
class Workspace:
    """The modules and their tests, without those of refusals, initialized.

    Attributes:
        provider: where one listens, for the files that configure it once.
    """

    folder: Path
    provider: Mapping[str, str]

    def provider_for(self, file: str) -> Mapping[str, str] | None:
        """The running provider, or None where a file's runs need several."""
        return self.provider if provider.configured_once(HERE / file) else None


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("terraform")
    copy_modules(folder)
    for file in (folder / "tests/terraform").glob("*.tftest.hcl"):
        file.write_text(RUN.sub(lambda run: "" if is_refusal(run["body"]) else run[0], file.read_text()))
    initialize(folder, "-test-directory=tests/terraform")
    with provider.running(folder, settings()) as found:
        yield Workspace(folder, found)


@functools.cache
def outcomes(workspace: Workspace, file: str) -> dict[str, Outcome]:
    """What Terraform says of every run in a file."""
    options = ("-json", "-test-directory=tests/terraform", f"-filter=tests/terraform/{file}")
    done = terraform(workspace.folder, "test", *options, provider=workspace.provider_for(file))
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
        for name, body in runs(file)
        if not is_refusal(body)
    ],
)
def test_run(workspace: Workspace, file: str, run: str) -> None:
    # WHEN Terraform has run the file
    found = outcomes(workspace, file)

    # THEN this run of it passed; what went wrong outside of all runs is shown too
    outcome = found.get(run, Outcome())
    reasons = outcome.diagnostics or found.get("", Outcome()).diagnostics
    assert outcome.status == "pass", f"{run}: {outcome.status}\n" + "\n".join(reasons)


def arguments(text: str, indent: str) -> dict[str, str]:
    """The variables that a file or a run sets, each with its name as it is written."""
    block = re.search(VARIABLES.format(indent=indent), text, re.MULTILINE | re.DOTALL)
    found = re.split(rf"^(?={indent}  \w+ *= )", block["arguments"] if block else "", flags=re.MULTILINE)
    return {part.split()[0]: part for part in found if part.split("=")[0].strip().isidentifier()}


def refusals(file: Path) -> dict[str, tuple[str, str]]:
    """For each run that is a bad input: what its refusal says, and the module call that provokes it."""
    found = {}
    common = arguments(RUN.sub("", file.read_text()), "")
    for name, body in runs(file):
        if says := SAYS.search(body):
            source = re.search(r'source = "(?P<path>[^"]+)"', body)
            providers = re.search(r"^  providers = .+\n", body, re.MULTILINE)
            call = f'module "{name}" {{\n  source = "{source["path"] if source else WHOLE}"\n'
            call += providers[0] if providers else ""
            found[name] = (says["text"], call + "".join({**common, **arguments(body, "  ")}.values()) + "}\n")
    return found


REFUSALS = {file.name: refusals(file) for file in FILES}


def planned(workspace: Workspace, root: Path, file: str, calls: Mapping[str, str]) -> list[Refusal]:
    """All errors of one plan that holds these module calls of a file."""
    providers = re.findall(r'^provider "aws" \{\n.*?^\}\n', (HERE / file).read_text(), re.MULTILINE | re.DOTALL)
    (root / "main.tf").write_text("\n".join([*providers, *calls.values()]))
    identities = [
        f'override_data {{\n  target = module.{name}.{target}\n  values = {{ account_id = "123456789012" }}\n}}\n'
        for name in calls
        for target in re.findall(r"^override_data \{\n  target += (\S+)", (HERE / file).read_text(), re.MULTILINE)
    ]
    (root / "all.tftest.hcl").write_text("".join(identities) + 'run "all" {\n  command = plan\n}\n')
    running = workspace.provider_for(file)
    initialize(root, provider=running)
    done = terraform(root, "test", "-json", provider=running)
    return [refusal(message) for message in messages(done.stdout) if message["type"] == "diagnostic"]


def refusal(message: dict[str, Any]) -> Refusal:
    """What a diagnostic says, and of which module call, where it tells: a validation's does, a precondition's not."""
    context = (message["diagnostic"].get("snippet") or {}).get("context") or ""
    call = re.fullmatch(r'module "(?P<name>[^"]+)"', context)
    return Refusal(call["name"] if call else None, diagnostic(message))


@functools.cache
def refused(workspace: Workspace, file: str) -> tuple[frozenset[str], list[str]]:
    """The module calls of a file that are refused in their own words, and all errors.

    Terraform stops after the first of its stages that finds an error (static validation, then variables, then
    outputs), so what one plan has refused is left out of the next. An error that doesn't tell its call is of one only.
    """
    root = workspace.folder / file.split(".")[0]
    root.mkdir()
    (root / "modules").symlink_to(workspace.folder / "modules")
    (root / WHOLE).symlink_to(workspace.folder)
    left, errors = dict(REFUSALS[file]), list[str]()
    while left:
        found = planned(workspace, root, file, {name: call for name, (_, call) in left.items()})
        errors += [error.text for error in found]
        before = len(left)
        for name, (says, _) in list(left.items()):
            own = next((error for error in found if error.call in (name, None) and says in error.text), None)
            if own is not None:
                found.remove(own)
                del left[name]
        if len(left) == before:
            break
    return frozenset(REFUSALS[file].keys() - left.keys()), errors


@pytest.mark.parametrize(
    ("file", "name", "says"),
    [
        pytest.param(file, name, says, id=f"{file.split('.')[0]}-{name}", marks=together(file))
        for file, found in REFUSALS.items()
        for name, (says, _) in found.items()
    ],
)
def test_refusal_says_what_to_change(workspace: Workspace, file: str, name: str, says: str) -> None:
    # WHEN all bad inputs of a file are planned together
    named, errors = refused(workspace, file)

    # THEN this one is refused, by an error that names what is wrong
    assert name in named, f"no message of it contains {says!r}; there were:\n" + "\n".join(errors)


@pytest.mark.parametrize("module", [pytest.param(module, marks=together(module)) for module in MODULES])
def test_every_check_has_a_failing_case(workspace: Workspace, module: str) -> None:
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
    errors = [error for file in files for error in refused(workspace, file)[1]]

    # THEN each check has refused one of them
    reported = {place for error in errors for place in re.findall(r"(?:^|rule at )\S*?(modules/\S+?:\d+)", error)}
    assert written
    assert written - reported == set()
