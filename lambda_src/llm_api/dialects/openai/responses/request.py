"""The body of a request for a response, read as the chat completion that asks for the same.

https://platform.openai.com/docs/api-reference/responses/create
"""

import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from llm_api.dialects.openai.fields import (
    InvalidField,
    boolean,
    check_unsupported,
    items,
    mapping,
    positive_integer,
    required_text,
    text,
)
from llm_api.dialects.openai.responses.items import Input
from llm_api.dialects.openai.responses.tools import Offered

TRANSLATED = frozenset(
    {
        "include",
        "input",
        "instructions",
        "max_output_tokens",
        "metadata",
        "model",
        "parallel_tool_calls",
        "previous_response_id",
        "reasoning",
        "service_tier",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_p",
    }
)

IGNORED = frozenset(
    {
        "client_metadata",  # no field of OpenAI's: Codex sends it
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "safety_identifier",
        "user",
    }
)

_NOT_HERE = "Nothing is stored or run in the background here."

REFUSED: Mapping[str, tuple[tuple[Any, ...], str]] = {
    "access_programs": (([],), "Leave it out."),
    "background": ((False,), _NOT_HERE),
    "background_options": (({},), _NOT_HERE),
    "context_management": (([], {}), "Send the items that the model shall see."),
    "conversation": (("",), f"{_NOT_HERE} Send the items of earlier turns."),
    "image": (({},), "Use /v1/images/generations."),
    "max_tool_calls": ((0,), "It counts calls of tools that OpenAI runs, and none of these is here."),
    "moderation": ((False, {}), "Use a Bedrock guardrail: it is set on the deployment, not by the caller."),
    "prompt": (({},), "No prompts are stored here. Send the text itself."),
    "top_logprobs": ((0,), "Bedrock does not report log probabilities."),
    "truncation": (("disabled",), "Send fewer items: which ones may go, only you know."),
}

_INCLUDE_IGNORED = re.compile(
    r"(web_search_call|file_search_call|code_interpreter_call|computer_call_output|message\.input_image)\..*"
)


class Asked(NamedTuple):
    """What a request asks for beside the chat completion that it amounts to.

    Attributes:
        chat: that chat completion's body; its messages carry `thinking_blocks`, each with its `model`.
        response: the response object as it begins, without `id`.
        summary: whether reasoning is shown.
    """

    chat: dict[str, Any]
    input: Input
    tools: Offered
    response: dict[str, Any]
    summary: bool
    warnings: list[str]


def read(body: dict[str, Any]) -> Asked:
    """Read everything that does not depend on the model.

    Raises:
        InvalidField: the body is no request for a response, or asks for what Bedrock has no equivalent for.
    """
    warnings, _ = check_unsupported(body, TRANSLATED, IGNORED, REFUSED, frozenset(), "a response")
    if text(body, "previous_response_id") is not None:
        raise InvalidField(
            "previous_response_id",
            "previous_response_id is not known: nothing is stored here. Send the items of earlier turns in input.",
            word="previous_response_not_found",
        )
    if boolean(body, "store"):
        warnings.append("store was ignored: nothing is stored here")
    _check_include(body)
    reasoning = mapping(body.get("reasoning") or {}, "reasoning")
    context = text(reasoning, "context", "reasoning")
    if context not in (None, "auto", "all_turns", "current_turn"):
        raise InvalidField("reasoning.context", "reasoning.context must be auto, all_turns or current_turn.")
    if text(reasoning, "mode", "reasoning") not in (None, "standard"):
        raise InvalidField("reasoning.mode", "reasoning.mode must be standard: no model here has another.")
    tools = Offered()
    tools.add(body.get("tools") or [], "tools")
    conversation = Input(tools)
    conversation.read(text(body, "instructions"), body.get("input"), only_this_turn=context == "current_turn")
    output = mapping(body.get("text") or {}, "text")
    if text(output, "verbosity", "text") not in (None, "medium"):
        warnings.append("text.verbosity was ignored: no model here takes it")
    stream = boolean(body, "stream") or False
    mapping(body.get("stream_options") or {}, "stream_options")
    summary = reasoning.get("summary") or reasoning.get("generate_summary")
    if summary not in (None, "auto", "concise", "detailed"):
        raise InvalidField("reasoning.summary", "reasoning.summary must be auto, concise or detailed.")
    form = output.get("format")
    choice = tools.choice(body.get("tool_choice"))
    chat = {
        "model": required_text(body, "model"),
        "stream": stream,
        "max_completion_tokens": positive_integer(body, "max_output_tokens"),
        "temperature": body.get("temperature"),
        "top_p": body.get("top_p"),
        "parallel_tool_calls": boolean(body, "parallel_tool_calls"),
        "tools": tools.functions or None,
        "tool_choice": choice,
        "response_format": _response_format(form),
        "reasoning_effort": reasoning.get("effort"),
        "service_tier": text(body, "service_tier"),
    }
    return Asked(
        chat={name: value for name, value in chat.items() if value is not None},
        input=conversation,
        tools=tools,
        response=_beginning(body, reasoning, form),
        summary=summary is not None,
        warnings=warnings,
    )


def _beginning(body: Mapping[str, Any], reasoning: Mapping[str, Any], form: Any) -> dict[str, Any]:
    """The response object as it begins: what was asked for, or what holds where nothing was said."""

    def asked(name: str, default: Any) -> Any:
        return default if body.get(name) is None else body[name]

    return {
        "object": "response",
        "created_at": int(time.time()),
        "completed_at": None,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "metadata": _metadata(body.get("metadata")),
        "model": body.get("model"),
        "output": [],
        "parallel_tool_calls": asked("parallel_tool_calls", True),
        "previous_response_id": None,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "service_tier": "default",
        "store": False,
        "temperature": asked("temperature", 1.0),
        "text": {"format": form or {"type": "text"}},
        "tool_choice": asked("tool_choice", "auto"),
        "tools": asked("tools", []),
        "top_p": asked("top_p", 1.0),
        "truncation": "disabled",
        "usage": None,
    }


def _metadata(value: Any) -> dict[str, str]:
    pairs = mapping(value if value is not None else {}, "metadata")
    if len(pairs) > 16 or not all(isinstance(one, str) for one in pairs.values()):
        raise InvalidField("metadata", "metadata holds at most 16 strings.")
    return pairs


def _check_include(body: Mapping[str, Any]) -> None:
    for name in items(body.get("include") or [], "include"):
        if name == "reasoning.encrypted_content" or (isinstance(name, str) and _INCLUDE_IGNORED.fullmatch(name)):
            continue
        raise InvalidField(
            "include", "include holds reasoning.encrypted_content at most: nothing else is to be had here."
        )


def _response_format(form: Any) -> dict[str, Any] | None:
    """`text.format`, which lies flat here, as a chat completion has it."""
    if form is None:
        return None
    form = mapping(form, "text.format")
    if form.get("type") != "json_schema":
        return dict(form)
    inner = {name: value for name, value in form.items() if name != "type"}
    return {"type": "json_schema", "json_schema": inner}
