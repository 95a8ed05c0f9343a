"""Each recipe of docs/operations.md, run as it stands on an applied deployment."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local_aws import LocalAws
from tests.load.client import HELLO, ask
from tests.load.deployment import Deployment, Tenant, sha256
from tools.terraform import ROOT

PAGE = (ROOT / "docs/operations.md").read_text()
RECIPES = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


def commands_of(text: str) -> list[str]:
    """The commands of a page's console blocks."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


class Shell:
    """Runs commands as an operator of the deployment would, in a folder of their own.

    Attributes:
        names: what stands in the page, and what it is called here.
        folder: where its files are.
    """

    def __init__(self, aws: LocalAws, deployment: Deployment, folder: Path, names: dict[str, str]) -> None:
        program = folder / "bin/llm-api"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m llm_api_cli "$@"\n')
        program.chmod(0o755)
        self.folder = folder
        self.names = names
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            **aws.environment(),
            "PATH": f"{program.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "cli"),
            "LLM_API_DEPLOYMENT": deployment.log_group_name.rpartition("/")[2],
        }

    def run(self, command: str) -> str:
        """What the command prints."""
        for theirs, ours in self.names.items():
            command = command.replace(theirs, ours)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        return done.stdout

    def recipe(self, heading: str) -> list[str]:
        """What each command of a recipe prints."""
        return [self.run(command) for command in commands_of(RECIPES[heading])]


Operator = Callable[[Tenant], Shell]


@pytest.fixture
def operator(local_aws: LocalAws, budgeted: Deployment, tmp_path: Path) -> Operator:
    """Writes a tenant for the page's `marketing` into the table, and gives the shell of who runs the deployment."""

    def of(tenant: Tenant) -> Shell:
        budgeted.write(tenant)
        names = {
            "acme-llm-restored": f"restored-{tenant.name}",
            "older-llm-tenants": f"older-{tenant.name}",
            "acme-llm-tenants": budgeted.table_name,
            "marketing": tenant.name,
            "9f86d08188": sha256(tenant.key)[:10],
            "2026-11": time.strftime("%Y-%m", time.gmtime()),
        }
        # Its function is called otherwise than the page's.
        return Shell(local_aws, budgeted, tmp_path, names)

    return of


def a_minute_later(aws: LocalAws) -> None:
    """What environments remember of keys and tenants is forgotten."""
    assert aws.lambda_service.wait_until_idle()
    aws.lambda_service.end_idle_sandboxes()


def test_a_key_has_leaked(budgeted: Deployment, local_aws: LocalAws, operator: Operator) -> None:
    # GIVEN a tenant with two keys, one of which was used by whoever found it
    leaked, other = Tenant("leaky", ["nova"]), Tenant("leaky", ["nova"])
    budgeted.write(other)
    shell = operator(leaked)
    (shell.folder / "leaked.txt").write_text(f"{leaked.key}\n")
    assert ask(budgeted, leaked.key).status == 200
    a_minute_later(local_aws)

    # WHEN the recipe is followed
    _, _, usage, tail, _ = shell.recipe("A key has leaked")

    # THEN that key is refused, the tenant's other one and the new one are not
    new = (shell.folder / "new-key.txt").read_text().strip()
    assert [ask(budgeted, key).status for key in (leaked.key, other.key, new)] == [401, 200, 200]
    # AND its uses are told by its ID, never by itself
    key_id = sha256(leaked.key)[:10]
    assert key_id in usage
    assert key_id in tail
    # AND who still tries is seen
    assert local_aws.lambda_service.wait_until_idle()
    assert "UnrecognizedClientException" in shell.run(f"llm-api tail --key {key_id} --errors --no-follow")


def test_a_team_needs_more_for_now(budgeted: Deployment, local_aws: LocalAws, operator: Operator) -> None:
    # GIVEN a tenant whose month is used up
    tenant = Tenant("frugal", ["nova"], {"usd_per_month": "0.0000001"})
    shell = operator(tenant)
    assert ask(budgeted, tenant.key).status == 429
    a_minute_later(local_aws)

    # WHEN
    _, shown = shell.recipe("A team needs more, for now")

    # THEN it is answered, the command line says that an override wins, and the tenant itself sees its limit
    assert ask(budgeted, tenant.key).status == 200
    assert "override; else 0.0000001" in shown
    usage = ask(budgeted, tenant.key, "/v1/usage", None).json()
    assert usage["windows"]["month"]["usd"]["limit"] == 500
    assert usage["key_id"] == sha256(tenant.key)[:10]


def test_a_tenant_has_to_be_stopped(budgeted: Deployment, local_aws: LocalAws, operator: Operator) -> None:
    # GIVEN
    tenant = Tenant("runaway", ["nova"])
    shell = operator(tenant)
    stop, go = commands_of(RECIPES["A tenant has to be stopped"])
    statuses = []

    # WHEN it is stopped, and started again
    for command in (stop, go):
        shell.run(command)
        a_minute_later(local_aws)
        statuses.append(ask(budgeted, tenant.key).status)

    # THEN
    assert statuses == [403, 200]


def test_who_used_what(budgeted: Deployment, local_aws: LocalAws, operator: Operator) -> None:
    # GIVEN a tenant with a budget, which asked two models
    tenant = Tenant("user", ["fast", "nova"], {"usd_per_month": "5"})
    shell = operator(tenant)
    for model in ("fast", "nova", "nova"):
        assert ask(budgeted, tenant.key, f"/model/{model}/converse", HELLO).status == 200
    assert local_aws.lambda_service.wait_until_idle()

    # WHEN
    shell.recipe("Who used what?")

    # THEN the ledger and the log say the same of it, to the token
    (month,) = (row for row in json.loads(shell.run("llm-api usage --tenant user --json")) if row["window"] == "month")
    by_model = json.loads(shell.run("llm-api usage --tenant user --by model --json"))
    assert {row["model"]: row["requests"] for row in by_model} == {"fast": 1, "nova": 2}
    assert sum(row["input_tokens"] + row["output_tokens"] for row in by_model) == month["tokens"]
    assert sum(row["usd"] for row in by_model) == pytest.approx(month["usd"])
    # AND the month's file has a line a day
    assert (shell.folder / "november.csv").read_text().startswith("tenant,day,requests,")


def test_a_model_is_ending(operator: Operator) -> None:
    # WHEN every declared model is asked for
    (table,) = operator(Tenant("idle", ["nova"])).recipe("A model is ending")

    # THEN Bedrock knows all of them, the account has access, and the role reaches where the profiles route
    assert "ACTIVE" in table
    assert "us-east-1, us-east-2, us-west-2" in table


def test_items_were_deleted(budgeted: Deployment, local_aws: LocalAws, operator: Operator) -> None:
    # GIVEN a tenant that somebody removed, and a restored table that still has it
    tenant = Tenant("removed", ["nova"])
    shell = operator(tenant)
    restore, wait, dry_run, copy, delete = commands_of(RECIPES["Items were deleted or spoilt"])
    for command in (restore, wait):
        shell.run(command)
    for item in tenant.items():
        budgeted.table.delete_item(TableName=budgeted.table_name, Key={"pk": item["pk"]})

    # WHEN
    for command in (dry_run, copy, delete):
        shell.run(command)

    # THEN
    assert ask(budgeted, tenant.key).status == 200


def remove_what_is_malformed(deployment: Deployment) -> None:
    """Other tests of this deployment write tenants as nobody should, which an import refuses, as it should."""
    for page in deployment.table.get_paginator("scan").paginate(TableName=deployment.table_name):
        for item in page["Items"]:
            budgets = item.get("budgets", {}).get("M", {})
            if any(not limit["N"].isdigit() or limit["N"] == "0" for limit in budgets.values()):
                deployment.table.delete_item(TableName=deployment.table_name, Key={"pk": item["pk"]})


def test_there_is_a_table_already(budgeted: Deployment, operator: Operator) -> None:
    # GIVEN a table of a team's own, with a tenant
    shell = operator(Tenant("present", ["nova"]))
    moved, table = Tenant("moved", ["nova"]), shell.names["older-llm-tenants"]
    schema = {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
    budgeted.table.create_table(TableName=table, BillingMode="PAY_PER_REQUEST", **schema)
    for item in moved.items():
        budgeted.table.put_item(TableName=table, Item=item)
    remove_what_is_malformed(budgeted)

    # WHEN
    try:
        shell.recipe("There is a table already")
    finally:
        budgeted.table.delete_table(TableName=table)

    # THEN its callers are answered here
    assert ask(budgeted, moved.key).status == 200


def test_a_thousand_new_tenants(budgeted: Deployment, operator: Operator) -> None:
    # GIVEN a file of the page's lines
    shell = operator(Tenant("one-more", ["nova"]))
    heading = "A thousand new tenants"
    (line,) = re.findall(r"```json\n(.*?)\n```", RECIPES[heading])
    school = json.loads(line)
    tenants = [Tenant(f"school-{number:04d}", school["models"]) for number in range(1, 1001)]
    lines = [json.dumps({**school, "name": tenant.name, "keys": [sha256(tenant.key)]}) for tenant in tenants]
    (shell.folder / "new-tenants.jsonl").write_text("\n".join(lines))

    # WHEN
    dry_run, written, listed = shell.recipe(heading)

    # THEN all of them are there, and call
    assert "1,000 would be written" in dry_run
    assert "1,000 written" in written
    assert listed.count("school-") == 1000
    assert ask(budgeted, tenants[-1].key).status == 200
    # AND a second run writes nothing
    assert "0 written, with 0 keys" in shell.run("llm-api tenants import new-tenants.jsonl")


def test_every_recipe_is_run() -> None:
    # GIVEN the headings of the page, and the tests above
    run = {name.removeprefix("test_").replace("_", " ") for name in globals() if name.startswith("test_")}
    elsewhere = {"The new version is broken"}  # test_rollback.py

    # THEN there is a test for each
    plain = {
        re.sub(r"[?,]| or spoilt", "", heading).lower(): heading for heading in RECIPES if heading not in elsewhere
    }
    assert plain.keys() - run == set()
