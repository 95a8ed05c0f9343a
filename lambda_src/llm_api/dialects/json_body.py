"""A request's body as JSON, with every oddity that JSON allows and a model's API does not turned into a 400."""

import json
import math
from typing import Any

from llm_api.errors import BadRequest

MAX_DEPTH = 100
"""Levels of nesting. Far above any real request, far below what would exhaust Python's stack."""

MAX_CONTAINERS = 50_000
"""Objects and lists in a body. Each takes time and a hundred times its bytes of memory, which a body of nothing else
would be sent for. The largest that Lambda takes has a hundred bytes for each of so many, and real ones have more."""

MAX_VALUES = 250_000
"""Values of any kind."""

MAX_FIELDS = 10_000
"""Of one object: a field takes three times the memory of an entry in a list."""

MAX_MESSAGES = 20_000
"""Of a conversation."""

MAX_TOOLS = 2000
"""That a request offers. OpenAI takes 128 functions, and Bedrock tells of no number."""

_PIECE_BYTES = 1 << 16

MAX_DIGITS = 100
"""Of a whole number. Python reads thousands, in a time that grows with their square."""


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that `body` is.

    Raises:
        BadRequest: it is empty, not UTF-8, not JSON, not an object, nested deeper than `MAX_DEPTH`, of more parts than
            are read, or holds what can't be sent on (NaN, infinite numbers, half a surrogate pair).
    """
    if not body or body.isspace():
        raise BadRequest("The body is empty. Send a JSON object.")
    containers, values = parts_of(body)
    if containers > MAX_CONTAINERS or values > MAX_VALUES:
        raise BadRequest(
            f"The body has more than {MAX_CONTAINERS:,} objects and lists, or {MAX_VALUES:,} values, which no model "
            "reads. Send less, or send data as text."
        )
    try:
        document = strict_json(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8. Send JSON in UTF-8.") from None
    except ValueError as error:
        raise BadRequest(f"The body is not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadRequest("The body is JSON, but not an object. Send an object such as {...}.")
    return document


def strict_json(text: str) -> Any:
    """What `text` says in JSON.

    Raises:
        ValueError: it is not JSON, or is JSON that can't be sent on; the message holds nothing of the text itself.
    """
    try:
        document = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole, object_pairs_hook=_no_duplicates
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels") from None
    # A single character is found many times faster than two.
    _check(document, may_hold_halves=not text.isascii() or ("\\" in text and "\\u" in text))
    return document


def parts_of(body: bytes) -> tuple[int, int]:
    """How many objects and lists JSON has, and how many values of any kind, at most; before any of them is made."""
    values = len(body) - len(body.translate(None, b"{[,"))
    if values <= MAX_CONTAINERS:
        return values, values
    containers = body.count(b"{") + body.count(b"[")
    if containers <= MAX_CONTAINERS and values <= MAX_VALUES:
        return containers, values
    # Maybe they stand in texts. Without its escapes, every second piece between quotes is one.
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    containers = commas = outside = 0
    for start in range(0, len(plain), _PIECE_BYTES):
        pieces = plain[start : start + _PIECE_BYTES].split(b'"')
        structure = b"".join(pieces[outside::2])
        containers += structure.count(b"{") + structure.count(b"[")
        commas += structure.count(b",")
        outside ^= (len(pieces) - 1) & 1
    return containers, containers + commas


def _check(document: Any, *, may_hold_halves: bool) -> None:
    level = [document]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for value in level:
            inner = value
            if type(value) is dict:
                inner = value.values()
                if may_hold_halves:
                    for name in value:
                        _check_text(name)
            elif type(value) is not list:
                continue
            for child in inner:
                kind = type(child)
                if kind is dict or kind is list:
                    below.append(child)
                elif may_hold_halves and kind is str:
                    _check_text(child)
        if not below:
            return
        level = below
    raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")


def _check_text(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a string holds half of a surrogate pair, which is no character") from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two fields of one name, the model might read another one than was checked here."""
    if len(pairs) > MAX_FIELDS:
        raise ValueError(f"an object has more than {MAX_FIELDS:,} fields")
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("an object holds the same field twice")
    return document


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number is too long")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number
