"""Which requests may be answered from the cache, and which answers are kept. docs/cache.md tells callers the same.

A request is one where the same answer is what its caller would expect: it says that nothing is to be left to chance
(`temperature` 0), or the model leaves nothing to chance (embeddings, reranking), or its caller asks for the cache. What
is in it otherwise makes no difference: tools, their results, pictures and documents are compared like any other text.

An answer is kept if the model came to an end of its own: not what a guardrail or a filter stopped or changed, nor what
is of a kind that isn't known.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llm_api.cache.entry import EVENT_STREAM
from llm_api.dialects import Answer, Operation
from llm_api.errors import BadRequest
from llm_api.eventstream import CorruptStream, Decoder, chunk
from llm_api.families import family_of
from llm_api.ledger import Tenant
from llm_api.model_json import parse_json
from llm_api.registry import Target

HEADER = "x-llm-cache"

_LEAVES_NOTHING_TO_CHANCE = frozenset({"embeddings", "rerank"})

_PLACES_OF_TEMPERATURE: tuple[tuple[str, ...], ...] = (
    (),
    ("inferenceConfig",),
    ("textGenerationConfig",),
    ("parameters",),
    ("additionalModelRequestFields",),
    ("additionalModelRequestFields", "inferenceConfig"),
)
"""Converse's, and those of the families' own formats."""

_STOP_FIELDS = ("stopReason", "stop_reason", "finish_reason", "completionReason")
_NESTED = ("delta", "messageStop")
_LISTED = ("outputs", "choices", "results", "generations")

_ENDS = frozenset(
    {
        "complete",
        "end_turn",
        "finish",
        "finished",
        "length",
        "max_tokens",
        "stop",
        "stop_criteria_met",
        "stop_sequence",
        "tool_calls",
        "tool_use",
    }
)
"""The families' words for an end that the model came to, or that the request set, in lower case. The others are those
of guardrails and filters, of errors, and of what Bedrock may add."""

_RESULTS = ("embedding", "embeddings", "embeddingsByType", "results")


def passed_by(
    headers: Mapping[str, str], operation: Operation, target: Target, documents: Sequence[Any], tenant: Tenant
) -> str | None:
    """Why the cache has nothing to do with a request; None where it has.

    Parameters:
        documents: the JSON that the model would be sent, of each payload.

    Raises:
        BadRequest: the request's header about the cache can't be understood.
    """
    asked = _asked(headers)
    if asked == "bypass":
        return "asked"
    if operation == "count_tokens":
        return "count"
    if not tenant.name and target.cache is not None and target.cache.scope == "tenant":
        return "nameless"  # somebody was authenticated, and nothing tells them from another
    if (
        asked == "use"
        or family_of(target).operation in _LEAVES_NOTHING_TO_CHANCE
        or all(map(_is_repeatable, documents))
    ):
        return None
    return "temperature"


def is_final(target: Target, answer: Answer) -> bool:
    """Whether an answer, or all frames of a streamed one, may be given again."""
    if answer.content_type == EVENT_STREAM:
        documents = list(_events(answer.body))
    else:
        document = parse_json(answer.body)
        documents = [document] if isinstance(document, dict) else []
    if any(document.get("amazon-bedrock-guardrailAction") == "INTERVENED" for document in documents):
        return False
    does = family_of(target).operation
    if does in _LEAVES_NOTHING_TO_CHANCE:
        return any(name in document for document in documents for name in _RESULTS)
    if does == "images":
        return any(map(_is_picture, documents))
    ends = [end for document in documents for end in _ends(document)]
    return bool(ends) and all(end.lower() in _ENDS for end in ends)


def _asked(headers: Mapping[str, str]) -> str | None:
    """What the caller wants of the cache: `use`, `bypass` or nothing in particular."""
    asked = headers.get(HEADER)
    if asked is not None:
        wish = asked.strip().lower()
        if wish not in ("use", "bypass"):
            raise BadRequest(f"The header {HEADER} takes use or bypass. Correct it, or leave it out.")
        return wish
    # As browsers and HTTP clients say it (RFC 9111, 5.2.1).
    directives = {part.strip().lower() for part in headers.get("cache-control", "").split(",")}
    return None if directives.isdisjoint({"no-cache", "no-store"}) else "bypass"


def _is_repeatable(document: Any) -> bool:
    found = list(_temperatures(document))
    return bool(found) and all(not isinstance(value, bool) and value == 0 for value in found)


def _temperatures(document: Any) -> Iterator[Any]:
    for path in _PLACES_OF_TEMPERATURE:
        place = document
        for name in path:
            place = place.get(name) if isinstance(place, dict) else None
        if isinstance(place, dict) and place.get("temperature") is not None:
            yield place["temperature"]


def _events(frames: bytes) -> Iterator[dict[str, Any]]:
    """What the frames of a stream say, as far as it may be an end."""
    for message in Decoder().messages(frames):
        event = message.event or ""
        if event == "chunk":
            try:
                document = parse_json(chunk(message.payload))
            except CorruptStream:
                continue
        elif event == "messageStop":
            document = parse_json(message.payload)
        else:
            continue
        if isinstance(document, dict):
            yield document


def _ends(document: Mapping[str, Any]) -> Iterator[str]:
    places = [document, *(document.get(name) for name in _NESTED)]
    for name in _LISTED:
        listed = document.get(name)
        places += listed if isinstance(listed, list) else []
    for place in places:
        if isinstance(place, dict):
            yield from (str(place[name]) for name in _STOP_FIELDS if place.get(name) is not None)


def _is_picture(document: Mapping[str, Any]) -> bool:
    reasons = document.get("finish_reasons") or []
    return bool(document.get("images")) and not document.get("error") and not any(reasons)
