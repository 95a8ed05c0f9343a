"""When one provider process may serve all commands of a stack."""

from pathlib import Path

import pytest

from tools.provider import configured_once
from tools.terraform import ROOT


@pytest.mark.parametrize(
    ("files", "once"),
    [
        (['terraform {}\nprovider "aws" {\n}\n'], True),
        (["terraform {}\n"], True),
        (['provider "aws" {\n  alias = "a"\n}\nprovider "aws" {\n  alias = "b"\n}\n'], False),
        (['provider "aws" {\n}\n', 'provider "aws" {\n}\n'], False),
    ],
    ids=["one", "none", "two in a file", "two in two files"],
)
def test_a_process_keeps_one_configuration(tmp_path: Path, files: list[str], once: bool) -> None:
    # GIVEN the files of a configuration and its modules
    for number, text in enumerate(files):
        (tmp_path / f"{number}.tf").write_text(text)

    # WHEN / THEN one process is enough only where it would be configured once
    assert configured_once(*tmp_path.glob("*.tf")) is once


def test_an_example_of_several_accounts_has_several() -> None:
    assert not configured_once(*(ROOT / "examples/multi-account").glob("*.tf"))
