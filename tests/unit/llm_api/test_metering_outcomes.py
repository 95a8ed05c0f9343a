"""What becomes of a reservation: given back, settled to the token, or left standing, whatever happens between."""

from typing import Any

import pytest
from llm_api.events import Response
from llm_api.registry import Price, Target

from tests.unit.llm_api import dynamo
from tests.unit.llm_api.metered import (
    CANVAS,
    CHAT,
    CLAUDE_ANSWER,
    CONVERSE,
    EMBED,
    FAST,
    INVOKE,
    NOVA,
    PRICE,
    RERANK,
    VECTOR,
    Deploy,
    deploy,
)
from tests.unit.llm_api.model_wire import (
    CLAUDE_STREAM,
    CONVERSE_ANSWER,
    Connection,
    Reply,
    answer,
    chunk,
    dropped,
    failure,
    stalled,
    stream,
)

__all__ = ["deploy"]


@pytest.mark.parametrize(
    "reply",
    [
        [failure(400, "ValidationException", "messages: odd")],
        [failure(403, "AccessDeniedException")],
        [failure(429, "ThrottlingException")] * 3,
        [failure(429, "ModelNotReadyException")] * 3,
        [failure(503, "ServiceUnavailableException")] * 3,
        [failure(404, "ResourceNotFoundException")],
    ],
)
@pytest.mark.parametrize("operation", ["invoke", "invoke-with-response-stream"])
def test_what_failed_before_it_cost_anything_is_given_back(deploy: Deploy, operation: str, reply: list[Reply]) -> None:
    # GIVEN a model that refuses
    world = deploy()

    # WHEN it is called
    response = world.send("/model/{modelId}/" + operation, INVOKE, *reply)

    # THEN the request counts, its tokens and dollars do not
    assert response.status >= 400
    assert (world.used("requests"), world.used("tokens"), world.used("usd")) == (1, 0, 0)
    assert world.log["settlement"] == "exact"


UNCERTAIN: list[tuple[str, Reply]] = [
    ("invoke", stalled),
    ("invoke", dropped),
    ("invoke", failure(500, "InternalServerException")),
    ("invoke", failure(424, "ModelErrorException")),
    ("invoke", answer(b"<html>")),
    ("invoke", answer({"content": []})),
    ("invoke-with-response-stream", stalled),
    ("invoke-with-response-stream", stream(CLAUDE_STREAM[0], cut=True)),
    ("invoke-with-response-stream", stream(*CLAUDE_STREAM[:2], then=Connection.wait)),
    ("invoke-with-response-stream", stream(CLAUDE_STREAM[0])),
]


@pytest.mark.parametrize(("operation", "reply"), UNCERTAIN)
def test_what_may_have_cost_something_stands(deploy: Deploy, operation: str, reply: Reply) -> None:
    # GIVEN a model that stalls, breaks off, or answers without numbers
    world = deploy()

    # WHEN it is called
    world.send("/model/{modelId}/" + operation, INVOKE, reply, seconds=0.3)

    # THEN the reservation stands
    assert world.used("tokens") == world.log["reserved_tokens"] > 500
    assert world.log["settlement"] == "stands"


def test_a_first_frame_that_refuses_is_free(deploy: Deploy) -> None:
    # GIVEN a stream that begins with Bedrock's exception
    from llm_api.eventstream import exception

    world = deploy()

    # WHEN it is opened
    refusal = stream(exception("throttlingException", "Too many."))
    response = world.send("/model/{modelId}/converse-stream", CONVERSE, refusal)

    # THEN nothing was spent
    assert response.status == 429
    assert (world.used("requests"), world.used("tokens")) == (1, 0)


def test_a_fallback_is_paid_at_its_own_price_within_the_reservation(deploy: Deploy) -> None:
    # GIVEN a cheap model, and a dear one that stands in for it
    world = deploy(NOVA._replace(fallbacks=("fast",)), FAST)

    # WHEN the cheap one is throttled
    throttled = [failure(429, "ThrottlingException")] * 3
    response = world.send("/model/{modelId}/converse", CONVERSE, *throttled, answer(CONVERSE_ANSWER), model="nova")

    # THEN the dear one's price was reserved and is paid
    assert response.headers["x-llm-model"] == "fast"
    assert world.used("usd") == 3 * 1_000_000 + 4 * 5_000_000
    assert world.log["reserved_usd"] > 500 * 1_250_000 / 10**12


def test_nobody_stands_in_once_something_was_paid(deploy: Deploy) -> None:
    # GIVEN three texts for a model with a fallback, of which one is throttled
    other = EMBED._replace(alias="other", id="amazon.titan-embed-text-v1")
    world = deploy(EMBED._replace(fallbacks=("other",)), other)
    replies = [VECTOR, VECTOR, *[failure(429, "ThrottlingException")] * 3]

    # WHEN they are embedded
    response = world.send("/v1/embeddings", {"model": "embed", "input": ["a", "b", "c"]}, *replies)

    # THEN the two are paid, and not embedded again by another
    assert response.status == 429
    assert world.used("tokens") == 14
    assert len(world.wire.received) == 5


def test_tokens_of_the_cache_count_and_have_their_price(deploy: Deploy) -> None:
    # GIVEN an answer that was partly read from the cache and partly written to it
    usage = {
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 20,
    }
    world = deploy()

    # WHEN it comes
    world.send("/model/{modelId}/invoke", INVOKE, answer({"content": [], "usage": usage}))

    # THEN all of them count, each at its price
    assert world.used("tokens") == 135
    assert world.used("usd") == 10 * 1_000_000 + 5 * 5_000_000 + 100 * 100_000 + 20 * 1_250_000


@pytest.mark.parametrize(
    ("price", "ttl", "status"),
    [
        (PRICE, None, 200),
        (PRICE, "1h", 400),
        (PRICE._replace(cache_write_1h=2_000_000), "1h", 200),
        (PRICE._replace(cache_write=None), None, 400),
    ],
)
def test_a_cache_without_a_price_is_refused_where_dollars_count(
    deploy: Deploy, price: Price, ttl: str | None, status: int
) -> None:
    # GIVEN a request that asks for the prompt cache
    mark = {"type": "ephemeral", **({"ttl": ttl} if ttl else {})}
    content = [{"type": "text", "text": "Hi", "cache_control": mark}]
    world = deploy(FAST._replace(price=price))

    # WHEN it is sent
    body = {**INVOKE, "messages": [{"role": "user", "content": content}]}
    response = world.send("/model/{modelId}/invoke", body, CLAUDE_ANSWER)

    # THEN it passes only at a price
    assert response.status == status


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/model/{modelId}/invoke", {**INVOKE, "a_field_of_tomorrow": 1}),
        ("/model/{modelId}/invoke", {**INVOKE, "speed": "fast"}),
        ("/model/{modelId}/converse", {**CONVERSE, "additionalModelRequestFields": {"a_field_of_tomorrow": 1}}),
        (
            "/model/{modelId}/converse",
            {**CONVERSE, "toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}},
        ),
        ("/v1/messages", {**CHAT, "a_field_of_tomorrow": 1}),
    ],
)
def test_no_unknown_field_goes_around_a_budget(deploy: Deploy, route: str, body: dict[str, Any]) -> None:
    # GIVEN a field of which nobody knows what it costs
    world = deploy()
    world.add_tenant("free", "sk-free")

    # WHEN a tenant with budgets sends it, and one without
    refused = world.send(route, body)
    passed = world.send(route, body, answer({**CONVERSE_ANSWER, "content": []}), key="sk-free")

    # THEN only the second one's request goes out
    assert (refused.status, passed.status) == (400, 200)
    assert len(world.wire.received) == 1


@pytest.mark.parametrize(
    ("target", "budget"),
    [
        (FAST._replace(max_output_tokens=None), "tokens_per_day"),
        (FAST._replace(price=None), "usd_per_day"),
        (FAST._replace(price=Price(input=5)), "usd_per_day"),
        (RERANK._replace(alias="fast"), "tokens_per_day"),
        (CANVAS._replace(alias="fast", price=PRICE), "usd_per_day"),
    ],
)
def test_what_can_not_be_metered_is_refused_as_ours(deploy: Deploy, target: Target, budget: str) -> None:
    # GIVEN a model that this budget can't hold, which Terraform would have refused
    world = deploy(target, **{budget: "1000000"})

    # WHEN it is called
    response = world.send("/model/{modelId}/invoke", {"messages": []})

    # THEN it is a fault of the deployment, told to whoever runs it
    assert response.status == 500
    assert "'fast' is allowed to a tenant with a budget" in world.log["reason"]
    assert world.wire.received == []


def test_a_budget_in_requests_holds_what_has_no_bound(deploy: Deploy) -> None:
    # GIVEN a model whose use can't be told before the call, and a budget in requests
    world = deploy(RERANK, requests_per_day="5")

    # WHEN it is called
    response = world.send("/model/{modelId}/invoke", {"query": "x"}, answer({"results": []}), model="rerank")

    # THEN it is counted
    assert response.status == 200
    assert world.used("requests") == 1


def test_a_limit_is_inserted_where_a_budget_needs_one(deploy: Deploy) -> None:
    # GIVEN a native body without a limit
    world = deploy()
    body = {name: value for name, value in INVOKE.items() if name != "max_tokens"}

    # WHEN it is sent
    world.send("/model/{modelId}/invoke", body, CLAUDE_ANSWER)

    # THEN the model gets one
    assert world.wire.received[0].json["max_tokens"] == 100


def test_a_tenants_own_output_limit_holds_for_every_model(deploy: Deploy) -> None:
    # GIVEN a tenant that may ask for 20 output tokens, in a deployment that allows 100
    world = deploy()
    world.add_tenant("intern", "sk-intern", attributes={"max_output_tokens": {"N": "20"}})

    # WHEN it asks for none, and for 21
    world.send("/model/{modelId}/converse", {"messages": []}, answer(CONVERSE_ANSWER), key="sk-intern")
    response = world.send("/model/{modelId}/converse", CONVERSE, key="sk-intern")

    # THEN its limit is inserted, and held
    assert world.wire.received[0].json["inferenceConfig"] == {"maxTokens": 20}
    assert response.status == 400


def test_a_tenant_without_budgets_writes_nothing(deploy: Deploy) -> None:
    # GIVEN a tenant without budgets
    world = deploy()
    world.add_tenant("free", "sk-free")

    # WHEN it calls twice within a minute
    for _ in range(2):
        response = world.send("/model/{modelId}/converse", CONVERSE, answer(CONVERSE_ANSWER), key="sk-free")

    # THEN its key and itself were read once, nothing was written, and nothing is said of limits
    assert (world.table.reads, world.table.writes) == (2, 0)
    assert not [name for name in response.headers if name.startswith("x-ratelimit")]


def test_a_settlement_that_fails_does_not_harm_the_answer(deploy: Deploy) -> None:
    # GIVEN a table that is gone by the time the answer has come
    world = deploy()

    def reply(connection: Connection) -> None:
        world.table.fail_before(dynamo.timeout)
        CLAUDE_ANSWER(connection)

    # WHEN a request is answered
    response = world.send("/model/{modelId}/invoke", INVOKE, reply)

    # THEN the caller has it, the reservation stands, and the log says so
    assert response.status == 200
    assert world.used("tokens") == world.log["reserved_tokens"]
    assert world.log["settlement"] == "unknown"
    assert "TimedOut" in world.log["settlement_failure"]


def test_a_fault_of_ours_after_the_answer_is_still_settled(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a renderer that fails
    def broken(*_: object) -> Response:
        raise ZeroDivisionError

    monkeypatch.setattr("llm_api.dialects.bedrock.calls.Converse.render", broken)
    world = deploy()

    # WHEN a request is answered
    response = world.send("/model/{modelId}/converse", CONVERSE, answer(CONVERSE_ANSWER))

    # THEN what the model used is counted
    assert response.status == 500
    assert world.used("tokens") == 7


def test_more_than_was_foreseen_is_counted_and_told(deploy: Deploy) -> None:
    # GIVEN a model that says it used more than it can have
    world = deploy()

    # WHEN it answers
    usage = {"input_tokens": 5000, "output_tokens": 4}
    world.send("/model/{modelId}/invoke", INVOKE, answer({"content": [], "usage": usage}))

    # THEN the count is true, and the log says that the bound was none
    assert world.used("tokens") == 5004
    assert world.log["tokens_beyond_reservation"] == 5004 - world.log["reserved_tokens"]


def test_chunks_without_numbers_stand(deploy: Deploy) -> None:
    # GIVEN a stream whose end tells no numbers
    world = deploy()
    chunks = (chunk({"type": "content_block_delta", "delta": {"text": "x"}}), chunk({"type": "message_stop"}))

    # WHEN it is read to its end
    world.send("/model/{modelId}/invoke-with-response-stream", INVOKE, stream(*chunks))

    # THEN the reservation stands
    assert world.log["settlement"] == "stands"
