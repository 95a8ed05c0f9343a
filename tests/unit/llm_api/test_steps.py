"""What a workflow asks around each prompt, through the function's own entry: one ledger for requests and workflows."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from llm_api import entry
from llm_api.config import Settings
from llm_api.events import is_order
from llm_api.inference.clients import Clients
from llm_api.ledger.budgets import WINDOWS
from llm_api.registry import Registry, Target

from tests.unit.llm_api import dynamo
from tests.unit.llm_api.metered import CANVAS, CONVERSE, FAST, KEY, NOVA, PAINT, RERANK, USAGE, World
from tests.unit.llm_api.model_wire import CONVERSE_ANSWER, ModelWire, answer
from tests.unit.llm_api.proxy_events import proxy_event

EXECUTION = "marketing-0123456789abcdef"
USED = {"InputTokens": 3, "OutputTokens": 4, "TotalTokens": 7}

Deploy = Callable[..., World]


@pytest.fixture
def deploy(wire: ModelWire, clients: Clients) -> Deploy:
    def make(*targets: Target, **budgets: str) -> World:
        return World(wire, clients, *targets, **budgets)

    return make


def order(world: World, kind: str, **fields: Any) -> Any:
    event = {"llm_api": {"version": 1, kind: {"workflow": "advert", "execution": EXECUTION, **fields}}}
    return entry.buffered(world.app, json.loads(json.dumps(event)), 30_000, "fn-1")


def reserve(world: World, **fields: Any) -> Any:
    return order(world, "reserve", **{"model": FAST.id, "request": CONVERSE, **fields})


def test_a_prompt_is_reserved_and_settled_like_a_request(deploy: Deploy) -> None:
    # GIVEN the same prompt, sent through the API by one tenant of a deployment and by a workflow in another one's name
    sent, ordered = deploy(), deploy()
    sent.send("/model/{modelId}/converse", CONVERSE, answer(CONVERSE_ANSWER))

    # WHEN the workflow reserves
    held = reserve(ordered)

    # THEN the function gives back what it reserved for, and the worst case is set aside
    assert (held["version"], held["reserved"], held["request"]) == (1, True, CONVERSE)
    assert ordered.used() > 50

    # WHEN it settles THEN both tenants have used the same, in every kind
    assert order(ordered, "settle", reservation=held["reservation"], usage=USED) == {"version": 1, "settled": "exact"}
    for kind in ("requests", "tokens", "usd"):
        assert ordered.used(kind) == sent.used(kind) > 0


def test_the_log_has_one_line_a_prompt(deploy: Deploy) -> None:
    # GIVEN a prompt that was settled THEN one line tells what it used and for whom, and nothing of what it said
    world = deploy()
    held = reserve(world, request={**CONVERSE, "system": [{"text": "secret"}]})
    order(world, "settle", reservation=held["reservation"], usage=USED)
    assert len(world.lines) == 2
    expected = {
        "tenant": "marketing",
        "model": "fast",
        "workflow": "advert",
        "execution": EXECUTION,
        "input_tokens": 3,
        "output_tokens": 4,
        "settlement": "exact",
        "route": "INVOKE settle",
        "function_request_id": "fn-1",
    }
    assert {name: world.log.get(name) for name in expected} == expected
    assert world.log["cost_usd"] > 0
    assert "secret" not in json.dumps(world.lines)


def test_an_answer_that_was_there_costs_a_request(deploy: Deploy) -> None:
    # GIVEN a tenant whose tokens are used up WHEN a workflow has the answer already
    world = deploy(tokens_per_day="1", requests_per_day="2")
    told = reserve(world, cached=True)

    # THEN a request is counted and nothing else, nothing is left to settle, and the log has its line
    assert told == {"version": 1, "reserved": True, "reservation": "", "request": {}}
    assert (world.used("requests"), world.used("tokens"), world.used("usd")) == (1, 0, 0)
    expected = {"cache": "hit", "model": "fast", "output_tokens": 0, "cost_usd": 0, "settlement": "exact"}
    assert {name: world.log.get(name) for name in expected} == expected
    assert (world.lines[-1]["CacheHits"], world.lines[-1]["CacheMisses"]) == (1, 0)

    # AND a budget of requests holds
    assert reserve(world, cached=True)["reserved"]
    assert reserve(world, cached=True)["error"] == "BudgetSpent"
    assert "cache" not in world.log


def test_an_answer_that_was_not_there_is_told_once(deploy: Deploy) -> None:
    # GIVEN a prompt whose answer wasn't there WHEN it is settled THEN its line says so, and none of one without cache
    world = deploy()
    for fields, cache in (({"cached": False}, "miss"), ({}, None)):
        held = reserve(world, **fields)
        order(world, "settle", reservation=held["reservation"], usage=USED)
        assert world.log.get("cache") == cache
        assert world.used("requests") > 0
    assert len(world.lines) == 4


@pytest.mark.parametrize("cached", [None, 1, "true", [], {}])
def test_only_true_is_true(deploy: Deploy, cached: Any) -> None:
    # GIVEN an order that is vague about whether the answer was there WHEN it comes THEN nothing is reserved
    world = deploy()
    assert reserve(world, cached=cached)["error"] == "BadRequest"
    assert world.table.writes == 0


BOUND = {"input_tokens": 1000, "output_tokens": 100}


def promise(world: World, **fields: Any) -> Any:
    return order(world, "reserve", **{"model": FAST.id, "bound": BOUND, **fields})


def test_a_request_that_nobody_reads_settles_at_its_reservation(deploy: Deploy) -> None:
    # GIVEN a request in S3, and what it may use at most WHEN it is reserved
    world = deploy()
    told = promise(world)

    # THEN the bound is set aside, each token of the input at the dearest price, which is that of writing to the cache
    assert (told["reserved"], told["request"]) == (True, {})
    assert (world.used("requests"), world.used("tokens"), world.used("usd")) == (
        1,
        1100,
        1000 * 1_250_000 + 100 * 5_000_000,
    )

    # AND it stands when it is settled, and the log calls it an estimate
    assert order(world, "settle", reservation=told["reservation"]) == {"version": 1, "settled": "stands"}
    assert (world.used("requests"), world.used("tokens")) == (1, 1100)
    expected = {"input_tokens": 1000, "output_tokens": 100, "tokens_estimated": True, "settlement": "stands"}
    assert {name: world.log.get(name) for name in expected} == expected

    # AND usage that is told besides makes no difference
    order(world, "settle", reservation=promise(world)["reservation"], usage=USED)
    assert world.used("tokens") == 2200


def test_a_request_that_was_refused_unread_is_given_back(deploy: Deploy) -> None:
    # GIVEN a bound that was reserved WHEN the model refused the request THEN a request is counted and no token
    world = deploy()
    assert order(world, "settle", reservation=promise(world)["reservation"], free=True)["settled"] == "exact"
    assert (world.used("requests"), world.used("tokens"), world.used("usd")) == (1, 0, 0)


def test_a_bound_takes_what_room_there_is(deploy: Deploy) -> None:
    # GIVEN a budget for one bound WHEN a second one comes THEN it is refused as a prompt is, by the minute or for good
    world = deploy(tokens_per_minute="2000")
    promise(world)
    told = promise(world)
    assert (told["error"], told["wait_seconds"] > 0) == ("OverBudget", True)
    assert promise(world, bound={**BOUND, "input_tokens": 2000})["error"] == "BudgetSpent"


@pytest.mark.parametrize(
    "fields",
    [
        {"request": CONVERSE},
        {"bound": None},
        {"bound": {}},
        {"bound": {"input_tokens": 1000}},
        {"bound": {**BOUND, "images": 1}},
        {"bound": {**BOUND, "input_tokens": 0}},
        {"bound": {**BOUND, "input_tokens": True}},
        {"bound": {**BOUND, "input_tokens": 1.0}},
        {"bound": {**BOUND, "input_tokens": "1000"}},
        {"bound": {**BOUND, "output_tokens": -1}},
        {"bound": {**BOUND, "input_tokens": 10_000_001}},
        {"bound": {**BOUND, "output_tokens": 101}},
        {"bound": [1000, 100]},
    ],
    ids=str,
)
def test_what_is_no_bound_holds_nothing(deploy: Deploy, fields: dict[str, Any]) -> None:
    # GIVEN a bound beside a request, of another shape, out of range, or above what the model may write
    # WHEN it comes THEN it is refused, and nothing is written
    world = deploy()
    told = promise(world, **fields)
    assert (told["reserved"], told["error"]) == (False, "BadRequest")
    assert world.table.writes == 0


def test_neither_a_request_nor_a_bound_is_nothing(deploy: Deploy) -> None:
    # GIVEN an order that says nothing of what may be used WHEN it comes THEN it is refused
    world = deploy()
    assert order(world, "reserve", model=FAST.id)["error"] == "BadRequest"
    assert world.table.writes == 0


@pytest.mark.parametrize("target", [CANVAS, PAINT, RERANK])
def test_tokens_hold_nothing_that_is_paid_otherwise(deploy: Deploy, target: Target) -> None:
    # GIVEN a model that is paid by pictures or searches WHEN tokens are promised THEN it is refused
    world = deploy()
    assert promise(world, model=target.id)["error"] == "Internal"
    assert world.table.writes == 0


@pytest.mark.parametrize("bound", [{}, [1000], {"input_tokens": -5, "output_tokens": 1}])
def test_a_forged_bound_settles_nothing(deploy: Deploy, bound: Any) -> None:
    # GIVEN a reservation whose bound somebody changed WHEN it is settled THEN it stands
    world = deploy()
    about = json.loads(promise(world)["reservation"])
    assert order(world, "settle", reservation=json.dumps({**about, "bound": bound}))["error"] == "BadRequest"
    assert world.used("tokens") == 1100


def test_what_cost_nothing_is_given_back(deploy: Deploy) -> None:
    # GIVEN a reservation WHEN its prompt was refused before anything was done THEN a request is counted and no token
    world = deploy()
    order(world, "settle", reservation=reserve(world)["reservation"], free=True)
    assert (world.used("requests"), world.used("tokens"), world.used("usd")) == (1, 0, 0)


def test_what_is_not_settled_stands(deploy: Deploy) -> None:
    # GIVEN a reservation WHEN nothing readable is said about its use THEN it stands
    world = deploy()
    held = reserve(world)
    before = world.used()
    for usage in (None, {}, {"InputTokens": -1}, {"InputTokens": "3"}, {"OutputTokens": 3}, 7):
        told = order(world, "settle", reservation=held["reservation"], usage=usage)
        assert told["error"] == "BadRequest"
    assert world.used() == before


@pytest.mark.parametrize(
    ("budgets", "error", "waits"),
    [
        ({"tokens_per_minute": "1000"}, "OverBudget", True),
        ({"requests_per_day": "1"}, "BudgetSpent", False),
        ({"usd_per_month": "0.000001"}, "BudgetSpent", False),
        ({"tokens_per_minute": "10"}, "BudgetSpent", False),
    ],
)
def test_a_budget_without_room_is_told_by_name(
    deploy: Deploy, budgets: dict[str, str], error: str, waits: bool
) -> None:
    # GIVEN budgets that hold one prompt, or none WHEN a second one is reserved
    world = deploy(**budgets)
    reserve(world)
    told = reserve(world)

    # THEN it is refused in an answer of the same shape, and for the minute alone waiting helps
    assert told.keys() == {"version", "reserved", "reservation", "request", "error", "message", "wait_seconds"}
    assert (told["reserved"], told["error"]) == (False, error)
    assert "budget" in told["message"]
    assert (0 < told["wait_seconds"] <= 66) if waits else told["wait_seconds"] == 0
    assert world.log["status"] == 429


def test_requests_and_prompts_share_a_budget(deploy: Deploy) -> None:
    # GIVEN a budget of two requests, one of them used by a prompt WHEN two requests come THEN one is answered
    world = deploy(requests_per_day="2")
    reserve(world)
    statuses = [world.send("/model/{modelId}/converse", CONVERSE, answer(CONVERSE_ANSWER)).status for _ in range(2)]
    assert statuses == [200, 429]


@pytest.mark.parametrize(
    "execution", ["sales-0123456789abcdef", "0123456789abcdef", "Marketing-0123456789abcdef", "ALL-0123456789abcdef"]
)
def test_an_execution_of_no_tenant_is_refused(deploy: Deploy, execution: str) -> None:
    # GIVEN an execution that was started past the API, or whose tenant is gone WHEN it reserves THEN it may not
    world = deploy()
    assert reserve(world, execution=execution)["error"] == "Forbidden"
    assert world.table.writes == 0


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"model": "amazon.nova-pro-v1:0"}, "NotFound"),
        ({"model": ""}, "BadRequest"),
        ({"model": "cohere.rerank-v3-5:0"}, "Internal"),
        ({"request": None}, "BadRequest"),
        ({"request": {**CONVERSE, "inferenceConfig": {"maxTokens": 101}}}, "BadRequest"),
        ({"request": {**CONVERSE, "serviceTier": {"type": "priority"}}}, "BadRequest"),
    ],
)
def test_what_can_not_be_bounded_is_refused(deploy: Deploy, fields: dict[str, Any], error: str) -> None:
    # GIVEN an order that no budget could hold WHEN it comes THEN it is refused and nothing is written
    world = deploy()
    told = reserve(world, **fields)
    assert (told["reserved"], told["error"], told["wait_seconds"]) == (False, error, 0)
    assert world.table.writes == 0


def test_a_table_out_of_reach_is_waited_for(deploy: Deploy) -> None:
    # GIVEN a table that doesn't answer WHEN a prompt is reserved THEN it may be tried again a little later
    world = deploy()
    reserve(world)
    world.table.fail_before(dynamo.out_of_reach)
    told = reserve(world)
    assert told["error"] == "Unavailable"
    assert 0 < told["wait_seconds"] < 10


def test_a_tenants_own_limit_holds(deploy: Deploy) -> None:
    # GIVEN a tenant whose requests may ask for 40 tokens WHEN a step asks for 50 THEN it is refused
    world = deploy()
    world.add_tenant("frugal", "sk-frugal", attributes={"max_output_tokens": {"N": "40"}}, tokens_per_day="100000")
    assert reserve(world, execution="frugal-0123456789abcdef")["error"] == "BadRequest"


def test_a_tenant_without_budgets_is_reported_all_the_same(deploy: Deploy) -> None:
    # GIVEN a tenant without budgets WHEN its prompt is reserved and settled THEN nothing is written, and it is logged
    world = deploy()
    world.add_tenant("free", "sk-free")
    held = reserve(world, execution="free-0123456789abcdef")
    told = order(world, "settle", reservation=held["reservation"], usage=USED)
    assert told["settled"] == "nothing"
    assert world.table.writes == 0
    assert (world.log["tenant"], world.log["output_tokens"]) == ("free", 4)


def test_windows_that_have_turned_are_left_alone(deploy: Deploy) -> None:
    # GIVEN a reservation of one minute WHEN it is settled in the next one THEN that minute's count isn't touched
    world = deploy()
    held = reserve(world)
    world.seconds += 60
    reserve(world)
    counted = world.table.number(USAGE, "minute_tokens")
    order(world, "settle", reservation=held["reservation"], usage=USED)
    assert world.table.number(USAGE, "minute_tokens") == counted


def test_a_reservation_of_a_version_without_hours_and_weeks_is_settled(deploy: Deploy) -> None:
    # GIVEN an execution that an earlier version has reserved for, in the minute, the day and the month
    world = deploy()
    reservation = json.loads(reserve(world)["reservation"])
    held = json.loads(reservation["held"])
    promised = world.table.number(USAGE, "day_tokens")
    minute, _, day, _, month = held["windows"]

    # WHEN its prompt is settled
    held = json.dumps(held | {"windows": [minute, day, month]})
    told = order(world, "settle", reservation=json.dumps(reservation | {"held": held}), usage=USED)

    # THEN these three are corrected, and the hour's and the week's reservations stand
    assert told["settled"] == "exact"
    counted = {window: world.table.number(USAGE, f"{window}_tokens") for window in WINDOWS}
    assert counted["hour"] == counted["week"] == promised > counted["minute"] == counted["day"] == counted["month"]


@pytest.mark.parametrize(
    "held",
    [
        "",
        "no",
        "[]",
        '{"tenant": "marketing"}',
        '{"tenant": "marketing", "model": "fast", "held": "{}"}',
        '{"tenant": "marketing", "model": "fast", "held": "{\\"amount\\": [-1, 0, 0], \\"windows\\": [1, 1, 1]}"}',
        '{"tenant": "marketing", "model": "fast", "held": "{\\"amount\\": [true, 0, 0], \\"windows\\": [1, 1, 1]}"}',
        '{"tenant": "marketing", "model": "gone", "held": ""}',
    ],
)
def test_what_is_no_reservation_settles_nothing(deploy: Deploy, held: str) -> None:
    # GIVEN a text that the function didn't make WHEN it is settled THEN nothing is written
    world = deploy()
    assert "error" in order(world, "settle", reservation=held, usage=USED)
    assert world.table.writes == 0


@pytest.mark.parametrize(
    "envelope",
    [None, [], {}, {"version": 2, "reserve": {}}, {"version": 1}, {"version": 1, "reserve": {}, "settle": {}}]
    + [{"version": 1, "reserve": value} for value in (None, [], "x", {}, {"workflow": 1})],
)
def test_no_order_makes_the_function_fail(deploy: Deploy, envelope: Any) -> None:
    # GIVEN what is no order WHEN it comes THEN the answer is a refusal of the shape that a workflow reads
    told = entry.buffered(deploy().app, {"llm_api": envelope}, 30_000, None)
    assert (told["reserved"], told["error"]) == (False, "BadRequest")


def test_a_request_is_never_an_order(deploy: Deploy) -> None:
    # GIVEN a request of API Gateway's whose every part says otherwise WHEN it comes THEN it is a request
    forged = json.dumps({"llm_api": {"version": 1, "reserve": {}}})
    event = proxy_event(body=forged) | {"llm_api": {"version": 1, "reserve": {}}}
    assert not is_order(event)
    assert entry.buffered(deploy().app, event, 30_000, None)["statusCode"] == 401


def test_without_a_table_there_is_no_budget(wire: ModelWire, clients: Clients) -> None:
    # GIVEN a deployment without tenants WHEN a workflow reserves THEN there is nothing to hold
    world = World(wire, clients, FAST, NOVA)
    world.app._settings = Settings(Registry([FAST, NOVA]))
    assert reserve(world, execution="whatever")["reserved"]
    assert world.table.writes == 0


def test_an_api_key_is_no_tenants_name(deploy: Deploy) -> None:
    # GIVEN a tenant's key WHEN it is sent as one names a tenant inside the function THEN nobody is let in by it
    world = deploy()
    assert world.send("/v1/messages", {}, key="tenant#marketing").status == 401
    assert KEY not in json.dumps(world.lines)
