"""Command R on InvokeModel and Converse, and Cohere's models that embed and rank.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models import media
from local_aws.models.family import AUTO, Abilities, Family
from local_aws.models.formats import (
    Body,
    ChatFormat,
    allow_only,
    integer_at,
    number_at,
    objects_at,
    strings_at,
    text_at,
    visible_pieces,
    with_metrics,
)
from local_aws.models.prompt import Part, Prompt, Text, Tool, ToolResult, ToolUse, Turn, said
from local_aws.models.reply import Piece, Reply

# Tools are never forced: the features page, and langchain-ai/langchain-aws.
_COMMAND_R = Abilities(images=False, choices=AUTO)

_KEYS = frozenset(
    [
        "message",
        "chat_history",
        "documents",
        "search_queries_only",
        "preamble",
        "max_tokens",
        "temperature",
        "p",
        "k",
        "prompt_truncation",
        "frequency_penalty",
        "presence_penalty",
        "seed",
        "return_prompt",
        "tools",
        "tool_results",
        "stop_sequences",
        "raw_prompting",
    ]
)
_STOP = {"end": "COMPLETE", "length": "MAX_TOKENS", "stop_sequence": "STOP_SEQUENCE", "guardrail": "COMPLETE"}


def read(body: Body, model_id: str) -> Prompt:
    allow_only(body, _KEYS)
    results = [
        ToolResult(str(at), " ".join(str(value) for output in result.get("outputs", []) for value in output.values()))
        for at, result in enumerate(objects_at(body, "tool_results") if body.get("tool_results") else [])
    ]
    text = text_at(body, "message", default="." if results else None)
    number_at(body, "temperature")
    number_at(body, "p", low=0.0, high=0.99)
    turns = [
        said("assistant" if entry.get("role") == "CHATBOT" else "user", str(entry.get("message", "")))
        for entry in (objects_at(body, "chat_history") if body.get("chat_history") else [])
    ]
    calls: list[Part] = [
        ToolUse(str(at), str(result.get("call", {}).get("name")), result.get("call", {}).get("parameters", {}))
        for at, result in enumerate(body.get("tool_results") or [])
    ]
    papers = [
        Text(str(entry.get("snippet", ""))) for entry in body.get("documents") or [] if isinstance(entry, Mapping)
    ]
    spoken: tuple[Part, ...] = (Text(text), *papers, *results)
    return Prompt(
        (*turns, *([Turn("assistant", tuple(calls))] if calls else []), Turn("user", spoken)),
        system=(Text(str(body["preamble"])),) if body.get("preamble") else (),
        tools=tuple(_tool(tool) for tool in body.get("tools") or []),
        max_tokens=integer_at(body, "max_tokens", 4000, high=4000),
        stop_sequences=strings_at(body, "stop_sequences"),
    )


def _tool(tool: Mapping[str, Any]) -> Tool:
    parameters: Mapping[str, Any] = tool.get("parameter_definitions") or {}
    types = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}
    properties = {name: {"type": types.get(str(one.get("type")), "string")} for name, one in parameters.items()}
    required = [name for name, one in parameters.items() if one.get("required")]
    schema = {"type": "object", "properties": properties, "required": required or list(properties)}
    return Tool(str(tool.get("name")), str(tool.get("description", "")), schema)


def write(reply: Reply) -> dict[str, Any]:
    body: dict[str, Any] = {
        "response_id": f"{reply.seed[:8]}-{reply.seed[8:12]}",
        "text": reply.text,
        "generation_id": f"{reply.seed[12:20]}-{reply.seed[20:24]}",
        "chat_history": [
            {"role": "USER" if turn.role == "user" else "CHATBOT", "message": turn.text()}
            for turn in reply.prompt.turns
        ]
        + [{"role": "CHATBOT", "message": reply.text}],
        "finish_reason": _STOP.get(reply.stop, "COMPLETE"),
    }
    if reply.tools:
        body["tool_calls"] = [{"name": tool.name, "parameters": tool.input} for tool in reply.tools]
    return body


def stream(reply: Reply) -> Iterator[Piece]:
    return with_metrics(_chunks(reply), reply)


def _chunks(reply: Reply) -> Iterator[Piece]:
    for text, number in visible_pieces(reply):
        yield Piece({"event_type": "text-generation", "is_finished": False, "text": text}, number)
    if reply.tools:
        calls = [{"name": tool.name, "parameters": tool.input} for tool in reply.tools]
        number = sum(len(tool.tokens) for tool in reply.tools)
        yield Piece({"event_type": "tool-calls-generation", "is_finished": False, "tool_calls": calls}, number)
    units = {"input_tokens": reply.usage.input_tokens, "output_tokens": reply.usage.output_tokens}
    answer = {**write(reply), "meta": {"api_version": {"version": "1"}, "billed_units": units}}
    finish = answer["finish_reason"]
    yield Piece({"event_type": "stream-end", "is_finished": True, "finish_reason": finish, "response": answer})


COMMAND = Family(
    name="cohere-command",
    ids=r"cohere\.command-r(-plus)?-v\d+:\d+",
    classes=((r"", _COMMAND_R),),
    invoke=lambda body, model_id: ChatFormat(read, write, stream),
)
EMBED = Family(name="cohere-embed", ids=r"cohere\.embed-((english|multilingual)-v3|v4:0)", media=media.cohere_embed)
RERANK = Family(name="cohere-rerank", ids=r"(amazon\.rerank-v1|cohere\.rerank-v3-5):0", media=media.rerank)
