"""A Converse request, checked and read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models import structured
from local_aws.models.converse import rules, shapes
from local_aws.models.errors import validation
from local_aws.models.family import Family
from local_aws.models.prompt import CachePoint, Document, Image, Part, Prompt, Text, Tool, ToolResult, ToolUse, Turn

MAX_TOKENS_DEFAULT = 4096


def prompt_of(body: Mapping[str, Any], family: Family, model_id: str, operation: str = "Converse") -> Prompt:
    """Check a request's body and read the prompt from it.

    Parameters:
        model_id: the foundation model's, or the ARN of an opaque target.
        operation: whose input it is: `Converse` or `ConverseStream`.

    Raises:
        ServiceError: the body is not what the service or the family takes.
    """
    request = shapes.check(operation, body)
    can = family.abilities(model_id) if family.classes else None
    if can is None:
        raise validation(
            "The action doesn't support the model that you provided. Try again with a supported text or chat model."
        )
    rules.check(request, can)
    family.check(request, model_id)
    inference = request.get("inferenceConfig") or {}
    config = request.get("toolConfig") or {}
    choice = config.get("toolChoice") or {}
    fields = request.get("additionalModelRequestFields") or {}
    limit = inference.get("maxTokens", MAX_TOKENS_DEFAULT)
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
        max_tokens=limit,
        stop_sequences=tuple(inference.get("stopSequences") or ()),
        schema=_schema(request),
        reasons=family.reasons(fields, model_id, limit) or can.reasons,
    )


def _choice(choice: Mapping[str, Any]) -> str:
    if "tool" in choice:
        return f"tool:{choice['tool']['name']}"
    return "any" if "any" in choice else "auto"


def _parallel_disabled(fields: object) -> bool:
    choice = fields.get("tool_choice") if isinstance(fields, Mapping) else None
    return isinstance(choice, Mapping) and bool(choice.get("disable_parallel_tool_use"))


def _schema(request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    wanted = (request.get("outputConfig") or {}).get("textFormat")
    if not wanted:
        return _native_schema(request.get("additionalModelRequestFields") or {})
    text = ((wanted.get("structure") or {}).get("jsonSchema") or {}).get("schema", "")
    try:
        schema = json.loads(text)
    except ValueError:
        schema = None
    if not isinstance(schema, Mapping):
        raise validation("The value at outputConfig.textFormat.structure.jsonSchema.schema is not a JSON schema.")
    structured.check(schema, "output_config.format.schema")
    return schema


def _native_schema(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A format in Claude's own words, which Converse passes on."""
    config = fields.get("output_config")
    wanted = config.get("format") if isinstance(config, Mapping) else None
    schema = wanted.get("schema") if isinstance(wanted, Mapping) else None
    if not isinstance(schema, Mapping):
        return None
    structured.check(schema, "output_config.format.schema")
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
