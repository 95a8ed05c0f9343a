"""LiteLLM as a library, by the provider that the argument names, such as `openai` or `bedrock/converse`."""

import json
import os
import sys
from functools import partial
from typing import Any

import checks
import litellm

WAY = sys.argv[1]
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": checks.CITY}}


def ask(messages: list[Any] | str, key: str = checks.KEY, model: str = checks.MODEL, **more: Any) -> Any:
    asked = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
    os.environ["AWS_BEARER_TOKEN_BEDROCK"] = key
    place = (
        {"aws_bedrock_runtime_endpoint": checks.URL, "aws_region_name": "us-east-1"}
        if WAY.startswith("bedrock")
        else {"api_base": checks.URL if WAY == "anthropic" else f"{checks.URL}/v1"}
    )
    return litellm.completion(
        model=f"{WAY}/{model}", messages=asked, api_key=key, max_retries=0, num_retries=0, **place, **more
    )


def plain(key: str = checks.KEY, model: str = checks.MODEL, **switch: Any) -> Any:
    return ask(checks.SAY, key, model, **switch).choices[0].message.content


def streamed(**switch: Any) -> list[str]:
    chunks = ask(checks.COUNT, stream=True, **switch)
    return [text for chunk in chunks if chunk.choices and (text := chunk.choices[0].delta.content)]


def tools(**switch: Any) -> Any:
    messages: list[Any] = [{"role": "user", "content": checks.WEATHER}]
    message = ask(messages, tools=[TOOL], **switch).choices[0].message
    messages.append(message)
    for call in message.tool_calls or []:
        said = checks.weather(**json.loads(call.function.arguments))
        messages.append({"role": "tool", "tool_call_id": call.id, "content": said})
    return ask(messages, tools=[TOOL], **switch).choices[0].message.content


def structured(**switch: Any) -> Any:
    wanted = {"type": "json_schema", "json_schema": {"name": "car", "strict": True, "schema": checks.CAR}}
    return json.loads(ask(checks.DESCRIBE, response_format=wanted, **switch).choices[0].message.content)


def json_object() -> Any:
    return json.loads(ask(checks.SAY_JSON, response_format={"type": "json_object"}).choices[0].message.content)


def image(**switch: Any) -> Any:
    seen = {"type": "image_url", "image_url": {"url": checks.picture_url()}}
    messages = [{"role": "user", "content": [{"type": "text", "text": checks.LOOK}, seen]}]
    return ask(messages, **switch).choices[0].message.content


def embeddings() -> list[int]:
    answer = litellm.embedding(
        model="openai/embed", input=checks.TEXTS, api_base=f"{checks.URL}/v1", api_key=checks.KEY
    )
    return [len(one["embedding"]) for one in answer.data]


CHECKS: dict[str, Any] = {"streamed": streamed, "tools": tools, "structured": structured, "image": image}
CAP = {"max_tokens": 1000}
KNOWN = {"allowed_openai_params": ["tools"]}
match WAY:
    case "anthropic":  # for a name that it doesn't know it asks for 64,000 tokens
        asks = {"plain": plain, **CHECKS}
        capped = {name: {"": ask, "max_tokens": partial(ask, **CAP)} for name, ask in asks.items()}
        checks.run(capped.pop("plain"), **capped)
    case "bedrock/converse":  # it takes a name that it doesn't know for a model without tools
        able = {"": tools, 'allowed_openai_params=["tools"]': partial(tools, **KNOWN)}
        checks.run(plain, **{**CHECKS, "tools": able})
    case "openai":
        checks.run(plain, **CHECKS, embeddings=embeddings, json=json_object)
    case _:
        checks.run(plain, **CHECKS)
