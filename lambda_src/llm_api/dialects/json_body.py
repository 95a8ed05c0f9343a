"""A request's body as JSON, with every oddity that JSON allows and a model's API does not turned into a 400."""

import json
import math
from typing import Any

from llm_api.errors import BadRequest

MAX_DEPTH = 100
"""Levels of nesting. Far above any real request, far below what would exhaust Python's stack."""


MAX_DIGITS = 100
"""Of a whole number. Python reads thousands, in a time that grows with their square."""


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that `body` is.

    Raises:
        BadRequest: it is empty, not UTF-8, not JSON, not an object, nested deeper than `MAX_DEPTH`, or holds what can't
            be sent on (NaN, infinite numbers, half a surrogate pair).
    """
    if not body.strip():
        raise BadRequest("The body is empty. Send a JSON object.")
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
    _check(document)
    return document


def _check(document: Any) -> None:
    level = [document]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                _check_text(value)
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, dict):
                below.extend(value)
                below.extend(value.values())
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
