"""Points up to which a prompt is cached: the caller's, as far as the model takes them, or the deployment's own.

Bedrock's `cachePoint` stands behind what is cached (https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html),
Anthropic's `cache_control` in the last block of it. A model without a prompt cache refuses both, and what is written to
one costs more than other input; so where the model has none, or the deployment has a price for the model and none for
that, the caller's points of another dialect are left out, with a warning, and the deployment's aren't set.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from llm_api.families import Family, family_of
from llm_api.registry import Target

MOST_POINTS = 4
"""Of one request."""

_CACHED_TURNS = 2
"""The last turns of the user's that the deployment caches: the one that the next request will find, and the one that
this request finds."""

_MARKED_TYPES = frozenset({"document", "image", "text", "tool_result", "tool_use"})


def point(ttl: str | None = None) -> dict[str, Any]:
    """A block of Converse, of a tool list, a system prompt or a turn."""
    return {"cachePoint": {"type": "default", "ttl": ttl} if ttl else {"type": "default"}}


def settled(body: dict[str, Any], target: Target) -> tuple[dict[str, Any], list[str]]:
    """A Converse body of another dialect with the points that the model takes, and warnings of those that it doesn't.

    Where the caller has set none, the deployment's are set. `body` stays as it is.
    """
    places = _places(body)
    if not any("cachePoint" in block for _, blocks in places for block in blocks):
        return with_own_points(body, target), []
    family = family_of(target)
    warnings: list[str] = []
    numbers = {at: sum("cachePoint" in block for block in blocks) for at, (_, blocks) in enumerate(places)}
    surplus = 0
    if family.cache_points and _ttl(family, target, "5m"):
        surplus = sum(numbers.values()) - MOST_POINTS
    replaced: list[list[dict[str, Any]]] = []
    for place, blocks in places:
        why = _why_not(family, target, place, blocks)
        kept = []
        for block in blocks:
            if "cachePoint" not in block:
                kept.append(block)
                continue
            if why is not None:
                warnings.append(why)
                continue
            if surplus > 0:
                surplus -= 1
                warnings.append(f"cache_control: the last {MOST_POINTS} were sent, the model takes no more")
                continue
            asked = block["cachePoint"].get("ttl")
            if asked is not None and _ttl(family, target, asked) != asked:
                warnings.append("ttl of cache_control was ignored: this model caches for five minutes here")
                block = point()
            kept.append(block)
        replaced.append(kept)
    return _replaced(body, replaced), list(dict.fromkeys(warnings))


def with_own_points(body: dict[str, Any], target: Target) -> dict[str, Any]:
    """A Converse body with the deployment's points; the same object where it has some, or the target gets none."""
    family, ttl = family_of(target), _own_ttl(target)
    if ttl is None or target.prompt_cache is None:
        return body
    places = _places(body)
    if any("cachePoint" in block for _, blocks in places for block in blocks):
        return body
    turns = len(places) - len(_turns(body))
    asked = [index for index, turn in enumerate(_turns(body), turns) if _is_users(turn)]
    at = {
        index
        for index, (place, blocks) in enumerate(places)
        if blocks
        and (index < turns or index in asked[-_CACHED_TURNS:])
        and place in target.prompt_cache.points
        and _why_not(family, target, place, blocks) is None
    }
    if not at:
        return body
    mark = point(ttl if ttl != "5m" else None)
    return _replaced(body, [[*blocks, mark] if index in at else blocks for index, (_, blocks) in enumerate(places)])


def with_own_marks(body: dict[str, Any], target: Target) -> dict[str, Any]:
    """The same for a body of Anthropic's Messages, whose marks are `cache_control`."""
    ttl = _own_ttl(target)
    if ttl is None or target.prompt_cache is None or any(_marks(body)):
        return body
    mark = {"cache_control": {"type": "ephemeral", **({"ttl": ttl} if ttl != "5m" else {})}}
    points, marked = target.prompt_cache.points, dict(body)
    tools = body.get("tools")
    if "tools" in points and isinstance(tools, list) and tools and isinstance(tools[-1], Mapping):
        marked["tools"] = [*tools[:-1], {**tools[-1], **mark}]
    if "system" in points and "system" in body:
        marked["system"] = _marked(body["system"], mark)
    if "messages" in points and isinstance(body.get("messages"), list):
        turns = list(body["messages"])
        asked = [index for index, turn in enumerate(turns) if _is_users(turn)]
        for index in asked[-_CACHED_TURNS:]:
            if "content" in turns[index]:
                turns[index] = {**turns[index], "content": _marked(turns[index]["content"], mark)}
        marked["messages"] = turns
    return marked


def _why_not(family: Family, target: Target, place: str, blocks: list[dict[str, Any]]) -> str | None:
    if not family.cache_points:
        return "cache_control was ignored: this model has no prompt cache"
    if _ttl(family, target, "5m") is None:
        return "cache_control was ignored: the deployment has no price for writing to this model's prompt cache"
    if place not in family.cache_points:
        return f"cache_control in {place} was ignored: this model doesn't cache up to there"
    if not family.cache_beside_tools and any("toolUse" in block or "toolResult" in block for block in blocks):
        return "cache_control beside calls of tools was ignored: this model doesn't cache up to there"
    return None


def _ttl(family: Family, target: Target, asked: str) -> str | None:
    """How long a prompt is cached that asks for it; None where it can't be."""
    price = target.price
    if not family.cache_ttls or (price is not None and price.cache_write is None):
        return None
    priced = price is None or price.cache_write_1h is not None
    return asked if asked == "5m" or (asked in family.cache_ttls and priced) else "5m"


def _own_ttl(target: Target) -> str | None:
    return None if target.prompt_cache is None else _ttl(family_of(target), target, target.prompt_cache.ttl)


def _places(body: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The lists in which a point may stand: the tools', the system's and each turn's, in the model's order.

    One that isn't a list of objects is Bedrock's to refuse; it is told as empty here, and left as it is.
    """
    config = body.get("toolConfig")
    tools = config.get("tools") if isinstance(config, Mapping) else None
    found = [("tools", tools), ("system", body.get("system"))]
    found += [("messages", turn.get("content") if isinstance(turn, Mapping) else None) for turn in _turns(body)]
    return [
        (place, blocks if isinstance(blocks, list) and all(isinstance(block, dict) for block in blocks) else [])
        for place, blocks in found
    ]


def _turns(body: Mapping[str, Any]) -> list[Any]:
    turns = body.get("messages")
    return turns if isinstance(turns, list) else []


def _is_users(turn: Any) -> bool:
    return isinstance(turn, Mapping) and turn.get("role") == "user"


def _replaced(body: Mapping[str, Any], places: list[list[dict[str, Any]]]) -> dict[str, Any]:
    tools, system, *turns = places
    changed = dict(body)
    if tools:
        changed["toolConfig"] = {**changed["toolConfig"], "tools": tools}
    if system:
        changed["system"] = system
    if turns:
        changed["messages"] = [
            {**turn, "content": blocks} if blocks else turn for turn, blocks in zip(_turns(body), turns, strict=True)
        ]
    return changed


def _marks(body: Mapping[str, Any]) -> Iterator[Any]:
    """Every `cache_control` of a Messages body: its own, and those of tools and blocks, results of tools included."""
    waiting: list[Any] = [body, body.get("tools"), body.get("system"), body.get("messages")]
    while waiting:
        value = waiting.pop()
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, Mapping):
                if entry.get("cache_control") is not None:
                    yield entry["cache_control"]
                waiting.append(entry.get("content"))


def _marked(content: Any, mark: Mapping[str, Any]) -> Any:
    """A system prompt or a turn's content with a mark on its last block, where that can bear one."""
    if isinstance(content, str) and content.strip():
        return [{"type": "text", "text": content, **mark}]
    if isinstance(content, list) and content and isinstance(content[-1], Mapping):
        *before, last = content
        if last.get("type") in _MARKED_TYPES and (last["type"] != "text" or str(last.get("text", "")).strip()):
            return [*before, {**last, **mark}]
    return content
