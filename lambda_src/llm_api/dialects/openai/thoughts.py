"""What a model thought, in messages of chat completions.

OpenAI has no place for it. `reasoning_content` holds the text, as DeepSeek's API has it, and `thinking_blocks` each
block with its signature, as LiteLLM has them and Anthropic writes them. Claude wants its signed thinking back beside
the calls that it led to: https://platform.claude.com/docs/en/build-with-claude/extended-thinking
So who sends an assistant's message back as it came keeps the thread.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from llm_api.dialects.openai.fields import InvalidField, items, mapping, required_text, text


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
