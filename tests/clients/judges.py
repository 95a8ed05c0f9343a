"""Whether what a client got from a check is right: what the stand-in says to the questions of `programs/checks.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


def _is_car(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str) and isinstance(value.get("seats"), int)


def _streamed(value: Any) -> bool:
    return len(value) > 1 and "".join(value) == "one two three four five six"


JUDGES: Mapping[str, Callable[[Any], bool]] = {
    "plain": lambda value: "Gr\u00fcezi, world" in value,
    "streamed": _streamed,
    "completion": _streamed,
    "tools": lambda value: "sunny in Rome" in value,
    "parallel": lambda value: sorted(value[:2]) == ["get_population", "get_weather"] and "4 million" in value[2],
    "agent": lambda value: "the old word" in value["read"] and value["edited"] == "the new word\n",
    "subagent": lambda value: "all is well" in value,
    "structured": _is_car,
    "json": _is_car,
    "image": lambda value: "I see a JPEG image" in value or "[image]" in value,
    "embeddings": lambda value: value == [1024, 1024],
    "models": lambda value: {"fast", "nova", "embed"} <= set(value),
    "tokens": lambda value: value > 0,
}
REFUSALS = ("401", "404", "429")
"""Checks that have to fail, each with the status that it is named for."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check.

    Attributes:
        switch: what had to be set in the client; empty where nothing had.
        why: what went wrong; empty where nothing did.
    """

    check: str
    switch: str
    why: str

    @property
    def passed(self) -> bool:
        return not self.why


def judge(line: Mapping[str, Any]) -> Outcome:
    """The outcome of one line that a program printed."""
    check, switch = line["check"], line["switch"]
    if check in REFUSALS:
        status = line.get("status")
        why = "" if status == int(check) else f"{status} instead of {check}: {line.get('error', 'it was answered')}"
    elif "error" in line:
        why = line["error"]
    else:
        why = "" if line["value"] is not None and JUDGES[check](line["value"]) else f"wrong: {line['value']!r}"
    return Outcome(check, switch, why)


def best(outcomes: list[Outcome]) -> dict[str, Outcome]:
    """Of each check the first variant that passed, or the last one that didn't."""
    chosen: dict[str, Outcome] = {}
    for outcome in outcomes:
        if outcome.check not in chosen or not chosen[outcome.check].passed:
            chosen[outcome.check] = outcome
    return chosen
