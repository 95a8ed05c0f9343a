"""The most that a request may use: what is reserved of a tenant's budgets before the model is called.

An upper bound, and no estimate. A token is at least one byte of text, so the bytes of the body are at least as many
tokens as the model reads of it, the field names included, which it doesn't read. Added to them, from the tables below
and in docs/budgets.md, is what isn't in the body: what frames a prompt, the instructions that come with tools, and
what a picture or a document is worth. What a model may write is the request's own output limit.

Only what stands where a model looks for a picture, and begins like one, is counted as one. Everywhere else base64 is
text, byte for byte.
"""

import base64
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from llm_api.dialects import Operation, Payload
from llm_api.registry import Target
from llm_api.usage import parse_json

FRAMING_TOKENS = 500
"""Around every prompt of a chat model: special tokens, and the system prompt that some templates bring along."""

EMBEDDING_FRAMING_TOKENS = 16
"""Around a text that is embedded."""

TOOLS_TOKENS = 1500
"""Instructions that come with the first tool, document or schema. For Claude they are up to 804 tokens
(https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview)."""

BUILT_IN_TOOL_TOKENS = 2000
"""A tool that is named by its type alone, such as Claude's text editor: its definition isn't in the body."""

ENTRY_TOKENS = 32
"""Around each message, content block, tool and document."""

JSON_FACTORS: Mapping[str, int] = {"cohere-command": 4, "llama": 3, "sagemaker": 4}
JSON_FACTOR = 2
"""JSON in tools and schemas is written anew for the model, with spaces and indentation: so many times its bytes."""

IMAGE_TOKENS: Mapping[str, int] = {"anthropic": 5000, "nova": 8000, "llama": 7000, "mistral": 5000}
OTHER_IMAGE_TOKENS = 17_000
"""A picture at the highest resolution that a model of the family looks at."""

UNMEASURABLE_TOKENS = 1_000_000
LLAMA_UNMEASURABLE_TOKENS = 10_000_000
"""A document that is compressed, a video or a recording may be as long as the model's context."""

MOST_IMAGES_MADE = 10
"""Pictures that an image model makes where the body doesn't say how many."""

_READABLE_DOCUMENTS = frozenset({"csv", "html", "md", "txt"})
_EMBEDDINGS = frozenset({"titan-embed", "cohere-embed"})
_IMAGE_MAKERS = frozenset({"titan-image", "nova-canvas", "stability"})
_TOOL_FIELDS = frozenset({"tools", "toolConfig", "functions", "tool_results", "documents", "outputConfig"})
_TOOL_FIELDS_OF_SCHEMAS = frozenset({"response_format", "output_config", "output_format"})
_LISTS = ("messages", "system", "chat_history", "documents", "tools", "tool_results", "texts", "inputs")
_OUTPUT_LIMITS = frozenset(
    {"max_tokens", "max_tokens_to_sample", "maxTokens", "max_new_tokens", "maxTokenCount", "max_gen_len"}
    | {"max_completion_tokens"}
)
_WITH_OUTPUT_LIMIT = ("inferenceConfig", "textGenerationConfig", "additionalModelRequestFields", "parameters")
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_HOUR = frozenset({"1h"})


class Bound(NamedTuple):
    """The most that a request may use.

    Attributes:
        input_tokens: read from the prompt cache or written to it, too.
        output_tokens: None where nothing limits them.
        images: pictures to be made.
        caches: whether the request asks for the prompt cache.
        caches_for_an_hour: whether it asks for the one that lasts an hour.
    """

    input_tokens: int = 0
    output_tokens: int | None = 0
    images: int = 0
    caches: bool = False
    caches_for_an_hour: bool = False


def bound(target: Target, operation: Operation, payloads: Sequence[Payload]) -> Bound | None:
    """The most that `target` may use to answer; None where that can't be told.

    That is so for SageMaker endpoints, whose containers are anyone's, save those that are declared to speak OpenAI's
    format; and for reranking, which reads the query once for each piece of each document.
    """
    if operation == "count_tokens":
        return Bound()
    chats = target.endpoint is not None and target.endpoint.chats
    if not chats and (target.endpoint is not None or target.family in ("sagemaker", "cohere-rerank")):
        return None
    documents = [document_of(payload) for payload in payloads]
    if target.family in _IMAGE_MAKERS:
        return Bound(images=sum(map(_images_made, documents)))
    outputs = [_most_output(document, target) for document in documents]
    ttls = [ttl for document in documents for ttl in _cache_marks(document)]
    return Bound(
        input_tokens=sum(
            _input(payload, document, target) for payload, document in zip(payloads, documents, strict=True)
        ),
        output_tokens=None if None in outputs else sum(filter(None, outputs)),
        caches=bool(ttls),
        caches_for_an_hour=not _HOUR.isdisjoint(ttls),
    )


def document_of(payload: Payload) -> dict[str, Any]:
    """The payload's JSON object; an empty one where it is none."""
    document = payload.body if isinstance(payload.body, dict) else parse_json(payload.body)
    return document if isinstance(document, dict) else {}


def _most_output(document: Mapping[str, Any], target: Target) -> int | None:
    if target.family in _EMBEDDINGS:
        return 0
    given = [
        place[name]
        for place in _places_of_limits(document)
        for name in _OUTPUT_LIMITS
        if isinstance(place.get(name), int) and place[name] > 0
    ]
    # Of several limits a model follows one, which is none where it is below one. A body without any was given the
    # target's, if it has one.
    return max(given, default=target.max_output_tokens) if target.max_output_tokens is not None else None


def _places_of_limits(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield document
    for name in _WITH_OUTPUT_LIMIT:
        place = document.get(name)
        if isinstance(place, Mapping):
            yield from _places_of_limits(place)


def _input(payload: Payload, document: Mapping[str, Any], target: Target) -> int:
    if not document:
        return FRAMING_TOKENS + len(payload.body_bytes())
    media = _Media(target.family)
    for block in _blocks(document):
        media.see(block)
    media.see_fields(document)
    rewritten = sum(_length(document[name]) for name in _TOOL_FIELDS & document.keys())
    rewritten += sum(_length(document[name]) for name in _TOOL_FIELDS_OF_SCHEMAS & document.keys())
    has_tools = rewritten > 0 or media.rewritten_bytes > 0
    factor = JSON_FACTORS.get(target.family, JSON_FACTOR)
    return (
        (EMBEDDING_FRAMING_TOKENS if target.family in _EMBEDDINGS else FRAMING_TOKENS)
        + _length(document)
        - media.picture_bytes
        + (factor - 1) * (rewritten + media.rewritten_bytes)
        + (TOOLS_TOKENS if has_tools else 0)
        + BUILT_IN_TOOL_TOKENS * _built_in_tools(document)
        + ENTRY_TOKENS * (media.blocks + sum(_count(document.get(name)) for name in _LISTS))
        + media.tokens
    )


def _length(value: Any) -> int:
    """Bytes of the value as JSON. Some tokenizers first replace characters by their plain forms, which may be more."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isascii():
        return len(text)
    plain = unicodedata.normalize("NFKC", text)
    return max(len(text.encode(errors="surrogatepass")), len(plain.encode(errors="surrogatepass")))


def _blocks(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every content block, those inside a tool's result or a document included."""
    waiting: list[Any] = [document.get("system")]
    waiting += [entry.get("content") for entry in _entries(document.get("messages"))]
    waiting += [entry.get("content") for entry in _entries(document.get("inputs"))]
    while waiting:
        for block in _entries(waiting.pop()):
            yield block
            waiting.append(block.get("content"))
            for name in ("toolResult", "searchResult"):
                waiting.append(_at(block, name, "content"))
            for source in (block.get("source"), _at(block, "document", "source")):
                waiting.append(_at(source, "content"))


class _Media:
    """What stands in the content blocks: pictures, and what has no measurable length.

    Attributes:
        tokens: what it is worth.
        picture_bytes: the base64 of pictures, which is no text.
        rewritten_bytes: the JSON of tools that were used, which is written anew.
    """

    def __init__(self, family: str) -> None:
        self._image_tokens = IMAGE_TOKENS.get(family, OTHER_IMAGE_TOKENS)
        self._unmeasurable = LLAMA_UNMEASURABLE_TOKENS if family == "llama" else UNMEASURABLE_TOKENS
        self.tokens = 0
        self.picture_bytes = 0
        self.rewritten_bytes = 0
        self.blocks = 0

    def see(self, block: Mapping[str, Any]) -> None:
        self.blocks += 1
        kind = block.get("type")
        if "image" in block or kind == "image":
            self._picture(_at(block, "image", "source", "bytes") or _at(block, "source", "data"))
        if kind == "image_url":
            url = block.get("image_url")
            self._picture(url.get("url") if isinstance(url, Mapping) else url)
        if "guardContent" in block and _at(block, "guardContent", "image") is not None:
            self._picture(_at(block, "guardContent", "image", "source", "bytes"))
        if "document" in block or kind == "document":
            self._document(block)
        if any(name in block for name in ("video", "audio", "input_audio")) or kind in ("video", "audio"):
            self.tokens += self._unmeasurable
        if {"toolUse", "toolResult"} & block.keys() or kind in ("tool_use", "tool_result"):
            self.rewritten_bytes += _length({**block, "content": None})
            for entry in _entries(_at(block, "toolResult", "content")):
                self.rewritten_bytes -= _length(entry) if "json" not in entry else 0

    def see_fields(self, document: Mapping[str, Any]) -> None:
        """Pictures and tools outside of content blocks."""
        for name in ("images", "inputImage"):
            value = document.get(name)
            for picture in value if isinstance(value, list) else [value]:
                if picture is not None:
                    self._picture(picture)
        for message in _entries(document.get("messages")):
            calls = message.get("tool_calls")
            if calls is not None:
                self.rewritten_bytes += _length(calls)
                self.blocks += _count(calls)

    def _picture(self, data: Any) -> None:
        self.tokens += self._image_tokens
        if not isinstance(data, str):
            return
        head, comma, rest = data[:64].partition("base64,")
        encoded = rest if comma and head.startswith("data:image/") else data[:64]
        try:
            begins = base64.b64decode(encoded[: len(encoded) // 4 * 4])
        except ValueError:
            return
        if begins.startswith(_MAGIC):
            self.picture_bytes += len(data)

    def _document(self, block: Mapping[str, Any]) -> None:
        body = block.get("document", block)
        source = _at(body, "source")
        if not isinstance(source, Mapping):
            return
        if "bytes" in source and _at(body, "format") not in _READABLE_DOCUMENTS:
            self.tokens += self._unmeasurable
        if source.get("type") == "base64":
            self.tokens += self._unmeasurable
        if "citations" in body:
            self.rewritten_bytes += _length(body)  # cut into sentences, each with its number


def _built_in_tools(document: Mapping[str, Any]) -> int:
    kinds = [tool.get("type", "custom") for tool in _entries(document.get("tools"))]
    built_in = sum(kind not in ("custom", "function") for kind in kinds)
    return built_in + sum("systemTool" in tool for tool in _entries(_at(document, "toolConfig", "tools")))


def _cache_marks(document: Mapping[str, Any]) -> Iterator[str]:
    """How long each mark wants the prompt to be cached. A tool's own schema may hold the word without meaning it."""
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            for name in ("cachePoint", "cache_control"):
                mark = value.get(name)
                if isinstance(mark, Mapping):
                    yield str(mark.get("ttl"))
            waiting.extend(value.values())


def _images_made(document: Mapping[str, Any]) -> int:
    config = document.get("imageGenerationConfig")
    if config is None and "taskType" not in document:
        return 1  # Stability's models make one at a time
    number = config.get("numberOfImages", 1) if isinstance(config, Mapping) else 1
    return number if isinstance(number, int) and 0 < number < MOST_IMAGES_MADE else MOST_IMAGES_MADE


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
