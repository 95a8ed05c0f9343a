"""Who stands in for a model that can't answer, and who doesn't."""

import json

import pytest
from llm_api.eventstream import exception
from llm_api.inference import Progress
from llm_api.registry import Target

from tests.unit.llm_api.conftest import Deploy
from tests.unit.llm_api.model_wire import (
    CLAUDE_STREAM,
    CONVERSE_ANSWER,
    CONVERSE_STREAM,
    answer,
    failure,
    message_of,
    stream,
    whole,
)

FIRST = Target("first", "anthropic.first", "anthropic", fallbacks=("second", "third"))
SECOND = Target("second", "anthropic.second", "anthropic", fallbacks=("never",))
THIRD = Target("third", "amazon.third", "nova")
NEVER = Target("never", "anthropic.never", "anthropic")

THROTTLED = [failure(429, "ThrottlingException")] * 3
ENDED = [failure(404, "ResourceNotFoundException", "This model version has reached the end of its life.")]


@pytest.mark.parametrize(
    "refusals",
    [
        THROTTLED,
        ENDED,
        [failure(429, "ModelNotReadyException")] * 3,
        [failure(503, "ServiceUnavailableException")] * 3,
        [failure(400, "ServiceQuotaExceededException")],
    ],
)
def test_a_target_that_cannot_answer_is_stood_in_for(deploy: Deploy, refusals: list[object]) -> None:
    # GIVEN a model that can't answer now
    api = deploy(FIRST, SECOND, THIRD)

    # WHEN it is called
    response = api.call("converse", {}, model="first", replies=[*refusals, answer(CONVERSE_ANSWER)])

    # THEN its fallback answered, and the answer says so
    assert response.status == 200
    assert response.headers["x-llm-model"] == "second"
    assert api.wire.received[-1].path == "/model/anthropic.second/converse"
    assert (api.log["model"], api.log["model_asked_for"], api.log["fallback"]) == ("second", "first", True)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ValidationException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (408, "ModelTimeoutException"),
        (424, "ModelErrorException"),
        (500, "InternalServerException"),
    ],
)
def test_any_other_failure_is_told(deploy: Deploy, status: int, code: str) -> None:
    # GIVEN a model that was asked and failed
    api = deploy(FIRST, SECOND, THIRD)

    # WHEN it is called
    response = api.call("converse", {}, model="first", replies=[failure(status, code)])

    # THEN nobody else is paid for an answer
    assert len(api.wire.received) == 1
    assert response.headers["x-llm-model"] == "first"


def test_fallbacks_are_tried_in_order_and_theirs_are_not_followed(deploy: Deploy) -> None:
    # GIVEN a declaration whose second has a fallback of its own
    api = deploy(FIRST, SECOND, THIRD, NEVER)

    # WHEN all that are declared for the first are throttled
    response = api.call("converse", {}, model="first", replies=[*THROTTLED, *THROTTLED, *THROTTLED])

    # THEN each was tried, and the caller learns that trying later helps
    assert [received.path.split("/")[2] for received in api.wire.received[::3]] == [
        "anthropic.first",
        "anthropic.second",
        "amazon.third",
    ]
    assert response.status == 429
    assert api.log["attempts"] == 9


def test_a_body_in_one_familys_format_stays_in_the_family(deploy: Deploy) -> None:
    # GIVEN a fallback of another family
    api = deploy(FIRST._replace(fallbacks=("third",)), THIRD)

    # WHEN the native route is called, whose body only Claude reads
    response = api.call("invoke", {}, model="first", replies=THROTTLED)

    # THEN that fallback is not asked
    assert response.status == 429
    assert len(api.wire.received) == 3


def test_a_fallback_that_the_caller_may_not_use_is_not_asked(deploy: Deploy) -> None:
    # GIVEN a caller who may use the first and the third
    from llm_api.deadline import Deadline
    from llm_api.dialects.bedrock.calls import Converse
    from llm_api.inference import Inference, Terms
    from llm_api.registry import Registry

    api = deploy(FIRST, SECOND, THIRD)
    inference = Inference(Registry([FIRST, SECOND, THIRD]), api.clients, pause=api.pauses.append)
    api.wire.replies += [*THROTTLED, answer(CONVERSE_ANSWER)]

    # WHEN the first is throttled
    call = Converse("first", False, {})
    candidates = inference.candidates(call, FIRST, Terms(frozenset({"first", "third"})))
    answered_by, _ = inference.answer(call, candidates, Deadline.after(5), Progress())

    # THEN the third stands in
    assert answered_by == THIRD


def test_a_fallback_that_cannot_do_what_is_asked_is_passed_over(deploy: Deploy) -> None:
    # GIVEN a second whose limit is below what the request asks for
    api = deploy(FIRST, SECOND._replace(max_output_tokens=10), THIRD)
    body = {"messages": [], "inferenceConfig": {"maxTokens": 100}}

    # WHEN the first is throttled
    response = api.call("converse", body, model="first", replies=[*THROTTLED, answer(CONVERSE_ANSWER)])

    # THEN the third stands in
    assert response.headers["x-llm-model"] == "third"


def test_an_ended_model_with_a_throttled_fallback_is_worth_another_try(deploy: Deploy) -> None:
    # GIVEN a model that ended, and a fallback that is throttled
    api = deploy(FIRST, SECOND)

    # WHEN it is called
    response = api.call("invoke", {}, model="first", replies=[*ENDED, *THROTTLED])

    # THEN the caller is told to come back, which a 404 would not say
    assert response.status == 429


def test_without_fallbacks_the_refusal_is_told(deploy: Deploy) -> None:
    # GIVEN a model without fallbacks
    api = deploy(NEVER)

    # WHEN it has ended
    response = api.call("invoke", {}, model="never", replies=ENDED)

    # THEN the message is about it
    assert "'never' is past its end of life" in message_of(response)


@pytest.mark.parametrize(
    ("operation", "frames"),
    [("invoke-with-response-stream", CLAUDE_STREAM), ("converse-stream", CONVERSE_STREAM)],
)
def test_a_stream_that_fails_before_its_first_frame_is_stood_in_for(
    deploy: Deploy, operation: str, frames: tuple[bytes, ...]
) -> None:
    # GIVEN a stream that opens, and says only that it is throttled
    api = deploy(FIRST, SECOND)
    throttled = stream(exception("throttlingException", "Too many."))

    # WHEN it is called
    response = api.call(operation, {}, model="first", replies=[throttled, stream(*frames)])

    # THEN the fallback's stream is the answer
    assert response.headers["x-llm-model"] == "second"
    assert whole(response) == b"".join(frames)


def test_a_stream_that_fails_later_is_not_stood_in_for(deploy: Deploy) -> None:
    # GIVEN a stream that fails after a frame
    api = deploy(FIRST, SECOND)
    broken = exception("throttlingException", "Too many.")

    # WHEN it is read
    replies = [stream(CLAUDE_STREAM[0], broken), stream(*CLAUDE_STREAM)]
    response = api.call("invoke-with-response-stream", {}, model="first", replies=replies)

    # THEN the caller gets what came, and the exception
    assert whole(response) == CLAUDE_STREAM[0] + broken
    assert len(api.wire.received) == 1


def test_a_fallback_gets_its_own_guardrail_and_limit(deploy: Deploy) -> None:
    # GIVEN a fallback with a limit
    api = deploy(FIRST, SECOND._replace(max_output_tokens=77))

    # WHEN it stands in
    api.call("converse", {"messages": []}, model="first", replies=[*THROTTLED, answer(CONVERSE_ANSWER)])

    # THEN the limit is in its request alone
    bodies = [json.loads(received.body) for received in api.wire.received]
    assert bodies == [{"messages": []}] * 3 + [{"messages": [], "inferenceConfig": {"maxTokens": 77}}]
