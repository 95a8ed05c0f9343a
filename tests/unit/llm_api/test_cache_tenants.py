"""Tenants and the cache: whose answers are whose, what a hit takes of a budget, and which dialects share."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from llm_api.inference.clients import Clients
from llm_api.registry import CacheTerms, Target

from tests.unit.llm_api.metered import FAST, KEY, World
from tests.unit.llm_api.model_wire import CONVERSE_ANSWER, CONVERSE_STREAM, ModelWire, answer, stream

CONVERSE = "/model/{modelId}/converse"
BODY = {
    "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
    "inferenceConfig": {"maxTokens": 50, "temperature": 0},
}
CHAT = {"model": "fast", "max_tokens": 50, "temperature": 0, "messages": [{"role": "user", "content": "Hi"}]}
SALES = "sk-sales"

Deploy = Callable[..., World]


@pytest.fixture
def deploy(wire: ModelWire, clients: Clients) -> Deploy:
    """A deployment with two tenants, whose models have a cache with this scope."""

    def make(scope: Any = "tenant", *targets: Target, **budgets: str) -> World:
        kept = FAST._replace(cache=CacheTerms(60, scope))
        world = World(wire, clients, *(targets or (kept,)), **budgets)
        world.add_tenant("sales", SALES)
        return world

    return make


def test_no_tenant_is_given_anothers_answer(deploy: Deploy) -> None:
    # GIVEN an answer to one tenant
    world = deploy()
    first = world.send(CONVERSE, BODY, answer(CONVERSE_ANSWER))
    # WHEN another sends the same to the same environment
    other = {**CONVERSE_ANSWER, "output": {"message": {"role": "assistant", "content": [{"text": "Ours"}]}}}
    second = world.send(CONVERSE, BODY, answer(other), key=SALES)
    # THEN the model answers it, and each is given its own from then on
    assert (second.headers["x-llm-cache"], second.body) == ("miss", json.dumps(other).encode())
    assert world.send(CONVERSE, BODY).body == first.body
    assert world.send(CONVERSE, BODY, key=SALES).body == second.body


def test_tenants_share_where_the_model_says_so(deploy: Deploy) -> None:
    world = deploy("shared")
    first = world.send(CONVERSE, BODY, answer(CONVERSE_ANSWER))
    second = world.send(CONVERSE, BODY, key=SALES)
    assert (second.headers["x-llm-cache"], second.body) == ("hit", first.body)
    assert len(world.wire.received) == 1


def test_a_model_that_a_tenant_may_not_use_is_refused_before_the_cache(deploy: Deploy) -> None:
    # GIVEN a shared answer of a model that one of two tenants may use
    world = deploy("shared")
    world.send(CONVERSE, BODY, answer(CONVERSE_ANSWER))
    world.table.put("tenant#sales", models={"SS": ["other"]})
    # WHEN the other asks, THEN it is refused, and hears nothing of a cache
    refused = world.send(CONVERSE, BODY, key=SALES)
    assert refused.status == 404
    assert "x-llm-cache" not in refused.headers


def test_a_hit_takes_a_request_and_nothing_else(deploy: Deploy) -> None:
    # GIVEN a tenant with budgets of every kind
    world = deploy()
    world.send(CONVERSE, BODY, answer(CONVERSE_ANSWER))
    before = {kind: world.used(kind) for kind in ("requests", "tokens", "usd")}
    writes = world.table.writes
    # WHEN its request comes again
    hit = world.send(CONVERSE, BODY)
    # THEN one request more is counted, in one write, and no token and no dollar
    assert hit.headers["x-llm-cache"] == "hit"
    assert {kind: world.used(kind) for kind in before} == {**before, "requests": 2}
    assert world.table.writes == writes + 1
    assert (world.log["settlement"], world.log["reserved_tokens"], world.log["cost_usd"]) == ("exact", 0, 0)
    assert int(hit.headers["x-ratelimit-remaining-requests"]) == 998


def test_a_budget_of_tokens_that_is_spent_leaves_hits(deploy: Deploy) -> None:
    # GIVEN a tenant whose tokens are enough for one request
    world = deploy(tokens_per_day="1000")
    world.send(CONVERSE, BODY, answer(CONVERSE_ANSWER))
    world.table.items["usage#marketing"]["day_tokens"] = {"N": "1000"}
    # WHEN it asks the same, and then something else
    same = world.send(CONVERSE, BODY)
    other = world.send(CONVERSE, {**BODY, "system": [{"text": "Be brief."}]})
    # THEN the first is answered and the second is over the budget
    assert (same.status, same.headers["x-llm-cache"]) == (200, "hit")
    assert (other.status, other.headers["x-llm-cache"]) == (429, "miss")


def test_a_budget_of_requests_holds_for_hits_too(deploy: Deploy) -> None:
    world = deploy(requests_per_day="2")
    world.send(CONVERSE, BODY, answer(CONVERSE_ANSWER))
    assert [world.send(CONVERSE, BODY).status for _ in range(2)] == [200, 429]


def test_a_table_of_tenants_that_is_out_of_reach_is_no_free_hit(deploy: Deploy) -> None:
    from tests.unit.llm_api import dynamo

    world = deploy()
    world.send(CONVERSE, BODY, answer(CONVERSE_ANSWER))
    world.table.fail_before(dynamo.timeout)
    assert world.send(CONVERSE, BODY).status == 503


def test_dialects_share_what_is_the_same_to_the_model(deploy: Deploy) -> None:
    # GIVEN an answer to a Converse request
    world = deploy()
    world.send(CONVERSE, BODY, answer(CONVERSE_ANSWER))
    # WHEN OpenAI's dialect asks the model for the same
    chat = world.send("/v1/chat/completions", CHAT)
    # THEN it is given that answer, in its own words
    assert chat.headers["x-llm-cache"] == "hit"
    message = json.loads(chat.body)["choices"][0]["message"]
    assert message["content"] == "Hi"
    assert json.loads(chat.body)["usage"]["total_tokens"] == 7


def test_a_stream_is_replayed_in_every_dialect(deploy: Deploy) -> None:
    # GIVEN a stream in OpenAI's dialect
    world = deploy()
    first = world.send("/v1/chat/completions", {**CHAT, "stream": True}, stream(*CONVERSE_STREAM))
    # WHEN it is asked for again, there and in Bedrock's own
    again = world.send("/v1/chat/completions", {**CHAT, "stream": True})
    native = world.send("/model/{modelId}/converse-stream", BODY)
    # THEN it is the same but for the time of it, and the frames as they came
    assert again.headers["x-llm-cache"] == native.headers["x-llm-cache"] == "hit"
    assert texts(again.body) == texts(first.body) == "Hello"
    assert again.body.endswith(b"data: [DONE]\n\n")
    assert native.body == b"".join(CONVERSE_STREAM)
    # AND a whole answer is another request
    assert world.send("/v1/chat/completions", CHAT, answer(CONVERSE_ANSWER)).headers["x-llm-cache"] == "miss"


def texts(body: Any) -> str:
    chunks = [json.loads(line[6:]) for line in body.split(b"\n\n") if line.startswith(b"data: {")]
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"])


def test_embeddings_are_kept_all_together(deploy: Deploy) -> None:
    # GIVEN a request for two embeddings, which takes two calls of the model
    embed = Target("embed", "amazon.titan-embed-text-v2:0", "titan-embed", cache=CacheTerms(60))
    world = deploy("tenant", embed, requests_per_day="100")
    vectors = [answer({"embedding": [number / 2], "inputTextTokenCount": 1}) for number in range(2)]
    first = world.send("/v1/embeddings", {"model": "embed", "input": ["a", "b"]}, *vectors, key=KEY)
    # WHEN they are asked for again, THEN both come from the cache
    again = world.send("/v1/embeddings", {"model": "embed", "input": ["a", "b"]})
    assert (again.headers["x-llm-cache"], again.body) == ("hit", first.body)
    assert len(world.wire.received) == 2
