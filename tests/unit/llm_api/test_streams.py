"""Frames pass byte for byte, and a stream never ends in silence."""

import json
import time
import zlib
from collections.abc import Callable

import pytest
from llm_api.deadline import Deadline
from llm_api.dialects import StreamFault
from llm_api.eventstream import Decoder, exception
from llm_api.inference import Patience, Progress
from llm_api.inference.retries import Attempts, Source
from llm_api.inference.streams import FrameReader
from llm_api.registry import Endpoint, Target

from tests.unit.llm_api.conftest import Deploy
from tests.unit.llm_api.model_wire import (
    CLAUDE_STREAM,
    CONVERSE_STREAM,
    HANGS_SECONDS,
    METRICS,
    Connection,
    answer,
    chunk,
    message_of,
    named,
    split,
    stream,
    whole,
)

STREAMS = [("invoke-with-response-stream", CLAUDE_STREAM), ("converse-stream", CONVERSE_STREAM)]
both = pytest.mark.parametrize(("operation", "frames"), STREAMS)


def last_exception(body: bytes) -> tuple[str, str]:
    """Type and message of the exception frame at the end, after whole frames only."""
    decoder = Decoder()
    messages = list(decoder.messages(body))
    assert not decoder.incomplete
    headers = messages[-1].headers
    assert headers[":message-type"] == "exception"
    return headers[":exception-type"], json.loads(messages[-1].payload)["message"]


@both
@pytest.mark.parametrize("size", [1, 7, 100, 100_000])
def test_frames_pass_byte_for_byte_at_any_split(
    deploy: Deploy, operation: str, frames: tuple[bytes, ...], size: int
) -> None:
    # GIVEN a stream that arrives in pieces which end anywhere
    api = deploy()
    sent = b"".join(frames)

    # WHEN it is read
    response = api.call(operation, {}, replies=[stream(*split(sent, size))])

    # THEN the caller gets the same bytes, with Bedrock's header
    assert response.headers["content-type"] == "application/vnd.amazon.eventstream"
    assert response.headers["x-amzn-bedrock-content-type"] == "application/json"
    assert whole(response) == sent


@both
def test_frames_that_came_together_leave_together(deploy: Deploy, operation: str, frames: tuple[bytes, ...]) -> None:
    # GIVEN a stream that comes in one piece, damaged at its end
    api = deploy()
    damaged = b"".join(frames[:3]) + frames[3][:-1] + bytes([frames[3][-1] ^ 1])

    # WHEN it is read
    pieces = list(iter(api.call(operation, {}, replies=[stream(damaged)]).body))

    # THEN what was whole leaves with the exception that ends it, and nothing is held back for what never comes
    assert b"".join(pieces).startswith(b"".join(frames[:3]))
    assert len(pieces) == 1
    assert last_exception(pieces[-1])[0] == "internalServerException"


@both
def test_a_frame_is_passed_on_before_the_next_exists(deploy: Deploy, operation: str, frames: tuple[bytes, ...]) -> None:
    # GIVEN a model that waits after its second frame
    api = deploy()
    reply = stream(*frames[:2], cut=True, then=Connection.wait)

    # WHEN the stream is read
    response = api.call(operation, {}, replies=[reply])
    pieces = iter(response.body)

    # THEN both frames are there while it waits, in one piece if they came together
    read = next(pieces)
    while len(read) < len(frames[0] + frames[1]):
        read += next(pieces)
    assert read == frames[0] + frames[1]
    api.wire.reset()
    list(pieces)


@both
def test_a_cut_stream_ends_in_an_exception(deploy: Deploy, operation: str, frames: tuple[bytes, ...]) -> None:
    # GIVEN a connection that breaks after two frames
    api = deploy()

    # WHEN the stream is read
    response = api.call(operation, {}, replies=[stream(*frames[:2], cut=True)])
    body = whole(response)

    # THEN the frames are followed by an exception that boto3 can read
    assert body.startswith(b"".join(frames[:2]))
    assert last_exception(body)[0] == "internalServerException"
    assert api.log["stream_ended_by"] == "InternalServerException"


@both
@pytest.mark.parametrize("missing", [1, 2])
def test_a_stream_that_ends_before_its_end_is_a_fault(
    deploy: Deploy, operation: str, frames: tuple[bytes, ...], missing: int
) -> None:
    # GIVEN a stream that is complete as HTTP, and not as an answer
    kept = frames[:-missing] if operation == "converse-stream" else frames[: -missing - 1]
    api = deploy()

    # WHEN it is read
    body = whole(api.call(operation, {}, replies=[stream(*kept)]))

    # THEN it doesn't pass for one
    assert last_exception(body)[0] == "internalServerException"


@both
def test_a_whole_answer_is_whole_without_https_own_end(
    deploy: Deploy, operation: str, frames: tuple[bytes, ...]
) -> None:
    # GIVEN a connection that breaks after the last frame
    api = deploy()

    # WHEN the stream is read
    body = whole(api.call(operation, {}, replies=[stream(*frames, cut=True)]))

    # THEN the answer is complete, and nothing else
    assert body == b"".join(frames)
    assert api.log["tokens_estimated"] is False


@both
def test_a_partial_frame_is_not_passed_on(deploy: Deploy, operation: str, frames: tuple[bytes, ...]) -> None:
    # GIVEN a stream that ends inside a frame
    api = deploy()

    # WHEN it is read
    body = whole(api.call(operation, {}, replies=[stream(frames[0], frames[1][:-5])]))

    # THEN the caller gets whole frames and an exception
    assert body.startswith(frames[0])
    assert not body.startswith(frames[0] + frames[1][:10])
    assert last_exception(body)[0] == "internalServerException"


def test_a_partial_frame_is_a_fault_where_the_protocol_is_unknown(deploy: Deploy) -> None:
    # GIVEN a family whose last message nobody knows
    api = deploy(Target("m", "some.model", "other"))
    first, second = chunk({"text": "a"}), chunk({"text": "b"})

    # WHEN its stream ends between two frames, and inside of one
    replies = [stream(first), stream(first, second[:-5])]
    whole_one, cut_one = (
        whole(api.call("invoke-with-response-stream", {}, model="m", replies=[reply])) for reply in replies
    )

    # THEN only the latter is a fault
    assert whole_one == first
    assert last_exception(cut_one)[0] == "internalServerException"


@both
def test_a_damaged_frame_ends_the_stream(deploy: Deploy, operation: str, frames: tuple[bytes, ...]) -> None:
    # GIVEN a frame with one bit turned
    damaged = bytearray(frames[1])
    damaged[-10] ^= 1
    api = deploy()

    # WHEN it is read
    body = whole(api.call(operation, {}, replies=[stream(frames[0], bytes(damaged), *frames[2:])]))

    # THEN nothing from there on is passed on
    assert body.startswith(frames[0])
    assert last_exception(body)[0] == "internalServerException"
    assert frames[2] not in body


@both
def test_an_exception_frame_passes_as_it_came(deploy: Deploy, operation: str, frames: tuple[bytes, ...]) -> None:
    # GIVEN a model that fails in the middle
    broken = exception("modelStreamErrorException", "The model broke.")
    api = deploy()

    # WHEN the stream is read
    body = whole(api.call(operation, {}, replies=[stream(*frames[:3], broken)]))

    # THEN Bedrock's own frame is the end
    assert body == b"".join(frames[:3]) + broken
    assert api.log["stream_ended_by"] == "ModelErrorException"


@pytest.mark.parametrize(
    ("operation", "frames", "kind"),
    [
        ("invoke-with-response-stream", CLAUDE_STREAM, "modelTimeoutException"),
        ("converse-stream", CONVERSE_STREAM, "modelStreamErrorException"),
    ],
)
def test_the_deadline_ends_a_stream_properly(
    deploy: Deploy, operation: str, frames: tuple[bytes, ...], kind: str
) -> None:
    # GIVEN a model that stalls in the middle
    api = deploy()
    reply = stream(*frames[:2], cut=True, then=Connection.wait)

    # WHEN the deadline comes
    body = whole(api.call(operation, {}, seconds=0.3, replies=[reply]))

    # THEN what was produced is there, and an exception of the operation's own union; the log says why
    assert body.startswith(b"".join(frames[:2]))
    assert last_exception(body)[0] == kind
    assert api.log["stream_ended_by"] == "ModelTimeoutException"
    assert api.log["tokens_estimated"] is True


def test_a_trickling_stream_is_ended_by_the_deadline(deploy: Deploy) -> None:
    # GIVEN a model that sends a little all the time, and never comes to its end
    def forever(connection: Connection) -> None:
        while not connection.wait(0.02):
            connection.chunk(CLAUDE_STREAM[1])

    api = deploy()

    # WHEN the deadline comes
    reply = stream(CLAUDE_STREAM[0], cut=True, then=forever)
    body = whole(api.call("invoke-with-response-stream", {}, seconds=0.3, replies=[reply]))

    # THEN the stream is over
    assert last_exception(body)[0] == "modelTimeoutException"
    assert api.log["latency_ms"] < HANGS_SECONDS * 1000


def test_a_silent_stream_is_ended_before_the_gateway_cuts_it(deploy: Deploy) -> None:
    # GIVEN a protocol without pings, and a gateway that cuts a silent stream
    api = deploy(patience=Patience(idle_seconds=0.2))
    reply = stream(*CLAUDE_STREAM[:2], cut=True, then=Connection.wait)

    # WHEN the model is silent for longer
    body = whole(api.call("invoke-with-response-stream", {}, seconds=30, replies=[reply]))

    # THEN the stream ends properly
    assert last_exception(body)[0] == "modelTimeoutException"


def test_streaming_that_is_off_is_told(deploy: Deploy) -> None:
    # GIVEN a deployment without streaming
    api = deploy(settings={"streaming": False})

    # WHEN a stream is asked for
    response = api.call("converse-stream", {"messages": []})

    # THEN a clear 400
    assert response.status == 400
    assert "Streaming is off" in message_of(response)
    assert api.wire.received == []


@both
def test_a_stream_is_counted_and_timed(deploy: Deploy, operation: str, frames: tuple[bytes, ...]) -> None:
    # GIVEN a whole stream
    api = deploy()

    # WHEN it is read to its end
    whole(api.call(operation, {}, replies=[stream(*frames)]))

    # THEN the log line, written at the end, holds what the model reported
    assert (api.log["input_tokens"], api.log["output_tokens"], api.log["tokens_estimated"]) == (3, 5, False)
    assert api.log["model_latency_ms"] == (40 if operation.startswith("invoke") else 33)
    assert 0 < api.log["time_to_first_token_ms"] <= api.log["latency_ms"]
    assert api.metrics["TimeToFirstToken"] == api.log["time_to_first_token_ms"]
    assert "stream_ended_by" not in api.log


def test_nothing_is_reported_before_the_end(deploy: Deploy) -> None:
    # GIVEN a stream
    api = deploy()
    response = api.call("invoke-with-response-stream", {}, replies=[stream(*CLAUDE_STREAM)])
    pieces = iter(response.body)

    # WHEN only its first piece was read
    next(pieces)

    # THEN no line is out yet, and one is after the rest
    assert api.lines == []
    list(pieces)
    assert len(api.lines) == 2


def test_a_stream_that_is_given_up_is_reported(deploy: Deploy) -> None:
    # GIVEN a stream of which one piece was read
    api = deploy()
    reply = stream(*CLAUDE_STREAM[:2], cut=True, then=Connection.wait)
    response = api.call("invoke-with-response-stream", {}, replies=[reply])
    pieces = iter(response.body)
    next(pieces)

    # WHEN it is closed
    pieces.close()  # type: ignore[attr-defined]
    api.wire.reset()

    # THEN the line is out, with an estimate
    assert api.log["tokens_estimated"] is True


@pytest.mark.parametrize(
    ("family", "last"),
    [
        ("llama", {"generation": "", "stop_reason": "stop", "amazon-bedrock-invocationMetrics": METRICS}),
        ("titan-text", {"outputText": "", "completionReason": "FINISH"}),
        ("mistral", {"outputs": [{"text": "", "stop_reason": "stop"}]}),
        ("openai", {"choices": [{"delta": {}, "finish_reason": "stop"}]}),
        ("cohere-command", {"event_type": "stream-end", "is_finished": True}),
        ("nova", {"metadata": {"usage": {}}, "amazon-bedrock-invocationMetrics": METRICS}),
        ("anthropic", {"type": "content_block_delta", "amazon-bedrock-guardrailAction": "INTERVENED"}),
    ],
)
def test_every_familys_end_is_known(deploy: Deploy, family: str, last: object) -> None:
    # GIVEN a family's last chunk
    api = deploy(Target("m", "some.model", family))
    frames = (chunk({"text": "Hi"}), chunk(last))

    # WHEN the stream ends after it
    body = whole(api.call("invoke-with-response-stream", {}, model="m", replies=[stream(*frames)]))

    # THEN that was the end
    assert body == b"".join(frames)


def test_a_metadata_event_alone_is_no_end(deploy: Deploy) -> None:
    # GIVEN a ConverseStream without messageStop
    frames = (CONVERSE_STREAM[0], named("metadata", {"usage": {}}))

    # WHEN it is read
    body = whole(deploy().call("converse-stream", {}, replies=[stream(*frames)]))

    # THEN it was cut
    assert last_exception(body)[0] == "internalServerException"


def test_an_empty_stream_is_a_failure_with_a_status(deploy: Deploy) -> None:
    # GIVEN a stream without a frame
    api = deploy()

    # WHEN it is opened
    response = api.call("converse-stream", {}, replies=[stream()])

    # THEN the caller gets an error, not a stream
    assert response.status == 502


def test_something_else_than_a_stream_is_a_failure_with_a_status(deploy: Deploy) -> None:
    # GIVEN JSON where a stream is due
    response = deploy().call("converse-stream", {}, replies=[answer()])

    # THEN the caller gets an error
    assert response.status == 502


def sagemaker_part(data: bytes) -> bytes:
    from llm_api.eventstream import encode

    return encode(
        {":event-type": "PayloadPart", ":content-type": "application/octet-stream", ":message-type": "event"}, data
    )


def chunks_of(body: bytes) -> list[bytes]:
    from llm_api.eventstream import chunk as inner

    return [inner(message.payload) for message in Decoder().messages(body)]


def test_an_endpoints_stream_is_cut_at_its_lines(deploy: Deploy) -> None:
    # GIVEN an endpoint that sends JSON lines, split anywhere
    api = deploy(Target("tuned", None, "sagemaker", endpoint=Endpoint("acme")))
    parts = [sagemaker_part(piece) for piece in (b'{"a":1}\n{"b"', b":2}\n", b'{"c":3}')]

    # WHEN they are streamed
    body = whole(api.call("invoke-with-response-stream", {}, model="tuned", replies=[stream(*parts)]))

    # THEN each of Bedrock's chunks holds whole lines
    assert chunks_of(body) == [b'{"a":1}\n', b'{"b":2}\n', b'{"c":3}']
    assert api.wire.received[0].path == "/endpoints/acme/invocations-response-stream"


def test_an_endpoints_stream_that_breaks_is_told(deploy: Deploy) -> None:
    # GIVEN an endpoint that fails in the middle, in SageMaker's spelling
    api = deploy(Target("tuned", None, "sagemaker", endpoint=Endpoint("acme")))
    parts = [sagemaker_part(b'{"a":1}\n'), exception("ModelStreamError", "It broke.")]

    # WHEN it is streamed
    body = whole(api.call("invoke-with-response-stream", {}, model="tuned", replies=[stream(*parts)]))

    # THEN the exception is one that Bedrock's clients know
    assert last_exception(body) == ("modelStreamErrorException", "It broke.")


def flip(position: int) -> Callable[[bytes], bytes]:
    def damage(frame: bytes) -> bytes:
        data = bytearray(frame)
        data[position] ^= 0x40
        return bytes(data)

    return damage


@pytest.mark.parametrize("position", [0, 5, 9, 20, -1])
def test_damage_anywhere_in_a_first_frame_has_a_status(deploy: Deploy, position: int) -> None:
    # GIVEN a stream whose first frame is damaged, in its lengths, headers, payload or checksums
    damaged = flip(position)(CLAUDE_STREAM[0])
    assert zlib.crc32(damaged) != zlib.crc32(CLAUDE_STREAM[0])

    # WHEN it is opened
    response = deploy().call("invoke-with-response-stream", {}, replies=[stream(damaged, *CLAUDE_STREAM[1:])])

    # THEN the caller gets an error
    assert response.status == 502


def test_a_stream_that_was_never_asked_for_costs_nothing() -> None:
    # GIVEN a deadline that is over
    target, progress = Target("fast", "amazon.nova-lite-v1:0", "nova"), Progress()
    deadline = Deadline.after(-1, time.monotonic)
    source = Source(lambda seconds: pytest.fail("sent"), Attempts(target, deadline, progress, time.sleep))
    reader = FrameReader(source, target, "converse", lambda: b"{}", deadline, progress, pings=True, patience=Patience())
    # WHEN it is read THEN nothing was sent, and nothing is counted
    with pytest.raises(StreamFault):
        next(reader.frames())
    assert (progress.attempts, progress.unaccounted, progress.usage) == (0, 0, None)
