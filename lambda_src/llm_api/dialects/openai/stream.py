"""ConverseStream's events as OpenAI's chunks.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from llm_api.dialects import Frame, StreamFault
from llm_api.dialects.openai.errors import error_body
from llm_api.dialects.openai.json_answers import Unwrapper
from llm_api.dialects.openai.stops import Cutter
from llm_api.dialects.openai.thoughts import thinking_block
from llm_api.dialects.openai.translate import finish_reason, named_call, said, usage
from llm_api.dialects.server_sent import gathered
from llm_api.errors import ApiError, OutOfTime, UpstreamFault
from llm_api.model_json import parse_json

PING = b": ping\n\n"
"""A comment, which every reader of server-sent events skips."""

DONE = b"data: [DONE]\n\n"


def render_chunks(
    head: dict[str, Any],
    frames: Iterator[Frame | None],
    *,
    schema_as_tool: bool = False,
    one_call: bool = False,
    include_usage: bool = False,
    stops: Sequence[str] = (),
    unwrap: bool = False,
    model: str = "",
) -> Iterator[bytes]:
    """The stream of chunks, with its proper end whatever happens.

    Out of time ends like an answer that reached its length. Any other fault ends with `data: {"error": …}`, which the
    SDKs raise. The last chunk with the usage is left out where the usage never came, as OpenAI does.

    Parameters:
        head: what every chunk begins with.
        schema_as_tool: whether the one tool call is the answer itself.
        one_call: hand on the first tool call only.
        include_usage: `stream_options.include_usage`.
        stops: the sequences that the model doesn't know, and before which its text ends.
        unwrap: whether the text is a JSON object that the model was only asked for.
        model: whose thinking it is, see `thoughts.thinker`.
    """
    chunks = Chunks(
        head,
        schema_as_tool=schema_as_tool,
        one_call=one_call,
        include_usage=include_usage,
        stops=stops,
        unwrap=unwrap,
        model=model,
    )
    return follow(frames, chunks)


def follow(frames: Iterator[Frame | None], chunks: "Chunks") -> Iterator[bytes]:
    """What `chunks` makes of the frames, with pings and a proper end; see `render_chunks`."""
    try:
        yield from gathered(frames, chunks.translate, PING)
        if not chunks.finished:
            raise UpstreamFault("The model's stream ended before the answer did.")
    except StreamFault as fault:
        yield from chunks.end_early(fault.error)
    except ApiError as error:
        yield from chunks.end_early(error)
    else:
        yield from chunks.close()
        yield DONE


class Chunks:
    """The chunks of one stream."""

    def __init__(
        self,
        head: dict[str, Any],
        *,
        schema_as_tool: bool,
        one_call: bool,
        include_usage: bool,
        stops: Sequence[str] = (),
        unwrap: bool = False,
        model: str = "",
    ) -> None:
        self._head = head
        self._model = model
        self._cutter = Cutter(stops)
        self._unwrapper = Unwrapper() if unwrap else None
        self._thoughts: dict[int, dict[str, str]] = {}
        self._signed = 0
        self._schema_as_tool = schema_as_tool
        self._one_call = one_call
        self._include_usage = include_usage
        self._begun = False
        self._calls: dict[int, int] = {}
        self._without_arguments: set[int] = set()
        self._remarks: list[str] = []
        self._answered = False
        self._answer_block: int | None = None
        self.finished = False

    def translate(self, frame: Frame) -> Iterator[bytes]:
        """The chunks for one event; none for events that OpenAI has no word for."""
        event = parse_json(frame.payload)
        if not isinstance(event, dict):
            raise UpstreamFault("Bedrock sent an event that is no JSON object.")
        if self.finished:
            # Nothing follows the answer's end but what it took.
            if frame.event == "metadata" and self._include_usage:
                yield self._line({"choices": [], "usage": usage(event.get("usage"))})
        elif frame.event == "messageStart":
            yield from self._begin()
        elif frame.event == "contentBlockStart":
            yield from self._block_start(event)
        elif frame.event == "contentBlockDelta":
            yield from self._block_delta(event)
        elif frame.event == "contentBlockStop":
            yield from self._block_stop(event)
        elif frame.event == "messageStop":
            reason = finish_reason(str(event.get("stopReason")), calls=bool(self._calls))
            yield from self._begin()
            yield from self._say_rest()
            reason = "stop" if self._cutter.stopped else reason
            if self._remarks and not self._answered:
                yield self._chunk({"content": "".join(self._remarks)})
            yield from self._finish(reason)

    def close(self) -> Iterator[bytes]:
        """What follows the last frame."""
        yield from ()

    def end_early(self, error: ApiError) -> Iterator[bytes]:
        """The end of a stream that can't go on."""
        if self.finished:
            # The answer is whole; only its usage is missing.
            yield DONE
        elif isinstance(error, OutOfTime):
            yield from self._begin()
            yield from self._say_rest()
            yield from self._finish("stop" if self._cutter.stopped else "length")
            yield DONE
        else:
            yield _event(error_body(error))

    def _begin(self) -> Iterator[bytes]:
        if not self._begun:
            self._begun = True
            yield self._chunk({"role": "assistant", "content": ""})

    def _finish(self, reason: str) -> Iterator[bytes]:
        self.finished = True
        yield self._chunk({}, reason)

    def _block_start(self, event: dict[str, Any]) -> Iterator[bytes]:
        start = event.get("start")
        use = start.get("toolUse") if isinstance(start, dict) else None
        if not isinstance(use, dict):
            return
        if self._schema_as_tool:
            # Of several calls the first is the answer, as where it comes whole.
            if self._answer_block is None:
                self._answer_block = _block_index(event)
                self._without_arguments.add(self._answer_block)
            return
        if (self._one_call and self._calls) or self._cutter.stopped:
            return
        yield from self._say(self._cutter.rest())
        block = _block_index(event)
        self._calls[block] = len(self._calls)
        self._without_arguments.add(block)
        call_id, name = named_call(use)
        yield from self._begin()
        yield self._call(block, {"id": call_id, "type": "function", "function": {"name": name, "arguments": ""}})

    def _block_delta(self, event: dict[str, Any]) -> Iterator[bytes]:
        delta = event.get("delta")
        if not isinstance(delta, dict):
            return
        block = _block_index(event)
        content = delta.get("text")
        use = delta.get("toolUse")
        thought = delta.get("reasoningContent")
        if isinstance(use, dict) and self._schema_as_tool:
            content = use.get("input") if self._answer_block in (None, block) else None
            self._answered = True
            if content:
                self._without_arguments.discard(block)
        elif isinstance(content, str) and self._schema_as_tool:
            # Not the answer, unless none comes: a guardrail's message, for one.
            self._remarks.append(content)
            content = None
        elif isinstance(content, str):
            content = self._cutter.feed(content if self._unwrapper is None else self._unwrapper.feed(content))
        if isinstance(content, str) and content:
            yield from self._say(content)
        elif isinstance(use, dict) and block in self._calls and isinstance(use.get("input"), str) and use["input"]:
            self._without_arguments.discard(block)
            yield self._call(block, {"function": {"arguments": use["input"]}})
        elif isinstance(thought, dict) and not self._cutter.stopped:
            self._think(block, thought)
            if said(thought):
                yield from self._begin()
                yield self._chunk({"reasoning_content": said(thought)})

    def _say(self, content: str) -> Iterator[bytes]:
        if content:
            yield from self._begin()
            yield self._chunk({"content": content})

    def _say_rest(self) -> Iterator[bytes]:
        """What was held back as long as more could follow."""
        held = "" if self._unwrapper is None else self._unwrapper.rest()
        yield from self._say(self._cutter.feed(held) + self._cutter.rest())

    def _think(self, block: int, thought: dict[str, Any]) -> None:
        told = self._thoughts.setdefault(block, {})
        for name in ("text", "signature", "redactedContent"):
            if isinstance(thought.get(name), str):
                told[name] = told.get(name, "") + thought[name]

    def _block_stop(self, event: dict[str, Any]) -> Iterator[bytes]:
        block = _block_index(event)
        if block in self._thoughts:
            told = self._thoughts.pop(block)
            kept = thinking_block(told if "redactedContent" in told else {"reasoningText": told})
            if kept is not None:
                yield from self._begin()
                yield self._chunk({"thinking_blocks": [{"index": self._signed, **kept, "model": self._model}]})
                self._signed += 1
        if block in self._without_arguments:
            # A call without arguments streams none, but clients parse what they gathered as JSON.
            self._without_arguments.discard(block)
            if self._schema_as_tool:
                self._answered = True
                yield from self._say("{}")
            else:
                yield self._call(block, {"function": {"arguments": "{}"}})

    def _call(self, block: int, call: dict[str, Any]) -> bytes:
        return self._chunk({"tool_calls": [{"index": self._calls[block], **call}]})

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> bytes:
        body: dict[str, Any] = {
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}],
        }
        if self._include_usage:
            body["usage"] = None
        return self._line(body)

    def _line(self, body: dict[str, Any]) -> bytes:
        return _event({**self._head, **body})


def _block_index(event: dict[str, Any]) -> int:
    index = event.get("contentBlockIndex")
    return index if isinstance(index, int) else -1


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"
