"""What a caller with a key may try so as to spend more than is counted, or to stall for nothing."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from llm_api.deadline import Deadline
from llm_api.errors import BadRequest
from llm_api.events import Request, Response
from llm_api.families import page
from llm_api.inference.usage import StreamUsage, Usage, of_answer
from llm_api.registry import Endpoint, Price, Target

from tests.unit.llm_api import dynamo
from tests.unit.llm_api.metered import CLAUDE_ANSWER, CONVERSE, COUNTED, EMBED, INVOKE, KEY, USAGE, Deploy, deploy
from tests.unit.llm_api.model_wire import CONVERSE_ANSWER, answer, message_of, whole

__all__ = ["deploy"]

CONTAINER = Target(
    "tuned",
    None,
    "sagemaker",
    max_output_tokens=100,
    price=Price(input=1_000_000, output=1_000_000),
    endpoint=Endpoint("acme", format="openai"),
)
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(90)).decode()
TOOL = {"name": "f", "input_schema": {"type": "object"}}
PLENTY = {"tokens_per_minute": "10000000", "usd_per_month": "200"}


def converse(additional: Any) -> dict[str, Any]:
    return {**CONVERSE, "additionalModelRequestFields": additional}


# --- The second body of Converse --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "messages",
        "system",
        "modelId",
        "toolConfig",
        "guardrailConfig",
        "performanceConfig",
        "serviceTier",
        "promptVariables",
        "outputConfig",
        "requestMetadata",
        "additionalModelRequestFields",
        "additionalModelResponseFieldPaths",
    ],
)
@pytest.mark.parametrize("budgets", [{"requests_per_day": "9"}, PLENTY])
def test_converses_own_fields_are_no_additional_ones(deploy: Deploy, name: str, budgets: dict[str, str]) -> None:
    # GIVEN a tenant with any budget
    world = deploy(**budgets)

    # WHEN it sends one of Converse's own fields among the additional ones, where it would be read by the model alone
    response = world.send("/model/{modelId}/converse", converse({name: []}))

    # THEN it is refused, and the message names it
    assert response.status == 400
    assert name in message_of(response)
    assert world.wire.received == []


@pytest.mark.parametrize("additional", [[{"messages": []}], "messages", 7, True])
def test_additional_fields_are_an_object(deploy: Deploy, additional: object) -> None:
    # GIVEN additional fields that are no object, so that nobody could look into them
    response = deploy().send("/model/{modelId}/converse", converse(additional))

    # THEN they are refused
    assert response.status == 400
    assert "additionalModelRequestFields" in message_of(response)


@pytest.mark.parametrize(
    ("additional", "status"),
    [
        ({"top_k": 5}, 200),
        ({"tools": [TOOL], "tool_choice": {"type": "auto"}}, 200),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, 200),
        ({"prompt": "a second one"}, 400),
        ({"model": "another"}, 400),
        ({"stream": True}, 400),
        ({"of_tomorrow": 1}, 400),
        ({"tools": [{"systemTool": {"name": "nova_grounding"}}]}, 400),
    ],
)
def test_a_budget_lets_known_additional_fields_pass(deploy: Deploy, additional: dict[str, Any], status: int) -> None:
    # GIVEN a tenant with a budget in tokens
    world = deploy(**PLENTY)

    # WHEN it sends what the family's own body may hold beside a prompt, or something else
    response = world.send("/model/{modelId}/converse", converse(additional), answer(CONVERSE_ANSWER))

    # THEN only the former passes
    assert response.status == status, response.body


# --- Addresses that a container would open ----------------------------------------------------------------------------

METADATA = "http://169.254.169.254/latest/meta-data/"


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": METADATA}},
        {"type": "image_url", "image_url": METADATA},
        {"type": "image_url", "image_url": {"url": " " + METADATA}},
        {"type": "image_url", "image_url": {"url": "HTTPS://example.com/x"}},
        {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}},
        {"type": "image_url", "image_url": {"url": "/var/secret.png"}},
        {"type": "video_url", "video_url": {"url": METADATA}},
        {"type": "audio_url", "audio_url": {"url": METADATA}},
        {"type": "input_audio", "input_audio": {"data": METADATA, "format": "wav"}},
        {"type": "input_image", "image_url": METADATA},
        {"type": "of-tomorrow", "where": [[METADATA]]},
        {"type": "text", "text": "x", "image_url": METADATA},
        {"type": "text", "text": {"url": METADATA}},
        {"image": METADATA},
        {"image_url": METADATA},
    ],
)
def test_a_container_gets_no_address(deploy: Deploy, part: dict[str, Any]) -> None:
    # GIVEN a container that speaks OpenAI's format, and whose network may reach more than its callers'
    world = deploy(CONTAINER, requests_per_day="9")

    # WHEN a part of a message names an address, whatever its kind
    for content in ([part], [{"type": "text", "text": "x"}, part], part):
        body = {"messages": [{"role": "user", "content": content}]}
        response = world.send("/model/{modelId}/invoke", body, model="tuned")

        # THEN it is refused
        assert response.status == 400, part
        assert "data URL" in message_of(response)
    assert world.wire.received == []


@pytest.mark.parametrize(
    "content",
    [
        "See https://example.com/a.png",
        ["See https://example.com/a.png"],
        [{"type": "text", "text": "See https://example.com/a.png"}],
        [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}}],
    ],
)
def test_a_container_gets_text_and_data(deploy: Deploy, content: object) -> None:
    # GIVEN a text that tells an address, and a picture that is there
    world = deploy(CONTAINER, requests_per_day="9")
    call = {"id": "a.b", "type": "function", "function": {"name": "get", "arguments": '{"url": "https://x.test"}'}}
    messages = [
        {"role": "user", "content": content},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a.b", "content": "https://x.test"},
    ]

    # WHEN they are sent, THEN they pass
    reply = answer({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})
    assert world.send("/model/{modelId}/invoke", {"messages": messages}, reply, model="tuned").status == 200


def test_a_container_under_a_budget_gets_no_recording(deploy: Deploy) -> None:
    # GIVEN a tenant with a budget in tokens
    world = deploy(CONTAINER, **PLENTY)

    # WHEN it sends a video as data, whose length nobody can tell
    part = {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}}
    response = world.send("/model/{modelId}/invoke", {"messages": [{"role": "user", "content": [part]}]}, model="tuned")

    # THEN it is refused
    assert response.status == 400
    assert "can't be counted" in message_of(response)


# --- Pictures that are embedded ---------------------------------------------------------------------------------------

MULTIMODAL = EMBED._replace(price=Price(input=20_000, image=60_000_000))
COHERE = Target("embed", "cohere.embed-v4:0", "cohere-embed", price=Price(input=120_000, image=1_000_000))
URL = f"data:image/png;base64,{PNG}"


@pytest.mark.parametrize(
    ("target", "body", "pictures"),
    [
        (MULTIMODAL, {"inputText": "a car", "inputImage": PNG}, 1),
        (COHERE, {"input_type": "image", "images": [URL, URL]}, 2),
        (COHERE, {"inputs": [{"content": [{"type": "image_url", "image_url": {"url": URL}}]}]}, 1),
        (COHERE, {"input_type": "search_query", "texts": ["a"]}, 0),
    ],
)
def test_embedded_pictures_cost_what_they_cost(
    deploy: Deploy, target: Target, body: dict[str, Any], pictures: int
) -> None:
    # GIVEN a model with a price for pictures, and a budget in dollars
    world = deploy(target, **PLENTY)
    reply = answer({"embedding": [1], "inputTextTokenCount": 2}, {"x-amzn-bedrock-input-token-count": "2"})

    # WHEN pictures are embedded
    response = world.send("/model/{modelId}/invoke", body, reply, model="embed")

    # THEN they are counted beside the text, in the ledger and in the log
    assert response.status == 200, response.body
    assert target.price is not None
    spent = 2 * (target.price.input or 0) + pictures * (target.price.image or 0)
    assert world.used("usd") == spent
    assert world.log["cost_usd"] == spent / 10**12


@pytest.mark.parametrize("budgets", [{"usd_per_month": "200"}, {"tokens_per_day": "100000"}])
def test_pictures_without_a_price_are_no_gift(deploy: Deploy, budgets: dict[str, str]) -> None:
    # GIVEN a model without a price for pictures
    world = deploy(EMBED, **budgets)
    reply = answer({"embedding": [1], "inputTextTokenCount": 2})

    # WHEN one is embedded
    response = world.send("/model/{modelId}/invoke", {"inputImage": PNG}, reply, model="embed")

    # THEN a budget in dollars refuses it and says what to declare, and another lets it pass
    assert response.status == (400 if "usd_per_month" in budgets else 200)
    assert response.status == 200 or "`image`" in message_of(response)


# --- Usage that nobody reads ------------------------------------------------------------------------------------------

ITERATIONS = {
    "input_tokens": 3,
    "output_tokens": 4,
    "iterations": [
        {"type": "compaction", "input_tokens": 500, "output_tokens": 60},
        {"type": "message", "input_tokens": 3, "output_tokens": 4},
    ],
}


def usage_of(told: Any) -> Usage:
    return of_answer(page("anthropic"), "invoke", lambda: b"", {}, {"usage": told}, b"")


def test_further_passes_are_read() -> None:
    # GIVEN an answer for which Claude read its conversation twice
    stream = StreamUsage(page("anthropic"), "invoke", lambda: b"")
    stream.see("chunk", {"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}})
    stream.see("chunk", {"type": "message_delta", "usage": ITERATIONS})

    # WHEN its usage is read, whole or streamed
    for usage in (usage_of(ITERATIONS), stream.usage(complete=True)):
        # THEN both passes are in it
        assert usage == Usage(503, 64)


@pytest.mark.parametrize(
    "more",
    [
        {"passes": [{"input_tokens": 500}]},
        {"server_tool_use": {"web_search_requests": 2}},
        {"thought_tokens": 9},
        {"iterations": {"compaction": {"input_tokens": 5}}},
        {"iterations": [{"input_tokens": 5, "advisor_tokens": 7}]},
        {"search_units": 1},
    ],
)
def test_what_is_not_read_never_makes_an_answer_cheaper(deploy: Deploy, more: dict[str, Any]) -> None:
    # GIVEN an answer that tells of usage by a name that nobody here knows
    world = deploy(**PLENTY)
    told = {"input_tokens": 3, "output_tokens": 4, **more}

    # WHEN it is settled
    reply = answer({"content": [{"type": "text", "text": "Hi"}], "usage": told})
    assert world.send("/model/{modelId}/invoke", INVOKE, reply).status == 200

    # THEN what was reserved stands
    assert world.log["settlement"] == "stands"
    assert world.used() == world.log["reserved_tokens"]


@pytest.mark.parametrize(
    "more",
    [
        {"output_tokens_details": {"thinking_tokens": 2}, "service_tier": "standard", "inference_geo": None},
        {"cache_creation": {"ephemeral_5m_input_tokens": 0}, "server_tool_use": {"web_search_requests": 0}},
        {"total_tokens": 7, "queue_time": 0.5},
    ],
)
def test_parts_of_what_is_read_change_nothing(more: dict[str, Any]) -> None:
    # GIVEN details of numbers that are read, zeroes, and what counts nothing
    # THEN the usage is exact
    assert usage_of({"input_tokens": 3, "output_tokens": 4, **more}) == Usage(3, 4)


# --- Many calls in one request ----------------------------------------------------------------------------------------


def test_each_call_of_a_model_is_a_request(deploy: Deploy) -> None:
    # GIVEN a tenant with five requests a day
    world = deploy(requests_per_day="5")
    vector = answer({"embedding": [0.5], "inputTextTokenCount": 7})

    # WHEN one request has a model called three times, and another one three times more
    first = world.send("/v1/embeddings", {"model": "embed", "input": ["a", "b", "c"]}, vector, vector, vector)
    second = world.send("/v1/embeddings", {"model": "embed", "input": ["a", "b", "c"]})
    never = world.send("/v1/embeddings", {"model": "embed", "input": ["a"] * 6})

    # THEN each counted, and the second has no room
    assert (first.status, second.status, never.status) == (200, 429, 429)
    assert "2 requests left" in json.loads(whole(second))["error"]["message"]
    assert "6 requests" in json.loads(whole(never))["error"]["message"]
    assert world.used("requests") == 3


def test_the_start_of_a_workflow_is_a_request(deploy: Deploy) -> None:
    # GIVEN a tenant with one request a day
    world = deploy(requests_per_day="1")

    # WHEN it starts a workflow twice
    key = {"authorization": f"Bearer {KEY}"}
    start = Request("r", "POST", "/v1/workflows/{name}", "/v1/workflows/advert", key, {}, b'{"input": {}}')
    answers = [world.app.handle(start, Deadline.after(10)) for _ in range(2)]

    # THEN the first counted, though there is no such workflow, and the second has no room
    assert [response.status for response in answers] == [404, 429]
    assert world.used("requests") == 1


# --- Stalling ---------------------------------------------------------------------------------------------------------


class SlowlyRefused:
    """A parser that works for a while and then refuses."""

    def __init__(self, world: Any, seconds: float) -> None:
        self.world, self.seconds = world, seconds

    def parse(self, request: object) -> object:
        later = self.world.app._clock() + self.seconds
        self.world.app._clock = lambda: later
        raise BadRequest("No.")


@pytest.mark.parametrize(("seconds", "requests"), [(0.5, 0), (1.5, 1)])
def test_a_refusal_counts_that_took_long(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch, seconds: float, requests: int
) -> None:
    # GIVEN a request that is refused after some work
    world = deploy(requests_per_day="9")
    world.send("/v1/messages/count_tokens", {"model": "fast", "messages": []}, COUNTED)
    monkeypatch.setattr("llm_api.app.parser_of", lambda dialect, request: SlowlyRefused(world, seconds))

    # WHEN it is sent
    response = world.send("/model/{modelId}/converse", CONVERSE)

    # THEN it counts if that took more than a second
    assert response.status == 400
    assert world.used("requests") == 1 + requests


def test_a_refusal_that_took_long_is_one_where_nothing_is_left(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a tenant without room for another request, or whose table is out of reach
    world = deploy(requests_per_day="1")
    world.send("/v1/messages/count_tokens", {"model": "fast", "messages": []}, COUNTED)
    monkeypatch.setattr("llm_api.app.parser_of", lambda dialect, request: SlowlyRefused(world, 2))

    # WHEN it stalls, THEN it hears of its request
    assert world.send("/model/{modelId}/converse", CONVERSE).status == 400
    world.table.fail_before(dynamo.timeout)
    assert world.send("/model/{modelId}/converse", CONVERSE).status == 400


# --- Clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", ["minute", "week", "month"])
@pytest.mark.parametrize("number", [10**7, 10**9, 10**15, 10**37])
def test_a_window_of_the_far_future_breaks_nothing(deploy: Deploy, window: str, number: int) -> None:
    # GIVEN a usage item that a broken clock has written
    world = deploy(requests_per_day="9", tokens_per_minute="1000000", usd_per_month="1")
    assert world.send("/model/{modelId}/invoke", INVOKE, CLAUDE_ANSWER).status == 200
    world.table.items[USAGE][window] = {"N": str(number)}

    # WHEN the tenant asks what it has used, spends, and spends more than there is
    answers: Iterator[Response] = iter(
        [
            world.send("/v1/usage", method="GET"),
            world.send("/model/{modelId}/invoke", INVOKE, CLAUDE_ANSWER),
            world.send("/model/{modelId}/invoke", {**INVOKE, "system": "x" * 900_000}),
        ]
    )

    # THEN it is answered, with times as far ahead as can be told
    told = next(answers)
    assert told.status == 200
    assert json.loads(whole(told))["windows"][window]["resets_at"] > "2026"
    assert [response.status for response in answers] == [200, 429]
