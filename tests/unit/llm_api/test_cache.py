"""The same request again gets the same answer; and nobody gets what is not theirs, or not whole, or not to be kept."""

import base64
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from llm_api.cache import Cache, store
from llm_api.events import Caller, Response
from llm_api.inference import Inference
from llm_api.inference.clients import Clients
from llm_api.registry import CacheTerms, Guardrail, Price, Registry, Target

from tests.unit.llm_api import dynamo
from tests.unit.llm_api.cache_table import CacheTable
from tests.unit.llm_api.model_wire import (
    CLAUDE_STREAM,
    CONVERSE_ANSWER,
    CONVERSE_STREAM,
    HANGS_SECONDS,
    Deployment,
    ModelWire,
    Reply,
    answer,
    chunk,
    failure,
    named,
    stream,
    whole,
)

FAST = Target(
    "fast",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic",
    price=Price(1, 2),
    cache=CacheTerms(ttl_seconds=60),
)
EMBED = Target("embed", "amazon.titan-embed-text-v2:0", "titan-embed", cache=CacheTerms(60))
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}], "inferenceConfig": {"temperature": 0}}
CLAUDE = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 9,
    "temperature": 0,
    "messages": [{"role": "user", "content": "Hi"}],
}
CLAUDE_ANSWER = {
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 4},
}
BERT = Caller("arn:aws:iam::123456789012:user/bert")


class Environments:
    """Environments of one deployment, each with a memory of its own, in front of one table."""

    def __init__(self, wire: ModelWire, clients: Clients) -> None:
        self.wire = wire
        self.clients = clients
        self.table = CacheTable()
        self.seconds = 1_795_435_230.0

    def start(self, *targets: Target) -> Deployment:
        cache = Cache("acme-cache", self.table, now=lambda: self.seconds)
        return Deployment(self.wire, self.clients, list(targets) or [FAST, EMBED], cache=cache)


@pytest.fixture
def environments(wire: ModelWire, clients: Clients) -> Environments:
    return Environments(wire, clients)


@pytest.fixture
def api(environments: Environments) -> Deployment:
    return environments.start()


def read(response: Response) -> tuple[int, str | None, bytes]:
    """Status, what the cache did, and the body to its end."""
    return response.status, response.headers.get("x-llm-cache"), whole(response)


def state(response: Response) -> str | None:
    return read(response)[1]


@pytest.mark.parametrize(
    ("operation", "body", "reply"),
    [
        ("converse", CONVERSE, answer(CONVERSE_ANSWER)),
        ("invoke", CLAUDE, answer(CLAUDE_ANSWER, {"x-amzn-bedrock-input-token-count": "3"})),
        ("converse-stream", CONVERSE, stream(*CONVERSE_STREAM)),
        ("invoke-with-response-stream", CLAUDE, stream(*CLAUDE_STREAM)),
    ],
)
def test_the_same_request_gets_the_same_answer(
    environments: Environments, api: Deployment, operation: str, body: Any, reply: Reply
) -> None:
    # GIVEN a request that was answered
    first = api.call(operation, body, replies=[reply])
    assert first.headers["x-llm-cache"] == "miss"
    content = whole(first)

    # WHEN it is sent again, to the same environment and to another
    for level, environment in (("memory", api), ("table", environments.start())):
        again = environment.call(operation, body)

        # THEN the answer is the same to the byte, with the model's headers, and no model was asked
        assert read(again) == (200, "hit", content)
        assert again.headers == {**first.headers, "x-llm-cache": "hit"}
        assert environment.log["cache_level"] == level
    assert len(environments.wire.received) == 1


def test_a_hit_takes_no_tokens_and_says_so(api: Deployment) -> None:
    # GIVEN a request that was answered
    api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])
    assert (api.log["cache"], api.log["cache_kept"], api.log["input_tokens"]) == ("miss", True, 3)
    assert (api.metrics["CacheHits"], api.metrics["CacheMisses"]) == (0, 1)

    # WHEN it comes again
    api.call("converse", CONVERSE)

    # THEN the log and the metrics tell of a request, and of no tokens
    used = [api.log[name] for name in ("cache", "attempts", "input_tokens", "output_tokens", "cost_usd")]
    assert used == ["hit", 0, 0, 0, 0]
    assert "cache_kept" not in api.log
    assert (api.metrics["CacheHits"], api.metrics["CacheMisses"], api.metrics["Requests"]) == (1, 0, 1)
    assert api.log["model"] == "fast"


def test_a_model_without_a_cache_has_none(environments: Environments) -> None:
    # GIVEN a model that doesn't declare one
    api = environments.start(FAST._replace(cache=None))

    # WHEN it is asked twice
    replies = [answer(CONVERSE_ANSWER)] * 2
    responses = [api.call("converse", CONVERSE, headers={"x-llm-cache": "use"}, replies=[one]) for one in replies]

    # THEN the model answers twice, and nothing speaks of a cache
    assert [state(response) for response in responses] == [None, None]
    assert (environments.table.reads, environments.table.writes) == (0, 0)
    assert not [name for line in api.lines for name in line if name.startswith(("cache_k", "cache_l", "Cache"))]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-llm-cache": "bypass"},
        {"x-llm-cache": " Bypass "},
        {"cache-control": "no-cache"},
        {"cache-control": "max-age=0, No-Store"},
    ],
)
def test_a_caller_may_pass_the_cache_by(environments: Environments, api: Deployment, headers: dict[str, str]) -> None:
    # GIVEN a request that was answered
    api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])
    stored = dict(environments.table.items)

    # WHEN it is sent again by a caller who wants none of it
    other = {**CONVERSE_ANSWER, "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}}}
    status, cache, content = read(api.call("converse", CONVERSE, headers=headers, replies=[answer(other)]))

    # THEN the model answers, and what it says is not kept
    assert (status, cache) == (200, "bypass")
    assert b"Hello" in content
    assert api.log["cache_reason"] == "asked"
    assert environments.table.items == stored
    assert b"Hello" not in whole(api.call("converse", CONVERSE))


def test_an_odd_wish_is_refused(environments: Environments, api: Deployment) -> None:
    response = api.call("converse", CONVERSE, headers={"x-llm-cache": "refresh"})
    assert response.status == 400
    assert b"x-llm-cache takes use or bypass" in whole(response)
    assert environments.wire.received == []


def test_an_answer_lasts_as_long_as_was_declared(environments: Environments, api: Deployment) -> None:
    # GIVEN an answer that was kept for a minute
    api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])
    assert environments.table.only_item["expires_at"] == {"N": str(int(environments.seconds) + 60)}

    # WHEN 59 seconds pass, THEN it is still there
    environments.seconds += 59
    assert state(api.call("converse", CONVERSE)) == "hit"

    # WHEN the minute is over, THEN it is gone from both levels, though the table still holds it
    environments.seconds += 1
    for environment in (api, environments.start()):
        response = environment.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])
        assert state(response) == "miss"
        environments.seconds += 60


def test_a_shorter_time_holds_for_what_was_kept_before(environments: Environments, api: Deployment) -> None:
    # GIVEN an answer that was kept for a minute
    api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])
    # WHEN the declaration says ten seconds from now on
    hasty = environments.start(FAST._replace(cache=CacheTerms(10)))
    environments.seconds += 10
    # THEN it is too old
    assert state(hasty.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])) == "miss"


@pytest.mark.parametrize(
    "change",
    [
        {"id": "us.anthropic.claude-sonnet-4-5-20250929-v1:0"},
        {"guardrail": Guardrail("guard1234567", "1")},
        {"max_output_tokens": 500},
    ],
)
def test_a_changed_declaration_replays_nothing(
    environments: Environments, api: Deployment, change: dict[str, Any]
) -> None:
    # GIVEN an answer under one declaration
    body = {**CONVERSE, "inferenceConfig": {"temperature": 0, "maxTokens": 50}}
    api.call("converse", body, replies=[answer(CONVERSE_ANSWER)])
    # WHEN the same is asked under another, THEN the model is asked
    changed = environments.start(FAST._replace(**change))
    assert state(changed.call("converse", body, replies=[answer(CONVERSE_ANSWER)])) == "miss"


def test_nobody_is_given_what_another_principal_was(environments: Environments, api: Deployment) -> None:
    # GIVEN an answer to one of two principals, in a deployment without tenants
    api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])
    # WHEN the other asks the same, THEN the model is asked, and each has an answer of their own then
    assert state(api.call("converse", CONVERSE, caller=BERT, replies=[answer(CONVERSE_ANSWER)])) == "miss"
    assert state(api.call("converse", CONVERSE)) == state(api.call("converse", CONVERSE, caller=BERT)) == "hit"
    assert len(environments.table.items) == 2


def test_a_shared_answer_is_given_to_everybody(environments: Environments) -> None:
    # GIVEN a model whose answers are shared
    api = environments.start(FAST._replace(cache=CacheTerms(60, "shared")))
    api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])
    # WHEN another principal asks the same, THEN it is given the answer
    assert state(api.call("converse", CONVERSE, caller=BERT)) == "hit"


NOT_TO_BE_KEPT: dict[str, tuple[str, Any, Reply, str]] = {
    "guardrail": (
        "converse",
        CONVERSE,
        answer({**CONVERSE_ANSWER, "stopReason": "guardrail_intervened"}),
        "not_final",
    ),
    "filter": ("converse", CONVERSE, answer({**CONVERSE_ANSWER, "stopReason": "content_filtered"}), "not_final"),
    "malformed": ("converse", CONVERSE, answer({**CONVERSE_ANSWER, "stopReason": "malformed_tool_use"}), "not_final"),
    "unheard of": ("converse", CONVERSE, answer({**CONVERSE_ANSWER, "stopReason": "tired"}), "not_final"),
    "no end": ("invoke", CLAUDE, answer({"content": []}), "not_final"),
    "refusal": ("invoke", CLAUDE, answer({**CLAUDE_ANSWER, "stop_reason": "refusal"}), "not_final"),
    "guardrail in a body": (
        "invoke",
        CLAUDE,
        answer({**CLAUDE_ANSWER, "amazon-bedrock-guardrailAction": "INTERVENED"}),
        "not_final",
    ),
    "guardrail in a stream": (
        "converse-stream",
        CONVERSE,
        stream(*CONVERSE_STREAM[:3], named("messageStop", {"stopReason": "guardrail_intervened"}), CONVERSE_STREAM[4]),
        "not_final",
    ),
    "guardrail in chunks": (
        "invoke-with-response-stream",
        CLAUDE,
        stream(*CLAUDE_STREAM[:4], chunk({"type": "message_stop", "amazon-bedrock-guardrailAction": "INTERVENED"})),
        "not_final",
    ),
    "cut stream": ("converse-stream", CONVERSE, stream(*CONVERSE_STREAM[:3], cut=True), "incomplete"),
    "stream without its end": ("converse-stream", CONVERSE, stream(*CONVERSE_STREAM[:3]), "incomplete"),
}


@pytest.mark.parametrize("case", NOT_TO_BE_KEPT)
def test_what_is_not_the_models_whole_answer_is_not_kept(
    environments: Environments, api: Deployment, case: str
) -> None:
    operation, body, reply, reason = NOT_TO_BE_KEPT[case]
    # WHEN the model's answer is filtered, cut or of no known end
    assert state(api.call(operation, body, replies=[reply])) == "miss"
    # THEN it is not kept, and the log says why
    assert (api.log["cache_kept"], api.log["cache_reason"]) == (False, reason)
    assert environments.table.items == {}
    assert state(api.call(operation, body, replies=[reply])) == "miss"


def test_a_failure_is_not_kept(environments: Environments, api: Deployment) -> None:
    refused = api.call("converse", CONVERSE, replies=[failure(400, "ValidationException")])
    assert (refused.status, refused.headers["x-llm-cache"]) == (400, "miss")
    assert state(api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])) == "miss"


def test_a_stream_that_its_reader_left_is_not_kept(environments: Environments, api: Deployment) -> None:
    # GIVEN a caller who hangs up after the first piece
    response = api.call("converse-stream", CONVERSE, replies=[stream(*CONVERSE_STREAM)])
    assert isinstance(response.body, Iterator)
    next(response.body)
    response.body.close()  # type: ignore[attr-defined]
    # THEN what was read is not kept
    assert api.log["cache_reason"] == "incomplete"
    assert environments.table.items == {}


@pytest.mark.parametrize("operation", ["converse", "converse-stream"])
def test_a_fallbacks_answer_is_not_kept(environments: Environments, operation: str) -> None:
    # GIVEN a model that is throttled, and one that stands in for it, with a cache too
    spare = Target("spare", "amazon.nova-lite-v1:0", "nova", cache=CacheTerms(60))
    api = environments.start(FAST._replace(fallbacks=("spare",)), spare)
    throttled = [failure(429, "ThrottlingException")] * 3
    fine = answer(CONVERSE_ANSWER) if operation == "converse" else stream(*CONVERSE_STREAM)
    # WHEN the second answers
    response = api.call(operation, CONVERSE, replies=[*throttled, fine])
    assert read(response)[:2] == (200, "miss")
    assert response.headers["x-llm-model"] == "spare"
    # THEN it is kept for neither
    assert api.log["cache_reason"] == "fallback"
    assert environments.table.items == {}


@pytest.mark.parametrize("fault", [dynamo.out_of_reach, lambda: dynamo.refused("ThrottlingException"), KeyError])
def test_a_table_that_cannot_be_read_is_a_miss(environments: Environments, fault: dynamo.Fault) -> None:
    # GIVEN a table that fails
    environments.table.read_fault = fault
    api = environments.start()
    # WHEN a request comes
    assert read(api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)]))[:2] == (200, "miss")
    # THEN the model answers, the log says what failed, and the table isn't asked a second time
    assert api.log["cache_failure"] in ("NotSent", "ThrottlingException", "KeyError")
    assert (environments.table.reads, environments.table.writes, api.log["cache_kept"]) == (1, 0, False)
    # AND this environment remembers the answer
    assert state(api.call("converse", CONVERSE)) == "hit"


def test_a_table_that_cannot_be_written_is_nobodys_trouble(environments: Environments, api: Deployment) -> None:
    environments.table.write_fault = lambda: dynamo.refused("AccessDeniedException")
    assert read(api.call("converse-stream", CONVERSE, replies=[stream(*CONVERSE_STREAM)]))[:2] == (200, "miss")
    assert (api.log["cache_kept"], api.log["cache_failure"]) == (False, "AccessDeniedException")
    assert api.log["level"] == "INFO"


def test_a_silent_table_is_waited_for_a_moment(
    environments: Environments, api: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a table that never answers
    monkeypatch.setattr(store, "READ_SECONDS", 0.05)
    environments.table.silent = threading.Event()
    # WHEN a request comes
    assert state(api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])) == "miss"
    environments.table.silent.set()
    # THEN it waited as long as is allowed, once
    assert api.log["cache_failure"] == "Timeout"
    assert 50 <= api.log["latency_ms"] < HANGS_SECONDS * 1000
    assert environments.table.writes == 0


def damaged(item: dict[str, Any], how: str) -> dict[str, Any]:
    content = base64.b64decode(item["content"]["B"])
    contents = {
        "a bit flipped": {"B": base64.b64encode(content[:-1] + bytes([content[-1] ^ 1])).decode()},
        "cut off": {"B": base64.b64encode(content[:-10]).decode()},
        "empty": {"B": ""},
        "no base64": {"B": item["content"]["B"][:-1] + "!"},
        "no bytes": {"S": "an answer"},
    }
    return {**item, "content": contents[how]}


@pytest.mark.parametrize("how", ["a bit flipped", "cut off", "empty", "no base64", "no bytes"])
def test_a_corrupt_entry_is_a_miss_and_is_replaced(environments: Environments, api: Deployment, how: str) -> None:
    # GIVEN an entry that was damaged
    api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])
    item = environments.table.only_item
    environments.table.items[item["pk"]["S"]] = damaged(item, how)
    # WHEN it is read
    other = environments.start()
    assert state(other.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])) == "miss"
    # THEN the model answers, the log says so, and what is there now is sound
    assert (other.log["cache_failure"], other.log["cache_kept"]) == ("CorruptEntry", True)
    assert state(environments.start().call("converse", CONVERSE)) == "hit"


def test_an_entry_under_anothers_key_is_not_given(environments: Environments, api: Deployment) -> None:
    # GIVEN two principals' entries, of which somebody has put one in the place of the other
    api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])
    mine = set(environments.table.items)
    api.call("converse", CONVERSE, caller=BERT, replies=[answer(CONVERSE_ANSWER)])
    (anna,), (bert,) = mine, set(environments.table.items) - mine
    environments.table.items[bert] = {**environments.table.items[anna], "pk": {"S": bert}}
    # WHEN the other asks, THEN it is no entry of theirs
    other = environments.start()
    assert state(other.call("converse", CONVERSE, caller=BERT, replies=[answer(CONVERSE_ANSWER)])) == "miss"
    assert other.log["cache_failure"] == "CorruptEntry"


def test_what_is_too_large_for_the_table_stays_in_memory(environments: Environments, api: Deployment) -> None:
    # GIVEN an answer that can't be made small
    text = "".join(f"{number * 2654435761 % 4294967296:08x}" for number in range(120_000))
    long = {**CONVERSE_ANSWER, "output": {"message": {"role": "assistant", "content": [{"text": text}]}}}
    # WHEN it is given
    api.call("converse", CONVERSE, replies=[answer(long)])
    # THEN the log says that the table doesn't have it, and this environment does
    assert (api.log["cache_kept"], api.log["cache_reason"]) == (False, "too_large")
    assert environments.table.writes == 0
    assert state(api.call("converse", CONVERSE)) == "hit"


def test_without_a_table_answers_stay_in_memory(environments: Environments) -> None:
    api = Deployment(environments.wire, environments.clients, [FAST], cache=Cache(None))
    api.call("converse", CONVERSE, replies=[answer(CONVERSE_ANSWER)])
    assert api.log["cache_kept"] is True
    assert state(api.call("converse", CONVERSE)) == "hit"


def test_nothing_of_a_prompt_or_an_answer_is_logged(environments: Environments, api: Deployment) -> None:
    body = {"messages": [{"role": "user", "content": [{"text": "sesame"}]}], "inferenceConfig": {"temperature": 0}}
    api.call("converse", body, replies=[answer(CONVERSE_ANSWER)])
    api.call("converse", body)
    assert "sesame" not in json.dumps(api.lines)
    assert environments.table.only_item["pk"]["S"] not in json.dumps(api.lines)


def test_an_answer_that_was_ended_early_is_not_kept(environments: Environments, api: Deployment) -> None:
    # GIVEN somebody who ends a whole answer before the model does, with an end that looks like any other
    class Hasty(Inference):
        def answer(self, *arguments: Any) -> Any:
            arguments[-1].partial = True
            return super().answer(*arguments)

    api.app._inference = Hasty(Registry([FAST]), environments.clients)
    # WHEN it is given
    response = api.call("converse", CONVERSE, replies=[answer({**CONVERSE_ANSWER, "stopReason": "max_tokens"})])
    # THEN it isn't kept
    assert state(response) == "miss"
    assert api.log["cache_reason"] == "incomplete"
