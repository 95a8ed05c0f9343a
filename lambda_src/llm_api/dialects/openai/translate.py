"""Converse's answers in OpenAI's words: messages, finish reasons, usage.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from llm_api.dialects.openai.stops import Cutter
from llm_api.dialects.openai.thoughts import thinking_block
from llm_api.errors import ModelFailed, UpstreamFault

FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
}
"""Bedrock's `stopReason` -> `finish_reason`. `malformed_*` is no answer at all, see `finish_reason`."""

_CUT_SHORT = ("length", "content_filter")

_MALFORMED = {
    "malformed_model_output": "The model's output could not be read. Send the request again, or simplify it.",
    "malformed_tool_use": "The model made a malformed tool call. Send the request again, or simplify the tool.",
}


def finish_reason(stop_reason: str, *, calls: bool) -> str:
    """OpenAI's word for why the answer ended. A reason that Bedrock adds later reads `stop`.

    Clients act upon calls where it says `tool_calls`, and wait for some where it does. Models say that they are done
    beside a call (gpt-oss), or call without a call (Claude at times). So the answer's content decides, unless it was
    cut short.

    Parameters:
        calls: whether calls of tools are handed on.

    Raises:
        ModelFailed: the model's output is malformed. OpenAI has no word for that, and any of its words would pass the
            remains off as an answer.
    """
    if stop_reason in _MALFORMED:
        raise ModelFailed(_MALFORMED[stop_reason])
    return completed(FINISH_REASONS.get(stop_reason, "stop"), calls=calls)


def completed(reason: str, *, calls: bool) -> str:
    """OpenAI's own word, made to follow the content; see `finish_reason`."""
    if reason in _CUT_SHORT:
        return reason
    return "tool_calls" if calls else "stop"


def choice_message(
    content: list[Any], answer_tool: str | None, one_call: bool, stops: Sequence[str] = (), *, model: str
) -> tuple[dict[str, Any], bool]:
    """The assistant's message out of Converse's content blocks, and whether it ends at one of `stops`.

    Parameters:
        answer_tool: the name of the tool whose arguments are the answer, or None.
        one_call: hand on the first tool call only.
        stops: the sequences that the model doesn't know, and before which its text ends.
        model: whose thinking it is, see `thoughts.thinker`.
    """
    texts: list[str] = []
    thoughts: list[str] = []
    signed: list[dict[str, Any]] = []
    uses: list[Mapping[str, Any]] = []
    cutter = Cutter(stops)
    for block in content:
        if not isinstance(block, dict) or cutter.stopped:
            continue
        texts.append(cutter.feed(_block_text(block)))
        thoughts.append(_reasoning_text(block))
        kept = thinking_block(block.get("reasoningContent"))
        if kept is not None:
            signed.append({**kept, "model": model})
        if isinstance(block.get("toolUse"), dict) and not cutter.stopped:
            texts.append(cutter.rest())
            uses.append(block["toolUse"])
    texts.append(cutter.rest())
    if answer_tool is not None and uses:
        # What is said beside the answer is left out; without an answer (a guardrail intervened) it is all there is.
        texts = [json.dumps(uses[0].get("input"), ensure_ascii=False)]
    calls = [_tool_call(use) for use in uses] if answer_tool is None else []
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(texts) if any(texts) or not calls else None,
        "refusal": None,
    }
    if any(thoughts):
        message["reasoning_content"] = "".join(thoughts)
    if signed:
        message["thinking_blocks"] = signed
    if calls:
        message["tool_calls"] = calls[:1] if one_call else calls
    return message, cutter.stopped


def _tool_call(use: Mapping[str, Any]) -> dict[str, Any]:
    given = use.get("input")
    # A model's broken arguments are no object; they are the caller's to read, as with OpenAI.
    arguments = given if isinstance(given, str) else json.dumps(given or {}, ensure_ascii=False)
    call_id, name = named_call(use)
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def named_call(use: Mapping[str, Any]) -> tuple[str, str]:
    """The ID and the tool's name of a `toolUse`.

    Raises:
        UpstreamFault: one is missing, and without it nobody can answer the call.
    """
    call_id, name = use.get("toolUseId"), use.get("name")
    if not isinstance(call_id, str) or not isinstance(name, str):
        raise UpstreamFault("The model called a tool without a name or an ID. Try again.")
    return call_id, name


def usage(counts: Any) -> dict[str, Any]:
    """OpenAI's `usage`. Bedrock counts cached tokens beside the input, OpenAI counts them within."""
    read = count(counts, "cacheReadInputTokens")
    prompt = count(counts, "inputTokens") + read + count(counts, "cacheWriteInputTokens")
    completion = count(counts, "outputTokens")
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": read},
    }


def count(counts: Any, name: str) -> int:
    """One count of Converse's `usage`, 0 where it is absent."""
    value = counts.get(name) if isinstance(counts, Mapping) else None
    return int(value) if isinstance(value, int | float) and 0 <= value < math.inf else 0


def _block_text(block: Mapping[str, Any]) -> str:
    if isinstance(block.get("text"), str):
        return str(block["text"])
    citations = block.get("citationsContent")
    if isinstance(citations, dict) and isinstance(citations.get("content"), list):
        return "".join(said(part) for part in citations["content"])
    return ""


def _reasoning_text(block: Mapping[str, Any]) -> str:
    content = block.get("reasoningContent")
    if isinstance(content, dict) and isinstance(content.get("reasoningText"), dict):
        return said(content["reasoningText"])
    return ""


def said(part: Any) -> str:
    """The `text` of a part; nothing where it has none."""
    text = part.get("text") if isinstance(part, Mapping) else None
    return text if isinstance(text, str) else ""
