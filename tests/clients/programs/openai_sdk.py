"""`openai` for Python, by chat completions or, with the argument `responses`, by Responses."""

import json
import sys
from typing import Any

import checks
import openai


def client(key: str = checks.KEY, *, strict: bool = True) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{checks.URL}/v1", api_key=key, max_retries=0, _strict_response_validation=strict)


def embeddings() -> list[int]:
    # The SDK asks for base64, which its own strict validation then refuses.
    answer = client(strict=False).embeddings.create(model="embed", input=checks.TEXTS)
    return [len(one.embedding) for one in answer.data]


def completion() -> list[str]:
    asked: Any = {"model": checks.MODEL, "prompt": checks.COUNT, "max_tokens": 100}
    whole = client().completions.create(**asked).choices[0].text
    with client(strict=False).completions.create(**asked, stream=True) as stream:
        pieces = [chunk.choices[0].text for chunk in stream if chunk.choices]
    return [*pieces] if "".join(pieces) == whole else []


def models() -> list[str]:
    return [model.id for model in client().models.list()]


class Chat:
    @staticmethod
    def plain(key: str = checks.KEY, model: str = checks.MODEL) -> str | None:
        answer = client(key).chat.completions.create(model=model, messages=[{"role": "user", "content": checks.SAY}])
        return answer.choices[0].message.content

    @staticmethod
    def streamed() -> list[str]:
        messages: Any = [{"role": "user", "content": checks.COUNT}]
        with client().chat.completions.create(model=checks.MODEL, messages=messages, stream=True) as stream:
            return [text for chunk in stream if chunk.choices and (text := chunk.choices[0].delta.content)]

    @staticmethod
    def tools() -> str | None:
        messages: list[Any] = [{"role": "user", "content": checks.WEATHER}]
        tool: Any = {"type": "function", "function": {"name": "get_weather", "parameters": checks.CITY}}
        first = client().chat.completions.create(model=checks.MODEL, messages=messages, tools=[tool])
        messages.append(first.choices[0].message)
        for call in first.choices[0].message.tool_calls or []:
            said = checks.weather(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": said})
        second = client().chat.completions.create(model=checks.MODEL, messages=messages, tools=[tool])
        return second.choices[0].message.content

    @staticmethod
    def structured() -> Any:
        wanted: Any = {"type": "json_schema", "json_schema": {"name": "car", "strict": True, "schema": checks.CAR}}
        messages: Any = [{"role": "user", "content": checks.DESCRIBE}]
        answer = client().chat.completions.create(model=checks.MODEL, messages=messages, response_format=wanted)
        return json.loads(answer.choices[0].message.content or "")

    @staticmethod
    def image() -> str | None:
        seen = {"type": "image_url", "image_url": {"url": checks.picture_url()}}
        messages: Any = [{"role": "user", "content": [{"type": "text", "text": checks.LOOK}, seen]}]
        answer = client().chat.completions.create(model=checks.MODEL, messages=messages)
        return answer.choices[0].message.content


class Responses:
    @staticmethod
    def plain(key: str = checks.KEY, model: str = checks.MODEL) -> str:
        return client(key).responses.create(model=model, input=checks.SAY).output_text

    @staticmethod
    def streamed() -> list[str]:
        with client().responses.create(model=checks.MODEL, input=checks.COUNT, stream=True) as stream:
            return [event.delta for event in stream if event.type == "response.output_text.delta"]

    @staticmethod
    def tools() -> str:
        items: list[Any] = [{"role": "user", "content": checks.WEATHER}]
        tool: Any = {"type": "function", "name": "get_weather", "parameters": checks.CITY, "strict": True}
        first = client().responses.create(model=checks.MODEL, input=items, tools=[tool])
        items += first.output
        for call in first.output:
            if call.type == "function_call":
                said = checks.weather(**json.loads(call.arguments))
                items.append({"type": "function_call_output", "call_id": call.call_id, "output": said})
        return client().responses.create(model=checks.MODEL, input=items, tools=[tool]).output_text

    @staticmethod
    def structured() -> Any:
        wanted: Any = {"format": {"type": "json_schema", "name": "car", "strict": True, "schema": checks.CAR}}
        answer = client().responses.create(model=checks.MODEL, input=checks.DESCRIBE, text=wanted)
        return json.loads(answer.output_text)

    @staticmethod
    def image() -> str:
        seen = {"type": "input_image", "image_url": checks.picture_url()}
        content = [{"type": "input_text", "text": checks.LOOK}, seen]
        items: Any = [{"role": "user", "content": content}]
        return client().responses.create(model=checks.MODEL, input=items).output_text


Way = Responses if "responses" in sys.argv else Chat
checks.run(
    Way.plain,
    streamed=Way.streamed,
    tools=Way.tools,
    structured=Way.structured,
    image=Way.image,
    **({} if Way is Responses else {"embeddings": embeddings, "models": models, "completion": completion}),
)
