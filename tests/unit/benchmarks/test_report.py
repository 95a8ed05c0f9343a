"""The page says what the results say, and the command takes another handler."""

import argparse
import json
from pathlib import Path
from xml.etree import ElementTree  # the plots are ours, no stranger wrote them

import pytest

from benchmarks import goals, plots, report
from benchmarks.__main__ import RESULTS, guest_of


def test_the_page_shows_the_committed_results() -> None:
    # GIVEN the results in the repository
    results = json.loads(RESULTS.read_text())
    # THEN the page and its plots are made from them
    assert report.for_page(results) in report.PAGE.read_text(), "run `make bench`, or python -m benchmarks --report"
    for name, picture in report.pictures(results).items():
        assert (report.PLOTS / name).read_text() == picture


def test_every_goal_has_its_ratio() -> None:
    # GIVEN the results in the repository
    results = json.loads(RESULTS.read_text())
    # THEN no goal is left out, and a goal is met exactly where its median is within the limit
    judged = goals.judged(results)
    assert [goal for goal, _, _ in judged] == list(goals.GOALS)
    assert all(is_met == (median <= goal.limit) for goal, median, is_met in judged)


def test_every_measure_has_nine_samples_or_more() -> None:
    # GIVEN the results in the repository
    results = json.loads(RESULTS.read_text())
    # THEN what is compared was repeated
    for measure in ("cold_start", "warm_call", "streams"):
        for name, quantities in results[measure].items():
            for quantity, sample in quantities.items():
                assert quantity == "resident_mb" or len(sample["samples"]) >= 9, (measure, name, quantity)


def test_plots_are_xml() -> None:
    # GIVEN a label with characters that XML reserves
    bars = plots.bars("a < b", [("ours & theirs", 2.0, (1.0, 3.0))], "ms")
    lines = plots.lines("a < b", {"x & y": [(0.0, 1.0), (1.0, 2.0)]}, "MB", "ms")
    # THEN both plots are well-formed
    assert ElementTree.fromstring(bars).tag.endswith("svg")  # noqa: S314
    assert ElementTree.fromstring(lines).tag.endswith("svg")  # noqa: S314


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser()


def test_a_guest_is_a_folder_an_entry_point_and_an_event(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    # GIVEN a reader's handler and its event
    event = tmp_path / "event.json"
    event.write_text('{"a": 1}')
    # WHEN they are named
    guest = guest_of(parser, f"{tmp_path}:app.main.handler", event)
    # THEN they are what is measured
    assert (guest.code, guest.handler, guest.event) == (tmp_path, "app.main.handler", b'{"a": 1}')


@pytest.mark.parametrize("handler", ["app.handler", "nowhere:app.handler", ":app.handler"])
def test_a_guest_that_does_not_exist_is_told_so(
    parser: argparse.ArgumentParser, handler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # WHEN something is named that can't be run
    with pytest.raises(SystemExit):
        guest_of(parser, handler, None)
    # THEN the reader learns what to name
    assert "folder or zip" in capsys.readouterr().err
