"""Formats that take one string of prompt: Titan text, Llama, Mistral instruct, DeepSeek R1, and Cohere Command R.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html and its siblings
`-meta`, `-mistral-text-completion`, `-deepseek`, `-cohere-command-r-plus`.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models.formats import (
    Body,
    ChatFormat,
    allow_only,
    integer_at,
    malformed,
    number_at,
    objects_at,
    strings_at,
    text_at,
    visible_pieces,
    with_metrics,
)
from local_aws.models.prompt import Image, Part, Prompt, Text, Tool, ToolResult, ToolUse, Turn, said
from local_aws.models.reply import Piece, Reply

_HEADER = re.compile(r"<\|(?:start_header_id|header_start)\|>(\w+)<\|(?:end_header_id|header_end)\|>\s*")
_LLAMA_MARKS = re.compile(r"<\|(?:begin_of_text|eot_id|eot|image)\|>")
_INSTRUCTION = re.compile(r"\[INST\](.*?)\[/INST\](.*?)(?=\[INST\]|</s>|\Z)", re.S)
_DEEPSEEK = re.compile(r"<\uff5c(User|Assistant)\uff5c>(.*?)(?=<\uff5c(?:User|Assistant)\uff5c>|\Z)", re.S)


def read_titan(body: Body) -> Prompt:
    allow_only(body, frozenset({"inputText", "textGenerationConfig"}))
    text = text_at(body, "inputText")
    config = body.get("textGenerationConfig") or {}
    if not isinstance(config, Mapping):
        raise malformed("#/textGenerationConfig: expected type: JSONObject")
    allow_only(config, frozenset({"temperature", "topP", "maxTokenCount", "stopSequences"}))
    number_at(config, "temperature")
    number_at(config, "topP")
    spoken = re.sub(r"^\s*User:\s*|\s*Bot:\s*\Z", "", text)
    limit = integer_at(config, "maxTokenCount", 512, high=8192)
    return Prompt((said("user", spoken),), max_tokens=limit, stop_sequences=strings_at(config, "stopSequences"))


_TITAN_STOP = {
    "end": "FINISH",
    "length": "LENGTH",
    "stop_sequence": "STOP_CRITERIA_MET",
    "guardrail": "CONTENT_FILTERED",
}


def write_titan(reply: Reply) -> dict[str, Any]:
    result = {
        "tokenCount": reply.usage.output_tokens,
        "outputText": reply.text,
        "completionReason": _TITAN_STOP.get(reply.stop, "FINISH"),
    }
    return {"inputTextTokenCount": reply.usage.input_tokens, "results": [result]}


def stream_titan(reply: Reply) -> Iterator[Piece]:
    return with_metrics(_titan_chunks(reply), reply)


def _titan_chunks(reply: Reply) -> Iterator[Piece]:
    pieces = list(visible_pieces(reply))
    for at, (text, number) in enumerate(pieces or [("", 0)]):
        last = at >= len(pieces) - 1
        payload = {
            "outputText": text,
            "index": 0,
            "totalOutputTextTokenCount": reply.usage.output_tokens if last else None,
            "completionReason": _TITAN_STOP.get(reply.stop, "FINISH") if last else None,
            "inputTextTokenCount": reply.usage.input_tokens if at == 0 else None,
        }
        yield Piece(payload, number)


def read_llama(body: Body) -> Prompt:
    allow_only(body, frozenset({"prompt", "temperature", "top_p", "max_gen_len", "images"}))
    prompt = text_at(body, "prompt")
    number_at(body, "temperature")
    number_at(body, "top_p")
    limit = integer_at(body, "max_gen_len", 512, high=8192)
    pictures: list[Part] = [Image(_decoded(image)) for image in strings_at(body, "images")]
    steps = _HEADER.split(prompt)
    spoken = [(steps[i], _LLAMA_MARKS.sub("", steps[i + 1]).strip()) for i in range(1, len(steps) - 1, 2)]
    if not spoken:
        return Prompt((Turn("user", (Text(_LLAMA_MARKS.sub("", prompt).strip()), *pictures)),), max_tokens=limit)
    turns = [
        said("assistant" if role == "assistant" else "user", text) for role, text in spoken if role != "system" and text
    ]
    system = tuple(Text(text) for role, text in spoken if role == "system" and text)
    if turns and pictures:
        turns[-1] = Turn(turns[-1].role, (*turns[-1].parts, *pictures))
    return Prompt(tuple(turns or [said("user", prompt)]), system=system, max_tokens=limit)


def _decoded(image: str) -> bytes:
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        raise malformed("#/images: an image is not base64") from None


def write_llama(reply: Reply) -> dict[str, Any]:
    return {
        "generation": reply.text,
        "prompt_token_count": reply.usage.input_tokens,
        "generation_token_count": reply.usage.output_tokens,
        "stop_reason": "length" if reply.stop == "length" else "stop",
    }


def stream_llama(reply: Reply) -> Iterator[Piece]:
    return with_metrics(_llama_chunks(reply), reply)


def _llama_chunks(reply: Reply) -> Iterator[Piece]:
    total = 0
    pieces = [*visible_pieces(reply), ("", 0)]
    for at, (text, number) in enumerate(pieces):
        last = at == len(pieces) - 1
        total = reply.usage.output_tokens if last else total + number
        payload = {
            "generation": text,
            "prompt_token_count": reply.usage.input_tokens if at == 0 else None,
            "generation_token_count": total,
            "stop_reason": ("length" if reply.stop == "length" else "stop") if last else None,
        }
        yield Piece(payload, number)


def read_mistral(body: Body) -> Prompt:
    allow_only(body, frozenset({"prompt", "max_tokens", "stop", "temperature", "top_p", "top_k"}))
    prompt = text_at(body, "prompt")
    number_at(body, "temperature")
    number_at(body, "top_p")
    turns: list[Turn] = []
    for question, answer in _INSTRUCTION.findall(prompt):
        turns.append(said("user", question.strip()))
        if answer.strip():
            turns.append(said("assistant", answer.strip()))
    plain = said("user", prompt.replace("<s>", "").strip())
    limit = integer_at(body, "max_tokens", 512, high=8192)
    return Prompt(tuple(turns or [plain]), max_tokens=limit, stop_sequences=strings_at(body, "stop"))


def _stop(reply: Reply) -> str:
    return "length" if reply.stop == "length" else "stop"


def write_mistral(reply: Reply) -> dict[str, Any]:
    return {"outputs": [{"text": reply.text, "stop_reason": _stop(reply)}]}


def stream_mistral(reply: Reply) -> Iterator[Piece]:
    return with_metrics(_choices(reply, "outputs"), reply)


def _choices(reply: Reply, name: str) -> Iterator[Piece]:
    for text, number in visible_pieces(reply):
        yield Piece({name: [{"text": text, "stop_reason": None}]}, number)
    yield Piece({name: [{"text": "", "stop_reason": _stop(reply)}]})


def read_deepseek(body: Body) -> Prompt:
    allow_only(body, frozenset({"prompt", "max_tokens", "temperature", "top_p", "stop"}))
    prompt = text_at(body, "prompt")
    number_at(body, "temperature")
    number_at(body, "top_p")
    plain = re.sub(r"<\uff5c[^>]*\uff5c>|<think>\s*", "", prompt).strip()
    turns = [
        said(role.lower(), text.replace("<think>", "").strip())
        for role, text in _DEEPSEEK.findall(prompt)
        if text.replace("<think>", "").strip()
    ]
    limit = integer_at(body, "max_tokens", 512, high=32_768)
    return Prompt(
        tuple(turns or [said("user", plain)]), max_tokens=limit, stop_sequences=strings_at(body, "stop"), reasons=True
    )


def _thought_out(reply: Reply) -> str:
    """DeepSeek's prompt ends inside its reasoning, which the answer therefore closes."""
    return f"{reply.thinking}\n</think>\n\n{reply.text}" if reply.thinking else reply.text


def write_deepseek(reply: Reply) -> dict[str, Any]:
    return {"choices": [{"text": _thought_out(reply), "stop_reason": _stop(reply)}]}


def stream_deepseek(reply: Reply) -> Iterator[Piece]:
    return with_metrics(_deepseek_chunks(reply), reply)


def _deepseek_chunks(reply: Reply) -> Iterator[Piece]:
    for block in reply.blocks:
        for text, number in block.pieces():
            yield Piece({"choices": [{"text": text, "stop_reason": None}]}, number)
        if block.kind == "thinking":
            yield Piece({"choices": [{"text": "\n</think>\n\n", "stop_reason": None}]})
    yield Piece({"choices": [{"text": "", "stop_reason": _stop(reply)}]})


_COMMAND_KEYS = frozenset(
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
_COMMAND_STOP = {"end": "COMPLETE", "length": "MAX_TOKENS", "stop_sequence": "STOP_SEQUENCE", "guardrail": "COMPLETE"}


def read_command(body: Body) -> Prompt:
    allow_only(body, _COMMAND_KEYS)
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
        tools=tuple(_command_tool(tool) for tool in body.get("tools") or []),
        max_tokens=integer_at(body, "max_tokens", 4000, high=4000),
        stop_sequences=strings_at(body, "stop_sequences"),
    )


def _command_tool(tool: Mapping[str, Any]) -> Tool:
    parameters: Mapping[str, Any] = tool.get("parameter_definitions") or {}
    types = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}
    properties = {name: {"type": types.get(str(one.get("type")), "string")} for name, one in parameters.items()}
    required = [name for name, one in parameters.items() if one.get("required")]
    schema = {"type": "object", "properties": properties, "required": required or list(properties)}
    return Tool(str(tool.get("name")), str(tool.get("description", "")), schema)


def _command(reply: Reply) -> dict[str, Any]:
    body: dict[str, Any] = {
        "response_id": f"{reply.seed[:8]}-{reply.seed[8:12]}",
        "text": reply.text,
        "generation_id": f"{reply.seed[12:20]}-{reply.seed[20:24]}",
        "chat_history": [
            {"role": "USER" if turn.role == "user" else "CHATBOT", "message": turn.text()}
            for turn in reply.prompt.turns
        ]
        + [{"role": "CHATBOT", "message": reply.text}],
        "finish_reason": _COMMAND_STOP.get(reply.stop, "COMPLETE"),
    }
    if reply.tools:
        body["tool_calls"] = [{"name": tool.name, "parameters": tool.input} for tool in reply.tools]
    return body


def stream_command(reply: Reply) -> Iterator[Piece]:
    return with_metrics(_command_chunks(reply), reply)


def _command_chunks(reply: Reply) -> Iterator[Piece]:
    for text, number in visible_pieces(reply):
        yield Piece({"event_type": "text-generation", "is_finished": False, "text": text}, number)
    if reply.tools:
        calls = [{"name": tool.name, "parameters": tool.input} for tool in reply.tools]
        number = sum(len(tool.tokens) for tool in reply.tools)
        yield Piece({"event_type": "tool-calls-generation", "is_finished": False, "tool_calls": calls}, number)
    units = {"input_tokens": reply.usage.input_tokens, "output_tokens": reply.usage.output_tokens}
    answer = {**_command(reply), "meta": {"api_version": {"version": "1"}, "billed_units": units}}
    finish = answer["finish_reason"]
    yield Piece({"event_type": "stream-end", "is_finished": True, "finish_reason": finish, "response": answer})


TITAN_TEXT = ChatFormat(read_titan, write_titan, stream_titan)
LLAMA = ChatFormat(read_llama, write_llama, stream_llama)
MISTRAL = ChatFormat(read_mistral, write_mistral, stream_mistral)
DEEPSEEK = ChatFormat(read_deepseek, write_deepseek, stream_deepseek)
COMMAND = ChatFormat(read_command, _command, stream_command)
