"""The real `openai` package's Responses, validated strictly, plain and asynchronous, against the applied quickstart."""

import asyncio
import json
from typing import Any

import openai
import pydantic
import pytest
from openai.types.responses import Response

from tests.clients.drivers import photograph_base64
from tests.support import Api

WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": False,
}


class Car(pydantic.BaseModel):
    """What a structured answer is parsed into."""

    name: str
    seats: int


@pytest.fixture
def client(api: Api, monkeypatch: pytest.MonkeyPatch) -> openai.OpenAI:
    """One that takes a missing or wrong field for an error."""
    monkeypatch.setenv("SSL_CERT_FILE", api.ca_file)
    return openai.OpenAI(base_url=f"{api.url}/v1", api_key=api.key, max_retries=0, _strict_response_validation=True)


@pytest.mark.parametrize("model", ["fast", "nova", "us.anthropic.claude-haiku-4-5-20251001-v1:0"])
def test_a_response(client: openai.OpenAI, model: str) -> None:
    answer = client.responses.create(model=model, input="Repeat after me: Grüezi, world", instructions="Be kind.")
    assert answer.output_text == "Grüezi, world"
    assert (answer.status, answer.model, answer.instructions) == ("completed", model, "Be kind.")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 0


@pytest.mark.parametrize("model", ["fast", "nova"])
def test_a_stream_adds_up_to_the_response(client: openai.OpenAI, model: str) -> None:
    with client.responses.stream(model=model, input="Repeat after me: one two three four five six") as stream:
        pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
        whole = stream.get_final_response()
    assert "".join(pieces) == whole.output_text == "one two three four five six"
    assert len(pieces) > 1
    assert whole.usage is not None


def test_a_tool_is_called_and_its_result_read(client: openai.OpenAI) -> None:
    # GIVEN a tool that the model calls
    question: Any = [{"role": "user", "content": "What is the weather in Rome?"}]
    first = client.responses.create(
        model="fast", input=question, tools=[WEATHER], tool_choice={"type": "function", "name": "get_weather"}
    )
    (call,) = [item for item in first.output if item.type == "function_call"]
    assert call.name == "get_weather"
    assert json.loads(call.arguments)

    # WHEN all items go back with its result, as the SDK holds them
    items = [*question, *(item.model_dump() for item in first.output)]
    items.append({"type": "function_call_output", "call_id": call.call_id, "output": "sunny"})
    second = client.responses.create(model="fast", input=items, tools=[WEATHER], store=False)

    # THEN the model answers
    assert second.status == "completed"
    assert second.output_text


@pytest.mark.parametrize("model", ["fast", "nova"])
def test_an_answer_is_parsed(client: openai.OpenAI, model: str) -> None:
    answer = client.responses.parse(model=model, input="Describe a car.", text_format=Car)
    assert isinstance(answer.output_parsed, Car)


def test_a_picture_is_seen(client: openai.OpenAI) -> None:
    picture: Any = {"type": "input_image", "image_url": f"data:image/jpeg;base64,{photograph_base64()}"}
    parts = [{"type": "input_text", "text": "Describe it."}, picture]
    answer = client.responses.create(model="fast", input=[{"role": "user", "content": parts}])
    assert answer.status == "completed"


def test_tokens_are_counted(client: openai.OpenAI) -> None:
    count = client.responses.input_tokens.count(model="fast", input="one two three")
    assert count.input_tokens > 0
    assert count.object == "response.input_tokens"


def test_the_asynchronous_client_works(api: Api, client: openai.OpenAI) -> None:
    async def ask() -> Response:
        async with openai.AsyncOpenAI(
            base_url=f"{api.url}/v1", api_key=api.key, max_retries=0, _strict_response_validation=True
        ) as one:
            return await one.responses.create(model="fast", input="Repeat after me: hi")

    assert asyncio.run(ask()).output_text == "hi"


@pytest.mark.parametrize(
    ("arguments", "raised", "code"),
    [
        ({"model": "nobody"}, openai.NotFoundError, "model_not_found"),
        ({"previous_response_id": "resp_1"}, openai.BadRequestError, "previous_response_not_found"),
        (
            {"input": [{"type": "item_reference", "id": "msg_1"}]},
            openai.BadRequestError,
            "item_reference_not_supported",
        ),
    ],
)
def test_a_refusal_raises_the_sdks_own_exception(
    client: openai.OpenAI, arguments: dict[str, Any], raised: type[openai.APIStatusError], code: str
) -> None:
    with pytest.raises(raised) as refused:
        client.responses.create(**{"model": "fast", "input": "Hi", **arguments})
    assert refused.value.code == code


def test_what_is_not_stored_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve("resp_1")
