"""`anthropic` for Python, with its tool runner; `AnthropicBedrock` of the same package with the argument `bedrock`."""

import json
import sys
from functools import partial
from typing import Any

import anthropic
import checks

BEDROCK = "bedrock" in sys.argv
OLD = {"extra_body": {"anthropic_version": "bedrock-2023-05-31"}}


def client(key: str = checks.KEY) -> Any:
    if BEDROCK:
        return anthropic.AnthropicBedrock(base_url=checks.URL, api_key=key, aws_region="us-east-1", max_retries=0)
    return anthropic.Anthropic(base_url=checks.URL, api_key=key, max_retries=0, _strict_response_validation=True)


def asked(content: Any, **more: Any) -> Any:
    return {"model": checks.MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": content}], **more}


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def plain(key: str = checks.KEY, model: str = checks.MODEL, **switch: Any) -> str:
    return text_of(client(key).messages.create(**asked(checks.SAY, model=model, **switch)))


def streamed(**switch: Any) -> list[str]:
    with client().messages.stream(**asked(checks.COUNT, **switch)) as stream:
        return list(stream.text_stream)


def tools(**switch: Any) -> str:
    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """The weather of a city.

        Args:
            city: A city.
        """
        return checks.weather(city)

    runner = client().beta.messages.tool_runner(**asked(checks.WEATHER, tools=[get_weather], **switch))
    return text_of(runner.until_done())


def structured(**switch: Any) -> Any:
    wanted = {"format": {"type": "json_schema", "schema": checks.CAR}}
    return json.loads(text_of(client().messages.create(**asked(checks.DESCRIBE, output_config=wanted, **switch))))


def image(**switch: Any) -> str:
    source = {"type": "base64", "media_type": "image/jpeg", "data": checks.picture_base64()}
    content = [{"type": "image", "source": source}, {"type": "text", "text": checks.LOOK}]
    return text_of(client().messages.create(**asked(content, **switch)))


def tokens() -> int:
    counted = client().beta.messages.count_tokens(
        model=checks.MODEL, messages=[{"role": "user", "content": checks.SAY}]
    )
    return counted.input_tokens


def models() -> list[str]:
    return [model.id for model in client().models.list() if model.display_name]


ASKS = {"plain": plain, "streamed": streamed, "tools": tools, "structured": structured, "image": image}
if BEDROCK:
    switched = {name: {"": ask, "anthropic_version": partial(ask, **OLD)} for name, ask in ASKS.items()}
    checks.run(switched.pop("plain"), **switched)
else:
    checks.run(ASKS.pop("plain"), **ASKS, tokens=tokens, models=models)
