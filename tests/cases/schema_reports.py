"""Answers by a schema."""

import json
from typing import Any

from tests.cases.asked import CITY, CLOSED, answer_by, user
from tests.cases.case import ABSENT, NOTHING, RESPONSES, Case, as_json, like

_ASKED = user("The capital is Paris, with 2 million people.")


def _asks(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"messages": _ASKED, "response_format": answer_by(schema, **more)}


def _held(schema: Any) -> dict[str, Any]:
    return {"outputConfig": {"textFormat": {"structure": {"jsonSchema": {"schema": as_json(schema)}}}}}


def _is_json_object(text: str) -> bool:
    return isinstance(json.loads(text), dict)


_JSON = {"choices": [{"finish_reason": "stop", "message": {"content": _is_json_object, "tool_calls": ABSENT}}]}
_LIMITED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "people": {"type": "integer", "minimum": 1, "maximum": 90},
        "names": {"type": "array", "items": {"type": "string", "maxLength": 40}, "minItems": 2, "maxItems": 5},
    },
    "required": ["people", "names"],
}
_NESTED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "a": {"type": ["object", "null"], "properties": {"x": {"type": "string"}}},
        "b": {"anyOf": [{"type": "object", "properties": {"y": {"type": "string"}}}, {"type": "null"}]},
        "c": {"oneOf": [{"properties": {"z": {"type": "string"}}}, {"type": "string"}]},
        "d": {"$ref": "#/$defs/D"},
    },
    "required": ["a", "b", "c", "d"],
    "$defs": {"D": {"type": "object", "properties": {"w": {"type": "string"}}}},
}

CASES = [
    Case(
        "numbers and counts move into descriptions",
        ["BerriAI/litellm#29168", "vercel/ai#17197"],
        "haiku45",
        _asks(_LIMITED),
        reaches=_held(
            {
                "additionalProperties": False,
                "properties": {
                    "people": {"type": "integer", "minimum": ABSENT, "maximum": ABSENT, "description": like("90")},
                    "names": {"minItems": ABSENT, "maxItems": ABSENT, "description": like("5")},
                },
            }
        ),
        answer=_JSON,
    ),
    Case(
        "objects are closed wherever they stand",
        ["ax-llm/ax#458"],
        "haiku45",
        _asks(_NESTED),
        reaches=_held(
            {
                "additionalProperties": False,
                "properties": {"a": {"additionalProperties": False}},
                "$defs": {"D": {"additionalProperties": False}},
            }
        ),
        answer=_JSON,
    ),
    Case(
        "formats that are none of the known",
        ["docs.aws.amazon.com/bedrock: structured-output"],
        "haiku45",
        _asks({**CLOSED, "properties": {"city": {"type": "string", "format": "city-name"}}}),
        reaches=_held({"properties": {"city": {"format": ABSENT, "description": like("city-name")}}}),
        answer=_JSON,
    ),
    Case(
        "a schema that leads back to itself",
        ["docs.aws.amazon.com/bedrock: structured-output"],
        "haiku45",
        _asks({"type": "object", "properties": {"child": {"$ref": "#"}}}),
        reaches={"outputConfig": ABSENT},
        answer=_JSON,
    ),
    Case(
        "a schema for open weights",
        ["BerriAI/litellm#35655"],
        "glm",
        _asks(CITY),
        reaches=_held({"additionalProperties": False}),
        answer=_JSON,
    ),
    Case(
        "a schema for an older Claude, by a tool",
        ["langchain-ai/langchain-aws#883"],
        "sonnet4",
        _asks(CITY),
        reaches={"outputConfig": ABSENT, "toolConfig": {"toolChoice": {}}},
        answer=_JSON,
    ),
    Case(
        "a schema for what can't be held to one",
        ["langchain-ai/langchain-aws#883"],
        "llama",
        _asks(CITY),
        reaches=NOTHING,
        status=400,
        answer={"error": {"param": like("response_format")}},
    ),
    Case(
        "json_object of Claude",
        ["platform.openai.com: JSON mode"],
        "haiku45",
        {"messages": user("Give JSON of the capital Paris."), "response_format": {"type": "json_object"}},
        answer={"choices": [{"finish_reason": "stop", "message": {"content": _is_json_object, "tool_calls": ABSENT}}]},
    ),
    Case(
        "json_object of Nova",
        ["platform.openai.com: JSON mode"],
        "nova",
        {"messages": user("Give JSON of the capital Paris."), "response_format": {"type": "json_object"}},
        answer={"choices": [{"finish_reason": "stop", "message": {"content": _is_json_object, "tool_calls": ABSENT}}]},
    ),
    Case(
        "json_object of Llama, which is asked in words",
        ["platform.openai.com: JSON mode"],
        "llama",
        {"messages": user('Repeat after me: {"json": 1}'), "response_format": {"type": "json_object"}},
        reaches={"system": lambda said: "JSON" in str(said)},
        answer={"choices": [{"finish_reason": "stop", "message": {"content": as_json({"json": 1})}}]},
    ),
    Case(
        "json_object of Llama, which wraps it in other words",
        ["platform.openai.com: JSON mode"],
        "llama",
        {"input": 'Repeat after me: Sure! ```{"json": 1}``` That is it.', "text": {"format": {"type": "json_object"}}},
        RESPONSES,
        answer={"status": "completed", "output": [{"content": [{"text": '{"json": 1}'}]}]},
    ),
]
