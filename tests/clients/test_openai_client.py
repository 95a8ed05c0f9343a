"""The real `openai` package, plain and asynchronous, against the applied quickstart. Nothing is mocked."""

import json

import openai
import pydantic
import pytest

from tests.clients.drivers import Driver, openai_async, openai_plain, photograph_base64
from tests.support import Api

HELLO = [{"role": "user", "content": "Repeat after me: Grüezi, world"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


class Car(pydantic.BaseModel):
    """What a structured answer is parsed into."""

    name: str
    seats: int


@pytest.fixture(autouse=True)
def _trust(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    # The variable that a user of these packages sets for a private certificate authority.
    monkeypatch.setenv("SSL_CERT_FILE", api.ca_file)


@pytest.fixture(params=[openai_plain, openai_async], ids=["plain", "async"])
def ask(request: pytest.FixtureRequest) -> Driver:
    driver: Driver = request.param
    return driver


@pytest.mark.parametrize("model", ["fast", "nova", "us.anthropic.claude-haiku-4-5-20251001-v1:0"])
def test_a_completion(api, ask, model):
    # GIVEN a declared model, by alias or by ID
    # WHEN it is asked
    answer = ask(api, "chat.completions.create", model=model, messages=HELLO)

    # THEN
    assert answer.choices[0].message.content == "Grüezi, world"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == model
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


@pytest.mark.parametrize("model", ["fast", "nova"])
def test_a_streamed_completion_with_its_usage(api, ask, model):
    # GIVEN / WHEN
    chunks = ask(
        api,
        "chat.completions.create",
        model=model,
        messages=HELLO,
        stream=True,
        stream_options={"include_usage": True},
    )

    # THEN the text comes in more than one piece, and the usage last
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(pieces) > 1
    assert "".join(pieces) == "Grüezi, world"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.completion_tokens > 0


def test_instructions_limits_and_stop_sequences(api, ask):
    # GIVEN / WHEN
    def stopped(**limits):
        messages = [{"role": "developer", "content": "Be exact."}, {"role": "user", "content": "Count to 50."}]
        choice = ask(api, "chat.completions.create", model="fast", messages=messages, **limits).choices[0]
        return choice.finish_reason, choice.message.content

    # THEN
    assert stopped(max_completion_tokens=5)[0] == "length"
    assert stopped(stop=["7"]) == ("stop", "1, 2, 3, 4, 5, 6, ")


@pytest.mark.parametrize("model", ["fast", "nova"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_round_trip_with_parallel_tool_calls(api, ask, model, stream):
    # GIVEN a question that needs a tool twice
    messages = [{"role": "user", "content": "What is the weather like in Paris and in Zurich today?"}]

    # WHEN the model calls, and gets its results
    answer = ask(api, "chat.completions.create", model=model, messages=messages, tools=[WEATHER], stream=stream)
    calls, reason = _gathered(answer) if stream else _calls(answer)
    cities = [json.loads(call["function"]["arguments"])["city"] for call in calls]
    messages.append({"role": "assistant", "content": None, "tool_calls": calls})
    messages += [
        {"role": "tool", "tool_call_id": call["id"], "content": f"Sunny in {city}"}
        for call, city in zip(calls, cities, strict=True)
    ]
    final = ask(api, "chat.completions.create", model=model, messages=messages, tools=[WEATHER])

    # THEN it answers from both
    assert reason == "tool_calls"
    assert cities == ["Paris", "Zurich"]
    assert all(f"Sunny in {city}" in final.choices[0].message.content for city in cities)


def _calls(answer):
    return [call.model_dump() for call in answer.choices[0].message.tool_calls], answer.choices[0].finish_reason


def _gathered(chunks):
    """The calls of a stream, put together as clients do it: by index."""
    calls = {}
    for chunk in chunks:
        for part in chunk.choices[0].delta.tool_calls or []:
            call = calls.setdefault(part.index, {"type": "function", "function": {"name": "", "arguments": ""}})
            call["id"] = part.id or call["id"]
            call["function"]["name"] += part.function.name or ""
            call["function"]["arguments"] += part.function.arguments or ""
    return list(calls.values()), chunks[-1].choices[0].finish_reason


def test_a_tool_that_must_be_called(api, ask):
    # GIVEN a question that needs no tool
    choice = {"type": "function", "function": {"name": "get_weather"}}

    # WHEN / THEN
    answer = ask(api, "chat.completions.create", model="nova", messages=HELLO, tools=[WEATHER], tool_choice=choice)
    assert answer.choices[0].message.tool_calls[0].function.name == "get_weather"


@pytest.mark.parametrize("model", ["fast", "nova"])
def test_an_image(api, ask, model):
    # GIVEN a photograph as a data URL
    url = f"data:image/jpeg;base64,{photograph_base64()}"
    content = [{"type": "text", "text": "What do you see?"}, {"type": "image_url", "image_url": {"url": url}}]

    # WHEN / THEN the model got the picture
    answer = ask(api, "chat.completions.create", model=model, messages=[{"role": "user", "content": content}])
    assert "JPEG image" in answer.choices[0].message.content


def test_a_file(api, ask):
    # GIVEN a text file
    file = {"filename": "notes.txt", "file_data": "data:text/plain;base64,U2V2ZW4gc2VhdHM="}
    content = [{"type": "text", "text": "What does it say?"}, {"type": "file", "file": file}]

    # WHEN / THEN
    answer = ask(api, "chat.completions.create", model="fast", messages=[{"role": "user", "content": content}])
    assert answer.choices[0].message.content


@pytest.mark.parametrize("model", ["fast", "nova"])
def test_a_structured_answer_is_parsed_into_a_pydantic_model(api, ask, model):
    # GIVEN a schema, which one family takes as such and the other as a tool
    messages = [{"role": "user", "content": 'Describe the car "Alpina" with 7 seats.'}]

    # WHEN / THEN
    answer = ask(api, "chat.completions.parse", model=model, messages=messages, response_format=Car)
    assert answer.choices[0].message.parsed == Car(name="Alpina", seats=7)


def test_reasoning(api, ask):
    # GIVEN a model that can reason
    answer = ask(api, "chat.completions.create", model="fast", messages=HELLO, reasoning_effort="low")

    # WHEN / THEN its thoughts stand beside the answer
    assert answer.choices[0].message.reasoning_content
    assert answer.choices[0].message.content == "Grüezi, world"


def test_embeddings(api, ask):
    # GIVEN two texts, in the SDK's default encoding
    answer = ask(api, "embeddings.create", model="embed", input=["a car", "a boat"], dimensions=256)

    # WHEN / THEN
    assert [len(item.embedding) for item in answer.data] == [256, 256]
    assert answer.data[0].embedding != answer.data[1].embedding
    assert answer.usage.prompt_tokens > 0


def test_embeddings_as_floats_say_the_same(api, ask):
    # GIVEN the SDK's default encoding, base64, and the other one
    encoded, plain = (
        ask(api, "embeddings.create", model="embed", input="Seven seats", **format).data[0].embedding
        for format in ({}, {"encoding_format": "float"})
    )

    # WHEN / THEN
    assert any(plain)
    assert encoded == pytest.approx(plain, rel=1e-6)


def test_the_list_of_models(api):
    # GIVEN / WHEN
    listed = openai_plain(api, "models.list")
    one = openai_plain(api, "models.retrieve", model="fast")

    # THEN
    assert [model.id for model in listed.data] == api.models
    assert one.id == "fast"


def test_what_is_ignored_is_named_in_a_header(api):
    # GIVEN a field that Bedrock has no equivalent for
    answer = openai_plain(
        api, "chat.completions.with_raw_response.create", model="fast", messages=HELLO, user="someone"
    )

    # WHEN / THEN
    assert answer.headers["warning"] == '199 - "user was ignored: Bedrock has no equivalent"'
    assert answer.headers["x-llm-model"] == "fast"


ERRORS = [
    ({"key": "sk-nobody"}, openai.AuthenticationError, 401),
    ({"model": "gpt-5"}, openai.NotFoundError, 404),
    ({"messages": [{"role": "user", "content": ""}]}, openai.BadRequestError, 400),
    ({"max_tokens": 50_000}, openai.BadRequestError, 400),
    ({"model": "embed"}, openai.BadRequestError, 400),
    ({"messages": [{"role": "user", "content": "x" * 11_000_000}]}, openai.APIStatusError, 413),
]


@pytest.mark.parametrize(("change", "error", "status"), ERRORS, ids=lambda value: getattr(value, "__name__", None))
@pytest.mark.parametrize("stream", [False, True])
def test_each_error_has_its_own_class(api, ask, change, error, status, stream):
    # GIVEN a request that is wrong in one way
    request = {"model": "fast", "messages": HELLO, "stream": stream, **change}

    # WHEN it is sent
    with pytest.raises(error) as failure:
        ask(api, "chat.completions.create", **request)

    # THEN the class, the status and the shape fit
    assert failure.value.status_code == status
    assert failure.value.request_id
    assert set(failure.value.body) >= {"message", "type", "param", "code"}


def test_throttling_says_when_to_come_back(api, ask):
    # GIVEN a model without a fallback that is throttled
    api.aws.faults.add("throttle", model="nova", times=None)

    # WHEN / THEN
    with pytest.raises(openai.RateLimitError) as failure:
        ask(api, "chat.completions.create", model="nova", messages=HELLO)
    assert int(failure.value.response.headers["retry-after"]) >= 1


def test_a_fallback_answers_for_a_model_that_is_throttled(api, ask):
    # GIVEN a model with a fallback
    api.aws.faults.add("throttle", model="claude", times=None)

    # WHEN / THEN the answer names who gave it
    answer = ask(api, "chat.completions.create", model="fast", messages=HELLO)
    assert answer.model == "nova"


def test_a_model_that_fails_in_mid_stream_is_an_error_and_no_short_answer(api, ask):
    # GIVEN an error frame after three others
    api.aws.faults.add("error_frame_after", model="claude", operation="converse-stream")

    # WHEN / THEN
    with pytest.raises(openai.APIError):
        ask(api, "chat.completions.create", model="fast", messages=HELLO, stream=True)


@pytest.mark.parametrize("point", ["input", "output"])
def test_a_guardrails_intervention_is_a_content_filter(api, ask, point):
    # GIVEN a guardrail that steps in
    api.aws.faults.add("guardrail_intervention", model="claude", point=point, times=2)

    # WHEN / THEN its message is the answer, whole or streamed
    answer = ask(api, "chat.completions.create", model="fast", messages=HELLO).choices[0]
    assert answer.finish_reason == "content_filter"
    chunks = ask(api, "chat.completions.create", model="fast", messages=HELLO, stream=True)
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert "".join(choice.delta.content or "" for choice in choices) == answer.message.content
    assert choices[-1].finish_reason == "content_filter"


def test_a_text_is_completed(api, ask):
    # GIVEN the older way to ask WHEN a text is completed, whole and streamed
    asked = {"model": "fast", "prompt": "Repeat after me: one two three", "max_tokens": 50}
    whole = ask(api, "completions.create", **asked)
    chunks = ask(api, "completions.create", stream=True, **asked)

    # THEN both say the same
    assert whole.choices[0].text == "one two three"
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == "one two three"
