"""The real `anthropic` package, plain and asynchronous, against the applied quickstart. Nothing is mocked."""

import asyncio

import anthropic
import pytest

from tests.clients.drivers import Driver, anthropic_async, anthropic_plain, photograph_base64
from tests.support import Api

HELLO = [{"role": "user", "content": "Repeat after me: Grüezi, world"}]
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "seats": {"type": "integer"}},
    "required": ["name", "seats"],
    "additionalProperties": False,
}


@pytest.fixture(autouse=True)
def _trust(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    # The variable that a user of these packages sets for a private certificate authority.
    monkeypatch.setenv("SSL_CERT_FILE", api.ca_file)


@pytest.fixture(params=[anthropic_plain, anthropic_async], ids=["plain", "async"])
def ask(request: pytest.FixtureRequest) -> Driver:
    driver: Driver = request.param
    return driver


@pytest.mark.parametrize("model", ["fast", "us.anthropic.claude-haiku-4-5-20251001-v1:0"])
def test_a_message(api, ask, model):
    # GIVEN Claude, by alias or by ID
    # WHEN it is asked
    message = ask(api, "messages.create", model=model, max_tokens=100, system="Be exact.", messages=HELLO)

    # THEN
    assert message.content[0].text == "Grüezi, world"
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens > 0
    assert message._request_id


def test_a_streamed_message(api, ask):
    # GIVEN / WHEN
    events = ask(api, "messages.create", model="fast", max_tokens=100, messages=HELLO, stream=True)

    # THEN
    pieces = [event.delta.text for event in events if event.type == "content_block_delta"]
    assert len(pieces) > 1
    assert "".join(pieces) == "Grüezi, world"
    assert events[0].type == "message_start"
    assert events[-1].type == "message_stop"


def test_the_stream_helpers_gather_the_message(api):
    # GIVEN both helpers
    arguments = {"model": "fast", "max_tokens": 100, "messages": HELLO}

    async def gathered():
        async with (
            anthropic.AsyncAnthropic(base_url=api.url, api_key=api.key) as client,
            client.messages.stream(**arguments) as stream,
        ):
            return await stream.get_final_message()

    # WHEN they read to the end
    with (
        anthropic.Anthropic(base_url=api.url, api_key=api.key) as client,
        client.messages.stream(**arguments) as stream,
    ):
        plain = stream.get_final_message()
        request_id = stream.request_id

    # THEN
    assert plain.content[0].text == asyncio.run(gathered()).content[0].text == "Grüezi, world"
    assert plain.usage.output_tokens > 0
    assert request_id


def test_a_round_trip_with_parallel_tool_calls(api, ask):
    # GIVEN a question that needs a tool twice
    messages = [{"role": "user", "content": "What is the weather like in Paris and in Zurich today?"}]

    # WHEN Claude calls, and gets its results
    first = ask(api, "messages.create", model="fast", max_tokens=500, messages=messages, tools=[WEATHER])
    calls = [block for block in first.content if block.type == "tool_use"]
    results = [
        {"type": "tool_result", "tool_use_id": call.id, "content": f"Sunny in {call.input['city']}"} for call in calls
    ]
    messages += [
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
        {"role": "user", "content": results},
    ]
    final = ask(api, "messages.create", model="fast", max_tokens=500, messages=messages, tools=[WEATHER])

    # THEN
    assert first.stop_reason == "tool_use"
    assert [call.input["city"] for call in calls] == ["Paris", "Zurich"]
    assert "Sunny in Paris" in final.content[0].text
    assert "Sunny in Zurich" in final.content[0].text


def test_a_tools_input_arrives_in_pieces(api, ask):
    # GIVEN / WHEN
    messages = [{"role": "user", "content": "What is the weather like in Paris today?"}]
    events = ask(api, "messages.create", model="fast", max_tokens=500, messages=messages, tools=[WEATHER], stream=True)

    # THEN
    pieces = [event.delta.partial_json for event in events if event.type == "content_block_delta"]
    assert "".join(pieces) == '{"city": "Paris"}'


def test_an_image(api, ask):
    # GIVEN a photograph
    source = {"type": "base64", "media_type": "image/jpeg", "data": photograph_base64()}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What do you see?"}]

    # WHEN / THEN
    message = ask(api, "messages.create", model="fast", max_tokens=500, messages=[{"role": "user", "content": content}])
    assert "JPEG image" in message.content[0].text


def test_a_structured_answer(api, ask):
    # GIVEN a schema, in Anthropic's own field
    messages = [{"role": "user", "content": 'Describe the car "Alpina" with 7 seats.'}]
    config = {"format": {"type": "json_schema", "schema": SCHEMA}}

    # WHEN / THEN
    message = ask(api, "messages.create", model="fast", max_tokens=500, messages=messages, output_config=config)
    assert message.content[0].text == '{"name": "Alpina", "seats": 7}'


def test_thinking(api, ask):
    # GIVEN / WHEN
    message = ask(
        api,
        "messages.create",
        model="fast",
        max_tokens=2000,
        messages=HELLO,
        thinking={"type": "enabled", "budget_tokens": 1024},
    )

    # THEN
    assert [block.type for block in message.content] == ["thinking", "text"]


def test_counting_tokens(api, ask):
    # GIVEN a short and a long question
    def count(content):
        messages = [{"role": "user", "content": content}]
        return ask(api, "messages.count_tokens", model="fast", messages=messages).input_tokens

    # WHEN / THEN
    assert 0 < count("Hi") < count("Hi there, how is everything? " * 10)


ERRORS = [
    ({"key": "sk-nobody"}, anthropic.AuthenticationError, 401, "authentication_error"),
    ({"model": "claude-2"}, anthropic.NotFoundError, 404, "not_found_error"),
    ({"messages": []}, anthropic.BadRequestError, 400, "invalid_request_error"),
    ({"max_tokens": 50000, "timeout": 60}, anthropic.BadRequestError, 400, "invalid_request_error"),
    ({"model": "nova"}, anthropic.BadRequestError, 400, "invalid_request_error"),
    (
        {"extra_headers": {"anthropic-beta": "context-1m-2025-08-07"}},
        anthropic.BadRequestError,
        400,
        "invalid_request_error",
    ),
    (
        {"messages": [{"role": "user", "content": "x" * 11_000_000}]},
        anthropic.APIStatusError,
        413,
        "request_too_large",
    ),
]


@pytest.mark.parametrize(
    ("change", "error", "status", "kind"), ERRORS, ids=lambda value: getattr(value, "__name__", None)
)
@pytest.mark.parametrize("stream", [False, True])
def test_each_error_has_its_own_class(api, ask, change, error, status, kind, stream):
    # GIVEN a request that is wrong in one way
    request = {"model": "fast", "max_tokens": 100, "messages": HELLO, "stream": stream, **change}

    # WHEN it is sent
    with pytest.raises(error) as failure:
        ask(api, "messages.create", **request)

    # THEN the class, the status and the shape fit
    assert failure.value.status_code == status
    assert failure.value.body["error"]["type"] == kind


def test_a_model_of_another_family_names_the_dialects_that_it_speaks(api, ask):
    # GIVEN / WHEN / THEN
    with pytest.raises(anthropic.BadRequestError, match="POST /v1/chat/completions"):
        ask(api, "messages.create", model="nova", max_tokens=100, messages=HELLO)


def test_throttling_says_when_to_come_back(api, ask):
    # GIVEN Claude throttled; its fallback does not speak this dialect
    api.aws.faults.add("throttle", model="claude", times=None)

    # WHEN / THEN
    with pytest.raises(anthropic.RateLimitError) as failure:
        ask(api, "messages.create", model="fast", max_tokens=100, messages=HELLO)
    assert int(failure.value.response.headers["retry-after"]) >= 1


def test_a_model_that_fails_in_mid_stream_is_an_error_and_no_short_answer(api, ask):
    # GIVEN an error frame after three others
    api.aws.faults.add("error_frame_after", model="claude", operation="invoke-with-response-stream")

    # WHEN / THEN
    with pytest.raises(anthropic.APIStatusError):
        ask(api, "messages.create", model="fast", max_tokens=100, messages=HELLO, stream=True)


@pytest.mark.parametrize("point", ["input", "output"])
def test_a_guardrails_intervention_is_a_refusal(api, ask, point):
    # GIVEN a guardrail that steps in
    api.aws.faults.add("guardrail_intervention", model="claude", point=point, times=2)

    # WHEN / THEN its message is the answer, and the reason is the one that agents look for
    message = ask(api, "messages.create", model="fast", max_tokens=100, messages=HELLO)
    assert message.stop_reason == "refusal"
    assert message.stop_details.explanation == "A guardrail of this deployment intervened."
    with (
        anthropic.Anthropic(base_url=api.url, api_key=api.key) as client,
        client.messages.stream(model="fast", max_tokens=100, messages=HELLO) as stream,
    ):
        streamed = stream.get_final_message()
    assert streamed.stop_reason == "refusal"
    assert streamed.content[0].text == message.content[0].text
