"""OpenAI's chat format, which most families speak on InvokeModel, and SageMaker's containers.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-chat-completion.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-jamba.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from local_aws.models.formats import (
    Body,
    ChatFormat,
    integer_at,
    malformed,
    number_at,
    objects_at,
    strings_at,
    text_at,
    turns_or_refuse,
    with_metrics,
)
from local_aws.models.prompt import Image, Part, Prompt, Text, Tool, ToolResult, ToolUse, Turn, said
from local_aws.models.reply import Block, Piece, Reply

CREATED = 1_760_000_000
"""Seconds since 1970: the same in every answer, so that answers are the same."""

_STOP = {
    "end": "stop",
    "length": "length",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "guardrail": "content_filter",
}


def read(body: Body, model_id: str, limits: Sequence[str] = ("max_tokens",)) -> Prompt:
    """A chat request, or a bare prompt.

    Parameters:
        limits: the names of the output limit that the model obeys, the first that is given before the others. Any
            other name is ignored: the answer is as long as it likes.
    """
    number_at(body, "temperature", high=2.0)
    number_at(body, "top_p")
    name = next((name for name in limits if body.get(name) is not None), limits[0])
    limit = integer_at({name: 4096} if body.get(name) is None else body, name, 4096)
    stops = strings_at(body, "stop")
    if "messages" not in body:
        return Prompt((said("user", text_at(body, "prompt")),), max_tokens=limit, stop_sequences=stops)
    turns: list[Turn] = []
    system: list[Part] = []
    for at, message in enumerate(objects_at(body, "messages")):
        role = message.get("role")
        if role in ("system", "developer"):
            system += _parts(message.get("content"), at)
        elif role == "tool":
            text = "".join(part.text for part in _parts(message.get("content"), at) if isinstance(part, Text))
            turns.append(Turn("user", (ToolResult(str(message.get("tool_call_id")), text),)))
        elif role in ("user", "assistant"):
            turns.append(Turn(role, (*_parts(message.get("content"), at), *_calls(message, at))))
        else:
            raise malformed(f"#/messages/{at}/role: {role} is not a valid enum value")
    return Prompt(
        _joined(list(turns_or_refuse(turns))),
        system=tuple(system),
        tools=tuple(_tool(tool) for tool in body.get("tools") or []),
        tool_choice=_choice(body.get("tool_choice")),
        parallel_tools=bool(body.get("parallel_tool_calls", True)),
        max_tokens=limit,
        stop_sequences=stops,
        schema=_schema(body.get("response_format")),
        reasons=bool(body.get("reasoning_effort")),
    )


def _joined(turns: list[Turn]) -> tuple[Turn, ...]:
    """Results of parallel tool calls come as messages of their own: one turn."""
    joined: list[Turn] = []
    for turn in turns:
        if joined and joined[-1].role == turn.role:
            joined[-1] = Turn(turn.role, joined[-1].parts + turn.parts)
        else:
            joined.append(turn)
    return tuple(joined)


def _parts(content: object, at: int) -> list[Part]:
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)] if content else []
    if not isinstance(content, list):
        raise malformed(f"#/messages/{at}/content: expected type: String or JSONArray")
    parts: list[Part] = []
    for item in content:
        kind = item.get("type") if isinstance(item, Mapping) else None
        if kind == "text":
            parts.append(Text(str(item.get("text", ""))))
        elif kind == "image_url":
            parts.append(Image(_data_url(item.get("image_url"), at)))
        else:
            raise malformed(f"#/messages/{at}/content: {kind} is not a valid enum value")
    return parts


def _data_url(value: object, at: int) -> bytes:
    url = value.get("url") if isinstance(value, Mapping) else value
    head, _, data = str(url).partition("base64,")
    try:
        if not head.startswith("data:"):
            raise ValueError
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise malformed(f"#/messages/{at}/content: an image_url has to be a data URL in base64") from None


def _calls(message: Mapping[str, Any], at: int) -> list[Part]:
    calls: list[Part] = []
    for call in message.get("tool_calls") or []:
        function = call.get("function", {})
        try:
            arguments = json.loads(function.get("arguments") or "{}")
        except ValueError:
            raise malformed(f"#/messages/{at}/tool_calls: arguments is not JSON") from None
        calls.append(ToolUse(str(call.get("id")), str(function.get("name")), arguments))
    return calls


def _tool(tool: object) -> Tool:
    function = tool.get("function") if isinstance(tool, Mapping) else None
    if not isinstance(function, Mapping) or not function.get("name"):
        raise malformed("#/tools: a tool needs a function with a name")
    return Tool(str(function["name"]), str(function.get("description", "")), function.get("parameters") or {})


def _choice(choice: object) -> str:
    if isinstance(choice, Mapping):
        return f"tool:{choice.get('function', {}).get('name')}"
    return {"required": "any", "any": "any", "none": "none"}.get(str(choice), "auto")


def _schema(wanted: object) -> Mapping[str, Any] | None:
    if not isinstance(wanted, Mapping):
        return None
    if wanted.get("type") == "json_object":
        return {"type": "object", "properties": {"answer": {"type": "string"}}}
    found = wanted.get("json_schema", {})
    schema = found.get("schema", found) if isinstance(found, Mapping) else None
    return schema if wanted.get("type") == "json_schema" and isinstance(schema, Mapping) else None


def usage(reply: Reply) -> dict[str, int]:
    return {
        "prompt_tokens": reply.usage.input_tokens,
        "completion_tokens": reply.usage.output_tokens,
        "total_tokens": reply.usage.total_tokens,
    }


def _call(block: Block, arguments: str) -> dict[str, Any]:
    function = {"name": block.name, "arguments": arguments}
    return {"id": f"call_{block.id}", "type": "function", "function": function}


def write(reply: Reply) -> dict[str, Any]:
    """The answer's body."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.thinking:
        message["reasoning_content"] = reply.thinking
    if reply.tools:
        message["tool_calls"] = [_call(block, block.text) for block in reply.tools]
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": _STOP[reply.stop]}
    if ":endpoint/" in reply.model:
        choice["text"] = reply.text  # as recorded from a Marketplace model behind InvokeModel
    return {
        "id": f"chatcmpl-{reply.seed[:24]}",
        "object": "chat.completion",
        "created": CREATED,
        "model": reply.model,
        "choices": [choice],
        "usage": usage(reply),
    }


def stream(reply: Reply) -> Iterator[Piece]:
    """The stream's chunks, Bedrock's metrics on the last."""
    return with_metrics(chunks(reply), reply)


def chunks(reply: Reply, *, include_usage: bool = True) -> Iterator[Piece]:
    """The stream's chunks as a container sends them."""

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{reply.seed[:24]}",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": reply.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }

    yield Piece(chunk({"role": "assistant", "content": ""}))
    calls = 0
    for block in reply.blocks:
        if block.kind == "tool":
            yield Piece(chunk({"tool_calls": [{"index": calls, **_call(block, "")}]}))
        for text, number in block.pieces():
            match block.kind:
                case "tool":
                    delta: dict[str, Any] = {"tool_calls": [{"index": calls, "function": {"arguments": text}}]}
                case "thinking":
                    delta = {"reasoning_content": text}
                case _:
                    delta = {"content": text}
            yield Piece(chunk(delta), number)
        calls += block.kind == "tool"
    last = chunk({}, _STOP[reply.stop])
    yield Piece({**last, "usage": usage(reply)} if include_usage else last)


FORMAT = ChatFormat(read, write, stream)


def format_of(reader: Callable[[Body, str], Prompt]) -> ChatFormat:
    """The same format with a family's own reading of the request."""
    return ChatFormat(reader, write, stream)
