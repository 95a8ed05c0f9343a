"""Every path that spends is metered: reserved before the model is called, settled after, whatever happens between."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from llm_api.app import App
from llm_api.config import Settings
from llm_api.deadline import Deadline
from llm_api.dialects import UsageQuery
from llm_api.events import Caller, Request, Response
from llm_api.inference import Inference
from llm_api.inference.clients import Clients
from llm_api.ledger import Ledger
from llm_api.registry import Price, Registry, Target
from llm_api.telemetry import Telemetry

from tests.unit.llm_api import dynamo
from tests.unit.llm_api.model_wire import (
    CLAUDE_STREAM,
    CONVERSE_ANSWER,
    CONVERSE_STREAM,
    Connection,
    ModelWire,
    Reply,
    answer,
    chunk,
    dropped,
    failure,
    stalled,
    stream,
    whole,
)

PRICE = Price(input=1_000_000, output=5_000_000, cache_read=100_000, cache_write=1_250_000)
FAST = Target(
    "fast",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic",
    base_id="anthropic.claude-haiku-4-5-20251001-v1:0",
    max_output_tokens=100,
    price=PRICE,
)
NOVA = Target("nova", "amazon.nova-lite-v1:0", "nova", max_output_tokens=100, price=Price(input=60_000, output=240_000))
EMBED = Target("embed", "amazon.titan-embed-text-v2:0", "titan-embed", price=Price(input=20_000))
CANVAS = Target("canvas", "amazon.nova-canvas-v1:0", "nova-canvas", price=Price(image=40_000_000_000))
PAINT = Target("paint", "stability.sd3-5-large-v1:0", "stability", price=Price(image=80_000_000_000))
RERANK = Target("rerank", "cohere.rerank-v3-5:0", "cohere-rerank", price=PRICE)
KEY = "sk-marketing"
NOW = 1_795_435_230.0
USAGE = "usage#marketing"
PLENTY = {"tokens_per_minute": "1000000", "requests_per_day": "1000", "usd_per_month": "200"}


class World:
    """A deployment with one tenant, in front of a model server and a table."""

    def __init__(self, wire: ModelWire, clients: Clients, *targets: Target, **budgets: str) -> None:
        self.wire = wire
        self.table = dynamo.Table()
        self.seconds = NOW
        self.lines: list[dict[str, Any]] = []
        self.targets = targets or (FAST, NOVA, EMBED, CANVAS, PAINT, RERANK)
        self.add_tenant("marketing", KEY, **(budgets or PLENTY))
        settings = Settings(Registry(self.targets), auth="api_key", tenants_table="acme-tenants")
        self.ledger = Ledger(settings, self.table, now=lambda: self.seconds)
        self.app = App(
            settings,
            ledger=self.ledger,
            inference=Inference(settings.registry, clients, pause=lambda seconds: None),
            telemetry=Telemetry("acme", "LlmApi", self._log),
        )

    def add_tenant(self, name: str, key: str, *, attributes: dict[str, Any] | None = None, **budgets: str) -> None:
        self.table.put(f"key#{hashlib.sha256(key.encode()).hexdigest()}", tenant={"S": name})
        limits = {"M": {budget: {"N": limit} for budget, limit in budgets.items()}}
        models = {"SS": [target.alias for target in self.targets]}
        self.table.put(f"tenant#{name}", models=models, budgets=limits, **(attributes or {}))

    def send(
        self,
        route: str,
        body: Any = None,
        *replies: Reply,
        model: str = "fast",
        method: str = "POST",
        key: str = KEY,
        headers: dict[str, str] | None = None,
        seconds: float = 10,
    ) -> Response:
        self.wire.replies += replies
        path = route.replace("{modelId}", model).replace("{id}", model)
        data = b"" if body is None else json.dumps(body).encode()
        sent = {"authorization": f"Bearer {key}", **(headers or {})}
        request = Request("req-1", method, route, path, sent, {}, data, Caller())
        response = self.app.handle(request, Deadline.after(seconds))
        response.body = whole(response)
        return response

    def used(self, kind: str = "tokens") -> int:
        """What the month has counted; the minute and the day the same."""
        counts = {self.table.number(USAGE, f"{window}_{kind}") for window in ("minute", "day", "month")}
        assert len(counts) == 1
        return counts.pop()

    @property
    def log(self) -> dict[str, Any]:
        return self.lines[-2]

    def _log(self, text: str) -> None:
        self.lines.extend(json.loads(line) for line in text.splitlines())


Deploy = Callable[..., World]


@pytest.fixture
def deploy(wire: ModelWire, clients: Clients) -> Deploy:
    def make(*targets: Target, **budgets: str) -> World:
        return World(wire, clients, *targets, **budgets)

    return make


INVOKE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}], "inferenceConfig": {"maxTokens": 50}}
CHAT = {"model": "fast", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}
CLAUDE_ANSWER = answer({"content": [{"type": "text", "text": "Hi"}], "usage": {"input_tokens": 3, "output_tokens": 4}})
VECTOR = answer({"embedding": [0.5], "inputTextTokenCount": 7})
COUNTED = answer({"inputTokens": 12})
PICTURE = answer({"seeds": [7], "finish_reasons": [None], "images": [base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()]})
FILTERED = answer({"finish_reasons": ["Filter reason: prompt"]})
PICTURES = {"model": "paint", "prompt": "A car", "n": 3}

Path = tuple[Any, tuple[Reply, ...], int]

METERED: dict[tuple[str, str], list[Path]] = {
    ("POST", "/model/{modelId}/invoke"): [(INVOKE, (CLAUDE_ANSWER,), 7)],
    ("POST", "/model/{modelId}/invoke-with-response-stream"): [(INVOKE, (stream(*CLAUDE_STREAM),), 8)],
    ("POST", "/model/{modelId}/converse"): [(CONVERSE, (answer(CONVERSE_ANSWER),), 7)],
    ("POST", "/model/{modelId}/converse-stream"): [(CONVERSE, (stream(*CONVERSE_STREAM),), 10)],
    ("POST", "/v1/chat/completions"): [
        (CHAT, (answer(CONVERSE_ANSWER),), 7),
        ({**CHAT, "stream": True}, (stream(*CONVERSE_STREAM),), 10),
    ],
    ("POST", "/v1/embeddings"): [({"model": "embed", "input": ["a", "b", "c"]}, (VECTOR,) * 3, 21)],
    ("POST", "/v1/images/generations"): [(PICTURES, (PICTURE,) * 3, 0)],
    ("POST", "/v1/messages"): [
        (CHAT, (CLAUDE_ANSWER,), 7),
        ({**CHAT, "stream": True}, (stream(*CLAUDE_STREAM),), 8),
    ],
    ("POST", "/v1/messages/count_tokens"): [({"model": "fast", "messages": CHAT["messages"]}, (COUNTED,), 0)],
}
"""Each route that may spend: requests, the model's replies, and the tokens that are used in the end."""

FREE = {
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{id}"),
    ("GET", "/v1/usage"),
}
"""Routes that reach no model."""

WORKFLOWS = {
    ("POST", "/v1/workflows/{name}"),
    ("GET", "/v1/workflows/{name}/{execution}"),
    ("POST", "/v1/workflows/{name}/{execution}/approve"),
}
"""Routes that reach Step Functions; what the prompts of an execution use is counted by each of them."""


def all_routes() -> set[tuple[str, str]]:
    from importlib import import_module

    from llm_api.routes import _BY_PREFIX

    return {route for _, module in _BY_PREFIX for route in import_module(module).ROUTES}


def test_every_route_is_either_metered_or_free() -> None:
    # GIVEN all routes of all dialects
    # THEN each is in one of the two tables above: a new one has to be put into the first, with what it uses
    assert all_routes() == METERED.keys() | FREE | WORKFLOWS
    assert not METERED.keys() & FREE


CASES = [(route, case) for route, cases in METERED.items() for case in cases]


@pytest.mark.parametrize(("route", "case"), CASES)
def test_every_route_is_settled_to_what_it_used(deploy: Deploy, route: tuple[str, str], case: Path) -> None:
    # GIVEN a tenant with budgets of every kind
    world = deploy()
    body, replies, tokens = case

    # WHEN a route is called, and its answer read to the end
    response = world.send(route[1], body, *replies)

    # THEN the request and its tokens are counted, no more and no less
    assert response.status == 200, response.body
    assert (world.used("requests"), world.used("tokens")) == (1, tokens)
    assert world.log["tenant"] == "marketing"
    assert (world.used("usd") > 0) == (tokens > 0 or "images" in route[1])


@pytest.mark.parametrize(("route", "case"), CASES)
def test_every_route_reserves_before_it_calls(deploy: Deploy, route: tuple[str, str], case: Path) -> None:
    # GIVEN a tenant whose requests are used up
    world = deploy(requests_per_day="1")
    world.send("/v1/messages/count_tokens", METERED["POST", "/v1/messages/count_tokens"][0][0], COUNTED)
    world.wire.received.clear()

    # WHEN a route is called
    response = world.send(route[1], case[0])

    # THEN it is refused before any model is
    assert response.status == 429
    assert world.wire.received == []


@pytest.mark.parametrize(("route", "case"), CASES)
@pytest.mark.parametrize("fault", [dynamo.timeout, dynamo.out_of_reach, lambda: dynamo.refused("ThrottlingException")])
def test_no_route_is_free_while_the_table_is_out_of_reach(
    deploy: Deploy, route: tuple[str, str], case: Path, fault: Callable[[], Exception]
) -> None:
    # GIVEN a caller who is known, and a table that does not answer any more
    world = deploy()
    world.send("/v1/models", method="GET")
    world.table.fail_before(fault)

    # WHEN a route is called
    response = world.send(route[1], case[0])

    # THEN it is refused before any model is called
    assert response.status == 503
    assert response.headers["retry-after"] == "1"
    assert world.wire.received == []


@pytest.mark.parametrize(("method", "route"), sorted(FREE))
def test_free_routes_count_nothing(deploy: Deploy, method: str, route: str) -> None:
    # GIVEN a tenant with budgets
    world = deploy()

    # WHEN a route is called that reaches no model
    response = world.send(route, method=method)

    # THEN nothing is written
    assert response.status == 200
    assert world.table.writes == 0


def test_who_is_over_budget_hears_it_in_every_dialect(deploy: Deploy) -> None:
    # GIVEN budgets that are too small for any request
    world = deploy(tokens_per_minute="1300")
    world.send("/v1/messages", {**CHAT, "max_tokens": 1}, stalled, seconds=0.5)

    # WHEN each SDK calls
    bedrock = world.send("/model/{modelId}/converse", CONVERSE)
    openai = world.send("/v1/chat/completions", CHAT)
    anthropic = world.send("/v1/messages", CHAT)

    # THEN each reads its own error, the pause and the headers
    assert [response.status for response in (bedrock, openai, anthropic)] == [429, 429, 429]
    assert bedrock.headers["x-amzn-errortype"] == "ThrottlingException"
    assert json.loads(whole(openai))["error"]["code"] == "rate_limit_exceeded"
    assert json.loads(whole(anthropic))["error"]["type"] == "rate_limit_error"
    for response in (bedrock, openai, anthropic):
        assert b"1,300 tokens a minute" in whole(response)
        assert int(response.headers["retry-after"]) == 30
        assert response.headers["x-ratelimit-limit-tokens"] == "1300"


def test_sdks_do_not_hammer_a_budget_that_is_spent_for_the_day(deploy: Deploy) -> None:
    # GIVEN a day's budget that is used up
    world = deploy(requests_per_day="1")
    world.send("/v1/messages", CHAT, CLAUDE_ANSWER)

    # WHEN each SDK calls
    # THEN none is told to try again by itself
    assert world.send("/v1/messages", CHAT).headers["x-should-retry"] == "false"
    assert world.send("/v1/chat/completions", CHAT).headers["x-should-retry"] == "false"
    errortype = world.send("/model/{modelId}/converse", CONVERSE).headers["x-amzn-errortype"]
    assert errortype == "ServiceQuotaExceededException"


def test_every_answer_says_what_is_left(deploy: Deploy) -> None:
    # GIVEN budgets in two windows
    world = deploy(tokens_per_minute="5000", tokens_per_day="4000", requests_per_minute="10")

    # WHEN a request is answered
    headers = world.send("/v1/chat/completions", CHAT, answer(CONVERSE_ANSWER)).headers

    # THEN the headers tell the tightest window's rest, after what was really used
    assert headers["x-ratelimit-limit-tokens"] == "4000"
    assert headers["x-ratelimit-remaining-tokens"] == "3993"
    assert headers["x-ratelimit-limit-requests"] == "10"
    assert headers["x-ratelimit-remaining-requests"] == "9"


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
    world = deploy(replace(NOVA, fallbacks=("fast",)), FAST)

    # WHEN the cheap one is throttled
    throttled = [failure(429, "ThrottlingException")] * 3
    response = world.send("/model/{modelId}/converse", CONVERSE, *throttled, answer(CONVERSE_ANSWER), model="nova")

    # THEN the dear one's price was reserved and is paid
    assert response.headers["x-llm-model"] == "fast"
    assert world.used("usd") == 3 * 1_000_000 + 4 * 5_000_000
    assert world.log["reserved_usd"] > 500 * 1_250_000 / 10**12


def test_nobody_stands_in_once_something_was_paid(deploy: Deploy) -> None:
    # GIVEN three texts for a model with a fallback, of which one is throttled
    other = replace(EMBED, alias="other", id="amazon.titan-embed-text-v1")
    world = deploy(replace(EMBED, fallbacks=("other",)), other)
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
        (replace(PRICE, cache_write_1h=2_000_000), "1h", 200),
        (replace(PRICE, cache_write=None), None, 400),
    ],
)
def test_a_cache_without_a_price_is_refused_where_dollars_count(
    deploy: Deploy, price: Price, ttl: str | None, status: int
) -> None:
    # GIVEN a request that asks for the prompt cache
    mark = {"type": "ephemeral", **({"ttl": ttl} if ttl else {})}
    content = [{"type": "text", "text": "Hi", "cache_control": mark}]
    world = deploy(replace(FAST, price=price))

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


def test_pictures_are_paid_by_the_piece(deploy: Deploy) -> None:
    # GIVEN an image model
    world = deploy()
    body = {"taskType": "TEXT_IMAGE", "imageGenerationConfig": {"numberOfImages": 2}}

    # WHEN it makes two
    world.send("/model/{modelId}/invoke", body, answer({"images": ["a", "b"]}), model="canvas")

    # THEN two are paid, and no tokens
    assert (world.used("tokens"), world.used("usd")) == (0, 80_000_000_000)


@pytest.mark.parametrize(
    ("target", "budget"),
    [
        (replace(FAST, max_output_tokens=None), "tokens_per_day"),
        (replace(FAST, price=None), "usd_per_day"),
        (replace(FAST, price=Price(input=5)), "usd_per_day"),
        (replace(RERANK, alias="fast"), "tokens_per_day"),
        (replace(CANVAS, alias="fast", price=PRICE), "usd_per_day"),
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
    assert "ReadTimeoutError" in world.log["settlement_failure"]


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


def test_who_asks_sees_its_own_use_and_nobody_elses(deploy: Deploy) -> None:
    # GIVEN two tenants, of which one has used something
    world = deploy()
    world.add_tenant("sales", "sk-sales", tokens_per_day="50")
    world.send("/model/{modelId}/converse", CONVERSE, answer(CONVERSE_ANSWER))

    # WHEN each asks, one of them for the other
    forged = {"x-tenant": "marketing", "x-amzn-bedrock-request-metadata": '{"tenant":"marketing"}'}
    ours = json.loads(whole(world.send("/v1/usage", method="GET")))
    theirs = json.loads(whole(world.send("/v1/usage", method="GET", key="sk-sales", headers=forged)))

    # THEN each sees itself
    assert ours["tenant"] == "marketing"
    assert ours["windows"]["minute"]["tokens"] == {"used": 7, "limit": 1_000_000, "remaining": 999_993}
    assert theirs["tenant"] == "sales"
    assert theirs["windows"]["day"]["tokens"] == {"used": 0, "limit": 50, "remaining": 50}


def test_use_of_a_tenant_without_budgets_is_unknown(deploy: Deploy) -> None:
    # GIVEN a tenant of which nothing is counted
    world = deploy()
    world.add_tenant("free", "sk-free")

    # WHEN it asks
    report = json.loads(whole(world.send("/v1/usage", method="GET", key="sk-free")))

    # THEN it is told so, and not that it used nothing
    assert report["windows"]["day"]["tokens"] == {"used": None, "limit": None, "remaining": None}


@pytest.mark.parametrize("field", ["body", "header"])
@pytest.mark.parametrize("theirs", [{}, {"tenant": "sales"}, {"case": "7", "tenant": "sales"}])
def test_bedrocks_log_names_the_tenant_whoever_the_caller_says_it_is(
    deploy: Deploy, field: str, theirs: dict[str, str]
) -> None:
    # GIVEN a caller that sends metadata of its own
    world = deploy()

    # WHEN a model is called either way
    if field == "body":
        body = {**CONVERSE, **({"requestMetadata": theirs} if theirs else {})}
        world.send("/model/{modelId}/converse", body, answer(CONVERSE_ANSWER))
        sent = world.wire.received[0].json["requestMetadata"]
    else:
        header = {"x-amzn-bedrock-request-metadata": json.dumps(theirs)} if theirs else {}
        world.send("/model/{modelId}/invoke", INVOKE, CLAUDE_ANSWER, headers=header)
        sent = json.loads(world.wire.received[0].headers["x-amzn-bedrock-request-metadata"])

    # THEN its own stays, but for the tenant
    assert sent == {**theirs, "tenant": "marketing"}


@pytest.mark.parametrize("header", ["x", "[]", '{"a": 1}', "[" * 100_000])
def test_metadata_that_is_none_is_refused(deploy: Deploy, header: str) -> None:
    # GIVEN a header that is no object of strings
    world = deploy()

    # WHEN it is sent
    headers = {"x-amzn-bedrock-request-metadata": header}
    response = world.send("/model/{modelId}/invoke", INVOKE, headers=headers)

    # THEN it isn't passed on, and nothing is counted
    assert response.status == 400
    assert world.table.writes == 0


def test_a_request_that_is_refused_by_us_is_not_counted(deploy: Deploy) -> None:
    # GIVEN a request that no model would get
    world = deploy()

    # WHEN it comes
    response = world.send("/v1/chat/completions", {"model": "fast"})

    # THEN nothing was reserved
    assert response.status == 400
    assert world.table.writes == 0


def test_without_tenants_there_is_no_table_and_no_extra_call(
    wire: ModelWire, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a deployment without tenants
    def no_client(*_: object, **__: object) -> None:
        raise AssertionError("a client was made")

    monkeypatch.setattr("llm_api.ledger.table._create_client", no_client)
    settings = Settings(Registry([FAST]))
    lines: list[str] = []
    app = App(settings, inference=Inference(settings.registry, clients), telemetry=Telemetry("a", "b", lines.append))
    app._ledger.warm_up()
    wire.replies.append(answer(CONVERSE_ANSWER))

    # WHEN a model is called
    caller = Caller("arn:aws:iam::123456789012:user/anna")
    route = "/model/{modelId}/converse"
    body = json.dumps(CONVERSE).encode()
    request = Request("r", "POST", route, "/model/fast/converse", {}, {}, body, caller)
    response = app.handle(request, Deadline.after(5))

    # THEN the body passes as it came, at the cost of nothing
    assert response.status == 200
    assert wire.received[0].json == CONVERSE


def test_the_cost_is_logged_with_or_without_a_budget(deploy: Deploy) -> None:
    # GIVEN a tenant without budgets, and a model with a price
    world = deploy()
    world.add_tenant("free", "sk-free")

    # WHEN it calls
    world.send("/model/{modelId}/converse", CONVERSE, answer(CONVERSE_ANSWER), key="sk-free")

    # THEN the line says what it cost
    assert world.log["cost_usd"] == pytest.approx((3 * 1_000_000 + 4 * 5_000_000) / 10**12)


def test_metrics_by_tenant_only_where_they_are_asked_for(deploy: Deploy) -> None:
    # GIVEN a deployment, and one that asks for metrics of each tenant
    world = deploy()
    settings = Settings(Registry([FAST]), auth="api_key", tenants_table="t", metrics_by_tenant=True)
    lines: list[str] = []
    telemetry = Telemetry("acme", "LlmApi", lines.append, by_tenant=settings.metrics_by_tenant)
    inference = world.app._inference
    asking = App(settings, ledger=world.ledger, inference=inference, telemetry=telemetry)

    # WHEN both are called
    world.send("/v1/models", method="GET")
    caller = {"authorization": f"Bearer {KEY}"}
    asking.handle(Request("r", "GET", "/v1/models", "/v1/models", caller, {}, b"", Caller()), Deadline.after(5))

    # THEN only the second one's metrics have the tenant
    plain, by_tenant = world.lines[-1], json.loads(lines[0].splitlines()[1])
    assert "tenant" not in plain
    assert by_tenant["tenant"] == "marketing"
    assert ["service", "tenant"] in by_tenant["_aws"]["CloudWatchMetrics"][0]["Dimensions"]


def test_a_usage_query_is_no_call() -> None:
    # GIVEN the free routes
    from llm_api.dialects.usage import GetUsage

    # THEN the one about use can't reach a model by its type
    assert issubclass(GetUsage, UsageQuery)


def test_a_picture_in_a_message_is_settled_to_its_tokens(deploy: Deploy) -> None:
    # GIVEN a request with a large picture
    world = deploy()
    data = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(200_000)).decode()
    content = [{"image": {"format": "png", "source": {"bytes": data}}}, {"text": "What is it?"}]

    # WHEN it is answered
    body = {**CONVERSE, "messages": [{"role": "user", "content": content}]}
    world.send("/model/{modelId}/converse", body, answer(CONVERSE_ANSWER))

    # THEN what was set aside is a picture's worth, and what is counted is what it used
    assert world.log["reserved_tokens"] < 7000
    assert world.used("tokens") == 7


def test_chunks_without_numbers_stand(deploy: Deploy) -> None:
    # GIVEN a stream whose end tells no numbers
    world = deploy()
    chunks = (chunk({"type": "content_block_delta", "delta": {"text": "x"}}), chunk({"type": "message_stop"}))

    # WHEN it is read to its end
    world.send("/model/{modelId}/invoke-with-response-stream", INVOKE, stream(*chunks))

    # THEN the reservation stands
    assert world.log["settlement"] == "stands"


@pytest.mark.parametrize(
    ("replies", "status", "pictures", "settlement"),
    [
        ((PICTURE,) * 3, 200, 3, "exact"),
        ((FILTERED,) * 3, 400, 3, "stands"),
        ((PICTURE, FILTERED, PICTURE), 200, 3, "stands"),
        ((PICTURE, PICTURE, failure(400, "ValidationException")), 400, 2, "exact"),
        ((PICTURE, PICTURE, failure(500, "InternalServerException")), 502, 3, "stands"),
        ((PICTURE, *(failure(400, "ServiceQuotaExceededException"),) * 2), 429, 1, "exact"),
        ((answer(b"<html>"), PICTURE, PICTURE), 502, 3, "stands"),
    ],
)
def test_pictures_are_settled_one_by_one(
    deploy: Deploy, replies: tuple[Reply, ...], status: int, pictures: int, settlement: str
) -> None:
    # GIVEN a tenant with a budget in dollars
    world = deploy()

    # WHEN three pictures are asked for, which are three requests to the model
    response = world.send("/v1/images/generations", PICTURES, *replies)

    # THEN each that was made is counted at its price; whatever may have to be paid stays reserved
    assert (response.status, world.log["settlement"]) == (status, settlement)
    assert world.used("usd") == pictures * 80_000_000_000
    assert (world.used("requests"), world.used("tokens")) == (1, 0)


def test_pictures_that_a_budget_has_no_room_for_are_not_made(deploy: Deploy) -> None:
    # GIVEN a budget that two pictures fit into
    world = deploy(usd_per_day="0.2")

    # WHEN three are asked for, and then two
    refused = world.send("/v1/images/generations", PICTURES)
    made = world.send("/v1/images/generations", {**PICTURES, "n": 2}, PICTURE, PICTURE)

    # THEN
    assert (refused.status, made.status) == (429, 200)
    assert json.loads(whole(refused))["error"]["code"] == "insufficient_quota"


def test_url_without_a_bucket_costs_nothing(deploy: Deploy) -> None:
    # GIVEN a deployment without a bucket
    world = deploy()

    # WHEN
    response = world.send("/v1/images/generations", {**PICTURES, "response_format": "url"})

    # THEN it is refused before anything is reserved
    assert json.loads(whole(response))["error"]["param"] == "response_format"
    assert (response.status, world.table.writes, world.wire.received) == (400, 0, [])
