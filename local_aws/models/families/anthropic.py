"""Claude's Messages format on InvokeModel.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models.errors import validation
from local_aws.models.formats import Body, ChatFormat, with_metrics
from local_aws.models.prompt import (
    CachePoint,
    Document,
    Image,
    Part,
    Prompt,
    Text,
    Tool,
    ToolResult,
    ToolUse,
    Turn,
)
from local_aws.models.reply import Block, Piece, Reply

VERSIONS = frozenset({"bedrock-2023-05-31", "2026-10-21"})
"""Bedrock's own, and what version 2 of Anthropic's Bedrock client sends."""

_STOP = {
    "end": "end_turn",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "guardrail": "end_turn",
}

_KEYS = {
    *("anthropic_version", "anthropic_beta", "max_tokens", "messages", "system", "tools", "tool_choice"),
    *("stop_sequences", "temperature", "top_p", "top_k", "thinking", "metadata", "output_config", "output_format"),
}

_BLOCK_KEYS = {
    "text": "text",
    "image": "source",
    "document": "source",
    "tool_use": "input",
    "tool_result": "tool_use_id",
    "thinking": "thinking",
    "redacted_thinking": "data",
    "search_result": "content",
}


def read(body: Body) -> Prompt:
    """A Messages request, checked as the model checks it."""
    version = body.get("anthropic_version")
    if version is None:
        raise validation("anthropic_version: Field required")
    if version not in VERSIONS:
        raise validation("Invalid API version")
    for key in body:
        if key in ("model", "stream") or (key not in _KEYS and not body.get("anthropic_beta")):
            raise validation(f"{key}: Extra inputs are not permitted")
    limit = body.get("max_tokens")
    if limit is None:
        raise validation("max_tokens: Field required")
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise validation("max_tokens: Input should be a valid integer")
    if limit < 1:
        raise validation("max_tokens: Input should be greater than or equal to 1")
    for key in ("temperature", "top_p"):
        value = body.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1):
            raise validation(f"{key}: range: 0..1")
    return prompt_of(body, limit)


def prompt_of(body: Body, limit: int) -> Prompt:
    """The prompt of a Messages body whose other fields are in order; CountTokens takes it too."""
    turns = _turns(body.get("messages"))
    tools, choice, parallel = _tools(body)
    stops = body.get("stop_sequences") or []
    if not isinstance(stops, list) or not all(isinstance(stop, str) and stop.strip() for stop in stops):
        raise validation("stop_sequences: each stop sequence must contain non-whitespace")
    return Prompt(
        turns=turns,
        system=_system(body.get("system")),
        tools=tools,
        tool_choice=choice,
        parallel_tools=parallel,
        max_tokens=limit,
        stop_sequences=tuple(stops),
        schema=_schema(body),
        reasons=_reasons(body.get("thinking"), limit),
    )


def _reasons(thinking: object, limit: int) -> bool:
    if thinking is None:
        return False
    if not isinstance(thinking, Mapping) or thinking.get("type") not in ("enabled", "disabled", "adaptive"):
        raise validation(
            "thinking: Input tag found using 'type' does not match any of the expected tags: 'adaptive', "
            "'disabled', 'enabled'"
        )
    if thinking["type"] == "enabled":
        budget = thinking.get("budget_tokens")
        if not isinstance(budget, int) or budget < 1024:
            raise validation("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
        if budget >= limit:
            raise validation("`max_tokens` must be greater than `thinking.budget_tokens`.")
    return bool(thinking["type"] != "disabled")


def _schema(body: Body) -> Mapping[str, Any] | None:
    config = body.get("output_config")
    wanted = config.get("format") if isinstance(config, Mapping) else body.get("output_format")
    if not isinstance(wanted, Mapping):
        return None
    schema = wanted.get("schema")
    if wanted.get("type") != "json_schema" or not isinstance(schema, Mapping):
        raise validation("output_config.format: a format of type 'json_schema' needs a schema")
    return schema


def _system(system: object) -> tuple[Part, ...]:
    if system is None:
        return ()
    if isinstance(system, str):
        return (Text(system),) if system else ()
    return tuple(_parts(system, "system"))


def _turns(messages: object) -> tuple[Turn, ...]:
    if messages is None:
        raise validation("messages: Field required")
    if not isinstance(messages, list):
        raise validation("messages: Input should be a valid list")
    if not messages:
        raise validation("messages: at least one message is required")
    turns: list[Turn] = []
    for at, message in enumerate(messages):
        if not isinstance(message, Mapping) or message.get("role") not in ("user", "assistant"):
            raise validation(f"messages.{at}.role: Input should be 'user' or 'assistant'")
        content = message.get("content")
        if content is None:
            raise validation(f"messages.{at}.content: Field required")
        last_assistant = message["role"] == "assistant" and at == len(messages) - 1
        if not content and not last_assistant:
            raise validation(
                f"messages.{at}: all messages must have non-empty content except for the optional final "
                "assistant message"
            )
        parts = (Text(content),) if isinstance(content, str) else tuple(_parts(content, f"messages.{at}.content"))
        if last_assistant and parts and isinstance(parts[-1], Text) and parts[-1].text != parts[-1].text.rstrip():
            raise validation("messages: final assistant content cannot end with trailing whitespace")
        turns.append(Turn(str(message["role"]), parts))
    _check_tool_ids(turns)
    return tuple(turns)


def _check_tool_ids(turns: list[Turn]) -> None:
    """Each use of a tool is answered in the next turn, and nothing else is."""
    for at, turn in enumerate(turns):
        used = [part.id for part in turns[at - 1].parts if isinstance(part, ToolUse)] if at else []
        answered = [part.id for part in turn.parts if isinstance(part, ToolResult)]
        for identifier in answered:
            if identifier not in used:
                raise validation(
                    f"messages.{at}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {identifier}. "
                    "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                )
        missing = [identifier for identifier in used if identifier not in answered]
        if missing:
            raise validation(
                f"messages.{at - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block "
                "in the next message."
            )


def _parts(content: object, where: str) -> Iterator[Part]:
    if not isinstance(content, list):
        raise validation(f"{where}: Input should be a valid list")
    for at, block in enumerate(content):
        place = f"{where}.{at}"
        kind = block.get("type") if isinstance(block, Mapping) else None
        if not isinstance(kind, str) or kind not in _BLOCK_KEYS:
            expected = ", ".join(f"'{name}'" for name in _BLOCK_KEYS)
            raise validation(
                f"{place}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {expected}"
            )
        if _BLOCK_KEYS[kind] not in block:
            raise validation(f"{place}.{kind}.{_BLOCK_KEYS[kind]}: Field required")
        yield from _part(kind, block, place)
        cache = block.get("cache_control")
        if isinstance(cache, Mapping):
            yield CachePoint("1h" if cache.get("ttl") == "1h" else "5m")


def _part(kind: str, block: Mapping[str, Any], place: str) -> Iterator[Part]:
    match kind:
        case "text":
            if not isinstance(block["text"], str):
                raise validation(f"{place}.text.text: Input should be a valid string")
            if not block["text"]:
                raise validation("messages: text content blocks must be non-empty")
            yield Text(block["text"])
        case "image" | "document":
            source = block["source"]
            if not isinstance(source, Mapping) or source.get("type") not in ("base64", "text", "content"):
                raise validation(f"{place}.{kind}.source: Input should be a source of type 'base64'")
            data = _decoded(source, f"{place}.{kind}.source.base64")
            name = str(block.get("title") or "document")
            form = "txt" if source["type"] == "text" else str(source.get("media_type", "")).rpartition("/")[2]
            yield Image(data) if kind == "image" else Document(name, form, data)
        case "tool_use":
            yield ToolUse(str(block.get("id")), str(block.get("name")), block["input"])
        case "tool_result":
            yield ToolResult(str(block["tool_use_id"]), _result_text(block.get("content")), bool(block.get("is_error")))
        case "search_result":
            yield Text(_result_text(block["content"]))
        case _:
            return


def _decoded(source: Mapping[str, Any], place: str) -> bytes:
    data = source.get("data", "")
    if source["type"] != "base64":
        return str(data).encode()
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise validation(f"{place}: invalid base64 data") from None


def _result_text(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return " ".join(str(block.get("text", f"[{block.get('type')}]")) for block in content if isinstance(block, Mapping))


def _tools(body: Body) -> tuple[tuple[Tool, ...], str, bool]:
    declared = body.get("tools") or []
    if not isinstance(declared, list):
        raise validation("tools: Input should be a valid list")
    tools = []
    for at, tool in enumerate(declared):
        if not isinstance(tool, Mapping) or not tool.get("name"):
            raise validation(f"tools.{at}.custom.name: Field required")
        schema = tool.get("input_schema")
        if schema is None and tool.get("type", "custom") == "custom":
            raise validation(f"tools.{at}.custom.input_schema: Field required")
        tools.append(Tool(str(tool["name"]), str(tool.get("description", "")), schema or {}))
    choice = body.get("tool_choice") or {"type": "auto"}
    if not isinstance(choice, Mapping) or choice.get("type") not in ("auto", "any", "none", "tool"):
        raise validation(
            "tool_choice: Input tag does not match any of the expected tags: 'auto', 'any', 'tool', 'none'"
        )
    if choice["type"] in ("any", "tool") and not tools:
        raise validation("tool_choice: tool_choice may only be specified while providing tools")
    if choice["type"] in ("any", "tool") and _reasons(body.get("thinking"), 1 << 30):
        raise validation("Thinking may not be enabled when tool_choice forces tool use.")
    kind = str(choice["type"])
    if kind == "tool":
        if choice.get("name") not in [tool.name for tool in tools]:
            raise validation(f"Tool '{choice.get('name')}' not found in provided tools")
        kind = f"tool:{choice['name']}"
    return tuple(tools), kind, not choice.get("disable_parallel_tool_use", False)


def _usage(reply: Reply) -> dict[str, Any]:
    usage = reply.usage
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write_tokens if usage.cache_ttl == "5m" else 0,
            "ephemeral_1h_input_tokens": usage.cache_write_tokens if usage.cache_ttl == "1h" else 0,
        },
    }


def _content(block: Block, reply: Reply) -> dict[str, Any]:
    match block.kind:
        case "thinking":
            return {"type": "thinking", "thinking": block.text, "signature": reply.signature}
        case "tool":
            return {"type": "tool_use", "id": f"toolu_bdrk_{block.id}", "name": block.name, "input": block.input}
        case _:
            return {"type": "text", "text": block.text}


def _message(reply: Reply) -> dict[str, Any]:
    return {
        "model": reply.model.removeprefix("anthropic.").split("-v1")[0],
        "id": f"msg_bdrk_{reply.seed[:24]}",
        "type": "message",
        "role": "assistant",
    }


def write(reply: Reply) -> dict[str, Any]:
    """The answer's body."""
    return {
        **_message(reply),
        "content": [_content(block, reply) for block in reply.blocks if block.tokens],
        "stop_reason": _STOP[reply.stop],
        "stop_sequence": reply.stop_sequence,
        "usage": {**_usage(reply), "output_tokens": reply.usage.output_tokens},
    }


def stream(reply: Reply) -> Iterator[Piece]:
    """The stream's chunks."""
    return with_metrics(_events(reply), reply)


def _events(reply: Reply) -> Iterator[Piece]:
    opening = {
        **_message(reply),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**_usage(reply), "output_tokens": min(2, reply.usage.output_tokens)},
    }
    yield Piece({"type": "message_start", "message": opening})
    for at, block in enumerate(block for block in reply.blocks if block.tokens):
        yield from _block_events(at, block, reply)
    yield Piece(
        {
            "type": "message_delta",
            "delta": {"stop_reason": _STOP[reply.stop], "stop_sequence": reply.stop_sequence},
            "usage": {"output_tokens": reply.usage.output_tokens},
        }
    )
    yield Piece({"type": "message_stop"})


def _block_events(at: int, block: Block, reply: Reply) -> Iterator[Piece]:
    kind, member = {
        "thinking": ("thinking_delta", "thinking"),
        "tool": ("input_json_delta", "partial_json"),
        "text": ("text_delta", "text"),
    }[block.kind]
    openings: dict[str, dict[str, Any]] = {
        "thinking": {"type": "thinking", "thinking": "", "signature": ""},
        "tool": {"type": "tool_use", "id": f"toolu_bdrk_{block.id}", "name": block.name, "input": {}},
        "text": {"type": "text", "text": ""},
    }
    yield Piece({"type": "content_block_start", "index": at, "content_block": openings[block.kind]})
    if block.kind == "tool":
        yield Piece({"type": "content_block_delta", "index": at, "delta": {"type": kind, member: ""}})
    for text, number in block.pieces():
        yield Piece({"type": "content_block_delta", "index": at, "delta": {"type": kind, member: text}}, number)
    if block.kind == "thinking":
        signature = {"type": "signature_delta", "signature": reply.signature}
        yield Piece({"type": "content_block_delta", "index": at, "delta": signature})
    yield Piece({"type": "content_block_stop", "index": at})


FORMAT = ChatFormat(read, write, stream)
