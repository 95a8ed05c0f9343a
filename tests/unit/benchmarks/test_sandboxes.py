"""Subjects run in local AWS's sandboxes, and what fails is not measured."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.model import StandIn
from benchmarks.sandboxes import Sandboxes, WrongAnswer
from benchmarks.subjects import BARE, ECHO, NAIVE, history, ours


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with StandIn() as model:
        running = Sandboxes(model.url, model.ca_file)
        yield running
        running.close()


@pytest.mark.parametrize(
    "subject", [ECHO, NAIVE, BARE, ours()["native"], ours()["native_all_roots"]], ids=lambda subject: subject.name
)
def test_a_subject_answers_and_is_measured(sandboxes: Sandboxes, subject: object) -> None:
    # GIVEN a subject's sandbox
    with sandboxes.running(subject) as sandbox:  # type: ignore[arg-type]
        before = sandbox.cpu_seconds()
        # WHEN it is called
        answered = sandbox.call()
        # THEN there are an answer, a time, and figures of the process
        assert json.loads(answered.body)["statusCode"] == 200
        assert answered.seconds > 0
        assert sandbox.cpu_seconds() > before
        assert sandbox.resident_bytes() > 5e6


TRUST = """
import os, ssl

def handler(event, context):
    store = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"]).cert_store_stats()
    return {"statusCode": 200, "body": str(store["x509_ca"])}
"""


@pytest.mark.parametrize(("store", "least", "most"), [("all", 100, 400), ("amazon", 6, 6)])
def test_a_subject_loads_a_store_of_the_size_that_it_would_on_aws(
    sandboxes: Sandboxes, tmp_path: Path, store: str, least: int, most: int
) -> None:
    # GIVEN a handler that counts the authorities which it trusts
    (tmp_path / "trust.py").write_text(TRUST)
    subject = ECHO.named("trust", code=tmp_path, handler="trust.handler", store=store)
    # WHEN it is called
    with sandboxes.running(subject) as sandbox:
        counted = int(json.loads(sandbox.call().body)["body"])
    # THEN the stand-in's is not the only one
    assert least <= counted <= most


def test_a_handler_that_fails_is_not_measured(sandboxes: Sandboxes, tmp_path: Path) -> None:
    # GIVEN a handler that raises
    (tmp_path / "broken.py").write_text("def handler(event, context):\n    raise ValueError('no')\n")
    subject = ECHO.named("broken", code=tmp_path, handler="broken.handler")
    # WHEN it is called
    # THEN its time is not taken for an answer's
    with sandboxes.running(subject) as sandbox, pytest.raises(WrongAnswer, match="broken failed: no"):
        sandbox.call()


def test_a_handler_that_cannot_start_says_why(sandboxes: Sandboxes, tmp_path: Path) -> None:
    # GIVEN a handler that can't be imported
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    # WHEN it is started
    # THEN the reason is told
    subject = ECHO.named("broken", code=tmp_path, handler="broken.handler")
    with pytest.raises(WrongAnswer, match="nothing_of_that_name"), sandboxes.running(subject):
        pass


@pytest.mark.parametrize("size", [1_000, 64_000, 4_000_000])
def test_a_conversation_has_its_size_and_ends_with_the_user(size: int) -> None:
    # GIVEN a conversation
    turns = history(size)
    # THEN it is as long as it was asked to be, and the model is to speak next
    assert abs(sum(len(turn["content"]) for turn in turns) - size) <= 2_000
    assert turns[-1]["role"] == "user"
