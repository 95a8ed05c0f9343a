"""What a model thought, in messages of chat completions.

OpenAI has no place for it. `reasoning_content` holds the text, as DeepSeek's API has it, and `thinking_blocks` each
block with its signature, as LiteLLM has them and Anthropic writes them. Claude wants its signed thinking back beside
the calls that it led to: https://platform.claude.com/docs/en/build-with-claude/extended-thinking
So who sends an assistant's message back as it came keeps the thread. A block's `model` says whose it is: where another
model stands in, it isn't sent what it didn't think.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from llm_api.dialects.openai.fields import InvalidField, items, mapping, required_text, text
from llm_api.registry import Target


def thinker(target: Target) -> str:
    """By what name a model's thinking goes: it is the model's that signed it, behind whatever profile or alias."""
    return target.base_id or target.id or target.alias


def own_thoughts(messages: list[dict[str, Any]], model: str) -> list[dict[str, Any]]:
    """The messages without the thinking of other models, which a model refuses. Where no name stands, nobody knows."""
    return [_with_own(message, model) if message.get("thinking_blocks") else message for message in messages]


def _with_own(message: dict[str, Any], model: str) -> dict[str, Any]:
    return {**message, "thinking_blocks": [b for b in message["thinking_blocks"] if b.get("model") in (None, model)]}


def thinking_block(content: Any) -> dict[str, Any] | None:
    """Converse's `reasoningContent` as a client keeps it; None where it isn't signed, hence of no use to the model."""
    if not isinstance(content, Mapping):
        return None
    if isinstance(content.get("redactedContent"), str):
        return {"type": "redacted_thinking", "data": content["redactedContent"]}
    told = content.get("reasoningText")
    if not isinstance(told, Mapping) or not isinstance(told.get("signature"), str) or not told["signature"]:
        return None
    return {"type": "thinking", "thinking": str(told.get("text") or ""), "signature": told["signature"]}


def reasoning_blocks(value: Any, path: str) -> list[dict[str, Any]]:
    """The content blocks for Converse that `thinking_blocks` of a message become. What isn't signed is left out.

    Raises:
        InvalidField: it is no list of such blocks.
    """
    blocks: list[dict[str, Any]] = []
    for index, block in enumerate(items(value, path) if value is not None else []):
        where = f"{path}[{index}]"
        block = mapping(block, where)
        text(block, "model", where)
        if block.get("type") == "redacted_thinking":
            data = required_text(block, "data", where)
            try:
                base64.b64decode(data, validate=True)
            except (binascii.Error, ValueError):
                raise InvalidField(f"{where}.data", f"{where}.data must be sent back as it came.") from None
            blocks.append({"reasoningContent": {"redactedContent": data}})
        elif block.get("type") == "thinking":
            signature = text(block, "signature", where)
            thought = text(block, "thinking", where) or ""
            if signature:
                blocks.append({"reasoningContent": {"reasoningText": {"text": thought, "signature": signature}}})
        else:
            raise InvalidField(f"{where}.type", f"{where}.type must be thinking or redacted_thinking.")
    return blocks
