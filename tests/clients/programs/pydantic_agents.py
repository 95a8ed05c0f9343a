"""pydantic-ai's models; which, the argument says: `openai` (Responses), `chat`, `anthropic` or `bedrock`."""

import asyncio
import sys
from typing import Any

import checks
import pydantic
from pydantic_ai import Agent, BinaryContent

WAY = sys.argv[1]


class Car(pydantic.BaseModel):
    """What a structured answer is parsed into."""

    name: str
    seats: int


def model_of(key: str, model: str) -> Any:
    if WAY == "anthropic":
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider

        return AnthropicModel(model, provider=AnthropicProvider(base_url=checks.URL, api_key=key))
    if WAY == "bedrock":
        from pydantic_ai.models.bedrock import BedrockConverseModel
        from pydantic_ai.providers.bedrock import BedrockProvider

        provider = BedrockProvider(base_url=checks.URL, api_key=key, region_name="us-east-1")
        return BedrockConverseModel(model, provider=provider)
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    kind = OpenAIChatModel if WAY == "chat" else OpenAIResponsesModel
    return kind(model, provider=OpenAIProvider(base_url=f"{checks.URL}/v1", api_key=key))


def agent(key: str = checks.KEY, model: str = checks.MODEL, **more: Any) -> Any:
    return Agent(model_of(key, model), **more)


def plain(key: str = checks.KEY, model: str = checks.MODEL) -> str:
    return str(agent(key, model).run_sync(checks.SAY).output)


def streamed() -> list[str]:
    async def read() -> list[str]:
        async with agent().run_stream(checks.COUNT) as run:
            return [text async for text in run.stream_text(delta=True, debounce_by=None)]

    return asyncio.run(read())


def get_weather(city: str) -> str:
    """The weather of a city."""
    return checks.weather(city)


def tools() -> str:
    return str(agent(tools=[get_weather]).run_sync(checks.WEATHER).output)


def structured() -> Any:
    # Of a model whose name it doesn't know it demands no tool on Bedrock, so the stand-in has to be told which to call.
    told = f'{checks.DESCRIBE}\nCall the tool final_result with {{"name": "Alto", "seats": 7}}'
    return agent(output_type=Car).run_sync(told if WAY == "bedrock" else checks.DESCRIBE).output.model_dump()


def image() -> str:
    return str(agent().run_sync([checks.LOOK, BinaryContent(data=checks.picture(), media_type="image/jpeg")]).output)


checks.run(plain, streamed=streamed, tools=tools, structured=structured, image=image)
