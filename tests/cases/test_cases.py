"""Every report in tests/cases, through the applied module, on stand-ins that refuse what Bedrock refuses."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.cases.case import NOTHING, Case, differences
from tests.cases.pending import PENDING
from tests.cases.streams import whole
from tests.support import Api, Reply, send

SUBJECTS = sorted(path.stem for path in Path(__file__).parent.glob("*_reports.py"))
CASES: list[tuple[str, Case]] = [
    (subject, case) for subject in SUBJECTS for case in import_module(f"tests.cases.{subject}").CASES
]


def _parameters() -> list[Any]:
    found = []
    for subject, case in CASES:
        for way in case.ways:
            name = f"{subject.removesuffix('_reports')}: {case.name}" + (", streamed" if way == "streamed" else "")
            reasons = [reason for reason, names in PENDING.items() if name in names]
            marks = [pytest.mark.xfail(strict=True, reason=reason) for reason in reasons]
            found.append(pytest.param(case, way, id=name, marks=marks))
    return found


def _asked(api: Api, case: Case, way: str) -> Reply:
    if not case.path.startswith("/v1/"):
        return send(api, "POST", case.path.replace("MODEL", case.model), dict(case.asked), case.headers)
    body = {"model": case.model, **case.asked, **({"stream": True} if way == "streamed" else {})}
    return send(api, "POST", case.path, body, case.headers)


@pytest.mark.parametrize(("case", "way"), _parameters())
def test_report(case: Case, way: str, reported: Api) -> None:
    # GIVEN the situation of a report
    aws = reported.aws
    aws.journal.clear()
    for fault in case.faults:
        aws.faults.add(fault) if isinstance(fault, str) else aws.faults.add(**fault)

    # WHEN a caller asks as its author did
    reply = _asked(reported, case, way)

    # THEN the answer has the status, and says what its author expected
    shown = reply.body.decode("utf-8", "replace")
    assert reply.status == case.status, shown
    if case.answer is not None:
        streamed = reply.headers.get("content-type", "").startswith("text/event-stream")
        found = whole(reply.body) if streamed else json.loads(reply.body)
        assert not differences(case.answer, found), shown
    assert not differences(dict(case.told), dict(reply.headers))

    # THEN the model got what it takes, or nothing
    calls = aws.journal.calls()
    if case.reaches is NOTHING:
        assert calls == []
    elif case.reaches is not None:
        assert len(calls) == 1
        assert not differences(case.reaches, calls[0].request())


def test_each_case_is_told_apart() -> None:
    # GIVEN the corpus
    names = [(subject, case.name) for subject, case in CASES]
    # THEN each case has a name and a report of its own, and something to prove
    assert len(set(names)) == len(names)
    assert all(case.reports for _, case in CASES)
    assert all(case.reaches is not None or case.answer is not None or case.status != 200 for _, case in CASES)


def test_what_is_pending_is_a_case() -> None:
    # GIVEN what fails today THEN each is a case
    assert {name for names in PENDING.values() for name in names} <= {parameter.id for parameter in _parameters()}
