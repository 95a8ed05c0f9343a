"""Every text that `docs/troubleshooting.md` quotes is one that the module or the function gives."""

import ast
import re
from collections.abc import Iterator

import pytest

from tools.terraform import ROOT

PAGE = (ROOT / "docs/troubleshooting.md").read_text()
QUOTES = [line.removeprefix("> ") for line in PAGE.splitlines() if line.startswith("> ")]
REASONS = re.findall(r"^\| `([^|]+?)`(?:, `[^|]+`)? \|", PAGE, re.MULTILINE)
"""What the log line of a 500 begins with, from the table there."""


def in_python() -> Iterator[str]:
    """Each text of the function's code, `…` in place of what is put in."""
    for path in (ROOT / "lambda_src/llm_api").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)


def in_terraform() -> Iterator[str]:
    """Each text of the modules' configurations."""
    for path in (*ROOT.glob("*.tf"), *ROOT.glob("modules/*/*.tf")):
        for text in re.findall(r'"((?:[^"\\\n]|\\.)*)"?', path.read_text()):
            yield re.sub(r"\$\{.*?\}+", "…", text.replace('\\"', '"'))


TEXTS = [*in_python(), *in_terraform()]


def given(quote: str) -> bool:
    """Whether one text holds all of a quote's parts, in their order."""
    parts = [re.escape(part.strip()) for part in quote.split("…") if part.strip()]
    pattern = re.compile(".*?".join(parts), re.DOTALL)
    return any(pattern.search(text) for text in TEXTS)


@pytest.mark.parametrize("quote", QUOTES)
def test_a_quoted_text_is_given(quote: str) -> None:
    assert given(quote)


@pytest.mark.parametrize("reason", REASONS)
def test_a_quoted_reason_is_given(reason: str) -> None:
    assert given(reason)


def test_there_is_something_to_test() -> None:
    # A page whose marks have changed would pass by being empty.
    assert len(QUOTES) > 25
    assert len(REASONS) == 4
    assert not given("This text is nowhere, whatever … it says.")
