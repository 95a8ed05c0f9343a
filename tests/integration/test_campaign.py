"""The fault campaign at a small size; `make campaign` runs it at a large one."""

import dataclasses

import pytest

from tests.campaign.run import Size, run
from tests.load.deployment import Deployment
from tests.load.oracle import ANSWERED, FAILED, OTHERWISE


def test_every_fault_is_survived(budgeted: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    # WHEN the deployment goes through all ordeals
    report = run(budgeted, Size(requests=300, callers=8))
    with capsys.disabled():
        print(f"\n{report.table()}")

    # THEN every answer was right or the right error, budgets are exact, and nothing was left behind
    assert report.faults() == []

    # AND all of that did happen
    for outcome in report.outcomes:
        assert outcome.results
    came = {result.outcome for outcome in report.outcomes for result in outcome.results}
    assert {ANSWERED, FAILED} <= came

    # AND the report can tell: an answer that nobody intended, one request too many, a process too many is found
    haul = report.outcomes[-1]
    wrong = dataclasses.replace(haul.results[0], outcome=OTHERWISE)
    assert dataclasses.replace(haul, results=[wrong]).faults()
    assert dataclasses.replace(haul, book=dataclasses.replace(haul.book, requests=haul.book.requests + 1)).faults()
    assert dataclasses.replace(report, leaked={1}).faults()
