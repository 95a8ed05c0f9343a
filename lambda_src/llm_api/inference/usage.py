"""Tokens out of any model's answer: from Bedrock's headers, else from the body, else an estimate marked as one.

Where each family reports its tokens is told by its page in `llm_api.families`; for Converse by
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html. Nothing here ever raises on an
odd answer: a number that isn't there is estimated.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from llm_api.model_json import parse_json

if TYPE_CHECKING:
    from llm_api.families import Counts, Family

_BYTES_PER_TOKEN = 4
_BINARY = re.compile(rb"[A-Za-z0-9+/=]{256,}")
"""Base64 of an image or a document, which no estimate from text length applies to."""

_HEADERS = ("input", "output", "cache-read-input", "cache-write-input")

_CONVERSE = ("usage.inputTokens", "usage.outputTokens", "usage.cacheReadInputTokens", "usage.cacheWriteInputTokens")
_METRICS = "amazon-bedrock-invocationMetrics"
_METRIC_FIELDS = ("inputTokenCount", "outputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")

_KNOWN_COUNTS = frozenset(
    {
        "cacheDetails",
        "cacheReadInputTokenCount",
        "cacheReadInputTokens",
        "cacheWriteInputTokenCount",
        "cacheWriteInputTokens",
        "cache_creation",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "cached_tokens",
        "completion_tokens",
        "completion_tokens_details",
        "inputTokenCount",
        "inputTokens",
        "input_tokens",
        "input_tokens_details",
        "iterations",
        "outputTokenCount",
        "outputTokens",
        "output_tokens",
        "output_tokens_details",
        "prompt_tokens",
        "prompt_tokens_details",
        "reasoning_tokens",
        "totalTokens",
        "total_tokens",
    }
)
"""What is said of usage that is either read here, or a part of what is."""
_PLACES_OF_USAGE = ("message", "metadata", "response", "meta")
_NAMES_OF_USAGE = ("usage", _METRICS, "billed_units")
_COUNTED = ("token", "request", "unit", "iteration", "search")

_WITHOUT_OUTPUT_TOKENS = frozenset({"embeddings", "images", "rerank"})
"""What a model does that writes no text."""

_LABELS = frozenset({"type", "p", "role", "id", "model", "object", "event_type", "toolUseId", "name", "signature"})

_MOST_UNREAD = 10_000
"""Events of a stream that are kept in case its tokens have to be estimated."""


class Usage(NamedTuple):
    """Tokens of one request to a model.

    Attributes:
        input_tokens: without those read from or written to the prompt cache, as Bedrock counts them.
        images: pictures that were made. They are what an image model is paid for; it has no tokens.
        estimated: whether any of the numbers is our estimate, or the model told of usage that nobody here reads.
    """

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    estimated: bool = False
    images: int = 0

    @property
    def tokens(self) -> int:
        """All of them: what comes out of a cache counts as well."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_write_tokens

    def plus(self, other: "Usage") -> "Usage":
        """Of both requests together."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.estimated or other.estimated,
            self.images + other.images,
        )


def estimate_tokens(text: bytes) -> int:
    """A rough count for a log line, never for a limit: four bytes a token, base64 left out."""
    return math.ceil(len(_BINARY.sub(b"", text)) / _BYTES_PER_TOKEN)


def of_answer(
    family: "Family",
    operation: str,
    request: Callable[[], bytes],
    headers: Mapping[str, str],
    document: Any,
    answer: bytes,
) -> Usage:
    """The usage of a whole answer.

    Parameters:
        operation: `invoke` or `converse`.
        request: gives the request's body, for an estimate.
        headers: the answer's headers, names in lower case.
        document: the answer's parsed JSON, or None where it is none.
    """
    if family.operation == "images":
        return _of_images(document)
    found = [_count(headers.get(f"x-amzn-bedrock-{name}-token-count")) for name in _HEADERS]
    fields = _CONVERSE if operation == "converse" else family.usage_paths
    for position, path in enumerate(fields):
        if found[position] is None and path is not None:
            found[position] = _at(document, path)
    if family.usage_iterations and isinstance(document, dict) and _has_iterations(document):
        found = _with_iterations(family, found, document)
    usage = _complete(found, family, request, estimate_tokens(answer) if found[1] is None else 0)
    return usage._replace(estimated=True) if _has_unread(document) else usage


def _has_iterations(document: Mapping[str, Any]) -> bool:
    usage = document.get("usage")
    return isinstance(usage, Mapping) and "iterations" in usage


def _with_iterations(family: "Family", found: Sequence[int | None], document: Mapping[str, Any]) -> list[int | None]:
    """The counts with those of further passes, which the totals leave out where Claude compacts what it was sent.

    https://platform.claude.com/docs/en/build-with-claude/compaction
    """
    told = document["usage"]
    names = [(path or "").removeprefix("usage.") for path in family.usage_paths]
    passes = [_at(told, f"iterations.{name}") for name in names]
    return [total if more is None else max(total or 0, more) for total, more in zip(found, passes, strict=True)]


def _has_unread(document: Any) -> bool:
    """Whether an answer, or a message of a stream, tells of usage that nobody here reads: it may cost something."""
    if not isinstance(document, dict):
        return False
    places = [document]
    for name in _PLACES_OF_USAGE:
        if isinstance(document.get(name), dict):
            places.append(document[name])
    for place in places:
        for name in _NAMES_OF_USAGE:
            told = place.get(name)
            if not isinstance(told, dict):
                continue
            if not told.keys() <= _KNOWN_COUNTS and not _is_read(told):
                return True
            passes = told.get("iterations")
            if passes is not None and not (isinstance(passes, list) and all(map(_is_read, passes))):
                return True
    return False


def _is_read(iteration: Any) -> bool:
    return isinstance(iteration, dict) and all(
        name in _KNOWN_COUNTS or not _counts_something(name, value) for name, value in iteration.items()
    )


def _counts_something(name: str, value: Any) -> bool:
    pending = [(name, value)]
    while pending:
        name, value = pending.pop()
        if isinstance(value, dict):
            pending.extend((f"{name} {key}", child) for key, child in value.items())
        elif isinstance(value, list):
            pending.extend((name, child) for child in value)
        elif _count(value) and any(word in name.lower() for word in _COUNTED):
            return True
    return False


def _of_images(document: Any) -> Usage:
    """The pictures in an answer. What a filter withheld may have to be paid for: AWS doesn't say."""
    made = document.get("images") if isinstance(document, dict) else None
    if not isinstance(made, list):
        return Usage(0, 0, estimated=True)
    reasons = document.get("finish_reasons")
    withheld = document.get("error") or (isinstance(reasons, list) and any(reasons))
    return Usage(0, 0, images=len(made), estimated=bool(withheld))


class StreamUsage:
    """Collects the usage of a streamed answer, message by message."""

    def __init__(self, family: "Family", operation: str, request: Callable[[], bytes]) -> None:
        self._family = family
        self._operation = operation
        self._request = request
        self._found: list[int | None] = [None] * 4
        self._produced_characters = 0
        self._unread: list[bytes] = []
        self._has_unread = False

    def see_content(self, data: bytes) -> None:
        """Take one event into account that holds content alone. It is only read if the model never tells its tokens."""
        self._unread.append(data)
        if len(self._unread) >= _MOST_UNREAD:
            self._read()

    def see(self, event: str, document: Any) -> None:
        """Take one event into account.

        Parameters:
            event: `chunk`, or ConverseStream's event name.
            document: what the event says, parsed; for `chunk` the model's own JSON.
        """
        self._produced_characters += _text_length(document)
        if not isinstance(document, dict):
            return
        self._has_unread = self._has_unread or _has_unread(document)
        if self._operation == "converse":
            if event == "metadata":
                self._take(document, _CONVERSE)
            return
        family = self._family
        for place in family.stream_usage_places:
            self._take(document.get(place) if place else document, family.stream_usage_paths or family.usage_paths)
        if family.usage_iterations and _has_iterations(document):
            self._found = _with_iterations(family, self._found, document)
        self._take(document.get(_METRICS), _METRIC_FIELDS)

    def usage(self, *, complete: bool) -> Usage:
        """What is known now; what isn't is estimated from what came so far.

        Parameters:
            complete: whether the model came to its end. Before that its own count of the output is behind.
        """
        usage = self._usage(complete=complete)
        return usage._replace(estimated=True) if self._has_unread else usage

    def _usage(self, *, complete: bool) -> Usage:
        if complete and self._found[1] is not None:
            return _complete(self._found, self._family, self._request, 0)
        self._read()
        produced = math.ceil(self._produced_characters / _BYTES_PER_TOKEN)
        if complete:
            return _complete(self._found, self._family, self._request, produced)
        tokens_in, tokens_out, *cached = self._found
        found = [tokens_in, max(tokens_out or 0, produced), *cached]
        return _complete(found, self._family, self._request, produced)._replace(estimated=True)

    def _read(self) -> None:
        self._produced_characters += sum(_text_length(parse_json(data)) for data in self._unread)
        self._unread.clear()

    def _take(self, document: Any, paths: "Counts") -> None:
        if not isinstance(document, dict):
            return
        for position, path in enumerate(paths):
            # Hardly any event of a stream reports tokens, and this is asked of each.
            if path is None or path.partition(".")[0] not in document:
                continue
            value = _at(document, path)
            if value is not None:
                # Claude reports 1 output token at the start, and its metrics may leave out what the model thought.
                self._found[position] = max(value, self._found[position] or 0)


def _complete(
    found: Sequence[int | None], family: "Family", request: Callable[[], bytes], produced_tokens: int
) -> Usage:
    tokens_in, tokens_out, cache_read, cache_write = found
    if tokens_out is None and family.operation in _WITHOUT_OUTPUT_TOKENS:
        tokens_out = 0
    if family.cached_within_input and tokens_in is not None:
        tokens_in = max(0, tokens_in - (cache_read or 0))
    return Usage(
        estimate_tokens(request()) if tokens_in is None else tokens_in,
        produced_tokens if tokens_out is None else tokens_out,
        cache_read or 0,
        cache_write or 0,
        estimated=tokens_in is None or tokens_out is None,
    )


def _text_length(document: Any) -> int:
    """The characters of every text in an event, without names, labels and the padding `p`."""
    if isinstance(document, str):
        return len(document)
    if isinstance(document, list):
        return sum(map(_text_length, document))
    if isinstance(document, dict):
        return sum(_text_length(value) for key, value in document.items() if key not in _LABELS)
    return 0


def _at(document: Any, path: str) -> int | None:
    for name in path.split("."):
        if isinstance(document, list):
            counts = [_count(item.get(name)) for item in document if isinstance(item, dict)]
            known = [count for count in counts if count is not None]
            return sum(known) if known else None
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return _count(document)


def _count(value: Any) -> int | None:
    """A count of tokens, where `value` is one. Under a guardrail Bedrock sends some as floats, such as `28.0`."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return int(value)


def latency_ms(headers: Mapping[str, str], document: Any) -> float | None:
    """What Bedrock says the model took, in milliseconds: in a header, in Converse's metrics, or in a last chunk."""
    header = _count(headers.get("x-amzn-bedrock-invocation-latency"))
    if header is not None:
        return header
    for path in ("metrics.latencyMs", f"{_METRICS}.invocationLatency"):
        value = _at(document, path)
        if value is not None:
            return value
    return None


def guardrail_intervened(document: Any) -> bool:
    """Whether an answer, or a message of a stream, says that a guardrail stopped or changed it.

    https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-converse-api.html, and for InvokeModel
    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
    """
    return isinstance(document, dict) and (
        document.get("stopReason") == "guardrail_intervened"
        or document.get("amazon-bedrock-guardrailAction") == "INTERVENED"
    )
