"""Actions of others are commits, no tags that can be moved. A job may read the repository; a release may write one."""

import re

import pytest
import yaml

from tools.terraform import ROOT

RELEASE = {"contents": "write", "id-token": "write", "attestations": "write"}
"""It makes the release, and signs and stores the provenance of the zip."""
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("name", [workflow.name for workflow in WORKFLOWS])
def test_actions_are_pinned_to_commits(name: str) -> None:
    text = (ROOT / ".github/workflows" / name).read_text()

    used = re.findall(r"uses: (.+)", text)

    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)] == []


@pytest.mark.parametrize("name", [workflow.name for workflow in WORKFLOWS])
def test_no_job_keeps_a_token_or_may_do_more_than_it_has_to(name: str) -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows" / name).read_text())

    checkouts = [
        step
        for job in workflow["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]

    assert workflow["permissions"] == {}
    expected = RELEASE if name == "release.yml" else {"contents": "read"}
    assert [job["permissions"] for job in workflow["jobs"].values()] == [expected] * len(workflow["jobs"])
    assert [step.get("with", {}).get("persist-credentials") for step in checkouts] == [False] * len(checkouts)
