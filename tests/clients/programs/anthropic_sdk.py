"""`anthropic` for Python; its tool runner calls the tools."""

import json
from typing import Any

import anthropic
import checks


def client(key: str = checks.KEY) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=checks.URL, api_key=key, max_retries=0, _strict_response_validation=True)


def asked(content: Any, **more: Any) -> Any:
    return {"model": checks.MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": content}], **more}


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def plain(key: str = checks.KEY, model: str = checks.MODEL) -> str:
    return text_of(client(key).messages.create(**asked(checks.SAY, model=model)))


def streamed() -> list[str]:
    with client().messages.stream(**asked(checks.COUNT)) as stream:
        return list(stream.text_stream)


def tools() -> str:
    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """The weather of a city.

        Args:
            city: A city.
        """
        return checks.weather(city)

    runner = client().beta.messages.tool_runner(**asked(checks.WEATHER, tools=[get_weather]))
    return text_of(runner.until_done())


def structured() -> Any:
    wanted = {"format": {"type": "json_schema", "schema": checks.CAR}}
    return json.loads(text_of(client().messages.create(**asked(checks.DESCRIBE, output_config=wanted))))


def image() -> str:
    source = {"type": "base64", "media_type": "image/jpeg", "data": checks.picture_base64()}
    content = [{"type": "image", "source": source}, {"type": "text", "text": checks.LOOK}]
    return text_of(client().messages.create(**asked(content)))


def tokens() -> int:
    counted = client().beta.messages.count_tokens(
        model=checks.MODEL, messages=[{"role": "user", "content": checks.SAY}]
    )
    return counted.input_tokens


checks.run(plain, streamed=streamed, tools=tools, structured=structured, image=image, tokens=tokens)
