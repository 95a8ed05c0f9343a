"""What a caller asks for, as each family takes it: sampling, stops, endings, thinking, JSON objects."""

import json

import pytest
from llm_api.dialects.openai.fields import InvalidField
from llm_api.dialects.openai.json_answers import Unwrapper, unwrapped
from llm_api.dialects.openai.stops import Cutter
from llm_api.errors import OutOfTime
from llm_api.registry import Target

from tests.unit.llm_api.dialect_support import (
    CLAUDE,
    GPT_OSS,
    HAIKU,
    LLAMA,
    NOVA,
    NOVA_2,
    OLD_CLAUDE,
    WEATHER,
    broken,
    chat,
    converse_body,
    frame,
    rendered,
)


def claude(name):
    return Target("claude", f"us.anthropic.{name}", "anthropic", base_id=f"anthropic.{name}")


OPUS_41 = claude("claude-opus-4-1-20250805-v1:0")
OPUS_47 = claude("claude-opus-4-7")
OPUS_5 = claude("claude-opus-5")
OPUS_55 = claude("claude-opus-5-5")
GPT = Target("gpt", "us.openai.gpt-5-6", "openai", base_id="openai.gpt-5-6")
PIXTRAL = Target("pixtral", "mistral.pixtral-large-2502-v1:0", "mistral")
QWEN = Target("qwen", "qwen.qwen3-235b-a22b-2507-v1:0", "qwen")
COMMAND = Target("command", "cohere.command-r-plus-v1:0", "cohere-command")
USER = {"role": "user", "content": "Hello"}


# Sampling


@pytest.mark.parametrize(
    ("target", "asked", "sent", "warned"),
    [
        (OLD_CLAUDE, {"temperature": 0.2, "top_p": 0.9}, {"temperature": 0.2, "topP": 0.9}, []),
        (HAIKU, {"temperature": 0.2, "top_p": 0.9}, {"temperature": 0.2}, ["top_p"]),
        (HAIKU, {"temperature": 0.2, "top_p": 1}, {"temperature": 0.2}, []),
        (OPUS_41, {"temperature": 1, "top_p": 0.9}, {"topP": 0.9}, []),
        (HAIKU, {"temperature": 1, "top_p": 1}, {"temperature": 1}, []),
        (HAIKU, {"top_p": 0.9}, {"topP": 0.9}, []),
        (OPUS_47, {"temperature": 1, "top_p": 1}, {}, []),
        (OPUS_47, {"temperature": 0}, {}, ["temperature"]),
        (OPUS_5, {"temperature": 0.5, "top_p": 0.5}, {}, ["temperature", "top_p"]),
        (HAIKU, {"temperature": 0.5, "reasoning_effort": "low"}, {}, ["temperature"]),
        (HAIKU, {"temperature": 1, "reasoning_effort": "low"}, {"temperature": 1}, []),
        (HAIKU, {"top_p": 0.96, "reasoning_effort": "low"}, {"topP": 0.96}, []),
        (HAIKU, {"top_p": 0.5, "reasoning_effort": "low"}, {}, ["top_p"]),
        (NOVA_2, {"temperature": 0.5, "reasoning_effort": "high"}, {}, ["temperature"]),
        (GPT, {"temperature": 0.2, "top_p": 1}, {}, ["temperature"]),
        (COMMAND, {"top_p": 1}, {}, []),
        (COMMAND, {"top_p": 0}, {}, ["top_p"]),
        (LLAMA, {"temperature": 1, "top_p": 1}, {"temperature": 1, "topP": 1}, []),
    ],
)
def test_sampling_is_sent_as_far_as_the_model_takes_it(target, asked, sent, warned):
    # GIVEN / WHEN
    call = chat(**asked)
    body = converse_body(call, target)

    # THEN what is refused is left out, and what was lost is told
    assert body.get("inferenceConfig", {}) == sent
    assert [warning.split()[0] for warning in call.warnings(target)] == warned


# Stops


@pytest.mark.parametrize(
    ("target", "stops", "sent"),
    [
        (GPT_OSS, ["END", "\n"], []),
        (QWEN, "END", []),
        (HAIKU, ["END", "\n", " "], ["END"]),
        (OPUS_47, ["\n"], []),
        (NOVA, ["END", "\n"], ["END", "\n"]),
    ],
)
def test_a_stop_that_the_model_does_not_take_is_kept_here(target, stops, sent):
    # GIVEN stop sequences
    call = chat(stop=stops, stream=True)
    body = converse_body(call, target)
    assert body.get("inferenceConfig", {}).get("stopSequences", []) == sent

    # WHEN the model goes on beyond them, whole and in pieces
    content = "One\nEND two"
    choice = rendered(call, {"text": content}, target=target, stop="max_tokens")["choices"][0]
    streamed = streamed_text(call, [*content], target, "max_tokens")

    # THEN the text ends before those that the model wasn't told
    kept = [stop for stop in ([stops] if isinstance(stops, str) else stops) if stop not in sent]
    expected = min((content.split(stop)[0] for stop in kept), key=len, default=content)
    reason = "stop" if kept else "length"
    assert (choice["message"]["content"], choice["finish_reason"]) == (expected, reason)
    assert streamed == (expected, reason)
    assert bool(kept) == any("kept by the gateway" in warning for warning in call.warnings(target))


def streamed_text(call, pieces, target, stop="end_turn"):
    frames = [frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}}) for piece in pieces]
    lines = b"".join(call.render_stream(target, iter([*frames, frame("messageStop", {"stopReason": stop})])))
    chunks = [json.loads(line[6:]) for line in lines.decode().split("\n\n") if line.startswith("data: {")]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    return "".join(choice["delta"].get("content", "") for choice in choices), choices[-1]["finish_reason"]


@pytest.mark.parametrize("stop", ["ab", "aab", "abab", "aaa", "xyz", "b"])
def test_wherever_a_text_is_cut_into_pieces_it_ends_at_the_same_place(stop):
    # GIVEN a text with many beginnings of the sequence
    text = "aaabab aabab xy"
    expected = text.split(stop)[0]

    # WHEN / THEN
    for size in range(1, len(text) + 1):
        cutter = Cutter([stop, "never"])
        found = "".join(cutter.feed(text[at : at + size]) for at in range(0, len(text), size)) + cutter.rest()
        assert found == expected


def test_calls_after_a_stop_are_no_part_of_the_answer():
    # GIVEN a model that says the sequence and calls a tool
    call = chat(stop="END", tools=[WEATHER])
    use = {"toolUse": {"toolUseId": "t", "name": "get_weather", "input": {}}}
    choice = rendered(call, {"text": "Hm END"}, use, target=GPT_OSS, stop="tool_use")["choices"][0]

    # WHEN / THEN
    assert (choice["finish_reason"], choice["message"]["content"]) == ("stop", "Hm ")
    assert "tool_calls" not in choice["message"]


def test_what_waits_for_a_stop_is_said_when_time_runs_out():
    # GIVEN a text that may be the beginning of a sequence
    call = chat(stop="END", stream=True)
    frames = [frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "The EN"}})]
    lines = b"".join(call.render_stream(GPT_OSS, broken(frames, OutOfTime("late"))))

    # WHEN / THEN
    assert b'"content": "EN"' in lines


def test_a_stop_that_is_kept_here_may_not_be_long():
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField, match="200 characters") as refusal:
        chat(stop="x" * 201).payloads(GPT_OSS)
    assert refusal.value.param == "stop"


# Endings and IDs


@pytest.mark.parametrize(
    ("target", "end"),
    [
        (OLD_CLAUDE, "Sure: {"),
        (HAIKU, "Sure: {"),
        (NOVA, "Sure: { \n"),
        (CLAUDE, None),
        (OPUS_47, None),
        (PIXTRAL, None),
    ],
)
def test_a_last_turn_of_the_assistants_is_begun_or_asked_to_go_on(target, end):
    # GIVEN an answer that was begun
    call = chat(USER, {"role": "assistant", "content": "Sure: { \n"})
    turns = converse_body(call, target)["messages"]

    # WHEN / THEN
    if end is None:
        assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
        assert "asks to go on" in call.warnings(target)[0]
    else:
        assert turns[-1]["content"] == [{"text": end}]
        assert call.warnings(target) == []


def test_pixtral_gets_ids_of_nine_and_the_others_what_came():
    # GIVEN one conversation for two models
    history = [
        USER,
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "get_weather", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": "Sunny"},
    ]
    call = chat(*history, tools=[WEATHER])

    # WHEN / THEN
    for target, expected in ((PIXTRAL, False), (NOVA, True)):
        turns = converse_body(call, target)["messages"]
        use, result = turns[1]["content"][0]["toolUse"], turns[2]["content"][0]["toolResult"]
        assert use["toolUseId"] == result["toolUseId"]
        assert (use["toolUseId"] == "a") is expected
        assert expected or (len(use["toolUseId"]) == 9 and use["toolUseId"].isalnum())


# Thinking


BLOCKS = [
    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
    {"type": "redacted_thinking", "data": "c2VjcmV0"},
]
NAMED = [{**block, "model": CLAUDE.base_id} for block in BLOCKS]
REASONING = [
    {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
    {"reasoningContent": {"redactedContent": "c2VjcmV0"}},
]


def after_a_tool(blocks, **fields):
    call = {"id": "a", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    reply = {"role": "assistant", "content": None, "tool_calls": [call], "thinking_blocks": blocks}
    return chat(USER, reply, {"role": "tool", "tool_call_id": "a", "content": "Sunny"}, tools=[WEATHER], **fields)


@pytest.mark.parametrize("target", [CLAUDE, HAIKU, OPUS_5, OPUS_55])
def test_thinking_that_comes_back_stands_before_its_call_and_goes_on(target):
    # GIVEN an assistant's message as it was told
    call = after_a_tool(BLOCKS, reasoning_effort="low")

    # WHEN / THEN
    body = converse_body(call, target)
    assert body["messages"][1]["content"][:2] == REASONING
    assert body["additionalModelRequestFields"]["thinking"]
    assert call.warnings(target) == []


@pytest.mark.parametrize("target", [HAIKU, NOVA, GPT_OSS, LLAMA])
def test_thinking_stays_here_where_the_model_does_not_think(target):
    # GIVEN / WHEN / THEN
    turns = converse_body(after_a_tool(BLOCKS), target)["messages"]
    assert [list(block) for block in turns[1]["content"]] == [["toolUse"]]


@pytest.mark.parametrize(
    "behind", [CLAUDE, CLAUDE._replace(alias="other", id="arn:aws:bedrock:us-east-1:1:application-inference-profile/a")]
)
def test_a_model_gets_its_own_thinking_back_and_no_other_models(behind):
    # GIVEN a conversation in which one Claude thought, and another one that stands in for it
    call = after_a_tool(NAMED, reasoning_effort="low")

    # WHEN / THEN
    assert converse_body(call, behind)["messages"][1]["content"][:2] == REASONING
    assert [list(block) for block in converse_body(call, OPUS_5)["messages"][1]["content"]] == [["toolUse"]]
    assert "reasoning_effort was ignored" in call.warnings(OPUS_5)[0]


@pytest.mark.parametrize("blocks", [None, [], [{"type": "thinking", "thinking": "Hm."}]])
def test_without_signed_thinking_the_turn_goes_on_without_it(blocks):
    # GIVEN / WHEN / THEN
    call = after_a_tool(blocks, reasoning_effort="low")
    assert "additionalModelRequestFields" not in converse_body(call, HAIKU)
    assert "reasoning_effort was ignored" in call.warnings(HAIKU)[0]


@pytest.mark.parametrize(
    ("blocks", "param"),
    [
        ("Hm.", "messages[1].thinking_blocks"),
        ([7], "messages[1].thinking_blocks[0]"),
        ([{"type": "text"}], "messages[1].thinking_blocks[0].type"),
        ([{"type": "redacted_thinking", "data": "?"}], "messages[1].thinking_blocks[0].data"),
    ],
)
def test_what_is_no_thinking_is_refused_by_its_place(blocks, param):
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField) as refusal:
        after_a_tool(blocks)
    assert refusal.value.param == param


def test_thinking_is_told_whole_and_in_a_stream():
    # GIVEN an answer with signed and hidden thinking
    call = chat(reasoning_effort="low", stream=True)
    assert rendered(call, *REASONING, {"text": "Hi"})["choices"][0]["message"]["thinking_blocks"] == NAMED

    # WHEN it comes in pieces
    deltas = [{"text": "H"}, {"text": "m."}, {"signature": "c2ln"}]
    frames = [
        *(frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": d}}) for d in deltas),
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": REASONING[1]}),
        frame("contentBlockStop", {"contentBlockIndex": 1}),
        frame("messageStop", {"stopReason": "end_turn"}),
    ]
    lines = b"".join(call.render_stream(CLAUDE, iter(frames))).decode().split("\n\n")
    told = [json.loads(line[6:])["choices"][0]["delta"] for line in lines if line.startswith("data: {")]

    # THEN each block is one delta, numbered as the SDK's helper wants it
    assert [delta["thinking_blocks"] for delta in told if "thinking_blocks" in delta] == [
        [{"index": 0, **NAMED[0]}],
        [{"index": 1, **NAMED[1]}],
    ]


@pytest.mark.parametrize(
    ("target", "effort", "fields"),
    [
        (OPUS_5, "none", {"thinking": {"type": "disabled"}}),
        (GPT, "none", {"reasoning": {"effort": "none"}}),
        (GPT, "max", {"reasoning": {"effort": "max"}}),
        (OPUS_47, "xhigh", {"thinking": {"type": "adaptive"}}),
        (OPUS_5, None, None),
    ],
)
def test_each_class_is_told_of_its_effort_in_its_way(target, effort, fields):
    # GIVEN / WHEN / THEN
    assert converse_body(chat(reasoning_effort=effort), target).get("additionalModelRequestFields") == fields


@pytest.mark.parametrize(("target", "effort"), [(OPUS_55, "none"), (CLAUDE, "xhigh"), (NOVA_2, "max"), (QWEN, "low")])
def test_an_effort_that_the_model_does_not_have_is_refused(target, effort):
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField, match="reasoning_effort"):
        chat(reasoning_effort=effort).payloads(target)


def test_a_model_that_thinks_unasked_is_kept_from_it_where_it_must_call_a_tool():
    # GIVEN / WHEN / THEN
    body = converse_body(chat(tools=[WEATHER], tool_choice="required"), OPUS_5)
    assert body["additionalModelRequestFields"] == {"thinking": {"type": "disabled"}}
    with pytest.raises(InvalidField, match="can't be made to call"):
        chat(tools=[WEATHER], tool_choice="required").payloads(OPUS_55)


# A JSON object


ASK = {"role": "user", "content": "Give JSON."}


@pytest.mark.parametrize("target", [HAIKU, NOVA, GPT_OSS, PIXTRAL])
def test_a_json_object_goes_by_a_tool_where_one_can_be_forced(target):
    # GIVEN / WHEN
    call = chat(ASK, response_format={"type": "json_object"})
    config = converse_body(call, target)["toolConfig"]
    use = {"toolUse": {"toolUseId": "t", "name": "json_object", "input": {"a": 1}}}

    # THEN
    assert config["toolChoice"] in ({"tool": {"name": "json_object"}}, {"any": {}})
    choice = rendered(call, use, target=target, stop="tool_use")["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ('{"a": 1}', "stop")


@pytest.mark.parametrize(
    ("target", "fields"),
    [(LLAMA, {}), (OPUS_55, {}), (HAIKU, {"tools": [WEATHER]}), (HAIKU, {"reasoning_effort": "low"})],
)
def test_elsewhere_it_is_asked_for_and_unwrapped(target, fields):
    # GIVEN a model that wraps its answer
    call = chat(ASK, response_format={"type": "json_object"}, stream=True, **fields)
    assert "JSON" in str(converse_body(call, target)["system"])
    said = 'Sure:\n```json\n{"a": "}\\"{", "b": {"c": 1}}\n```\nAnything else?'

    # WHEN / THEN
    expected = '{"a": "}\\"{", "b": {"c": 1}}'
    assert rendered(call, {"text": said}, target=target)["choices"][0]["message"]["content"] == expected
    assert streamed_text(call, [*said], target)[0] == expected
    assert not any("no JSON" in warning for warning in call.warnings(target))


@pytest.mark.parametrize("said", ["No.", "[1]", '{"a": ', "{x}", ""])
def test_what_is_no_json_passes_as_it_is_and_the_caller_is_told(said):
    # GIVEN / WHEN / THEN
    call = chat(ASK, response_format={"type": "json_object"})
    assert rendered(call, {"text": said}, target=LLAMA)["choices"][0]["message"]["content"] == said
    assert any("no JSON object" in warning for warning in call.warnings(LLAMA)) == bool(said)


@pytest.mark.parametrize("content", ["Give it.", [{"type": "text", "text": "Hi"}]])
def test_without_a_word_of_json_it_is_refused_as_openai_does(content):
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField, match="word JSON") as refusal:
        chat({"role": "user", "content": content}, response_format={"type": "json_object"})
    assert refusal.value.param == "messages"


@pytest.mark.parametrize("text", ['{"a": 1}', ' {"a": {}} ', "``` {}```", 'x {"a": "\\\\"} y'])
def test_an_object_is_found_in_one_piece_as_in_many(text):
    # GIVEN / WHEN / THEN
    wrapper = Unwrapper()
    assert "".join(map(wrapper.feed, text)) + wrapper.rest() == unwrapped(text)[0]
