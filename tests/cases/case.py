"""What a case is: a public report, told as a request with what must reach the model and what the caller must get."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Check = Callable[[Any], bool]

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
RESPONSES = "/v1/responses"


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()
"""A member that must not be there."""

NOTHING = _Absent()
"""What reaches the model where the gateway answers by itself."""


@dataclass(frozen=True, slots=True)
class Case:
    """One report.

    Attributes:
        name: what it is about, in a few words.
        reports: where it was reported, `owner/repository#number`; or the page that says so.
        model: an alias of the stack.
        asked: the request's body, without `model` and `stream`.
        path: the route.
        headers: beside the key.
        faults: what the model does badly; see `local_aws.faults.KINDS`.
        reaches: what must be in the request that the model gets; `NOTHING` where it must get none. A dict holds at
            least the members that are named, a list exactly its items; a function judges.
        status: of the answer.
        answer: what must be in the answer's body; a stream's is put together to what a whole answer would be.
        told: what must be in the answer's headers.
        ways: asked whole, streamed, or both.
    """

    name: str
    reports: Sequence[str]
    model: str
    asked: Mapping[str, Any]
    path: str = CHAT
    headers: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[str | Mapping[str, Any]] = ()
    reaches: Any = None
    status: int = 200
    answer: Any = None
    told: Mapping[str, Any] = field(default_factory=dict)
    ways: Sequence[str] = ("whole", "streamed")


def like(pattern: str) -> Check:
    """A text in which the pattern is found."""
    check = lambda found: isinstance(found, str) and re.search(pattern, found) is not None  # noqa: E731
    check.__name__ = f"like({pattern!r})"
    return check


def as_json(expected: Any) -> Check:
    """A text that is JSON, and holds this."""
    check = lambda found: not differences(expected, json.loads(found))  # noqa: E731
    check.__name__ = f"as_json({expected!r})"
    return check


def differences(expected: Any, found: Any, where: str = "") -> list[str]:
    """What differs from what a case expects, each with its place; empty where nothing does."""
    if callable(expected):
        return [] if expected(found) else [f"{where}: {expected.__name__} is not true of {_short(found)}"]
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            return [f"{where}: no object but {_short(found)}"]
        return [line for key, value in expected.items() for line in _member(value, found, key, where)]
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            return [f"{where}: not {len(expected)} items but {_short(found)}"]
        return [
            line
            for at, (value, item) in enumerate(zip(expected, found, strict=True))
            for line in differences(value, item, f"{where}/{at}")
        ]
    return [] if expected == found else [f"{where}: not {_short(expected)} but {_short(found)}"]


def _member(value: Any, found: Mapping[str, Any], key: str, where: str) -> list[str]:
    if value is ABSENT:
        return [f"{where}/{key}: is there, {_short(found[key])}"] if found.get(key) is not None else []
    if key not in found:
        return [f"{where}/{key}: is not there; there are {', '.join(found)}"]
    return differences(value, found[key], f"{where}/{key}")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 300 else text[:300] + "…"
