"""What the tests of Responses share: requests, streams, and two judges of every stream.

OpenAI's own SDK validates each event and accumulates them; the automaton holds their order, which the SDK takes on
trust.
"""

import json
from typing import Any

from llm_api.dialects.openai.responses.call import CreateResponse
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.unit.llm_api.dialect_support import CLAUDE, Frame, converse_answer, frame, post

EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)

FUNCTION = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Change files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: PATCH"},
}
AGENTS = {
    "type": "namespace",
    "name": "multi_agent_v1",
    "description": "",
    "tools": [{"type": "function", "name": "close_agent", "description": "", "parameters": None}],
}
SIGNED = {"reasoningText": {"text": "Let me see.", "signature": "c2ln"}}


def respond(input: Any = "Hello", **fields: Any) -> CreateResponse:
    """A parsed request."""
    return CreateResponse.parse(post("/v1/responses", {"model": "m", "input": input, **fields}))


def answered(call: CreateResponse, *content: dict[str, Any], target: Any = CLAUDE, **answer: Any) -> dict[str, Any]:
    """The response that a whole Converse answer becomes, which OpenAI's SDK takes."""
    response = call.render(target, [converse_answer(*content, **answer)])
    assert isinstance(response.body, bytes)
    body: dict[str, Any] = json.loads(response.body)
    Response.model_validate(body)
    return body


START = frame("messageStart", {"role": "assistant"})
METADATA = frame("metadata", {"usage": {"inputTokens": 5, "outputTokens": 7, "cacheReadInputTokens": 2}})


def stop(reason: str = "end_turn") -> Frame:
    return frame("messageStop", {"stopReason": reason})


def delta(block: int, what: dict[str, Any]) -> Frame:
    return frame("contentBlockDelta", {"contentBlockIndex": block, "delta": what})


def text(piece: str, block: int = 0) -> Frame:
    return delta(block, {"text": piece})


def thought(block: int = 0, **what: str) -> Frame:
    return delta(block, {"reasoningContent": what})


def call_start(block: int, name: str = "get_weather", call_id: str = "t1") -> Frame:
    use = {"toolUse": {"toolUseId": call_id, "name": name}}
    return frame("contentBlockStart", {"contentBlockIndex": block, "start": use})


def call_input(block: int, piece: str) -> Frame:
    return delta(block, {"toolUse": {"input": piece}})


def block_stop(block: int) -> Frame:
    return frame("contentBlockStop", {"contentBlockIndex": block})


def streamed(call: CreateResponse, frames: Any, target: Any = CLAUDE) -> list[dict[str, Any]]:
    """The events, each judged by the SDK and all of them by the automaton."""
    return judged(b"".join(call.render_stream(target, iter(frames))))


def judged(wire: bytes) -> list[dict[str, Any]]:
    """The events on the wire, once both judges took them."""
    events = []
    for block in wire.decode().removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    in_order(events)
    state: ResponseStreamState[Any] = ResponseStreamState(input_tools=omit, text_format=omit)
    for event in events:
        state.handle_event(EVENTS.validate_python(event))
    return events


def in_order(events: list[dict[str, Any]]) -> None:
    """Hold what the protocol says of the order of events.

    https://platform.openai.com/docs/api-reference/responses-streaming
    """
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[0]["type"] == "response.created"
    assert events[-1]["type"] in ("response.completed", "response.incomplete", "response.failed")
    assert len({event["response"]["id"] for event in events if "response" in event}) == 1
    opened: dict[str, Any] | None = None
    done: list[dict[str, Any]] = []
    gathered = ""
    for event in events[1:-1]:
        kind = event["type"].removeprefix("response.")
        if kind == "in_progress":
            continue
        assert event["output_index"] == len(done)
        if kind == "output_item.added":
            assert opened is None, "two items are open"
            opened, gathered = event["item"], ""
            continue
        assert opened is not None, f"{kind} without an item"
        if kind == "output_item.done":
            whole = event["item"]
            assert (whole["id"], whole["type"]) == (opened["id"], opened["type"])
            said = _said(whole)
            assert said == gathered, "the item isn't what its deltas add up to"
            done.append(whole)
            opened = None
            continue
        assert event["item_id"] == opened["id"]
        if kind.endswith(".delta"):
            gathered += event["delta"]
    assert opened is None, "an item was left open"
    assert events[-1]["response"]["output"] == done


def _said(item: dict[str, Any]) -> str:
    if item["type"] in ("function_call", "custom_tool_call"):
        return str(item["arguments" if item["type"] == "function_call" else "input"])
    parts = item["content"] if item["type"] == "message" else item["summary"]
    return "".join(part["text"] for part in parts)


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]
