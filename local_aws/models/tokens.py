"""How the stand-ins count tokens: pieces of words, plus what no client can see.

The rule is the stand-ins' own and deliberately no simple function of a request's length: an estimate made outside
is never exactly right, as with real models.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

MESSAGE_OVERHEAD = 5
"""Hidden tokens that frame each message."""

SYSTEM_OVERHEAD = 9
"""Hidden tokens that frame a system prompt."""

TOOLS_OVERHEAD = 313
"""Hidden instructions that come with the first tool."""

TOOL_OVERHEAD = 16
"""Hidden tokens around each tool's definition, use or result."""

REPLY_OVERHEAD = 3
"""Hidden tokens at the end of an answer that ended by itself."""

PIXELS_PER_TOKEN = 750
IMAGE_TOKENS_MAX = 1600
IMAGE_TOKENS_UNKNOWN = 258

_PIECE = re.compile(r" ?[A-Za-z]{1,6}|\d{1,3}|\s{1,4}|.", re.DOTALL)


def split(text: str) -> list[str]:
    """The text's tokens; joined they give the text."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """How many tokens a text has."""
    return sum(1 for _ in _PIECE.finditer(text))


def count_json(value: Mapping[str, Any] | list[Any]) -> int:
    """How many tokens a JSON value has, however it was spelt."""
    return count(json.dumps(value, sort_keys=True, ensure_ascii=False))


def count_image(width: int | None, height: int | None) -> int:
    """Tokens of an image by its size in pixels."""
    if width is None or height is None:
        return IMAGE_TOKENS_UNKNOWN
    return min(IMAGE_TOKENS_MAX, 1 + width * height // PIXELS_PER_TOKEN)
