"""What CI runs of others is a commit and no tag that can be moved, and it may read the repository and nothing else."""

import re

import pytest
import yaml

from tools.terraform import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("name", [workflow.name for workflow in WORKFLOWS])
def test_actions_are_pinned_to_commits(name: str) -> None:
    text = (ROOT / ".github/workflows" / name).read_text()

    used = re.findall(r"uses: (.+)", text)

    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)] == []


@pytest.mark.parametrize("name", [workflow.name for workflow in WORKFLOWS])
def test_no_job_keeps_a_token_or_may_write(name: str) -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows" / name).read_text())

    checkouts = [
        step
        for job in workflow["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]

    assert workflow["permissions"] == {}
    assert [job["permissions"] for job in workflow["jobs"].values()] == [{"contents": "read"}] * len(workflow["jobs"])
    assert [step.get("with", {}).get("persist-credentials") for step in checkouts] == [False] * len(checkouts)
