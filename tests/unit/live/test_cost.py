"""What a live run may cost is told before it spends, and a run that may cost too much sends nothing."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from tests.live.endpoint import Endpoint, NotNamed
from tools.terraform import ROOT

NAMED = {"LLM_API_URL": "https://abc123.execute-api.eu-west-1.amazonaws.com/live", "LLM_API_KEY": "sk-secret-key"}
NOWHERE = {"LLM_API_LIVE": "1", "LLM_API_URL": "http://127.0.0.1:9/live", "LLM_API_KEY": "sk-secret-key"}


def collected(variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LLM_API_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "tests/live", "--collect-only", "-q", "-s", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=ROOT, env={**own, **variables}, capture_output=True, text=True, check=False)


def test_the_region_is_the_urls() -> None:
    assert Endpoint.of(NAMED).region == "eu-west-1"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "LLM_API_URL"),
        ({"LLM_API_URL": "ftp://x"}, "LLM_API_URL"),
        ({"LLM_API_URL": NAMED["LLM_API_URL"]}, "LLM_API_KEY"),
    ],
)
def test_what_is_missing_is_named(variables: dict[str, str], says: str) -> None:
    with pytest.raises(NotNamed, match=says):
        Endpoint.of(variables)


def test_the_cost_is_told_first_and_no_key_with_it() -> None:
    # WHEN a live run begins
    run = collected(NOWHERE)
    # THEN it says what it may cost, at the prices that were given
    assert run.returncode == 0, run.stdout + run.stderr
    assert "9 calls of models at most" in run.stdout
    assert "0.0972 USD at most" in run.stdout
    assert "sk-secret-key" not in run.stdout + run.stderr


def test_a_run_that_may_cost_too_much_is_not_begun() -> None:
    run = collected({**NOWHERE, "LLM_API_USD": "0.05"})
    assert run.returncode == 2
    assert "Nothing was sent" in run.stdout + run.stderr


def test_without_an_address_nothing_is_begun() -> None:
    run = collected({"LLM_API_LIVE": "1"})
    assert run.returncode == 2
    assert "LLM_API_URL" in run.stdout + run.stderr
