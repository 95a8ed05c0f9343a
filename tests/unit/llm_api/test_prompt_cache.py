"""Points up to which a prompt is cached: the caller's as far as the model takes them, and the deployment's own."""

import json

import pytest
from llm_api.dialects.anthropic.messages import Messages
from llm_api.dialects.bedrock.calls import Converse
from llm_api.dialects.openai.cache_marks import cache_points
from llm_api.dialects.openai.chat import ChatCompletion
from llm_api.dialects.openai.fields import InvalidField
from llm_api.dialects.prompt_cache import point, settled, with_own_marks, with_own_points
from llm_api.registry import Price, PromptCache, Registry, Target

from tests.unit.llm_api.dialect_support import post

PRICE = Price(input=1, output=5, cache_write=2, cache_write_1h=3)
CLAUDE = Target("claude", "anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic", price=PRICE)
NOVA = Target("nova", "amazon.nova-lite-v1:0", "nova")
LLAMA = Target("llama", "meta.llama3-1-8b-instruct-v1:0", "llama")
CACHING = CLAUDE._replace(prompt_cache=PromptCache())


MARKED_TEXT = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}


def text(words):
    return {"text": words}


def converse(*, tools=(), system=(), turns=(("user", [{"text": "Hello"}]),)):
    body = {"messages": [{"role": role, "content": list(content)} for role, content in turns]}
    if tools:
        body["toolConfig"] = {"tools": list(tools)}
    if system:
        body["system"] = list(system)
    return body


TOOL = {"toolSpec": {"name": "t", "inputSchema": {"json": {"type": "object"}}}}
CALL = ("assistant", [{"toolUse": {"toolUseId": "1", "name": "t", "input": {}}}])
RESULT = ("user", [{"toolResult": {"toolUseId": "1", "content": [text("42")]}}])
MARKED = converse(
    tools=[TOOL, point()], system=[text("Be kind."), point()], turns=[("user", [text("Hello"), point("1h")])]
)


def test_points_that_the_model_takes_are_sent():
    assert settled(MARKED, CLAUDE) == (MARKED, [])


def test_a_model_without_a_cache_gets_none_and_the_caller_is_told():
    # WHEN
    body, warnings = settled(MARKED, LLAMA)
    # THEN
    assert "cachePoint" not in json.dumps(body)
    assert warnings == ["cache_control was ignored: this model has no prompt cache"]


def test_nova_caches_no_tools():
    # WHEN
    body, warnings = settled(MARKED, NOVA)
    # THEN
    assert body["toolConfig"] == {"tools": [TOOL]}
    assert body["system"] == MARKED["system"]
    assert body["messages"][0]["content"] == [text("Hello"), point()]
    assert warnings == [
        "cache_control in tools was ignored: this model doesn't cache up to there",
        "ttl of cache_control was ignored: this model caches for five minutes here",
    ]


def test_nova_gets_no_point_beside_calls_of_tools():
    # GIVEN a result of a tool that is marked
    body = converse(turns=[("user", [text("Hello")]), CALL, ("user", [*RESULT[1], point()])])
    # WHEN / THEN
    sent, warnings = settled(body, NOVA)
    assert sent["messages"][2]["content"] == RESULT[1]
    assert warnings == ["cache_control beside calls of tools was ignored: this model doesn't cache up to there"]


def test_a_price_without_the_cache_keeps_the_points_back():
    # GIVEN a model whose declared price has none for what is written to the cache
    target = CLAUDE._replace(price=Price(input=1, output=5))
    # WHEN / THEN
    body, warnings = settled(MARKED, target)
    assert "cachePoint" not in json.dumps(body)
    assert warnings == [
        "cache_control was ignored: the deployment has no price for writing to this model's prompt cache"
    ]


def test_an_hour_without_a_price_is_five_minutes():
    # GIVEN
    target = CLAUDE._replace(price=Price(input=1, output=5, cache_write=2))
    # WHEN / THEN
    body, warnings = settled(MARKED, target)
    assert body["messages"][0]["content"][-1] == point()
    assert len(warnings) == 1


def test_of_more_than_four_points_the_last_four_are_sent():
    # GIVEN six
    turns = [(role, [text(str(at)), point()]) for at, role in enumerate(["user", "assistant"] * 3)]
    # WHEN
    body, warnings = settled(converse(turns=turns), CLAUDE)
    # THEN
    assert [len(turn["content"]) for turn in body["messages"]] == [1, 1, 2, 2, 2, 2]
    assert warnings == ["cache_control: the last 4 were sent, the model takes no more"]


def test_the_body_that_came_stays_as_it_is():
    # GIVEN what another candidate will be asked, too
    before = json.dumps(MARKED)
    # WHEN
    settled(MARKED, LLAMA)
    # THEN
    assert json.dumps(MARKED) == before


def test_the_deployment_caches_tools_system_and_the_last_two_turns_of_the_user():
    # GIVEN a conversation without a mark
    turns = [(role, [text(str(at))]) for at, role in enumerate(["user", "assistant", "user", "assistant", "user"])]
    body = converse(tools=[TOOL], system=[text("Be kind.")], turns=turns)
    # WHEN
    sent, warnings = settled(body, CACHING)
    # THEN
    assert sent["toolConfig"]["tools"] == [TOOL, point()]
    assert sent["system"] == [text("Be kind."), point()]
    assert [len(turn["content"]) for turn in sent["messages"]] == [1, 1, 2, 1, 2]
    assert warnings == []


def test_the_deployments_places_and_time_count():
    # GIVEN
    target = CLAUDE._replace(prompt_cache=PromptCache("1h", frozenset({"system"})))
    body = converse(tools=[TOOL], system=[text("Be kind.")])
    # WHEN / THEN
    assert with_own_points(body, target) == {**body, "system": [text("Be kind."), point("1h")]}


def test_the_callers_points_win():
    # GIVEN a caller who marks the system prompt alone
    body = converse(tools=[TOOL], system=[text("Be kind."), point()])
    # WHEN / THEN
    assert settled(body, CACHING) == (body, [])
    assert with_own_points(body, CACHING) is body


@pytest.mark.parametrize("target", [LLAMA, CLAUDE._replace(price=Price(input=1, output=5))])
def test_the_deployment_sets_none_where_none_would_do(target):
    # GIVEN
    target = target._replace(prompt_cache=PromptCache())
    body = converse(system=[text("Be kind.")])
    # WHEN / THEN
    assert with_own_points(body, target) is body


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": "none", "system": 1, "toolConfig": []},
        {"messages": [1, {"role": "user", "content": "text"}, {"role": "user", "content": [1]}]},
    ],
)
def test_a_body_that_bedrock_will_refuse_is_left_to_it(body):
    assert with_own_points(body, CACHING) == body
    odd = {"messages": [1, {"role": "user"}], "tools": 3}
    assert with_own_marks(odd, CACHING) == odd


def test_messages_are_marked_as_anthropic_does():
    # GIVEN
    body = {
        "system": "Be kind.",
        "tools": [{"name": "a"}, {"name": "b"}],
        "messages": [
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "Two"},
            {"role": "user", "content": [{"type": "text", "text": "Three"}, {"type": "image", "source": {}}]},
        ],
    }
    mark = {"cache_control": {"type": "ephemeral"}}
    # WHEN / THEN
    assert with_own_marks(body, CACHING) == {
        "system": [{"type": "text", "text": "Be kind.", **mark}],
        "tools": [{"name": "a"}, {"name": "b", **mark}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "One", **mark}]},
            {"role": "assistant", "content": "Two"},
            {"role": "user", "content": [{"type": "text", "text": "Three"}, {"type": "image", "source": {}, **mark}]},
        ],
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"cache_control": {"type": "ephemeral"}},
        {"tools": [{"name": "a", "cache_control": {"type": "ephemeral"}}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [MARKED_TEXT]}]}]},
    ],
)
def test_marks_of_the_callers_win_over_the_deployments(fields):
    # GIVEN
    body = {"system": "Be kind.", "messages": [{"role": "user", "content": "One"}], **fields}
    # WHEN / THEN
    assert with_own_marks(body, CACHING) == body


@pytest.mark.parametrize(
    ("marked", "points"),
    [
        ({}, []),
        ({"cache_control": None}, []),
        ({"cache_control": {"type": "ephemeral"}}, [point()]),
        ({"cache_control": {"type": "ephemeral", "ttl": "5m"}}, [point()]),
        ({"cache_control": {"type": "ephemeral", "ttl": "1h"}}, [point("1h")]),
        ({"prompt_cache_breakpoint": {"mode": "explicit"}}, [point()]),
    ],
)
def test_a_mark_is_read_as_clients_write_it(marked, points):
    assert cache_points(marked, "messages[0].content[0]") == points


@pytest.mark.parametrize("mark", ["ephemeral", 1, [], {"ttl": "2h"}, {"ttl": 5}])
def test_a_mark_that_is_none_is_refused(mark):
    with pytest.raises(InvalidField, match="cache_control"):
        cache_points({"cache_control": mark}, "tools[0]")


def test_bedrocks_own_path_gets_the_deployments_points():
    # GIVEN a Converse request without any
    body = converse(system=[text("Be kind.")])
    call = Converse.parse(post("/model/claude/converse", body))
    # WHEN
    (payload,) = call.payloads(CACHING)
    # THEN
    assert payload.body["system"] == [text("Be kind."), point()]
    assert call.payloads(CLAUDE)[0].body == body


def test_anthropics_path_gets_the_deployments_marks():
    # GIVEN
    call = Messages.parse(
        post("/v1/messages", {"model": "claude", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]})
    )
    # WHEN
    sent = json.loads(call.payloads(CACHING)[0].body_bytes())
    # THEN
    assert sent["messages"][0]["content"] == [{"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}]


def test_the_registry_tells_what_was_declared():
    # GIVEN
    entry = {"id": "amazon.nova-lite-v1:0", "family": "nova"}
    text = json.dumps(
        {
            "usual": {**entry, "prompt_cache": {"ttl": "5m"}},
            "own": {**entry, "prompt_cache": {"ttl": "1h", "points": ["system"]}, "service_tier": "flex"},
            "none": entry,
        }
    )
    # WHEN
    registry = Registry.decode(text)
    # THEN
    found = {target.alias: (target.prompt_cache, target.service_tier) for target in registry.aliases()}
    assert found == {
        "usual": (PromptCache(), None),
        "own": (PromptCache("1h", frozenset({"system"})), "flex"),
        "none": (None, None),
    }


def chat(**fields):
    body = {"model": "claude", "messages": [{"role": "user", "content": "Hello"}], **fields}
    return ChatCompletion.parse(post("/v1/chat/completions", body))


MARK = {"cache_control": {"type": "ephemeral"}}
FUNCTION = {"type": "function", "function": {"name": "t", "parameters": {"type": "object", "properties": {}}}}


def test_marks_of_openais_clients_become_points():
    # GIVEN marks on a tool, a message, a part, and a result of a tool
    call = chat(
        tools=[{**FUNCTION, **MARK}],
        messages=[
            {"role": "system", "content": "Be kind.", **MARK},
            {"role": "user", "content": [{"type": "text", "text": "Hello", **MARK}, {"type": "text", "text": "Ask."}]},
            {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "t", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "42", **MARK}]},
        ],
    )
    # WHEN
    (payload,) = call.payloads(CLAUDE)
    # THEN each stands behind what it marks
    assert payload.body["toolConfig"]["tools"][1] == point()
    assert payload.body["system"] == [text("Be kind."), point()]
    assert payload.body["messages"][0]["content"] == [text("Hello"), point(), text("Ask.")]
    assert payload.body["messages"][2]["content"][1] == point()
    assert not any("cache" in warning for warning in call.warnings(CLAUDE))


def test_a_mark_on_a_blank_part_marks_nothing():
    call = chat(
        messages=[{"role": "user", "content": [{"type": "text", "text": " ", **MARK}, {"type": "text", "text": "Hi"}]}]
    )
    assert call.payloads(CLAUDE)[0].body["messages"][0]["content"] == [text("Hi")]


def test_callers_of_openais_dialect_are_told_of_marks_that_the_model_does_not_take():
    # GIVEN
    call = chat(messages=[{"role": "user", "content": "Hello", **MARK}])
    # WHEN
    (payload,) = call.payloads(LLAMA)
    # THEN
    assert payload.body["messages"][0]["content"] == [text("Hello")]
    assert "cache_control was ignored: this model has no prompt cache" in call.warnings(LLAMA)


def test_the_deployments_points_reach_openais_dialect():
    assert chat().payloads(CACHING)[0].body["messages"][0]["content"] == [text("Hello"), point()]
