"""Claude's answers on InvokeModel, whole and streamed.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
"""

from collections.abc import Iterator
from typing import Any

from local_aws.models.formats import with_metrics
from local_aws.models.reply import Block, Piece, Reply

_STOP = {
    "end": "end_turn",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "guardrail": "end_turn",
}


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
