"""What the modules refuse: a table of bad inputs for each of them, and what must be said of each.

`refusals/MODULE.hcl` holds the table. A row `refused "name" { … }` is a bad input, and its `says` is what the refusal
must contain; `common { … }` is given to each row besides. Each plan starts the provider anew, so all rows of a table
are planned at once, and each has to provoke its own message. The real provider plans them offline.
"""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.native import HERE, ROOT, Workspace, diagnostic, initialize, messages, terraform, together

TABLES = {file.stem: file for file in sorted((HERE / "refusals").glob("*.hcl"))}
ROW = re.compile(r'^refused "(?P<name>[^"]+)" \{\n(?P<body>.*?)^\}\n', re.MULTILINE | re.DOTALL)
COMMON = re.compile(r"^common \{\n(?P<body>.*?)^\}\n", re.MULTILINE | re.DOTALL)
SAYS = re.compile(r'^  says += (?P<text>".+")\n', re.MULTILINE)

WHOLE = "./whole"
"""The root module, beside the calls of which it is one."""

PROVIDER = """
provider "aws" {{
  {alias}
  region                      = "{region}"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}}
"""
REGIONS = {"": "us-east-1", "gov": "us-gov-west-1", "eusc": "eusc-de-east-1", "china": "cn-north-1"}
"""Where the provider points, by its alias."""

LOOKED_UP = {
    "cache": [],
    "guardrail": [],
    "root": ["api", "function", "images[0]", "model_access"],
    "tenants": [],
    "workflow": ["", "models"],
}
"""The modules within each module that ask who the caller is; the others do so themselves."""


@dataclass(frozen=True, slots=True)
class Row:
    """A bad input: what must be said of it, and the module call that provokes it."""

    says: str
    call: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One error of a plan.

    Attributes:
        call: the module call that provoked it, or None where the error lies deeper.
    """

    call: str | None
    text: str


def arguments(body: str) -> dict[str, str]:
    """The arguments of a block, each by its name as it is written."""
    found = re.split(r"^(?=  \w+ *= )", body, flags=re.MULTILINE)
    return {part.split()[0]: part for part in found if part.split("=")[0].strip().isidentifier()}


def unquoted(text: str) -> str:
    """A string of HCL as it is meant."""
    meant: str = json.loads(text.replace("$${", "${").replace("%%{", "%{"))
    return meant


def rows(module: str) -> dict[str, Row]:
    """The table of a module."""
    text = TABLES[module].read_text()
    common = COMMON.search(text)
    shared = arguments(common["body"]) if common else {}
    source = WHOLE if module == "root" else f"./modules/{module.replace('_', '-')}"
    found = {}
    for row in ROW.finditer(text):
        says = SAYS.search(row["body"])
        assert says, f"{module}: {row['name']} has no `says`."
        own = arguments(SAYS.sub("", row["body"]))
        call = f'module "{row["name"]}" {{\n  source = "{source}"\n{"".join({**shared, **own}.values())}}}\n'
        found[row["name"]] = Row(unquoted(says["text"]), call)
    return found


ROWS = {module: rows(module) for module in TABLES}


def planned(workspace: Workspace, root: Path, module: str, calls: Mapping[str, str]) -> list[Refusal]:
    """All errors of one plan that holds these module calls."""
    text = "\n".join(calls.values())
    providers = [
        PROVIDER.format(alias=f'alias = "{alias}"' if alias else "", region=region)
        for alias, region in REGIONS.items()
        if not alias or f"aws.{alias}" in text
    ]
    (root / "main.tf").write_text("\n".join([*providers, text]))
    identities = [
        f"override_data {{\n  target = {place}data.aws_caller_identity.current\n"
        '  values = { account_id = "123456789012" }\n}\n'
        for name in calls
        for inner in LOOKED_UP.get(module, [""])
        for place in [f"module.{name}.module.{inner}." if inner else f"module.{name}."]
    ]
    (root / "all.tftest.hcl").write_text("".join(identities) + 'run "all" {\n  command = plan\n}\n')
    # A process keeps one configuration of the provider.
    running = workspace.provider if len(providers) == 1 else None
    initialize(root, provider=running)
    done = terraform(root, "test", "-json", provider=running)
    return [refusal(message, calls) for message in messages(done.stdout) if message["type"] == "diagnostic"]


def refusal(message: dict[str, Any], calls: Mapping[str, str]) -> Refusal:
    """What a diagnostic says, and of which module call, where it tells: a validation of the module's own does."""
    context = (message["diagnostic"].get("snippet") or {}).get("context") or ""
    call = re.fullmatch(r'module "(?P<name>[^"]+)"', context)
    return Refusal(call["name"] if call and call["name"] in calls else None, diagnostic(message))


@functools.cache
def refused(workspace: Workspace, module: str) -> tuple[frozenset[str], list[str]]:
    """The rows of a module that are refused in their own words, and all errors.

    Terraform stops after the first of its stages that finds an error (static validation, then variables, then
    outputs), so what one plan has refused is left out of the next. An error that doesn't tell its call is of one only.
    """
    root = workspace.folder / f"{module}_refused"
    root.mkdir()
    (root / "modules").symlink_to(workspace.folder / "modules")
    (root / WHOLE).symlink_to(workspace.folder)
    left, errors = dict(ROWS[module]), list[str]()
    while left:
        found = planned(workspace, root, module, {name: row.call for name, row in left.items()})
        errors += [error.text for error in found]
        before = len(left)
        for name, row in list(left.items()):
            own = next((error for error in found if error.call in (name, None) and row.says in error.text), None)
            if own is not None:
                found.remove(own)
                del left[name]
        if len(left) == before:
            break
    return frozenset(ROWS[module].keys() - left.keys()), errors


@pytest.mark.parametrize(
    ("module", "name"),
    [
        pytest.param(module, name, id=f"{module}-{name}", marks=together(module))
        for module, found in ROWS.items()
        for name in found
    ],
)
def test_a_bad_input_is_refused_in_words_of_its_own(workspace: Workspace, module: str, name: str) -> None:
    # WHEN all bad inputs of a module are planned together
    named, errors = refused(workspace, module)

    # THEN this one is refused, by an error that names what is wrong
    says = ROWS[module][name].says
    assert name in named, f"no message of it contains {says!r}; there were:\n" + "\n".join(errors)


@pytest.mark.parametrize(
    "module", [pytest.param(module, marks=together(module)) for module in TABLES if module != "root"]
)
def test_every_check_has_a_failing_case(workspace: Workspace, module: str) -> None:
    # GIVEN where the module's validations and preconditions are written: a validation is reported by its own line,
    # a precondition by its condition's
    folder = ROOT / "modules" / module.replace("_", "-")
    written = {
        f"{file.relative_to(ROOT)}:{number + (kind == 'precondition')}"
        for file in folder.rglob("*.tf")
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        for kind in re.findall(r"^\s+(validation|precondition) \{$", line)
    }

    # WHEN all bad inputs are planned
    errors = refused(workspace, module)[1]

    # THEN each check has refused one of them
    reported = {place for error in errors for place in re.findall(r"(?:^|rule at )\S*?(modules/\S+?:\d+)", error)}
    assert written
    assert written - reported == set()
