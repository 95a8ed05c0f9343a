"""openai-agents: Responses, which is its default, or with the argument `chat` chat completions."""

import asyncio
import sys

import agents
import checks
import openai
import pydantic


class Car(pydantic.BaseModel):
    """What a structured answer is parsed into."""

    name: str
    seats: int


@agents.function_tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return checks.weather(city)


@agents.function_tool
def get_population(city: str) -> str:
    """How many people live in a city."""
    return f"{len(city)} million in {city}"


def agent(key: str = checks.KEY, model: str = checks.MODEL, **more: object) -> agents.Agent:
    client = openai.AsyncOpenAI(base_url=f"{checks.URL}/v1", api_key=key, max_retries=0)
    kind = agents.OpenAIChatCompletionsModel if "chat" in sys.argv else agents.OpenAIResponsesModel
    return agents.Agent(name="Guide", model=kind(model=model, openai_client=client), **more)


def plain(key: str = checks.KEY, model: str = checks.MODEL) -> str:
    return str(agents.Runner.run_sync(agent(key, model), checks.SAY).final_output)


def streamed() -> list[str]:
    async def read() -> list[str]:
        events = agents.Runner.run_streamed(agent(), checks.COUNT).stream_events()
        return [
            event.data.delta
            async for event in events
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
        ]

    return asyncio.run(read())


def tools() -> str:
    return str(agents.Runner.run_sync(agent(tools=[get_weather]), checks.WEATHER).final_output)


def parallel() -> list[str]:
    """Two tools that the model calls at once, streamed: the names of those that were called, then the answer."""

    async def read() -> list[str]:
        both = agent(tools=[get_weather, get_population])
        run = agents.Runner.run_streamed(both, "What are the weather and the population of Rome?")
        items = [event.item async for event in run.stream_events() if event.type == "run_item_stream_event"]
        calls = [item.raw_item for item in items if item.type == "tool_call_item"]
        return [*(getattr(call, "name", "") for call in calls), str(run.final_output)]

    return asyncio.run(read())


def structured() -> dict[str, object]:
    answer = agents.Runner.run_sync(agent(output_type=Car), checks.DESCRIBE).final_output
    return dict(answer.model_dump())


def image() -> str:
    seen = {"type": "input_image", "image_url": checks.picture_url(), "detail": "auto"}
    content = [{"type": "input_text", "text": checks.LOOK}, seen]
    return str(agents.Runner.run_sync(agent(), [{"role": "user", "content": content}]).final_output)


agents.set_tracing_disabled(True)
checks.run(plain, streamed=streamed, tools=tools, parallel=parallel, structured=structured, image=image)
