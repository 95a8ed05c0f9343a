"""Every path that spends is metered: reserved before the model is called, settled after; and who hears of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from llm_api.app import App
from llm_api.config import Settings
from llm_api.deadline import Deadline
from llm_api.dialects import Query
from llm_api.events import Caller, Request
from llm_api.inference import Inference
from llm_api.inference.clients import Clients
from llm_api.registry import Registry
from llm_api.telemetry import Telemetry

from tests.unit.llm_api import dynamo
from tests.unit.llm_api.metered import (
    CHAT,
    CLAUDE_ANSWER,
    CONVERSE,
    COUNTED,
    FAST,
    INVOKE,
    KEY,
    PICTURE,
    PICTURES,
    VECTOR,
    Deploy,
    deploy,
)
from tests.unit.llm_api.model_wire import (
    CLAUDE_STREAM,
    CONVERSE_ANSWER,
    CONVERSE_STREAM,
    ModelWire,
    Reply,
    answer,
    stalled,
    stream,
    whole,
)

__all__ = ["deploy"]

COMPLETION: dict[str, Any] = {"model": "fast", "max_tokens": CHAT["max_tokens"], "prompt": "Hi"}
RESPONSE: dict[str, Any] = {"model": "fast", "max_output_tokens": CHAT["max_tokens"], "input": "Hi"}
Path = tuple[Any, tuple[Reply, ...], int]
METERED: dict[tuple[str, str], list[Path]] = {
    ("POST", "/model/{modelId}/invoke"): [(INVOKE, (CLAUDE_ANSWER,), 7)],
    ("POST", "/model/{modelId}/invoke-with-response-stream"): [(INVOKE, (stream(*CLAUDE_STREAM),), 8)],
    ("POST", "/model/{modelId}/converse"): [(CONVERSE, (answer(CONVERSE_ANSWER),), 7)],
    ("POST", "/model/{modelId}/converse-stream"): [(CONVERSE, (stream(*CONVERSE_STREAM),), 10)],
    ("POST", "/model/{modelId}/count-tokens"): [({"input": {"converse": CONVERSE}}, (COUNTED,), 0)],
    ("POST", "/v1/chat/completions"): [
        (CHAT, (answer(CONVERSE_ANSWER),), 7),
        ({**CHAT, "stream": True}, (stream(*CONVERSE_STREAM),), 10),
    ],
    ("POST", "/v1/completions"): [
        (COMPLETION, (answer(CONVERSE_ANSWER),), 7),
        ({**COMPLETION, "stream": True}, (stream(*CONVERSE_STREAM),), 10),
    ],
    ("POST", "/v1/responses"): [
        (RESPONSE, (answer(CONVERSE_ANSWER),), 7),
        ({**RESPONSE, "stream": True}, (stream(*CONVERSE_STREAM),), 10),
    ],
    ("POST", "/v1/responses/input_tokens"): [({"model": "fast", "input": "Hi"}, (COUNTED,), 0)],
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

    # THEN each request to a model and its tokens are counted, no more and no less
    assert response.status == 200, response.body
    assert (world.used("requests"), world.used("tokens")) == (len(replies), tokens)
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
    assert issubclass(GetUsage, Query)
