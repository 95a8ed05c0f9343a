"""The policies of `all_kinds.tf`, as Terraform plans them."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.native import copy_modules, diagnostic, initialize, messages, terraform

HERE = Path(__file__).resolve().parent
MODULES = ("open", "guarded", "buffered", "beside", "crowded", "function")
Policy = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Planned:
    """What the plan holds.

    Attributes:
        documents: the documents of each `model-access` module, decoded.
        registries: their registries, as they travel in the environment.
        role: every policy of the function's role, by the address of its resource.
        items: what is written to the tenants table, by partition key, as DynamoDB's JSON.
    """

    documents: dict[str, list[Policy]]
    registries: dict[str, str]
    role: dict[str, Policy]
    items: dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """`terraform test` plans with the real provider offline, the caller's identity being all that it must be told."""
    folder = tmp_path_factory.mktemp("policies")
    copy_modules(folder)
    for file in (*folder.glob("*.tf"), *folder.glob("tests/terraform/*.hcl")):
        file.unlink()
    shutil.copy(HERE / "all_kinds.tf", folder)
    identities = (
        f"override_data {{\n  target = module.{module}.data.aws_caller_identity.current\n"
        '  values = { account_id = "123456789012" }\n}\n'
        for module in MODULES
    )
    (folder / "plan.tftest.hcl").write_text("".join(identities) + 'run "plan" {\n  command = plan\n}\n')
    initialize(folder)
    done = list(messages(terraform(folder, "test", "-json", "-verbose").stdout))
    errors = [diagnostic(message) for message in done if message["type"] == "diagnostic"]
    assert not errors, errors
    plan = next(message["test_plan"] for message in done if message["type"] == "test_plan")
    outputs = {name: change["after"] for name, change in plan["output_changes"].items()}
    return Planned(
        documents={name: [json.loads(one) for one in documents] for name, documents in outputs["documents"].items()},
        registries=outputs["registries"],
        role={
            change["address"]: json.loads(change["change"]["after"]["policy"])
            for change in plan["resource_changes"]
            if change["type"] in ("aws_iam_policy", "aws_iam_role_policy")
        },
        items={
            item["pk"]["S"]: item
            for change in plan["resource_changes"]
            if change["type"] == "aws_dynamodb_table_item"
            for item in [json.loads(change["change"]["after"]["item"])]
        },
    )
