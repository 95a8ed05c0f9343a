"""The most that a request may use: what is reserved of a tenant's budgets before the model is called.

An upper bound, and no estimate. A token is at least one byte of text, so the bytes of the body are at least as many
tokens as the model reads of it, the field names included, which it doesn't read. Added to them, from the tables below
and in docs/budgets.md, is what isn't in the body: what frames a prompt, the instructions that come with tools, and
what a picture or a document is worth. What a model may write is the limit that its body goes out with.

A body is walked once, every object of it, so that there is no place to hide in: what looks like a picture, a document
or a recording to any reader is counted wherever it stands, and only what a picture's own reader takes for one, and
what begins like one, is no text. Everywhere else base64 is text, byte for byte.
"""

import base64
import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from llm_api.dialects import Operation, Payload
from llm_api.dialects.bedrock.output_limit import limit_in
from llm_api.families import Family, family_of
from llm_api.model_json import parse_json
from llm_api.registry import Target

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

_MOST_EDITS = 16

MOST_IMAGES_MADE = 10
"""Pictures that an image model makes where the body doesn't say how many."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_READABLE_DOCUMENTS = frozenset({"csv", "html", "md", "txt"})
_READABLE_SOURCES = frozenset({"text", "content"})

_REWRITTEN = _names(
    "documents functions json outputConfig output_config output_format response_format toolConfig toolUse tool_calls "
    "tool_results tools"
)
"""Fields that hold tools, schemas or what goes into and comes out of a tool as JSON, wherever they stand."""
_TAGS = frozenset({"requestMetadata", "metadata"})
"""Fields of the caller's own that no model reads."""
_LISTS = _names("messages system chat_history documents tools tool_results texts inputs tool_calls")

_PICTURES = frozenset({"image", "image_url", "input_image"})
_DOCUMENTS = frozenset({"document", "file", "input_file"})
_RECORDINGS = frozenset({"audio", "audio_url", "input_audio", "input_video", "video", "video_url"})
_MEDIA = _PICTURES | _DOCUMENTS | _RECORDINGS
_KNOWN_KINDS = (
    _PICTURES
    | _DOCUMENTS
    | {
        "base64",
        "compaction",
        "content",
        "input_text",
        "output_text",
        "redacted_thinking",
        "refusal",
        "search_result",
        "server_tool_use",
        "text",
        "thinking",
        "tool_result",
        "tool_use",
        "web_search_result",
    }
)
"""Kinds of blocks, and of sources in them, whose length is in the body, or which are counted by themselves."""
_CARRIERS = ("bytes", "data", "file_data", "file_id", "source", "uri", "url")
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_HOUR = frozenset({"1h"})


class Bound(NamedTuple):
    """The most that a request may use.

    Attributes:
        input_tokens: read from the prompt cache or written to it, too.
        output_tokens: None where nothing limits them.
        images: pictures that are made, or embedded.
        caches: whether the request asks for the prompt cache.
        caches_for_an_hour: whether it asks for the one that lasts an hour.
        unmeasurable: whether there is something in it of which a kilobyte may hold any amount of text.
    """

    input_tokens: int = 0
    output_tokens: int | None = 0
    images: int = 0
    caches: bool = False
    caches_for_an_hour: bool = False
    unmeasurable: bool = False


def bound(target: Target, operation: Operation, payloads: Sequence[Payload]) -> Bound | None:
    """The most that `target` may use to answer; None where that can't be told.

    That is so for SageMaker endpoints, whose containers are anyone's, save those that are declared to speak OpenAI's
    format; and for reranking, which reads the query once for each piece of each document.
    """
    if operation == "count_tokens":
        return Bound()
    chats = target.endpoint is not None and target.endpoint.chats
    if not chats and (target.endpoint is not None or family_of(target).operation in ("any", "rerank")):
        return None
    most = Bound()
    for payload in payloads:
        one = _bound(target, operation, payload)
        outputs = (most.output_tokens, one.output_tokens)
        most = Bound(
            most.input_tokens + one.input_tokens,
            None if None in outputs else sum(filter(None, outputs)),
            most.images + one.images,
            most.caches or one.caches,
            most.caches_for_an_hour or one.caches_for_an_hour,
            most.unmeasurable or one.unmeasurable,
        )
    return most


def document_of(payload: Payload) -> dict[str, Any]:
    """The payload's JSON object; an empty one where it is none."""
    if payload.document is not None:
        return payload.document
    document = payload.body if isinstance(payload.body, dict) else parse_json(payload.body)
    return document if isinstance(document, dict) else {}


def _bound(target: Target, operation: Operation, payload: Payload) -> Bound:
    document, converse, family = document_of(payload), operation == "converse", family_of(target)
    if family.operation == "images":
        return Bound(images=_images_made(family, document))
    output = limit_in(document, target, converse=converse)
    if not document:
        return Bound(FRAMING_TOKENS + len(payload.body_bytes()), output)
    text = json.dumps(document, ensure_ascii=False)
    ttls = list(_cache_marks(document)) if "cache" in text else []
    length = _bytes(text)
    del text
    read = _Reading(family, document, converse=converse)
    passes = 1 + _compactions(document)
    embeds = family.operation == "embeddings"
    tokens = (
        (EMBEDDING_FRAMING_TOKENS if embeds else FRAMING_TOKENS)
        + length
        - read.picture_bytes
        + (family.json_factor - 1) * read.rewritten_bytes
        + (TOOLS_TOKENS if read.rewritten_bytes else 0)
        + BUILT_IN_TOOL_TOKENS * read.built_in_tools
        + ENTRY_TOKENS * read.entries
        + read.tokens
    )
    return Bound(
        passes * tokens,
        None if output is None else passes * output,
        read.pictures if embeds else 0,
        bool(ttls),
        not _HOUR.isdisjoint(ttls),
        read.unmeasurable,
    )


def _length(value: Any) -> int:
    """Bytes of the value as JSON."""
    return _bytes(json.dumps(value, ensure_ascii=False))


def _bytes(text: str) -> int:
    """Bytes of a text, or of what a tokenizer may make of it: some replace characters by their plain forms first.

    Character by character, since to bring marks into their order takes a time that grows with the square of their
    number (https://unicode.org/reports/tr15/). Taken apart, none is shorter than what it might be put together to.
    """
    if text.isascii():
        return len(text)
    return sum(number * _most_bytes(character) for character, number in Counter(text).items())


def _most_bytes(character: str) -> int:
    written = len(character.encode(errors="surrogatepass"))
    if "\uac00" <= character <= "\ud7a3":  # a syllable of Hangul is always put together again
        return written
    plain = unicodedata.normalize("NFKD", character)
    return written if plain == character else max(written, len(plain.encode(errors="surrogatepass")))


class _Reading:
    """What a body holds beside plain text.

    Attributes:
        tokens: what pictures, and what has no measurable length, are worth.
        pictures: how many there are.
        picture_bytes: the base64 of pictures, which is no text.
        rewritten_bytes: JSON of tools and schemas, which is written anew.
        built_in_tools: tools whose definition isn't in the body.
        entries: messages, blocks, tools and documents.
        unmeasurable: whether there is something without a measurable length.
    """

    def __init__(self, family: Family, document: Mapping[str, Any], *, converse: bool) -> None:
        self._family = family
        self._by_name = converse or family.blocks_by_name
        self.tokens = 0
        self.pictures = 0
        self.picture_bytes = 0
        self.rewritten_bytes = 0
        self.built_in_tools = 0
        self.entries = 0
        self.unmeasurable = False
        self._own_pictures(document, converse=converse)
        self._walk(document)

    def _walk(self, document: Mapping[str, Any]) -> None:
        # Each value is taken up once, with whether it has been measured already as what is written anew.
        waiting: list[tuple[Any, bool]] = [(document, False)]
        while waiting:
            value, measured = waiting.pop()
            if isinstance(value, list):
                for entry in value:
                    if isinstance(entry, dict):
                        self.entries += 1
                        waiting.append((entry, measured))
                    elif isinstance(entry, list):
                        waiting.append((entry, measured))
                continue
            self._see(value)
            cited = not measured and "citations" in value  # cut into sentences, each with its number
            is_call = "toolUseId" in value or value.get("type") in ("tool_use", "server_tool_use")
            for name, child in value.items():
                if name in _REWRITTEN or (name == "input" and is_call):
                    self._rewrite(name, child, measured=measured)
                elif isinstance(child, list | dict) and name not in _TAGS:
                    if name in _LISTS and isinstance(child, list):
                        self.entries += sum(not isinstance(entry, dict) for entry in child)
                    if cited and name in ("source", "content"):
                        self.rewritten_bytes += _length(child)
                    waiting.append((child, measured or (cited and name in ("source", "content"))))

    def _rewrite(self, name: str, value: Any, *, measured: bool) -> None:
        if value is None:
            return
        if not measured:
            self.rewritten_bytes += _length(value)
        tools = value.get("tools") if isinstance(value, dict) else value
        if name in ("tools", "toolConfig", "functions", "tool_calls", "tool_results", "documents"):
            self.entries += len(tools) if isinstance(tools, list) else 0
        if name in ("tools", "toolConfig"):
            for tool in _entries(tools):
                self.built_in_tools += tool.get("type", "custom") not in ("custom", "function") or "systemTool" in tool

    def _see(self, block: Mapping[str, Any]) -> None:
        kind = block.get("type")
        kind = kind if isinstance(kind, str) else None
        if (kind is None or kind == "text") and _MEDIA.isdisjoint(block):
            return
        if kind in _PICTURES or any(block.get(name) is not None for name in _PICTURES):
            self._count_picture(self._data(block, kind))
        if kind in _DOCUMENTS or any(block.get(name) is not None for name in _DOCUMENTS):
            self._see_document(block, kind)
        if kind in _RECORDINGS or any(block.get(name) is not None for name in _RECORDINGS):
            self._count_unmeasurable()
        elif (
            kind is not None
            and kind not in _KNOWN_KINDS
            and not kind.endswith("_location")
            and any(name in block for name in _CARRIERS)
        ):
            self._count_unmeasurable()  # whatever that is, it brings something along

    def _data(self, block: Mapping[str, Any], kind: str | None) -> Any:
        """The base64 of a picture, where its reader is sure to take it for one."""
        if self._by_name:
            return _at(block, "image", "source", "bytes")
        if kind == "image" and _at(block, "source", "type") == "base64":
            return _at(block, "source", "data")
        if kind == "image_url":
            address = block.get("image_url")
            return address.get("url") if isinstance(address, Mapping) else address
        return None

    def _own_pictures(self, document: Mapping[str, Any], *, converse: bool) -> None:
        """Pictures outside of content blocks."""
        for name in ("images", "inputImage"):
            value = document.get(name)
            for picture in value if isinstance(value, list) else [value]:
                if picture is not None:
                    is_known = not converse and self._family.image_field == name
                    self._count_picture(picture if is_known else None)

    def _count_picture(self, data: Any) -> None:
        self.pictures += 1
        self.tokens += self._family.image_tokens
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

    def _see_document(self, block: Mapping[str, Any], kind: str | None) -> None:
        """Whichever of the two ways to write a document its reader goes by, and both where both are there."""
        if kind in _DOCUMENTS and not self._by_name:
            source = block.get("source")
            if kind != "document" or _word(source, "type") not in _READABLE_SOURCES:
                self._count_unmeasurable()
        named = block.get("document")
        if isinstance(named, Mapping) and named:
            source = named.get("source")
            is_text = isinstance(source, Mapping) and source.keys() <= _READABLE_SOURCES
            if not is_text and _word(named, "format") not in _READABLE_DOCUMENTS:
                self._count_unmeasurable()
        elif block.get("file") is not None and kind not in _DOCUMENTS:
            self._count_unmeasurable()

    def _count_unmeasurable(self) -> None:
        self.tokens += self._family.context_tokens
        self.unmeasurable = True


def _compactions(document: Mapping[str, Any]) -> int:
    """Further passes over the conversation, each billed like the first.

    https://platform.claude.com/docs/en/build-with-claude/compaction
    """
    places = (document, document.get("additionalModelRequestFields"))
    edits = [edit for place in places for edit in _entries(_at(place, "context_management", "edits"))]
    return sum(not str(edit.get("type")).startswith("clear_") for edit in edits[:_MOST_EDITS])


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


def _images_made(family: Family, document: Mapping[str, Any]) -> int:
    *way, asked = family.pictures_path or ("",)
    config = _at(document, *way) if way else None
    if config is None:
        return 1
    number = config.get(asked, 1) if isinstance(config, Mapping) else None
    # A name that is nearly the right one might be read as it.
    known = isinstance(config, Mapping) and all(
        name == asked or name.casefold().replace("_", "") != asked.casefold() for name in config
    )
    return number if known and type(number) is int and 0 < number < MOST_IMAGES_MADE else MOST_IMAGES_MADE


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _word(value: Any, name: str) -> str | None:
    word = _at(value, name)
    return word if isinstance(word, str) else None


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
