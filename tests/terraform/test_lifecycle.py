"""Models near or past their end of life are warned of when planned, and the plan goes on."""

import datetime
import json
import re

import pytest

from tests.terraform.native import ROOT, copy_modules, initialize, messages, terraform

TABLE = "modules/model-access/lifecycle.json"
TODAY = datetime.datetime.now(datetime.UTC).date()

CONFIGURATION = """
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

module "models" {
  source = "./modules/model-access"

  models = {
    old    = { id = "us.acme.old-v1:0", family = "other", destination_regions = ["us-east-1"] }
    ageing = { id = "acme.ageing-v1:0", family = "other" }
    young  = { id = "acme.young-v1:0", family = "other" }
    new    = { id = "acme.new-v1:0", family = "other" }
  }
}
"""


@pytest.fixture(scope="module")
def warnings(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Severity and text of what a plan says of models whose ends are given in days from today."""
    folder = tmp_path_factory.mktemp("lifecycle")
    copy_modules(folder)
    for file in folder.glob("*.tf"):
        file.unlink()
    ends = {"old-v1:0": -1, "ageing-v1:0": 30, "young-v1:0": 200}
    dates = {f"acme.{model}": str(TODAY + datetime.timedelta(days)) for model, days in ends.items()}
    table = {"as_of": "2026-01-02", "source": "https://example.com", "ends": dates}
    (folder / TABLE).write_text(json.dumps(table))
    # The account's number is the one thing that the module asks AWS for.
    module = folder / "modules/model-access/main.tf"
    text = module.read_text().replace('data "aws_caller_identity" "current" {}', "")
    module.write_text(text.replace("data.aws_caller_identity.current.account_id", '"123456789012"'))
    (folder / "main.tf").write_text(CONFIGURATION)
    initialize(folder)
    done = terraform(folder, "plan", "-json", "-input=false")
    assert done.returncode == 0, done.stdout
    found = [message["diagnostic"] for message in messages(done.stdout) if message["type"] == "diagnostic"]
    return [(one["severity"], one["detail"]) for one in found]


def test_a_model_past_its_end_is_a_warning(warnings: list[tuple[str, str]]) -> None:
    # THEN the plan, which went through, names the model behind the profile, its date and the table's
    (text,) = [text for severity, text in warnings if severity == "warning" and "Past their end" in text]
    assert "old (acme.old-v1:0, " in text
    assert "as of 2026-01-02" in text
    assert "ageing" not in text


def test_a_model_near_its_end_is_a_warning(warnings: list[tuple[str, str]]) -> None:
    # THEN the plan names the one within 90 days, and none that has longer or whose end isn't known
    (text,) = [text for severity, text in warnings if severity == "warning" and "Within 90 days" in text]
    assert "ageing (acme.ageing-v1:0, " in text
    assert not re.search("young|new|old-v1", text)


def test_nothing_is_an_error(warnings: list[tuple[str, str]]) -> None:
    assert {severity for severity, _ in warnings} == {"warning"}


def test_the_table_is_one_of_foundation_models_and_dates() -> None:
    # GIVEN the table that comes with the module
    table = json.loads((ROOT / TABLE).read_text())

    # THEN it is dated, in order, and holds foundation models and dates alone
    assert datetime.date.fromisoformat(table["as_of"]) <= TODAY
    assert list(table["ends"]) == sorted(table["ends"])
    for model, end in table["ends"].items():
        datetime.date.fromisoformat(end)
        assert re.fullmatch(r"[a-z0-9]+\.[a-z0-9-]+(-v\d+)?(:\d+)?", model), model
