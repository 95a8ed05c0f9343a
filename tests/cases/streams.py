"""Server-sent events put together to what a whole answer would be, strictly: what is out of order is an error."""

import json
from collections.abc import Iterator
from typing import Any


def whole(body: bytes) -> dict[str, Any]:
    """The answer that a stream amounts to, of OpenAI's two dialects or of Anthropic's messages."""
    events = list(_events(body))
    if events and events[0][0].startswith("response."):
        return dict(events[-1][1]["response"])
    if events and events[0][0]:
        return _message(events)
    return _completion([data for _, data in events])


def _events(body: bytes) -> Iterator[tuple[str, Any]]:
    for block in body.decode().split("\n\n"):
        name, data = "", ""
        for line in block.split("\n"):
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                data += line.removeprefix("data:").strip()
        if data and data != "[DONE]":
            yield name, json.loads(data)


def _completion(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None}
    calls: list[dict[str, Any]] = []
    finish, usage = None, None
    for chunk in chunks:
        if "error" in chunk:
            return chunk
        usage = chunk.get("usage") or usage
        for choice in chunk["choices"]:
            assert finish is None, "a choice goes on after it finished"
            delta = choice["delta"]
            for name in ("content", "reasoning_content"):
                if delta.get(name):
                    message[name] = (message.get(name) or "") + delta[name]
            for piece in delta.get("tool_calls") or []:
                _add_call(calls, piece)
            finish = choice["finish_reason"] or finish
    if calls:
        message["tool_calls"] = calls
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}


def _add_call(calls: list[dict[str, Any]], piece: dict[str, Any]) -> None:
    if piece["index"] == len(calls):
        calls.append({"id": piece["id"], "type": "function", "function": {"name": "", "arguments": ""}})
    function = calls[piece["index"]]["function"]
    for name in ("name", "arguments"):
        function[name] += piece.get("function", {}).get(name) or ""


def _message(events: list[tuple[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = {}
    content: list[dict[str, Any]] = []
    inputs: list[str] = []
    for name, data in events:
        match name:
            case "error":
                return dict(data)
            case "message_start":
                message = dict(data["message"])
            case "content_block_start":
                assert data["index"] == len(content), "a block does not follow on the one before"
                content.append(dict(data["content_block"]))
                inputs.append("")
            case "content_block_delta":
                delta = data["delta"]
                block = content[data["index"]]
                for kind in ("text", "thinking", "signature"):
                    if kind in delta:
                        block[kind] = block.get(kind, "") + delta[kind]
                inputs[data["index"]] += delta.get("partial_json", "")
            case "message_delta":
                message |= data["delta"]
                message["usage"] = {**message.get("usage", {}), **data["usage"]}
    for block, text in zip(content, inputs, strict=True):
        if block["type"] == "tool_use":
            block["input"] = json.loads(text or "{}")
    return {**message, "content": content}
