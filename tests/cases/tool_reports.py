"""Tools, their schemas and the choice among them."""

from typing import Any

from tests.cases.asked import CITY, CLOSED, WEATHER, answer_by, function, spec, user
from tests.cases.case import ABSENT, NOTHING, Case, like

_PYDANTIC: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {"Place": {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False}},
    "title": "Trip",
    "description": "Where to go.",
    "type": "object",
    "properties": {"to": {"$ref": "#/$defs/Place"}, "days": {"type": "integer"}},
    "required": ["to", "days"],
    "additionalProperties": False,
}
_RECURSIVE: dict[str, Any] = {
    "type": "object",
    "properties": {"child": {"$ref": "#/$defs/Node"}},
    "$defs": {"Node": {"type": "object", "properties": {"child": {"$ref": "#/$defs/Node"}}}},
}
_EITHER: dict[str, Any] = {
    "type": "object",
    "anyOf": [
        {"properties": {"city": {"type": "string"}}, "required": ["city"]},
        {"properties": {"zip": {"type": "string"}}, "required": ["zip"]},
    ],
}


def _bare(schema: Any) -> bool:
    """What Nova takes: three members at the root, and no reference anywhere."""
    return set(schema) <= {"type", "properties", "required"} and "$ref" not in str(schema)


def _no_union(schema: Any) -> bool:
    return schema["type"] == "object" and not {"anyOf", "oneOf", "allOf"} & set(schema)


def _object(schema: Any) -> bool:
    return schema["type"] == "object" and isinstance(schema.get("properties", {}), dict)


def _unions(number: int) -> dict[str, Any]:
    many = {f"p{at}": {"type": ["string", "null"]} for at in range(number)}
    return {"type": "object", "properties": many, "required": list(many), "additionalProperties": False}


def _asks(parameters: Any, **more: Any) -> dict[str, Any]:
    return {"messages": user("Hi"), "tools": [function(parameters, **more)]}


CASES = [
    Case(
        "a strict tool of Nova's",
        ["lastmile-ai/mcp-agent PR 126", "zed-industries/zed#28521"],
        "nova",
        _asks(CLOSED, strict=True),
        reaches=spec(_bare, strict=ABSENT),
    ),
    Case(
        "a schema out of a class, for Nova",
        ["pydantic/pydantic-ai#1623"],
        "nova",
        _asks(_PYDANTIC),
        reaches=spec({"properties": {"to": {"properties": {"city": {"type": "string"}}}}, "required": ["to", "days"]}),
    ),
    Case(
        "the root of a schema out of a class, for Nova 2",
        ["pydantic/pydantic-ai#1623"],
        "nova2",
        _asks(_PYDANTIC),
        reaches=spec(_bare),
    ),
    Case(
        "a schema that Nova can't be told",
        ["pydantic/pydantic-ai#1623"],
        "nova",
        _asks(_RECURSIVE),
        reaches=NOTHING,
        status=400,
        answer={"error": {"type": "invalid_request_error", "param": like("parameters")}},
    ),
    Case(
        "an answer by a strict schema, of Nova's",
        ["zed-industries/zed#28521"],
        "nova",
        {"messages": user("The capital is Paris."), "response_format": answer_by(_PYDANTIC, strict=True)},
        reaches=spec(_bare),
        answer={"choices": [{"finish_reason": "stop", "message": {"content": like('"days"')}}]},
    ),
    Case(
        "everything stays for those who take it",
        ["pydantic/pydantic-ai#1623"],
        "deepseek",
        _asks(_PYDANTIC),
        reaches=spec({"$defs": {"Place": {}}, "title": "Trip"}),
    ),
    Case(
        "a union at the root, for Claude",
        ["trycua/cua#3303", "abhigyanpatwari/GitNexus#2487"],
        "haiku45",
        _asks(_EITHER),
        reaches=spec(_no_union),
    ),
    Case(
        "a union at the root, for Nova",
        ["senpi#1947 (as noted; not found again)"],
        "nova",
        _asks(_EITHER),
        reaches=spec(_bare),
    ),
    Case(
        "properties that are null",
        ["maximhq/bifrost#1720"],
        "haiku45",
        _asks({"type": "object", "properties": None}),
        reaches=spec(_object),
    ),
    Case("a root without a type", ["block/goose#5064"], "llama", _asks({"properties": {}}), reaches=spec(_object)),
    Case("no parameters at all", ["earendil-works/pi#8804"], "nova", _asks(None), reaches=spec(_object)),
    Case(
        "keywords that are null",
        ["maximhq/bifrost#1720"],
        "haiku45",
        _asks({"type": "object", "properties": {"a": {"type": "string", "description": None, "enum": None}}}),
        reaches=spec({"properties": {"a": {"type": "string", "description": ABSENT}}}),
    ),
    Case(
        "a root that is a list",
        ["kirodotdev/Kiro#11026"],
        "haiku45",
        _asks({"type": "array", "items": {}}),
        reaches=NOTHING,
        status=400,
        answer={"error": {"param": like("parameters")}},
    ),
    Case(
        "more unions than Claude takes",
        ["anthropics/anthropic-sdk-typescript#885"],
        "haiku45",
        _asks(_unions(17), strict=True),
        reaches=spec({}, strict=ABSENT),
        told={"warning": like("strict")},
    ),
    Case(
        "constraints of a strict tool",
        ["BerriAI/litellm#29168", "vercel/ai#17268"],
        "haiku45",
        _asks({**CITY, "properties": {"city": {"type": "string", "minLength": 2}}}, strict=True),
        reaches=spec({"additionalProperties": False, "properties": {"city": {"minLength": ABSENT}}}, strict=True),
    ),
    Case(
        "a forced tool of Llama's",
        ["langchain-ai/langchain-aws PR 627"],
        "llama",
        {**_asks(CITY), "tool_choice": "required"},
        reaches=NOTHING,
        status=400,
        answer={"error": {"param": "tool_choice"}},
    ),
    Case(
        "a forced tool of Opus 5.5's",
        ["stdapi-ai/stdapi.ai#284"],
        "opus55",
        {**_asks(CITY), "tool_choice": "required"},
        reaches=NOTHING,
        status=400,
        answer={"error": {"param": "tool_choice"}},
    ),
    Case(
        "a forced tool beside thinking",
        ["docs.aws.amazon.com/bedrock: claude-messages-extended-thinking"],
        "haiku45",
        {**_asks(CITY), "tool_choice": "required", "reasoning_effort": "low"},
        reaches=NOTHING,
        status=400,
        answer={"error": {"param": like("tool_choice|reasoning_effort")}},
    ),
    Case(
        "tools of a model that has none",
        ["langchain-ai/langchain-aws#447"],
        "r1",
        _asks(CITY),
        reaches=NOTHING,
        status=400,
        answer={"error": {"param": "tools"}},
    ),
    Case(
        "a named tool where any can be forced",
        ["langchain-ai/langchain-aws#1259"],
        "deepseek",
        {
            "messages": user(WEATHER),
            "tools": [function(CITY)],
            "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
        },
        answer={"choices": [{"message": {"tool_calls": [{"function": {"name": "get_weather"}}]}}]},
    ),
]
