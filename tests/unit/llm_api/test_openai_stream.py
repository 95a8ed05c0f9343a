"""Streamed chat completions: chunks, and a proper end whatever happens."""

import json

import pytest
from llm_api.errors import ModelFailed, OutOfTime, Throttled

from tests.unit.llm_api.dialect_support import CLAUDE, JSON_FORMAT, NOVA, WEATHER, Frame, broken, chat, frame

START = frame("messageStart", {"role": "assistant", "p": "abc"})
STOP = frame("messageStop", {"stopReason": "end_turn"})
METADATA = frame("metadata", {"usage": {"inputTokens": 5, "outputTokens": 7, "cacheReadInputTokens": 2}})


def text(content, block=0):
    return frame("contentBlockDelta", {"contentBlockIndex": block, "delta": {"text": content}})


def tool_start(block, id="t1", name="get_weather"):
    start = {"toolUse": {"toolUseId": id, "name": name}}
    return frame("contentBlockStart", {"contentBlockIndex": block, "start": start})


def tool_input(block, piece):
    return frame("contentBlockDelta", {"contentBlockIndex": block, "delta": {"toolUse": {"input": piece}}})


def block_stop(block):
    return frame("contentBlockStop", {"contentBlockIndex": block})


def lines(frames, target=CLAUDE, **fields):
    call = chat(stream=True, **fields)
    return b"".join(call.render_stream(target, iter(frames))).decode().removesuffix("\n\n").split("\n\n")


def chunks(frames, target=CLAUDE, **fields):
    """The chunks, without the closing [DONE], which must be there."""
    *data, done = lines(frames, target, **fields)
    assert done == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in data]


def deltas(found):
    return [choice["delta"] for chunk in found for choice in chunk["choices"]]


def test_text_comes_piece_by_piece():
    # GIVEN a model's stream
    found = chunks([START, text("Hel"), text("lo"), block_stop(0), STOP, METADATA])

    # WHEN / THEN the role first, then the text, then the reason
    assert deltas(found) == [{"role": "assistant", "content": ""}, {"content": "Hel"}, {"content": "lo"}, {}]
    assert [chunk["choices"][0]["finish_reason"] for chunk in found] == [None, None, None, "stop"]
    assert {(chunk["id"], chunk["object"], chunk["model"]) for chunk in found} == {
        ("chatcmpl-req-1", "chat.completion.chunk", "claude")
    }
    assert all("usage" not in chunk for chunk in found)


def test_a_chunk_is_out_before_the_next_event_is_read():
    # GIVEN a stream whose later events are not there yet
    read = []

    def frames():
        for item in (START, text("Hel"), text("lo"), STOP):
            read.append(item)
            yield item

    # WHEN two pieces are taken
    stream = chat(stream=True).render_stream(CLAUDE, frames())
    next(stream), next(stream)

    # THEN nothing beyond them was waited for
    assert len(read) == 2


def test_usage_is_null_on_every_chunk_and_then_comes_alone():
    # GIVEN a caller who asks for the usage
    found = chunks([START, text("Hi"), STOP, METADATA], stream_options={"include_usage": True})

    # WHEN / THEN
    assert [chunk["usage"] for chunk in found[:-1]] == [None] * (len(found) - 1)
    assert found[-1]["choices"] == []
    assert found[-1]["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 7,
        "total_tokens": 14,
        "prompt_tokens_details": {"cached_tokens": 2},
    }


def test_parallel_tool_calls_are_numbered_and_their_arguments_follow():
    # GIVEN text and two calls, whose blocks are 1 and 2
    frames = [
        START,
        text("Let me see."),
        tool_start(1),
        tool_input(1, '{"city":'),
        tool_input(1, ' "Paris"}'),
        block_stop(1),
        tool_start(2, "t2", "get_time"),
        block_stop(2),
        frame("messageStop", {"stopReason": "tool_use"}),
    ]

    # WHEN they are rendered
    found = chunks(frames, tools=[WEATHER])

    # THEN calls count from 0, and one without arguments has an empty object
    assert deltas(found)[2:-1] == [
        {
            "tool_calls": [
                {"index": 0, "id": "t1", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"city":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ' "Paris"}'}}]},
        {
            "tool_calls": [
                {"index": 1, "id": "t2", "type": "function", "function": {"name": "get_time", "arguments": ""}}
            ]
        },
        {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
    ]
    assert found[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_without_parallel_calls_the_second_is_left_out():
    # GIVEN two calls for a caller who takes one
    frames = [START, tool_start(0), tool_input(0, "{}"), tool_start(1, "t2"), tool_input(1, "{}"), block_stop(1), STOP]

    # WHEN they are rendered
    found = chunks(frames, tools=[WEATHER], parallel_tool_calls=False)

    # THEN only the first is there
    calls = [call for delta in deltas(found) for call in delta.get("tool_calls", [])]
    assert {call["index"] for call in calls} == {0}
    assert [call["id"] for call in calls if "id" in call] == ["t1"]


def test_reasoning_has_its_own_field():
    # GIVEN a thinking model
    thought = frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm."}}})
    signed = frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "s"}}})

    # WHEN / THEN
    assert deltas(chunks([START, thought, signed, text("Hi", 1), STOP]))[1:-1] == [
        {"reasoning_content": "Hm."},
        {"content": "Hi"},
    ]


def test_a_schema_by_tool_streams_as_text():
    # GIVEN Nova, made to call a tool whose arguments are the answer
    frames = [
        START,
        text("Sure: "),
        tool_start(1, name="reply"),
        tool_input(1, '{"answer":'),
        tool_input(1, ' "x"}'),
        block_stop(1),
        frame("messageStop", {"stopReason": "tool_use"}),
    ]

    # WHEN / THEN
    found = chunks(frames, NOVA, response_format=JSON_FORMAT)
    assert "".join(delta.get("content", "") for delta in deltas(found)) == '{"answer": "x"}'
    assert found[-1]["choices"][0]["finish_reason"] == "stop"


def test_a_guardrails_message_in_place_of_the_schemas_answer_is_handed_on():
    # GIVEN a schema by tool, and a guardrail that intervened
    frames = [START, text("Blocked."), frame("messageStop", {"stopReason": "guardrail_intervened"})]

    # WHEN / THEN
    found = chunks(frames, NOVA, response_format=JSON_FORMAT)
    assert deltas(found)[1:] == [{"content": "Blocked."}, {}]
    assert found[-1]["choices"][0]["finish_reason"] == "content_filter"


def test_silence_is_filled_with_comments():
    # GIVEN a model that pauses
    found = lines([START, None, text("Hi"), STOP])

    # WHEN / THEN
    assert found[1] == ": ping"


def test_out_of_time_ends_like_an_answer_that_reached_its_length():
    # GIVEN the deadline in mid-stream
    found = chunks(broken([START, text("Hel")], OutOfTime("late")), stream_options={"include_usage": True})

    # WHEN / THEN what was produced is there; the usage, which never came, is not
    assert deltas(found) == [{"role": "assistant", "content": ""}, {"content": "Hel"}, {}]
    assert found[-1]["choices"][0]["finish_reason"] == "length"


def test_out_of_time_before_the_models_first_word_is_a_whole_stream_still():
    # GIVEN the deadline before anything came
    found = lines(broken([None], OutOfTime("late")))

    # WHEN / THEN
    assert [line[:6] for line in found] == [": ping", "data: ", "data: ", "data: "]
    assert json.loads(found[2][6:])["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize(
    ("error", "kind"), [(ModelFailed("The model failed."), "server_error"), (Throttled("Slow."), "rate_limit_error")]
)
def test_a_fault_ends_with_an_error_event(error, kind):
    # GIVEN a model that fails in mid-stream
    found = lines(broken([START, text("Hel")], error))

    # WHEN / THEN the SDKs raise what stands in `error`, and nothing pretends to be an end
    last = json.loads(found[-1].removeprefix("data: "))
    assert last["error"]["message"] == error.message
    assert last["error"]["type"] == kind
    assert "data: [DONE]" not in found


@pytest.mark.parametrize(
    "frames",
    [
        [START, text("Hel")],
        [START, Frame(b"", "contentBlockDelta", b"{")],
        [START, Frame(b"", "contentBlockDelta", b"[]")],
        [START, frame("messageStop", {"stopReason": "malformed_tool_use"})],
    ],
)
def test_a_stream_that_is_no_whole_answer_ends_with_an_error_event(frames):
    # GIVEN / WHEN
    found = lines(frames)

    # THEN
    assert json.loads(found[-1].removeprefix("data: "))["error"]["type"] == "server_error"


def test_a_fault_after_the_answers_end_costs_only_the_usage():
    # GIVEN a connection that is cut between messageStop and metadata
    found = chunks(broken([START, text("Hi"), STOP], ModelFailed("cut")), stream_options={"include_usage": True})

    # WHEN / THEN the answer is whole
    assert found[-1]["choices"][0]["finish_reason"] == "stop"


def test_events_that_openai_has_no_word_for_are_passed_over():
    # GIVEN events of a later day
    odd = [frame("somethingNew", {"a": 1}), frame("contentBlockDelta", {"delta": None}), frame("contentBlockStart", {})]

    # WHEN / THEN
    assert deltas(chunks([START, *odd, text("Hi"), STOP]))[1:-1] == [{"content": "Hi"}]


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ("tool_use", "tool_calls"),
        ("end_turn", "tool_calls"),
        ("stop_sequence", "tool_calls"),
        ("something_new", "tool_calls"),
        ("max_tokens", "length"),
        ("content_filtered", "content_filter"),
    ],
)
def test_after_a_call_the_finish_reason_asks_for_its_result_unless_the_stream_was_cut(stop, expected):
    # GIVEN a stream with a call, whatever the model says of its end
    ending = frame("messageStop", {"stopReason": stop})
    found = chunks([START, tool_start(0), tool_input(0, "{}"), block_stop(0), ending], tools=[WEATHER])

    # WHEN / THEN
    assert found[-1]["choices"][0]["finish_reason"] == expected


@pytest.mark.parametrize("fields", [{}, {"response_format": JSON_FORMAT}])
def test_tool_use_without_a_call_is_an_end_like_any_other(fields):
    # GIVEN a model that announces a call and makes none
    ending = frame("messageStop", {"stopReason": "tool_use"})

    # WHEN / THEN
    assert chunks([START, text("Hi"), ending], NOVA, **fields)[-1]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(("pieces", "answer"), [([], "{}"), ([""], "{}"), (['{"a"', ": 1}"], '{"a": 1}')])
def test_of_several_calls_in_place_of_an_answer_the_first_is_the_answer(pieces, answer):
    # GIVEN a model that calls the answer's tool twice, with or without arguments
    first = [tool_start(0, name="reply"), *(tool_input(0, piece) for piece in pieces), block_stop(0)]
    second = [tool_start(1, id="t2", name="reply"), tool_input(1, '{"b": 2}'), block_stop(1)]
    found = chunks([START, *first, *second, STOP], NOVA, response_format=JSON_FORMAT)

    # WHEN / THEN
    assert "".join(delta.get("content", "") for delta in deltas(found)) == answer
