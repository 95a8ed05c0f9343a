"""A Converse request, checked and read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models.converse import rules, shapes
from local_aws.models.errors import validation
from local_aws.models.prompt import CachePoint, Document, Image, Part, Prompt, Text, Tool, ToolResult, ToolUse, Turn

MAX_TOKENS_DEFAULT = 4096


def prompt_of(body: Mapping[str, Any], family: str, operation: str = "Converse") -> Prompt:
    """Check a request's body and read the prompt from it.

    Parameters:
        operation: whose input it is: `Converse` or `ConverseStream`.

    Raises:
        ServiceError: the body is not what the service or the family takes.
    """
    request = shapes.check(operation, body)
    if family not in rules.ABILITIES:
        raise validation(
            "The action doesn't support the model that you provided. Try again with a supported text or chat model."
        )
    rules.check(request, family)
    inference = request.get("inferenceConfig") or {}
    config = request.get("toolConfig") or {}
    choice = config.get("toolChoice") or {}
    fields = request.get("additionalModelRequestFields") or {}
    spoken = [message for message in request["messages"] if message["role"] != "system"]
    system = [
        *(request.get("system") or []),
        *(b for m in request["messages"] if m["role"] == "system" for b in m["content"]),
    ]
    return Prompt(
        turns=tuple(Turn(message["role"], tuple(_parts(message["content"]))) for message in spoken),
        system=tuple(_parts(system)),
        tools=tuple(_tools(config.get("tools") or [])),
        tool_choice=_choice(choice),
        parallel_tools=not _parallel_disabled(fields),
        max_tokens=inference.get("maxTokens", MAX_TOKENS_DEFAULT),
        stop_sequences=tuple(inference.get("stopSequences") or ()),
        schema=_schema(request),
        reasons=_reasons(fields, family, inference),
    )


def _choice(choice: Mapping[str, Any]) -> str:
    if "tool" in choice:
        return f"tool:{choice['tool']['name']}"
    return "any" if "any" in choice else "auto"


def _parallel_disabled(fields: object) -> bool:
    choice = fields.get("tool_choice") if isinstance(fields, Mapping) else None
    return isinstance(choice, Mapping) and bool(choice.get("disable_parallel_tool_use"))


def _reasons(fields: object, family: str, inference: Mapping[str, Any]) -> bool:
    """Whether the answer begins with reasoning: asked for in each family's own field, always with some."""
    if family in ("deepseek",):
        return True
    if not isinstance(fields, Mapping):
        raise validation("The value at additionalModelRequestFields is not a JSON object.")
    thinking = fields.get("thinking") or fields.get("reasoning_config") or fields.get("reasoningConfig")
    if isinstance(thinking, Mapping):
        budget, limit = thinking.get("budget_tokens"), inference.get("maxTokens", MAX_TOKENS_DEFAULT)
        if isinstance(budget, int) and budget >= limit:
            raise validation(
                "The model returned the following errors: `max_tokens` must be greater than `thinking.budget_tokens`. "
                "Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
            )
        return thinking.get("type") in ("enabled", "adaptive")
    return bool(fields.get("reasoning_effort")) and family in ("openai", "qwen", "other")


def _schema(request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    wanted = (request.get("outputConfig") or {}).get("textFormat")
    if not wanted:
        return None
    text = ((wanted.get("structure") or {}).get("jsonSchema") or {}).get("schema", "")
    try:
        schema = json.loads(text)
    except ValueError:
        schema = None
    if not isinstance(schema, Mapping):
        raise validation("The value at outputConfig.textFormat.structure.jsonSchema.schema is not a JSON schema.")
    return schema


def _tools(declared: list[Mapping[str, Any]]) -> Iterator[Tool]:
    for tool in declared:
        if "toolSpec" in tool:
            spec = tool["toolSpec"]
            yield Tool(spec["name"], spec.get("description", ""), spec["inputSchema"].get("json") or {})


def _parts(content: list[Mapping[str, Any]]) -> Iterator[Part]:
    for block in content:
        kind, value = next(iter(block.items()))
        match kind:
            case "text":
                yield Text(value)
            case "image":
                yield Image(value["source"]["bytes"])
            case "document":
                source = value["source"]
                data = source.get("bytes") or str(source.get("text") or _texts(source.get("content"))).encode()
                yield Document(value["name"], value.get("format", "txt"), data)
            case "toolUse":
                yield ToolUse(value["toolUseId"], value["name"], value["input"])
            case "toolResult":
                yield ToolResult(value["toolUseId"], _texts(value["content"]), value.get("status") == "error")
            case "cachePoint":
                yield CachePoint(value.get("ttl", "5m"))
            case "guardContent":
                yield Text((value.get("text") or {}).get("text", ""), marked=True)
            case "searchResult":
                yield Text(_texts(value["content"]))
            case _:
                continue


def _texts(content: list[Mapping[str, Any]] | None) -> str:
    found = []
    for block in content or []:
        if "text" in block:
            found.append(block["text"])
        elif "json" in block:
            found.append(json.dumps(block["json"], ensure_ascii=False))
        else:
            found.append(f"[{next(iter(block))}]")
    return " ".join(found)
