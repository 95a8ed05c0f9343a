"""Histories: what models wrote badly comes back with each turn, and must not end the conversation."""

import json

import pytest
from llm_api.dialects.openai.call_ids import CallIds
from llm_api.dialects.openai.fields import InvalidField

from tests.unit.llm_api.dialect_support import CLAUDE, WEATHER, chat, converse_body

USER = {"role": "user", "content": "Hello"}


def call_of(*ids, name="get_weather", arguments="{}"):
    calls = [{"id": id, "type": "function", "function": {"name": name, "arguments": arguments}} for id in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result_of(id, content="Sunny"):
    return {"role": "tool", "tool_call_id": id, "content": content}


def said(content):
    return {"role": "assistant", "content": content}


def turns_of(*messages, target=CLAUDE, **fields):
    return converse_body(chat(*messages, tools=[WEATHER], **fields), target)["messages"]


def pairs(turns):
    """The IDs of calls and those of results, turn by turn."""
    return [
        [block[kind]["toolUseId"] for block in turn["content"] for kind in ("toolUse", "toolResult") if kind in block]
        for turn in turns
    ]


# Arguments


@pytest.mark.parametrize("arguments", ["", " ", "\n\t", "null", " null ", "{}", " {} "])
def test_blank_arguments_are_none(arguments):
    # GIVEN a call whose arguments were never written
    turns = turns_of(USER, call_of("a", arguments=arguments), result_of("a"))

    # WHEN / THEN
    assert turns[1]["content"][0]["toolUse"]["input"] == {}


@pytest.mark.parametrize(
    "arguments",
    [
        '{"city": "Par',
        '{"city": }',
        "{'city': 'Paris'}",
        "Paris",
        "[1, 2]",
        '"Paris"',
        "7",
        "true",
        '{"a": NaN}',
        '{"a": 1, "a": 2}',
        '{"a": 1}{"a": 2}',
        '{"a": "\\ud800"}',
        "[" * 5000,
        "```json\n{}\n```",
    ],
)
@pytest.mark.parametrize("offered", [True, False], ids=["with-tools", "as-text"])
def test_broken_arguments_are_wrapped_and_the_conversation_goes_on(arguments, offered):
    # GIVEN a call as a model wrote it badly, three turns ago
    call = chat(
        USER,
        call_of("a", arguments=arguments),
        result_of("a"),
        said("Sorry."),
        USER,
        tools=[WEATHER] if offered else None,
    )

    # WHEN it is translated
    block = converse_body(call)["messages"][1]["content"][0]

    # THEN the model reads its own words
    if offered:
        assert block["toolUse"]["input"] == {"unreadable_arguments": arguments}
    else:
        assert json.dumps({"unreadable_arguments": arguments}, ensure_ascii=False) in block["text"]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("functions.get_weather", "functions_get_weather"),
        ("get_weather<|channel|>json", "get_weather__channel__json"),
        ("get weather", "get_weather"),
        ("wetter_für", "wetter_f_r"),
        ("x" * 80, "x" * 64),
    ],
)
def test_an_invented_name_of_a_tool_becomes_one_that_converse_takes(name, sent):
    # GIVEN / WHEN / THEN
    assert turns_of(USER, call_of("a", name=name), result_of("a"))[1]["content"][0]["toolUse"]["name"] == sent


# IDs


def test_ids_that_were_never_seen_before_go_out_as_they_came():
    # GIVEN / WHEN / THEN
    turns = turns_of(USER, call_of("call_1", "f.x:0"), result_of("f.x:0"), result_of("call_1"))
    assert pairs(turns) == [[], ["call_1", "f.x:0"], ["f.x:0", "call_1"]]


@pytest.mark.parametrize("repeated", ["get_weather:0", "0", "call_1", "x" * 64, "ü", "a b", "x" * 500])
def test_an_id_that_repeats_over_turns_is_each_calls_own_and_its_results(repeated):
    # GIVEN a model that counts its calls from nought in each turn
    turn = [call_of(repeated), result_of(repeated), said("Ok."), USER]

    # WHEN the history is translated, and one turn later again
    shorter, longer = turns_of(USER, *turn * 2), turns_of(USER, *turn * 3)

    # THEN each call has an ID of its own, which its result has, too
    found = pairs(longer)
    assert found[1] == found[2]
    assert found[5] == found[6]
    assert len({found[1][0], found[5][0], found[9][0]}) == 3

    # AND what was sent before begins what is sent now
    assert longer[: len(shorter)] == shorter


def test_calls_of_one_message_with_one_id_have_their_results_in_order():
    # GIVEN two calls that nobody can tell apart but by their order
    turns = turns_of(USER, call_of("a", "a"), result_of("a", "first"), result_of("a", "second"))

    # WHEN / THEN
    calls, results = pairs(turns)[1:]
    assert calls == results
    assert len(set(calls)) == 2
    assert turns[2]["content"][1]["toolResult"]["content"] == [{"text": "second"}]


def test_an_alias_is_not_taken_by_a_later_id_of_the_callers():
    # GIVEN a caller who sends what would be the alias
    ids = CallIds()
    ids.give("a")
    alias = ids.give("a")

    # WHEN / THEN
    assert ids.give(alias) not in ("a", alias)


def test_ids_of_one_family_fit_its_pattern_and_repeat_no_more_than_others():
    # GIVEN Mistral's rule
    ids = CallIds("[a-zA-Z0-9]{9}")

    # WHEN / THEN
    given = [ids.give(id) for id in ("abcdef123", "a", "a", "call_1", "a", "abcdef123")]
    assert given[0] == "abcdef123"
    assert len(set(given)) == len(given)
    assert all(len(id) == 9 and id.isalnum() for id in given)


# Blank turns


@pytest.mark.parametrize("blank", ["", " \n", [], [{"type": "text", "text": " "}]])
def test_a_blank_message_between_two_of_the_assistants_is_named_as_such(blank):
    # GIVEN a user who pressed return
    call = chat(USER, said("Yes?"), {"role": "user", "content": blank}, said("Anyone?"), USER)

    # WHEN / THEN the turns stay apart, and the caller is told
    assert converse_body(call)["messages"][2] == {"role": "user", "content": [{"text": "(no text)"}]}
    assert call.warnings(CLAUDE) == ["a blank message of the user was sent as (no text): Bedrock takes no blank turn"]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_blank_message_beside_another_of_the_users_is_left_out(at):
    # GIVEN a blank message before, between or after others
    messages = [USER, USER]
    messages.insert(at, {"role": "user", "content": " "})
    call = chat(*messages)

    # WHEN / THEN
    assert converse_body(call)["messages"] == [{"role": "user", "content": [{"text": "Hello"}, {"text": "Hello"}]}]
    assert call.warnings(CLAUDE) == []


def test_a_blank_message_after_a_tools_result_leaves_the_result_alone():
    # GIVEN / WHEN / THEN
    turns = turns_of(USER, call_of("a"), result_of("a"), {"role": "user", "content": ""})
    assert [list(block) for block in turns[2]["content"]] == [["toolResult"]]


# A system without a user


@pytest.mark.parametrize("role", ["system", "developer"])
@pytest.mark.parametrize("more", [[], [{"role": "user", "content": " "}]], ids=["alone", "with-a-blank-user"])
def test_instructions_alone_are_asked_as_the_users(role, more):
    # GIVEN instructions and nobody who asks, which OpenAI answers
    call = chat({"role": role, "content": "Tell a joke."}, *more)

    # WHEN it is translated
    body = converse_body(call)

    # THEN they are what is asked, and the caller is told
    assert body["messages"] == [{"role": "user", "content": [{"text": "Tell a joke."}]}]
    assert "system" not in body
    assert "without a user" in call.warnings(CLAUDE)[0]


def test_several_instructions_alone_are_asked_in_their_order():
    # GIVEN / WHEN / THEN
    call = chat({"role": "system", "content": "Be kind."}, {"role": "developer", "content": "Tell a joke."})
    assert converse_body(call)["messages"][0]["content"] == [{"text": "Be kind."}, {"text": "Tell a joke."}]


@pytest.mark.parametrize("content", ["", " ", [], [{"type": "text", "text": ""}]])
def test_a_request_that_says_nothing_is_refused(content):
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField, match="blank") as refusal:
        chat({"role": "user", "content": content})
    assert refusal.value.param == "messages[0].content"


# Marks of what is to be cached

MARK = {"cache_control": {"type": "ephemeral"}}
POINT = {"cachePoint": {"type": "default"}}


@pytest.mark.parametrize(
    ("message", "after"),
    [
        ({"role": "user", "content": "Hi", **MARK}, ["text", "cachePoint"]),
        ({"role": "user", "content": [{"type": "text", "text": "Hi", **MARK}]}, ["text", "cachePoint"]),
        ({"role": "user", "content": [{"type": "text", "text": "Hi", **MARK}], **MARK}, ["text", "cachePoint"]),
        ({"role": "user", "content": [{"type": "text", "text": " ", **MARK}, {"type": "text", "text": "a"}]}, ["text"]),
        ({"role": "user", "content": "Hi", "cache_control": None}, ["text"]),
    ],
)
def test_a_mark_becomes_a_point_behind_what_it_marks(message, after):
    # GIVEN / WHEN / THEN
    call = chat(message)
    assert [next(iter(block)) for block in converse_body(call)["messages"][0]["content"]] == after
    assert call.warnings(CLAUDE) == []


@pytest.mark.parametrize("offered", [True, False], ids=["with-tools", "as-text"])
def test_a_mark_in_a_tools_result_stands_behind_the_result(offered):
    # GIVEN a result that is marked, part and message
    result = {**result_of("a", [{"type": "text", "text": "Sunny", **MARK}]), **MARK}
    call = chat(USER, call_of("a"), result, tools=[{**WEATHER, **MARK}] if offered else None)

    # WHEN it is translated
    body = converse_body(call)
    content = body["messages"][2]["content"]

    # THEN no point stands within it
    assert content[1:] == [POINT]
    assert "cachePoint" not in json.dumps(content[0])
    assert not offered or body["toolConfig"]["tools"][1:] == [POINT]
