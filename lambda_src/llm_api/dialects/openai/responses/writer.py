"""What the model says, as a response: events of a stream, and the response that they add up to.

https://platform.openai.com/docs/api-reference/responses-streaming

One writer serves a whole answer and a stream, so that both say the same. Exactly one item is open at a time. It stays
open until the next one begins or the answer ends, because only the end tells whether it is complete. An item is opened
by its first content: Converse has blocks without a beginning, and empty ones.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from llm_api.dialects.openai.json_answers import Unwrapper
from llm_api.dialects.openai.responses.carried import pack
from llm_api.dialects.openai.responses.tools import Origin
from llm_api.dialects.openai.translate import count
from llm_api.errors import ApiError, OutOfTime, Throttled, UpstreamFault

Event = dict[str, Any]

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""A chat completion's `finish_reason` -> `incomplete_details.reason`. All others are complete."""


class Writer:
    """One response.

    Parameters:
        response: the response object as it begins, without `id`.
        origin: the caller's own name of a tool, by the name that the model knows.
        model: the ID of the foundation model, for the reasoning that it takes back.
        summary: whether reasoning is shown.
        one_call: hand on the first tool call only.
        schema_as_tool: the one tool call is the answer itself.
        unwrap: the text is a JSON object that the model was only asked for.

    Attributes:
        response: the response object as it stands.
    """

    def __init__(
        self,
        response: dict[str, Any],
        *,
        origin: Callable[[str], Origin],
        model: str,
        summary: bool,
        one_call: bool,
        schema_as_tool: bool,
        unwrap: bool = False,
    ) -> None:
        self.response = {"id": new_id("resp"), **response}
        self._origin = origin
        self._model = model
        self._summary = summary
        self._one_call = one_call
        self._schema_as_tool = schema_as_tool
        self._unwrapper = Unwrapper() if unwrap else None
        self._number = 0
        self._created = False
        self._item: _Item | None = None
        self._key: Any = None
        self._calls = 0
        self._call_ids: set[str] = set()
        self._remarks: list[str] = []
        self._reason: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the model has said how its answer ended."""
        return self._reason is not None

    def begin(self) -> Iterator[Event]:
        """The response's first events, once; nothing may precede them."""
        if not self._created:
            self._created = True
            yield self._event("response.created", response=self._now())
            yield self._event("response.in_progress", response=self._now())

    def ping(self) -> Iterator[Event]:
        """A sign of life. Codex's idle timer counts events, not comments."""
        if self._created:
            yield self._event("response.in_progress", response={**self._now(), "output": []})
        else:
            yield from self.begin()

    def text(self, key: Any, piece: str) -> Iterator[Event]:
        """Words of the block `key`."""
        if self._schema_as_tool:
            # Not the answer, unless none comes: a guardrail's message, for one.
            self._remarks.append(piece)
            return
        said = piece if self._unwrapper is None else self._unwrapper.feed(piece)
        if said:
            yield from self._say(key, said)

    def thought(self, content: Mapping[str, Any]) -> Iterator[Event]:
        """A piece of reasoning: Converse's `reasoningContent` of a block or a delta."""
        if not isinstance(self._item, _Reasoning):
            yield from self._open(None, _Reasoning(self._model, shown=self._summary))
        yield from self._grow(content)

    def thought_ends(self) -> None:
        """The end of a block: what follows is another one of the same run."""
        if isinstance(self._item, _Reasoning):
            self._item.next_block()

    def call(self, key: Any, call_id: str, name: str) -> Iterator[Event]:
        """The model begins to call a tool."""
        if self._schema_as_tool:
            return
        self._calls += 1
        if self._one_call and self._calls > 1:
            return
        while call_id in self._call_ids:
            call_id = f"{call_id}_{len(self._call_ids)}"  # models repeat IDs, and clients know a call by its own
        self._call_ids.add(call_id)
        origin = self._origin(name)
        kind = _Freeform if origin.freeform else _FunctionCall
        yield from self._open(key, kind(call_id, origin))

    def arguments(self, key: Any, piece: str) -> Iterator[Event]:
        """A piece of a call's arguments."""
        if self._schema_as_tool:
            self._remarks.clear()
            self._calls = 1
            yield from self._say("schema", piece)
        elif isinstance(self._item, _FunctionCall) and self._key == key:
            yield from self._grow(piece)
        elif not self._one_call:
            raise UpstreamFault("The model's stream mixes two tool calls.")

    def end(self, finish_reason: str) -> Iterator[Event]:
        """The answer's end; `finish` follows once the usage is known.

        Parameters:
            finish_reason: as a chat completion has it.
        """
        yield from self.begin()
        if self._remarks and not self._calls:
            yield from self._say("remarks", "".join(self._remarks))
        held = "" if self._unwrapper is None else self._unwrapper.rest()
        if held:
            yield from self._say("held", held)
        self._reason = finish_reason
        yield from self._close(complete=finish_reason not in _INCOMPLETE)

    def use(self, counts: Any) -> None:
        """Converse's `usage`. Bedrock counts cached tokens beside the input, OpenAI counts them within."""
        read, written = count(counts, "cacheReadInputTokens"), count(counts, "cacheWriteInputTokens")
        self.used(
            count(counts, "inputTokens") + read + written, count(counts, "outputTokens"), cached=read, written=written
        )

    def used(self, prompt: int, completion: int, *, cached: int = 0, written: int = 0) -> None:
        """What the response took, in tokens. Clients want every one of these counts."""
        self.response["usage"] = {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
            "output_tokens": completion,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt + completion,
        }

    def finish(self) -> Iterator[Event]:
        """The terminal event of an answer that has its end."""
        reason = _INCOMPLETE.get(self._reason or "stop")
        if reason is not None:
            self.response["incomplete_details"] = {"reason": reason}
        yield from self._terminate("incomplete" if reason is not None else "completed")

    def fail(self, error: ApiError) -> Iterator[Event]:
        """The end of a stream that can't go on: out of time like an answer at its limit, all else as a failure."""
        if self.ended:
            yield from self.finish()
        elif isinstance(error, OutOfTime):
            yield from self.end("length")
            yield from self.finish()
        else:
            yield from self.begin()
            yield from self._close(complete=False)
            # `code` is an enumeration, which strict clients hold it to.
            code = "rate_limit_exceeded" if isinstance(error, Throttled) else "server_error"
            self.response["error"] = {"code": code, "message": _advised(error)}
            yield from self._terminate("failed")

    def _terminate(self, status: str) -> Iterator[Event]:
        self.response["status"] = status
        if status == "completed":
            self.response["completed_at"] = int(time.time())
        yield self._event(f"response.{status}", response=self._now())

    def _say(self, key: Any, piece: str) -> Iterator[Event]:
        if not isinstance(self._item, _Message) or self._key != key:
            yield from self._open(key, _Message())
        yield from self._grow(piece)

    def _open(self, key: Any, item: "_Item") -> Iterator[Event]:
        yield from self.begin()
        yield from self._close(complete=True)
        self._item, self._key = item, key
        for kind, fields in item.opened():
            yield self._item_event(kind, fields)

    def _grow(self, piece: Any) -> Iterator[Event]:
        if self._item is not None:
            for kind, fields in self._item.grown(piece):
                yield self._item_event(kind, fields)

    def _close(self, *, complete: bool) -> Iterator[Event]:
        if self._item is not None:
            for kind, fields in self._item.closed("completed" if complete else "incomplete"):
                yield self._item_event(kind, fields)
            self.response["output"] = [*self.response["output"], self._item.whole]
            self._item = None

    def _item_event(self, kind: str, fields: dict[str, Any]) -> Event:
        place = {"output_index": len(self.response["output"])}
        if "item" not in fields and self._item is not None:
            place["item_id"] = self._item.whole["id"]
        return self._event(f"response.{kind}", **place, **fields)

    def _event(self, kind: str, **fields: Any) -> Event:
        event = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return event

    def _now(self) -> dict[str, Any]:
        return dict(self.response)


Told = Iterator[tuple[str, dict[str, Any]]]
"""Events of an item: the type without `response.`, and the fields beside its place."""


class _Item:
    """An item that grows. `whole` is the item as it will stand in `output`."""

    whole: dict[str, Any]

    def opened(self) -> Told:
        yield "output_item.added", {"item": dict(self.whole)}

    def grown(self, piece: Any) -> Told:
        raise NotImplementedError

    def closed(self, status: str) -> Told:
        raise NotImplementedError


class _Message(_Item):
    def __init__(self) -> None:
        self.whole = {
            "type": "message",
            "id": new_id("msg"),
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        self._pieces: list[str] = []

    def opened(self) -> Told:
        yield from super().opened()
        yield "content_part.added", {"content_index": 0, "part": _part("")}

    def grown(self, piece: str) -> Told:
        self._pieces.append(piece)
        yield "output_text.delta", {"content_index": 0, "delta": piece, "logprobs": []}

    def closed(self, status: str) -> Told:
        part = _part("".join(self._pieces))
        yield "output_text.done", {"content_index": 0, "text": part["text"], "logprobs": []}
        yield "content_part.done", {"content_index": 0, "part": part}
        self.whole = {**self.whole, "status": status, "content": [part]}
        yield "output_item.done", {"item": self.whole}


class _FunctionCall(_Item):
    TYPE, FIELD, PREFIX = "function_call", "arguments", "fc"

    def __init__(self, call_id: str, origin: Origin) -> None:
        self.whole = {"type": self.TYPE, "id": new_id(self.PREFIX), "call_id": call_id, "name": origin.name}
        if origin.namespace is not None:
            self.whole["namespace"] = origin.namespace
        self.whole |= {self.FIELD: "", "status": "in_progress"}
        self._pieces: list[str] = []

    def grown(self, piece: str) -> Told:
        if piece:
            self._pieces.append(piece)
            yield "function_call_arguments.delta", {"delta": piece}

    def closed(self, status: str) -> Told:
        if not self._pieces:
            # A call without arguments streams none, but clients parse what they gathered as JSON.
            yield from self.grown("{}")
        arguments = "".join(self._pieces)
        self.whole = {**self.whole, "arguments": arguments, "status": status}
        yield "function_call_arguments.done", {"name": self.whole["name"], "arguments": arguments}
        yield "output_item.done", {"item": self.whole}


class _Freeform(_FunctionCall):
    """A call of a custom tool: its one string is known when its JSON is whole."""

    TYPE, FIELD, PREFIX = "custom_tool_call", "input", "ctc"

    def grown(self, piece: str) -> Told:
        self._pieces.append(piece)
        yield from ()

    def closed(self, status: str) -> Told:
        said = _unwrapped("".join(self._pieces))
        self.whole = {**self.whole, "input": said, "status": status}
        yield "custom_tool_call_input.delta", {"delta": said}
        yield "custom_tool_call_input.done", {"input": said}
        yield "output_item.done", {"item": self.whole}


class _Reasoning(_Item):
    """One unbroken run of reasoning blocks."""

    def __init__(self, model: str, *, shown: bool) -> None:
        self.whole = {"type": "reasoning", "id": new_id("rs"), "summary": []}
        self._model = model
        self._shown = shown
        self._pieces: list[str] = []
        self._blocks: list[dict[str, Any]] = []
        self._text: list[str] = []
        self._signature: list[str] = []

    def opened(self) -> Told:
        yield from super().opened()
        if self._shown:
            yield "reasoning_summary_part.added", {"summary_index": 0, "part": {"type": "summary_text", "text": ""}}

    def grown(self, piece: Mapping[str, Any]) -> Told:
        told = piece.get("reasoningText")
        source = told if isinstance(told, Mapping) else piece
        text, signature, redacted = source.get("text"), source.get("signature"), piece.get("redactedContent")
        if isinstance(signature, str):
            self._signature.append(signature)
        if isinstance(redacted, str):
            self._blocks.append({"redactedContent": redacted})
        if isinstance(text, str) and text:
            shown = f"\n\n{text}" if self._pieces and not self._text else text
            self._text.append(text)
            self._pieces.append(shown)
            if self._shown:
                yield "reasoning_summary_text.delta", {"summary_index": 0, "delta": shown}

    def next_block(self) -> None:
        if self._text or self._signature:
            told = {"text": "".join(self._text), "signature": "".join(self._signature)}
            self._blocks.append({"reasoningText": told})
            self._text, self._signature = [], []

    def closed(self, status: str) -> Told:
        self.next_block()
        if self._shown:
            part = {"type": "summary_text", "text": "".join(self._pieces)}
            yield "reasoning_summary_text.done", {"summary_index": 0, "text": part["text"]}
            yield "reasoning_summary_part.done", {"summary_index": 0, "part": part}
            self.whole = {**self.whole, "summary": [part] if self._pieces else []}
        self.whole = {**self.whole, "encrypted_content": pack(self._blocks, self._model)}
        yield "output_item.done", {"item": self.whole}


def encoded(events: Iterator[Event]) -> Iterator[bytes]:
    """Events on the wire. The stream ends with its terminal event; there is no `[DONE]`."""
    for event in events:
        yield b"event: " + event["type"].encode() + b"\ndata: " + json.dumps(event).encode() + b"\n\n"


def new_id(prefix: str) -> str:
    """An ID with 128 random bits."""
    return f"{prefix}_{os.urandom(16).hex()}"


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _unwrapped(arguments: str) -> str:
    try:
        given = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    if isinstance(given, dict) and given.keys() == {"input"} and isinstance(given["input"], str):
        return str(given["input"])
    return arguments


def _advised(error: ApiError) -> str:
    # Codex reads the wait out of the message, in these very words.
    if isinstance(error, Throttled) and error.retry_after_seconds is not None:
        return f"{error.message} Please try again in {max(1, round(error.retry_after_seconds))}s."
    return error.message
