"""Pieces of requests that several reports have in common."""

import base64
from typing import Any

from local_aws.models.images import paint

WEATHER = "What is the weather in Paris?"
HELLO = [{"role": "user", "content": "Hi"}]
CITY: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CLOSED: dict[str, Any] = {**CITY, "additionalProperties": False}

PNG = base64.b64encode(paint("a car", 8, 8)).decode()


def user(text: str) -> list[dict[str, Any]]:
    """A conversation of one question."""
    return [{"role": "user", "content": text}]


def function(parameters: Any = None, name: str = "get_weather", **more: Any) -> dict[str, Any]:
    """A tool in OpenAI's form."""
    found = {"name": name, **({} if parameters is None else {"parameters": parameters}), **more}
    return {"type": "function", "function": found}


def answer_by(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """`response_format` with a schema."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **more}}


def called(*calls: tuple[str, str], name: str = "get_weather") -> list[dict[str, Any]]:
    """A history in OpenAI's form: for each ID and its arguments, a turn in which the tool was called and answered."""
    turns: list[dict[str, Any]] = user(WEATHER)
    for identifier, arguments in calls:
        call = {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}
        turns.append({"role": "assistant", "content": None, "tool_calls": [call]})
        turns.append({"role": "tool", "tool_call_id": identifier, "content": "21 degrees"})
    return turns


def spec(schema: Any, **more: Any) -> dict[str, Any]:
    """What reaches Converse of one tool."""
    return {"toolConfig": {"tools": [{"toolSpec": {"inputSchema": {"json": schema}, **more}}]}}
