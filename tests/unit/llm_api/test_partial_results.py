"""What becomes of a request that isn't streamed and runs out of time: an error, a part of the answer, or a fallback."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from llm_api.events import Response
from llm_api.eventstream import exception
from llm_api.inference import Patience
from llm_api.inference.clients import Clients
from llm_api.registry import Price, Target

from tests.unit.llm_api.conftest import Deploy
from tests.unit.llm_api.metered import World
from tests.unit.llm_api.model_wire import (
    CONVERSE_ANSWER,
    HANGS_SECONDS,
    Connection,
    ModelWire,
    Reply,
    answer,
    chunk,
    failure,
    named,
    stalled,
    stream,
    whole,
)

PATIENT = Target(
    "patient",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic",
    max_output_tokens=100,
    price=Price(input=1_000_000, output=5_000_000),
    on_timeout="partial",
)
SPARE = PATIENT._replace(alias="spare", id="us.anthropic.claude-sonnet-4-5-20250929-v1:0", on_timeout="error")
HASTY = PATIENT._replace(alias="hasty", fallbacks=("spare",), on_timeout="fallback")

CONVERSE = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}], "inferenceConfig": {"maxTokens": 50}}
MESSAGES = {"max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}
INVOKE = {"anthropic_version": "bedrock-2023-05-31", **MESSAGES}

SAID = named("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Once upon a"}})
THOUGHT = named("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm"}}})
ENDING = (
    named("contentBlockStop", {"contentBlockIndex": 0}),
    named("messageStop", {"stopReason": "end_turn"}),
    named("metadata", {"usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8}, "metrics": {"latencyMs": 9}}),
)
BEGUN = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "usage": {"input_tokens": 3}}
CLAUDE_SAID = (
    chunk({"type": "message_start", "message": {**BEGUN, "stop_reason": None, "stop_sequence": None}}),
    chunk({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
    chunk({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Once upon a"}}),
)


def silent_after(*frames: bytes) -> Reply:
    return stream(*frames, cut=True, then=Connection.wait)


@pytest.fixture
def tenant(wire: ModelWire, clients: Clients) -> Callable[..., World]:
    """Makes a deployment with one tenant, whose budgets are counted."""

    def make(*targets: Target, **budgets: str) -> World:
        return World(wire, clients, *targets, **budgets)

    return make


Tenant = Callable[..., World]

DIALECTS: dict[str, tuple[str, dict[str, Any], Reply, Callable[[Any], tuple[str, str]]]] = {
    "converse": (
        "/model/{modelId}/converse",
        CONVERSE,
        silent_after(SAID),
        lambda body: (body["output"]["message"]["content"][0]["text"], body["stopReason"]),
    ),
    "invoke": (
        "/model/{modelId}/invoke",
        INVOKE,
        silent_after(*CLAUDE_SAID),
        lambda body: (body["content"][0]["text"], body["stop_reason"]),
    ),
    "openai": (
        "/v1/chat/completions",
        {"model": "patient", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]},
        silent_after(SAID),
        lambda body: (body["choices"][0]["message"]["content"], body["choices"][0]["finish_reason"]),
    ),
    "responses": (
        "/v1/responses",
        {"model": "patient", "max_output_tokens": 50, "input": "Hi"},
        silent_after(SAID),
        lambda body: (body["output"][0]["content"][0]["text"], body["incomplete_details"]["reason"]),
    ),
    "anthropic": (
        "/v1/messages",
        {"model": "patient", **MESSAGES},
        silent_after(*CLAUDE_SAID),
        lambda body: (body["content"][0]["text"], body["stop_reason"]),
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_answer_is_what_has_come_by_the_deadline(tenant: Tenant, dialect: str) -> None:
    # GIVEN a model that falls silent in the middle of its answer
    route, body, reply, read = DIALECTS[dialect]
    world = tenant(PATIENT)

    # WHEN it is asked for a whole answer, with little time
    started = time.monotonic()
    response = world.send(route, body, reply, model="patient", seconds=1)

    # THEN the caller gets the beginning in time, with the reason of an answer that is too long, and is told
    assert time.monotonic() - started < HANGS_SECONDS
    assert response.status == 200, response.body
    assert read(json.loads(whole(response))) == (
        "Once upon a",
        {"openai": "length", "responses": "max_output_tokens"}.get(dialect, "max_tokens"),
    )
    assert response.headers["x-llm-partial"] == "true"
    assert response.headers["content-type"] == "application/json"

    # AND the log says so, and the reservation stands, since what it cost isn't known
    assert (world.log["partial"], world.log["status"], world.log["settlement"]) == (True, 200, "stands")
    assert "stream_ended_by" not in world.log
    assert world.used() == world.log["reserved_tokens"] > 0


def test_a_stream_that_ends_in_time_is_the_whole_answer(tenant: Tenant) -> None:
    # GIVEN a model that answers in time
    world = tenant(PATIENT)

    # WHEN it is asked
    response = world.send("/model/{modelId}/converse", CONVERSE, stream(SAID, *ENDING), model="patient")

    # THEN it was read as a stream, the answer is Converse's, and it is settled to the token
    assert world.wire.received[-1].path.endswith("/converse-stream")
    assert json.loads(whole(response)) == {
        "output": {"message": {"role": "assistant", "content": [{"text": "Once upon a"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8},
        "metrics": {"latencyMs": 9},
    }
    assert "x-llm-partial" not in response.headers
    assert (world.log["settlement"], world.used()) == ("exact", 8)


@pytest.mark.parametrize("frames", [(), (named("messageStart", {"role": "assistant"}),), (THOUGHT,)])
def test_without_anything_to_show_it_is_an_error(tenant: Tenant, frames: tuple[bytes, ...]) -> None:
    # GIVEN a model that says nothing, or only thinks
    world = tenant(PATIENT)

    # WHEN its time is over
    response = world.send("/model/{modelId}/converse", CONVERSE, silent_after(*frames), model="patient", seconds=0.3)

    # THEN there is no answer, and it may be paid for
    assert response.status == 504
    assert "x-llm-partial" not in response.headers
    assert world.log["settlement"] == "stands"


def test_the_reason_is_the_models_own_where_only_the_numbers_are_missing(tenant: Tenant) -> None:
    # GIVEN a stream whose last event never comes
    world = tenant(PATIENT)

    # WHEN its time is over
    reply = silent_after(SAID, *ENDING[:2])
    response = world.send("/model/{modelId}/converse", CONVERSE, reply, model="patient", seconds=0.3)

    # THEN the answer is whole, and yet not settled
    assert json.loads(whole(response))["stopReason"] == "end_turn"
    assert "x-llm-partial" not in response.headers
    assert world.log["settlement"] == "stands"


def test_a_stream_that_breaks_is_no_part_of_an_answer(deploy: Deploy) -> None:
    # GIVEN a stream that fails in the middle
    api = deploy(PATIENT)

    # WHEN it is read
    broken = exception("modelStreamErrorException", "It broke.")
    response = api.call("converse", CONVERSE, model="patient", replies=[stream(SAID, broken)])

    # THEN the caller hears of the failure
    assert (response.status, response.headers["x-amzn-errortype"]) == (502, "ModelErrorException")
    assert "x-llm-partial" not in response.headers
    assert "stream_ended_by" not in api.log


def test_frames_that_are_no_answer_are_the_models_fault(deploy: Deploy) -> None:
    # GIVEN a delta that belongs to no block
    api = deploy(PATIENT)

    # WHEN it is put together
    reply = stream(named("contentBlockDelta", {"delta": {"text": "Hi"}}), *ENDING)
    response = api.call("converse", CONVERSE, model="patient", replies=[reply])

    # THEN it is a fault, and not ours
    assert response.status == 502


def test_a_throttled_stream_is_stood_in_for(deploy: Deploy) -> None:
    # GIVEN a model that is throttled, and its fallback
    api = deploy(PATIENT._replace(fallbacks=("spare",)), SPARE)

    # WHEN it is asked
    replies = [failure(429, "ThrottlingException")] * 3
    response = api.call("converse", CONVERSE, model="patient", replies=[*replies, answer(CONVERSE_ANSWER)])

    # THEN the fallback answers on its own terms
    assert response.headers["x-llm-model"] == "spare"
    assert api.wire.received[-1].path.endswith("/converse")


def test_a_format_that_can_not_be_put_together_is_asked_for_whole(deploy: Deploy) -> None:
    # GIVEN a family whose chunks are not put together
    command = Target("command", "cohere.command-r-v1:0", "cohere-command", on_timeout="partial")
    api = deploy(command)

    # WHEN its own format is sent
    response = api.call("invoke", {"message": "Hi"}, model="command", replies=[answer({"text": "Hi"})])

    # THEN it was no stream
    assert response.status == 200
    assert api.wire.received[-1].path.endswith("/invoke")


def test_a_streamed_request_ends_as_ever(deploy: Deploy) -> None:
    # GIVEN a model with partial results
    api = deploy(PATIENT)

    # WHEN a stream runs out of time
    response = api.call("converse-stream", CONVERSE, model="patient", seconds=0.3, replies=[silent_after(SAID)])

    # THEN it ends in an exception
    assert "x-llm-partial" not in response.headers
    assert whole(response).startswith(SAID)
    assert api.log["stream_ended_by"] == "ModelTimeoutException"


def test_a_part_is_out_before_api_gateway_hangs_up(deploy: Deploy) -> None:
    # GIVEN a function with more time than API Gateway has patience
    api = deploy(PATIENT, patience=Patience(idle_seconds=0.3))

    # WHEN a model falls silent
    response = api.call("converse", CONVERSE, model="patient", seconds=30, replies=[silent_after(SAID)])

    # THEN the part that has come goes out while there is somebody to hear it
    assert response.headers["x-llm-partial"] == "true"


# A fallback instead


def test_a_fallback_is_asked_while_there_is_time_for_it(tenant: Tenant) -> None:
    # GIVEN a model that stalls
    world = tenant(HASTY, SPARE)

    # WHEN a request has a second
    started = time.monotonic()
    response = world.send(
        "/model/{modelId}/converse", CONVERSE, stalled, answer(CONVERSE_ANSWER), model="hasty", seconds=1
    )

    # THEN it was given up after three fifths, and its fallback answered
    assert time.monotonic() - started >= 0.6
    assert response.status == 200
    assert response.headers["x-llm-model"] == "spare"
    assert (world.log["fallback"], world.log["attempts"], world.log["model_asked_for"]) == (True, 2, "hasty")

    # AND both may have to be paid for: all that was set aside stands
    assert world.log["settlement"] == "stands"
    assert world.used() == world.log["reserved_tokens"]


@pytest.mark.parametrize(("on_timeout", "models"), [("fallback", 2), ("error", 1)])
def test_both_are_reserved_where_both_may_have_to_be_paid(tenant: Tenant, on_timeout: str, models: int) -> None:
    # GIVEN what one model may use at most
    alone = tenant(HASTY._replace(fallbacks=()))
    alone.send("/model/{modelId}/converse", CONVERSE, answer(CONVERSE_ANSWER), model="hasty")
    most = alone.log["reserved_tokens"]

    # WHEN a fallback that may use as much stands behind it
    world = tenant(HASTY._replace(on_timeout=on_timeout), SPARE)
    world.send("/model/{modelId}/converse", CONVERSE, answer(CONVERSE_ANSWER), model="hasty")

    # THEN as much is set aside as may have to be paid, and given back once one has answered
    assert world.log["reserved_tokens"] == models * most
    assert (world.log["settlement"], world.used()) == ("exact", 7)


def test_a_stream_reserves_one_model_since_nobody_is_given_up(tenant: Tenant) -> None:
    # GIVEN the same model, whole and streamed
    world = tenant(HASTY, SPARE)
    world.send("/model/{modelId}/converse", CONVERSE, answer(CONVERSE_ANSWER), model="hasty")
    both = world.log["reserved_tokens"]

    # WHEN it is streamed, THEN half of that is set aside
    world.send("/model/{modelId}/converse-stream", CONVERSE, stream(SAID, *ENDING), model="hasty")
    assert 2 * world.log["reserved_tokens"] == both


def test_a_budget_that_has_no_room_for_both_refuses(tenant: Tenant) -> None:
    # GIVEN a budget that holds one model's worst case, but not two
    world = tenant(HASTY, SPARE, tokens_per_day="1000")

    # WHEN the request comes, THEN no model is called
    assert world.send("/model/{modelId}/converse", CONVERSE, model="hasty").status == 429
    assert world.wire.received == []


def test_where_nobody_answers_in_time_it_is_an_error(tenant: Tenant) -> None:
    # GIVEN two models that stall
    world = tenant(HASTY, SPARE)

    # WHEN the time is over
    started = time.monotonic()
    response = world.send("/model/{modelId}/converse", CONVERSE, stalled, stalled, model="hasty", seconds=0.5)

    # THEN both had their turn, and the caller hears of it in time
    assert time.monotonic() - started < HANGS_SECONDS
    assert response.status == 504
    assert world.log["attempts"] == 2
    assert world.used() == world.log["reserved_tokens"]


def test_who_was_given_up_is_not_to_be_asked_again(deploy: Deploy) -> None:
    # GIVEN a model that stalls, and a fallback that is throttled
    api = deploy(HASTY, SPARE)

    # WHEN nobody answers
    replies = [stalled, *[failure(429, "ThrottlingException")] * 3]
    response = api.call("converse", CONVERSE, model="hasty", seconds=0.5, replies=replies)

    # THEN the status doesn't invite to repeat what may be paid for
    assert response.status == 504
    assert "retry-after" not in response.headers


def test_bedrocks_own_timeout_is_one_too(deploy: Deploy) -> None:
    # GIVEN a model of which Bedrock says that it took too long
    api = deploy(HASTY, SPARE)

    # WHEN it is asked
    replies = [failure(408, "ModelTimeoutException"), answer(CONVERSE_ANSWER)]
    response = api.call("converse", CONVERSE, model="hasty", replies=replies)

    # THEN its fallback answers
    assert (response.status, response.headers["x-llm-model"]) == (200, "spare")


def test_an_ended_model_is_named_in_the_log(deploy: Deploy) -> None:
    # GIVEN a model past its end, and its fallback
    api = deploy(HASTY, SPARE)

    # WHEN it is asked
    ended = failure(404, "ResourceNotFoundException", "This model version has reached the end of its life.")
    response = api.call("converse", CONVERSE, model="hasty", replies=[ended, answer(CONVERSE_ANSWER)])

    # THEN the fallback answers, and the log names who has to be replaced
    assert response.headers["x-llm-model"] == "spare"
    assert api.log["ended_model"] == "hasty"


@pytest.mark.parametrize("kind", ["ModelErrorException", "ValidationException"])
def test_other_failures_are_told_as_ever(deploy: Deploy, kind: str) -> None:
    api = deploy(HASTY, SPARE)
    response = api.call("converse", CONVERSE, model="hasty", replies=[failure(424, kind)])
    assert response.headers["x-llm-model"] == "hasty"
    assert len(api.wire.received) == 1


def test_a_fallback_may_answer_in_part(deploy: Deploy) -> None:
    # GIVEN a model that stalls, and a fallback with partial results that falls silent
    api = deploy(HASTY._replace(fallbacks=("patient",)), PATIENT)

    # WHEN the time is over
    response = api.call("converse", CONVERSE, model="hasty", seconds=0.5, replies=[stalled, silent_after(SAID)])

    # THEN what the fallback had said is the answer
    assert (response.status, response.headers["x-llm-model"]) == (200, "patient")
    assert response.headers["x-llm-partial"] == "true"


def test_a_fallback_that_can_not_serve_leaves_all_the_time(deploy: Deploy) -> None:
    # GIVEN a fallback of another family, and a body that only the first one reads
    nova = Target("nova", "amazon.nova-lite-v1:0", "nova")
    api = deploy(HASTY._replace(fallbacks=("nova",)), nova)

    # WHEN the model takes most of the time
    def late(connection: Connection) -> None:
        connection.wait(0.5)
        answer()(connection)

    response: Response = api.call("invoke", INVOKE, model="hasty", seconds=0.7, replies=[late])

    # THEN it had all of it
    assert response.status == 200
