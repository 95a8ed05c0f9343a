"""Marks up to which a prompt is to be cached, as OpenAI's clients write them.

Anthropic's `cache_control` stands on a content part, a message or a tool in what many clients and gateways send;
OpenAI's own is `prompt_cache_breakpoint` on a content part (https://platform.openai.com/docs/guides/prompt-caching).
"""

from collections.abc import Mapping
from typing import Any

from llm_api.dialects.openai.fields import InvalidField
from llm_api.dialects.prompt_cache import point

MARKS = frozenset({"cache_control", "prompt_cache_breakpoint"})
"""Fields that mark the end of what is to be cached."""

_TTLS = ("5m", "1h")


def cache_points(marked: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    """The point to set behind a part, a message or a tool; none where it isn't marked.

    Raises:
        InvalidField: the mark is none.
    """
    for name in MARKS & marked.keys():
        mark = marked[name]
        if mark is None or mark is False:
            continue
        if not isinstance(mark, dict):
            raise InvalidField(f"{path}.{name}", f'{path}.{name} must be an object, such as {{"type": "ephemeral"}}.')
        ttl = mark.get("ttl")
        if name == "prompt_cache_breakpoint":
            return [point()]
        if ttl is not None and ttl not in _TTLS:
            raise InvalidField(f"{path}.{name}.ttl", f"{path}.{name}.ttl must be 5m or 1h.")
        return [point("1h" if ttl == "1h" else None)]
    return []
