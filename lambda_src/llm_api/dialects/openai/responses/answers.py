"""What models answer, told to a writer: Converse's answers and streams, and those of containers that speak chat.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from llm_api.dialects import Frame, StreamFault
from llm_api.dialects.openai.chat import ChatCompletion
from llm_api.dialects.openai.responses.writer import Event, Writer
from llm_api.dialects.openai.translate import finish_reason, named_call, said
from llm_api.errors import ApiError, UpstreamFault
from llm_api.model_json import parse_json


def of_answer(writer: Writer, answer: Mapping[str, Any]) -> Iterator[Event]:
    """The events of a whole Converse answer."""
    calls = False
    for key, block in enumerate(answer["output"]["message"]["content"]):
        if not isinstance(block, dict):
            continue
        use, thought = block.get("toolUse"), block.get("reasoningContent")
        if isinstance(use, dict):
            calls = True
            given = use.get("input")
            yield from writer.call(key, *named_call(use))
            piece = given if isinstance(given, str) else json.dumps(given or {}, ensure_ascii=False)
            yield from writer.arguments(key, piece)
        elif isinstance(thought, dict):
            yield from writer.thought(thought)
            writer.thought_ends()
        elif isinstance(block.get("text"), str):
            yield from writer.text(key, block["text"])
        elif isinstance(block.get("citationsContent"), dict):
            parts = block["citationsContent"].get("content")
            for part in parts if isinstance(parts, list) else []:
                yield from writer.text(key, said(part))
    writer.use(answer.get("usage"))
    yield from writer.end(finish_reason(str(answer.get("stopReason")), calls=calls))
    yield from writer.finish()


def of_chat(writer: Writer, completion: Mapping[str, Any]) -> Iterator[Event]:
    """The events of a container's chat completion."""
    choice = completion["choices"][0]
    yield from _of_chat_delta(writer, choice["message"])
    _use_chat(writer, completion.get("usage"))
    yield from writer.end(choice["finish_reason"])
    yield from writer.finish()


def _of_chat_delta(writer: Writer, delta: Mapping[str, Any]) -> Iterator[Event]:
    if delta.get("reasoning_content"):
        yield from writer.thought({"text": delta["reasoning_content"]})
    if delta.get("content"):
        yield from writer.text("text", delta["content"])
    for position, call in enumerate(delta.get("tool_calls") or []):
        key = call.get("index", position)
        function = call.get("function") or {}
        if call.get("id") is not None:
            yield from writer.call(key, *named_call({"toolUseId": call["id"], "name": function.get("name")}))
        yield from writer.arguments(key, function.get("arguments") or "")


def _use_chat(writer: Writer, usage: Any) -> None:
    if isinstance(usage, dict):
        details = usage.get("prompt_tokens_details") or {}
        writer.used(usage["prompt_tokens"], usage["completion_tokens"], cached=details.get("cached_tokens") or 0)


def follow(
    writer: Writer, frames: Iterator[Frame | None], translation: "ConverseFrames | ContainerFrames"
) -> Iterator[Event]:
    """The events of a stream, with its proper end whatever happens."""
    try:
        for frame in frames:
            yield from writer.ping() if frame is None else translation.translate(frame)
        if not writer.ended:
            raise UpstreamFault("The model's stream ended before the answer did.")
    except StreamFault as fault:
        yield from writer.fail(fault.error)
    except ApiError as error:
        yield from writer.fail(error)
    else:
        yield from writer.finish()


class ConverseFrames:
    """ConverseStream's events."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._calls = False

    def translate(self, frame: Frame) -> Iterator[Event]:
        """The events for one of Converse's."""
        event = parse_json(frame.payload)
        if not isinstance(event, dict):
            raise UpstreamFault("Bedrock sent an event that is no JSON object.")
        writer, key = self._writer, event.get("contentBlockIndex")
        if writer.ended and frame.event != "metadata":
            return  # nothing follows the answer's end but what it took
        if frame.event == "messageStart":
            yield from writer.begin()
        elif frame.event == "contentBlockStart":
            use = _object(event.get("start")).get("toolUse")
            if isinstance(use, dict):
                self._calls = True
                yield from writer.call(key, *named_call(use))
        elif frame.event == "contentBlockDelta":
            yield from self._delta(key, _object(event.get("delta")))
        elif frame.event == "contentBlockStop":
            writer.thought_ends()
        elif frame.event == "messageStop":
            yield from writer.end(finish_reason(str(event.get("stopReason")), calls=self._calls))
        elif frame.event == "metadata":
            writer.use(event.get("usage"))

    def _delta(self, key: Any, delta: dict[str, Any]) -> Iterator[Event]:
        words, use, thought = delta.get("text"), delta.get("toolUse"), delta.get("reasoningContent")
        if isinstance(words, str):
            yield from self._writer.text(key, words)
        elif isinstance(use, dict):
            given = use.get("input")
            yield from self._writer.arguments(key, given if isinstance(given, str) else "")
        elif isinstance(thought, dict):
            yield from self._writer.thought(thought)


class ContainerFrames:
    """A container's chunks of a chat completion, once they are read as chat reads them."""

    def __init__(self, chat: ChatCompletion, writer: Writer) -> None:
        from llm_api.dialects.openai.container import ContainerChunks

        self._chunks = ContainerChunks({}, one_call=chat.one_call, include_usage=True)
        self._writer = writer

    def translate(self, frame: Frame) -> Iterator[Event]:
        """The events for the chunks in one frame."""
        for line in (*self._chunks.translate(frame), *self._chunks.close()):
            document = json.loads(line.partition(b" ")[2])
            _use_chat(self._writer, document.get("usage"))
            for choice in document["choices"]:
                yield from self._writer.begin()
                yield from _of_chat_delta(self._writer, choice["delta"])
                if choice["finish_reason"] is not None:
                    yield from self._writer.end(choice["finish_reason"])


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
