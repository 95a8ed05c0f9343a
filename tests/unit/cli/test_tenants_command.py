"""`llm-api tenants`: Terraform's are shown, the command line's own are written, and what wins says so."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import LEAKED, Command, make_function


def test_a_tenant_is_made_as_the_function_reads_it(account: Any, llm_api: Command) -> None:
    # WHEN a tenant is made
    answer = llm_api("tenants", "set", "research", "--model", "nova", "--budget", "usd_per_month=199.99")

    # THEN its item is that of docs/table.md
    assert answer.code == 0, answer.err
    assert account.get("tenant#research") == {
        "pk": {"S": "tenant#research"},
        "models": {"SS": ["nova"]},
        "budgets": {"M": {"usd_per_month": {"N": "199.99"}}},
        "managed_by": {"S": "llm-api"},
    }


def test_a_tenant_of_terraforms_is_refused_and_named(account: Any, llm_api: Command) -> None:
    # WHEN somebody changes a tenant that Terraform declares, in either way
    before = account.items()
    one = llm_api("tenants", "set", "marketing", "--budget", "usd_per_month=900", "--adopt")
    line = json.dumps({"name": "marketing", "models": ["nova"]})
    many = llm_api("tenants", "import", "-", stdin=line)

    # THEN nothing is written, and the way that wins is told
    assert (one.code, many.code) == (4, 4)
    assert "budget raise" in one.err
    assert account.items() == before


def test_disabled_wins_and_the_list_says_so(account: Any, llm_api: Command) -> None:
    # WHEN a tenant of Terraform's is disabled
    assert llm_api("tenants", "disable", "marketing", "--reason", "an incident").code == 0

    # THEN its own item is as it was, and the override's says who and why
    assert "enabled" not in account.get("tenant#marketing")
    override = account.get("override#tenant#marketing")
    assert override["enabled"] == {"BOOL": False}
    assert override["reason"] == {"S": "an incident"}
    (shown,) = llm_api("tenants", "list", "-o", "json").json
    assert shown["state"] == "disabled (override)"

    # WHEN it may call again
    llm_api("tenants", "enable", "marketing")

    # THEN nothing is left of it
    assert account.get("override#tenant#marketing") is None


def test_enabled_wins_over_what_terraform_disabled(account: Any, llm_api: Command) -> None:
    # GIVEN
    account.put("tenant#paused", models={"SS": ["nova"]}, enabled={"BOOL": False})

    # WHEN
    llm_api("tenants", "enable", "paused")

    # THEN
    assert account.get("override#tenant#paused")["enabled"] == {"BOOL": True}
    assert llm_api("tenants", "show", "paused", "-o", "json").json["state"] == "enabled (override)"


def test_what_was_exported_can_be_imported(account: Any, llm_api: Command, tmp_path: Path) -> None:
    # GIVEN tenants of every kind
    llm_api("tenants", "set", "a", "--model", "fast", "--model", "nova", "--budget", "tokens_per_day=5000")
    llm_api("keys", "create", "a", "--sha256", "a" * 64, "--expires", "2999-01-31")
    file = tmp_path / "tenants.jsonl"
    before = account.items()

    # WHEN they are exported, removed and imported again
    assert llm_api("tenants", "export", str(file)).code == 0
    assert llm_api("tenants", "remove", "a", "--yes").code == 0
    assert "tenant#a" not in account.items()
    answer = llm_api("tenants", "import", str(file), "-o", "json")

    # THEN the table is as it was, and Terraform's items weren't written
    assert answer.code == 0, answer.err
    assert answer.json == {
        "tenants": 2,
        "tenants_written": 1,
        "keys_and_principals_written": 1,
        "unchanged": 2,
        "dry_run": False,
    }
    assert account.items() == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"name": "Ünal", "models": ["nova"]}', "can't be a tenant's name"),
        ('{"name": "a", "models": ["nova"], "budget": {}}', "no field budget"),
        ('{"name": "a", "models": ["gone"]}', "declares no model gone"),
        ('{"name": "a", "models": ["fast"]}', "falls back to nova"),
        ('{"name": "a", "models": ["nova"], "budgets": {"usd_per_mont": 5}}', "no budget 'usd_per_mont'"),
        ('{"name": "a", "models": ["nova"], "budgets": {"tokens_per_day": 0.5}}', "whole number"),
        ('{"name": "a", "models": ["open"], "budgets": {"tokens_per_day": 5}}', "max_output_tokens"),
        ('{"name": "a", "models": ["nova"], "keys": ["sk-the-key-itself"]}', "never the key itself"),
        ('{"name": "a", "models": ["nova"], "max_output_tokens": true}', "whole number"),
        ('{"name": "a", "models": ["nova"], "principals": ["arn:aws:iam::1:role/x"]}', "by their keys"),
        ('{"name": "a", "models": ["nova"]}\n{"name": "a", "models": ["nova"]}', "named twice"),
        ("{", "no JSON"),
    ],
)
def test_a_bad_file_writes_nothing(account: Any, llm_api: Command, line: str, said: str) -> None:
    # GIVEN a good line before a bad one
    before = account.items()
    file = '{"name": "good", "models": ["nova"]}\n' + line

    # WHEN
    answer = llm_api("tenants", "import", "-", stdin=file)

    # THEN
    assert (answer.code, account.items()) == (2, before)
    assert said in answer.err


def test_a_key_of_another_tenant_is_never_taken(account: Any, llm_api: Command) -> None:
    # WHEN a file gives a key to another tenant than it has
    line = json.dumps({"name": "thief", "models": ["nova"], "keys": [LEAKED]})
    answer = llm_api("tenants", "import", "-", "--adopt", stdin=line)

    # THEN
    assert answer.code == 4
    assert account.get(f"key#{LEAKED}")["tenant"] == {"S": "marketing"}


def test_a_deployment_is_found_by_its_tag(account: Any, llm_api: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN nobody who names it
    monkeypatch.delenv("LLM_API_DEPLOYMENT")

    # THEN the only one of the Region is meant; of several, none is
    assert llm_api("deployments", "-o", "json").json == [{"deployment": "acme-llm", "region": "us-east-1"}]
    assert llm_api("tenants", "list").code == 0
    make_function("other-llm", {})
    answer = llm_api("tenants", "list")
    assert (answer.code, "acme-llm, other-llm" in answer.err) == (2, True)
    assert llm_api("tenants", "list", "-d", "third-llm").code == 3
    assert llm_api("tenants", "list", "-d", "other-llm").code == 3  # it has no tenants
