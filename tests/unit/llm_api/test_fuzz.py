"""What the fuzzer found once is tried at every run, and so is a handful of what it might find next (`make fuzz`)."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import MODELS, ROUTES, TARGETS, ask, seeds

CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus"
FOUND = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_stays_mended(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_what_the_fuzzer_starts_from_keeps_every_promise(target: str) -> None:
    for seed in seeds(target):
        TARGETS[target](seed)


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(data=st.binary(max_size=200))
def test_bytes_of_any_kind_break_no_promise(target: str, data: bytes) -> None:
    TARGETS[target](data)


# Time: what grows with a body grows no faster than the body.

LARGE, LARGER = 400, 1600
SLACK = 1.5


def text(size: int) -> str:
    return "x " * size


SHAPES: dict[str, Callable[[int], Any]] = {
    "many messages": lambda n: {"messages": [_turn("x", at) for at in range(n)]},
    "many parts": lambda n: {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}] * n}]},
    "one long text": lambda n: {"messages": [_turn(text(n), 0)]},
    "many unknown fields": lambda n: {**{f"field-{at}": at for at in range(n)}, "messages": [_turn("x", 0)]},
    "many tools": lambda n: {"messages": [_turn("x", 0)], "tools": [_tool(str(at)) for at in range(n)]},
    "a wide schema": lambda n: {
        "messages": [_turn("x", 0)],
        "tools": [_tool("f", {f"p{at}": {"type": "string"} for at in range(n)})],
    },
    "many stops": lambda n: {"messages": [_turn("x", 0)], "stop": ["x"] * n, "stop_sequences": ["x"] * n},
    "many inputs": lambda n: {"input": ["x"] * n, "texts": ["x"] * n},
}


def _turn(said: str, at: int) -> dict[str, Any]:
    return {"role": ("user", "assistant")[at % 2], "content": said}


def _tool(name: str, properties: dict[str, Any] | None = None) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties or {}}
    function = {"name": f"f{name}", "parameters": schema}
    return {"type": "function", "function": function, "name": f"f{name}", "input_schema": schema}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("route", "path"), ROUTES, ids=[route.replace("/", "-")[1:] for route, _ in ROUTES])
def test_work_grows_no_faster_than_the_body(route: str, path: str, shape: str) -> None:
    # GIVEN a body, and one of the same shape that is four times as large
    model = "titan" if route == "/v1/embeddings" else next(iter(MODELS))

    def lines(size: int) -> int:
        body = {"max_tokens": 5, **SHAPES[shape](size)}
        if route.startswith("/v1/"):
            body["model"] = model
        elif "invoke" in route:
            body["anthropic_version"] = "bedrock-2023-05-31"
        data = json.dumps(body).encode()
        return counted(lambda: ask(route, path.replace("%s", model), data, budgets=True))

    # WHEN both are read, up to where a model would be called THEN the lines of code that run grow at most as much
    lines(2)  # what is imported when first used
    assert lines(LARGER) <= SLACK * LARGER / LARGE * lines(LARGE)


def counted(work: Callable[[], object]) -> int:
    """How many lines of the package run."""
    number = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal number
        if "llm_api" not in frame.f_code.co_filename:
            return None
        number += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return number
