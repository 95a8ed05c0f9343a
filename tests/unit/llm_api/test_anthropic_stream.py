"""Claude's stream as the real Anthropic SDK reads it, with a proper end whatever happens."""

import json

import anthropic
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_api.dialects.anthropic.messages import Messages
from llm_api.errors import ModelFailed, OutOfTime, Throttled

from tests.unit.llm_api.dialect_support import CLAUDE, Frame, broken, chunk_frame, post

START = chunk_frame(
    {
        "type": "message_start",
        "message": {
            "id": "msg_bdrk_1",
            "type": "message",
            "role": "assistant",
            "model": "claude",
            "content": [],
            "stop_reason": None,
            "usage": {"input_tokens": 9, "output_tokens": 1},
        },
    }
)
BLOCK = chunk_frame({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
BLOCK_STOP = chunk_frame({"type": "content_block_stop", "index": 0})
DELTA = chunk_frame(
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 7},
    }
)
STOP = chunk_frame({"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 9}})


def text(content):
    return chunk_frame({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": content}})


WHOLE = [START, BLOCK, text("Hel"), text("lo"), BLOCK_STOP, DELTA, STOP]


def rendered(frames):
    body = {"model": "claude", "max_tokens": 9, "stream": True, "messages": []}
    call = Messages.parse(post("/v1/messages", body))
    return b"".join(call.render_stream(CLAUDE, iter(frames)))


def events(frames):
    """(event, data) of each event."""
    found = []
    for block in rendered(frames).decode().removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def read_by_sdk(frames):
    """The final message, as the SDK's own helper gathers it."""
    stream = rendered(frames)
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream)
    )
    with httpx2.Client(transport=transport) as http:
        client = anthropic.Anthropic(api_key="k", base_url="https://api.test", http_client=http, max_retries=0)
        with client.messages.stream(model="m", max_tokens=9, messages=[]) as reading:
            return reading.get_final_message()


def test_the_sdk_gathers_the_message():
    # GIVEN a whole stream with a pause
    message = read_by_sdk([START, BLOCK, None, *WHOLE[2:]])

    # WHEN / THEN
    assert message.content[0].text == "Hello"
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens == 7


def test_events_pass_with_their_names_and_without_bedrocks_metrics():
    # GIVEN a whole stream
    found = events(WHOLE)

    # WHEN / THEN
    assert [name for name, _ in found] == [data["type"] for _, data in found]
    assert found[-1] == ("message_stop", {"type": "message_stop"})


def test_silence_is_filled_with_pings():
    # GIVEN a pause
    # WHEN / THEN
    assert events([START, None, *WHOLE[1:]])[1] == ("ping", {"type": "ping"})


def test_out_of_time_ends_like_an_answer_that_reached_max_tokens():
    # GIVEN the deadline amid a block
    message = read_by_sdk(broken([START, BLOCK, text("Hel")], OutOfTime("late")))

    # WHEN / THEN the SDK has a whole message
    assert message.content[0].text == "Hel"
    assert message.stop_reason == "max_tokens"


@pytest.mark.parametrize(
    ("frames", "tail"),
    [
        ([START, BLOCK, text("a")], ["content_block_stop", "message_delta", "message_stop"]),
        ([START, BLOCK, BLOCK_STOP], ["message_delta", "message_stop"]),
        ([START, BLOCK, BLOCK_STOP, DELTA], ["message_stop"]),
        (WHOLE, []),
        ([None], ["error"]),
    ],
)
def test_out_of_time_adds_just_what_is_missing(frames, tail):
    # GIVEN the deadline at any point
    found = events(broken(list(frames), OutOfTime("late")))

    # WHEN / THEN
    assert [name for name, _ in found[len(frames) :]] == tail


@pytest.mark.parametrize(
    ("error", "kind"), [(ModelFailed("Broke."), "api_error"), (Throttled("Slow."), "rate_limit_error")]
)
def test_a_fault_is_raised_by_the_sdk(error, kind):
    # GIVEN a model that fails in mid-stream
    # WHEN the SDK reads it
    with pytest.raises(anthropic.APIStatusError, match=error.message) as failure:
        read_by_sdk(broken([START, BLOCK, text("Hel")], error))

    # THEN
    assert failure.value.body["error"]["type"] == kind
    assert failure.value.body["request_id"] == "req-1"


@pytest.mark.parametrize("frames", [[START, BLOCK], [START, Frame(b"", "chunk", b"{}")], [Frame(b"", "chunk", b"x")]])
def test_a_stream_that_is_no_whole_answer_ends_with_an_error_event(frames):
    # GIVEN / WHEN / THEN
    name, data = events(frames)[-1]
    assert name == "error"
    assert data["error"]["type"] == "api_error"


def test_a_chunk_of_bedrocks_remarks_alone_is_passed_over():
    # GIVEN what a guardrail adds
    remark = chunk_frame({"amazon-bedrock-guardrailAction": "INTERVENED"})

    # WHEN / THEN
    assert len(events([*WHOLE[:3], remark, *WHOLE[3:]])) == len(WHOLE)


INTERVENED = {"amazon-bedrock-guardrailAction": "INTERVENED"}


@pytest.mark.parametrize(
    "frames",
    [
        [*WHOLE[:-1], chunk_frame({"type": "message_stop", **INTERVENED})],
        [*WHOLE[:-1], chunk_frame(INTERVENED), STOP],
        [START, BLOCK, chunk_frame({"type": "content_block_stop", "index": 0, **INTERVENED}), DELTA, STOP],
        [START, BLOCK, text("Hel"), chunk_frame(INTERVENED)],
        [START, chunk_frame(INTERVENED)],
    ],
    ids=["with the last event", "before it", "early", "cut off in a block", "cut off before one"],
)
def test_a_guardrails_intervention_is_a_refusal(frames):
    # GIVEN a guardrail that intervenes, told at any point
    # WHEN the SDK reads the stream
    message = read_by_sdk(frames)

    # THEN
    assert message.stop_reason == "refusal"
    assert message.stop_details.explanation == "A guardrail of this deployment intervened."


def test_a_guardrail_that_lets_pass_changes_nothing():
    # GIVEN chunks that each say that the guardrail had nothing to say
    frames = [*WHOLE[:-1], chunk_frame({"type": "message_stop", "amazon-bedrock-guardrailAction": "NONE"})]

    # WHEN / THEN
    assert events(frames) == events(WHOLE)


def test_the_model_cannot_write_events_of_its_own():
    # GIVEN an event whose name holds a line break
    stream = rendered([chunk_frame({"type": "a\nevent: message_stop\ndata: {}\n\n"}), *WHOLE])

    # WHEN / THEN it stays one line
    assert stream.startswith(b"event: a event: message_stop data: {}  \ndata: {")


odd = st.dictionaries(
    st.sampled_from(["type", "index", "delta", "message", "usage"]),
    st.none()
    | st.integers()
    | st.sampled_from(["message_start", "content_block_start", "message_delta", "message_stop", "é"])
    | st.dictionaries(st.sampled_from(["usage", "stop_reason", "output_tokens"]), st.none() | st.integers()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.none() | st.builds(chunk_frame, odd | st.integers()), max_size=8), st.booleans())
def test_any_chunks_make_a_stream_that_ends_in_a_stop_or_an_error(frames, late):
    # GIVEN any chunks, then silence or the deadline
    # WHEN they are rendered
    source = broken(frames, OutOfTime("late")) if late else iter(frames)
    found = rendered(source).decode()

    # THEN
    names = [line.removeprefix("event: ") for line in found.split("\n") if line.startswith("event: ")]
    assert {"message_stop", "error"} & set(names)


def ending(reason, **delta):
    return chunk_frame(
        {"type": "message_delta", "delta": {"stop_reason": reason, **delta}, "usage": {"output_tokens": 7}}
    )


CALL = chunk_frame(
    {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}},
    }
)
SERVER_CALL = chunk_frame(
    {"type": "content_block_start", "index": 0, "content_block": {"type": "server_tool_use", "id": "s", "name": "f"}}
)


@pytest.mark.parametrize(
    ("block", "given", "told"),
    [
        (CALL, "tool_use", "tool_use"),
        (CALL, "end_turn", "tool_use"),
        (CALL, "stop_sequence", "tool_use"),
        (CALL, "max_tokens", "max_tokens"),
        (CALL, "refusal", "refusal"),
        (CALL, "pause_turn", "pause_turn"),
        (BLOCK, "tool_use", "end_turn"),
        (BLOCK, "end_turn", "end_turn"),
        (BLOCK, "stop_sequence", "stop_sequence"),
        (SERVER_CALL, "end_turn", "end_turn"),
    ],
)
def test_the_stop_reason_follows_the_content(block, given, told):
    # GIVEN a stream whose model says something else of its end than it did
    found = events([START, block, BLOCK_STOP, ending(given), STOP])

    # WHEN / THEN
    assert [data["delta"]["stop_reason"] for name, data in found if name == "message_delta"] == [told]
