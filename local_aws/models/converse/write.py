"""Replies in Converse's shapes."""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models.guardrails import Guardrail
from local_aws.models.reply import Block, Piece, Reply

STOP: Mapping[str, str] = {
    "end": "end_turn",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "guardrail": "guardrail_intervened",
}


def message(reply: Reply) -> dict[str, Any]:
    """The assistant's message."""
    return {"role": "assistant", "content": [_content(block, reply) for block in reply.blocks if block.tokens]}


def _content(block: Block, reply: Reply) -> dict[str, Any]:
    match block.kind:
        case "thinking":
            return {"reasoningContent": {"reasoningText": {"text": block.text, "signature": reply.signature}}}
        case "tool":
            return {"toolUse": {"toolUseId": _tool_id(block), "name": block.name, "input": block.input}}
        case _:
            return {"text": block.text}


def _tool_id(block: Block) -> str:
    return f"tooluse_{block.id}"


def usage(reply: Reply) -> dict[str, Any]:
    """Tokens. The wire has the counts of cached tokens under two names each, the model declares the first."""
    used = reply.usage
    found: dict[str, Any] = {
        "inputTokens": used.input_tokens,
        "outputTokens": used.output_tokens,
        "totalTokens": used.total_tokens,
        "cacheReadInputTokens": used.cache_read_tokens,
        "cacheWriteInputTokens": used.cache_write_tokens,
        "cacheReadInputTokenCount": used.cache_read_tokens,
        "cacheWriteInputTokenCount": used.cache_write_tokens,
        "serverToolUsage": {},
    }
    if used.cache_write_tokens:
        found["cacheDetails"] = [{"ttl": used.cache_ttl, "inputTokens": used.cache_write_tokens}]
    return found


def _ending(reply: Reply, guardrail: Guardrail | None) -> dict[str, Any]:
    found: dict[str, Any] = {"usage": usage(reply), "metrics": {"latencyMs": reply.latency_ms}}
    if guardrail is not None and guardrail.traced:
        found["trace"] = {"guardrail": guardrail.trace(reply)}
    return found


def write(reply: Reply, guardrail: Guardrail | None) -> dict[str, Any]:
    """The answer's body."""
    return {"output": {"message": message(reply)}, "stopReason": STOP[reply.stop], **_ending(reply, guardrail)}


def stream(reply: Reply, guardrail: Guardrail | None) -> Iterator[tuple[str, Piece]]:
    """The stream's events, each with its type."""
    yield from events(reply)
    yield "metadata", Piece(_ending(reply, guardrail), max(0, reply.hidden_output_tokens))


def events(reply: Reply, *, stop_after_each_delta: bool = False) -> Iterator[tuple[str, Piece]]:
    """The events up to `messageStop`. Text blocks have no `contentBlockStart`.

    Parameters:
        stop_after_each_delta: as Nova's own format has it, where each delta of text is a block of its own.
    """
    yield "messageStart", Piece({"role": "assistant"})
    at = 0
    for block in reply.blocks:
        if not block.tokens:
            continue
        if block.kind == "tool":
            start = {"toolUse": {"toolUseId": _tool_id(block), "name": block.name}}
            yield "contentBlockStart", Piece({"start": start, "contentBlockIndex": at})
        each = stop_after_each_delta and block.kind == "text"
        for delta, number in _deltas(block, reply):
            yield "contentBlockDelta", Piece({"delta": delta, "contentBlockIndex": at}, number)
            if each:
                yield "contentBlockStop", Piece({"contentBlockIndex": at})
                at += 1
        if not each:
            yield "contentBlockStop", Piece({"contentBlockIndex": at})
            at += 1
    yield "messageStop", Piece({"stopReason": STOP[reply.stop]})


def _deltas(block: Block, reply: Reply) -> Iterator[tuple[dict[str, Any], int]]:
    for text, number in block.pieces():
        match block.kind:
            case "thinking":
                yield {"reasoningContent": {"text": text}}, number
            case "tool":
                yield {"toolUse": {"input": text}}, number
            case _:
                yield {"text": text}, number
    if block.kind == "thinking":
        yield {"reasoningContent": {"signature": reply.signature}}, 0
