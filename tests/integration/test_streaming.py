"""Streams through the real sandbox and the gateway, chunk by chunk: their order, their end, and callers who hang up."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local_aws.journal import Call
from tests.integration.dialects import CHAT, CONVERSE, DIALECTS, INVOKE, MESSAGES, RESPONSES, TEXT, Dialect, streaming
from tests.integration.logs import line_of, reports_of
from tests.support import Api, send

LONG_MILLISECONDS = 3_600_000
"""A pace at which a model says its second word an hour after the first, unless it is released."""

LONG = "Repeat after me: " + " ".join(f"word {number}" for number in range(200))

every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


def last_call(api: Api) -> Call:
    return api.aws.journal.calls()[-1]


@contextmanager
def released(api: Api) -> Iterator[None]:
    """Within the block no model is held back: whatever a fault lets it wait for has come."""
    done = threading.Event()

    def release() -> None:
        while not done.wait(0.002):
            api.aws.faults.clear()

    thread = threading.Thread(target=release)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@every_dialect
def test_the_first_chunk_is_out_before_the_model_has_produced_its_second(api: Api, dialect: Dialect) -> None:
    # GIVEN a model that is held back after its first frame
    api.aws.faults.add("pace", milliseconds=LONG_MILLISECONDS)

    # WHEN it is asked for a stream, THEN the caller reads the first event while the second isn't there yet
    with streaming(api, dialect, "fast") as stream:
        assert stream.status == 200
        assert stream.read_more()
        assert len(stream.events) == 1
        assert not last_call(api).complete

        # WHEN the model may go on, THEN the rest follows
        with released(api):
            stream.read_to_the_end()
    assert stream.text == TEXT
    assert last_call(api).complete


@every_dialect
def test_a_paced_stream_comes_in_as_many_pieces_as_the_model_sends(api: Api, dialect: Dialect) -> None:
    # GIVEN a model that produces a frame every 50 ms
    api.aws.faults.add("pace", milliseconds=50)

    # WHEN a caller reads, noting what the model has produced by then
    produced = []
    with streaming(api, dialect, "fast") as stream:
        while stream.read_more():
            produced.append(last_call(api).output_tokens)

    # THEN it reads while the model is still at work, from its first words to its last
    total = last_call(api).output_tokens
    assert stream.text == TEXT
    assert produced[0] < total
    assert len(set(produced)) > 3
    assert produced == sorted(produced)


@pytest.mark.parametrize("dialect", [CONVERSE, INVOKE], ids=lambda dialect: dialect.name)
def test_bedrocks_frames_pass_whole_and_in_order(api: Api, dialect: Dialect) -> None:
    # GIVEN frames that arrive a few bytes at a time
    api.aws.faults.add("trickle", milliseconds=0)

    # WHEN they are passed on
    with streaming(api, dialect, "fast") as stream:
        events = stream.read_to_the_end()

    # THEN every frame is whole, its checksums right, and the last one holds the usage
    assert stream.text == TEXT
    last = events[-1].get("usage") or events[-1]["amazon-bedrock-invocationMetrics"]
    assert last_call(api).output_tokens in last.values()


@every_dialect
def test_a_stream_whose_reader_hangs_up_is_read_to_its_end_and_counted(api: Api, dialect: Dialect) -> None:
    # GIVEN a model at work
    api.aws.faults.add("pace", milliseconds=20)

    # WHEN its reader hangs up after the first piece
    with streaming(api, dialect, "fast") as stream:
        stream.read_more()
        assert not last_call(api).complete

    # THEN the stream is read to its end, and every token is in the log
    line = line_of(api, stream.headers)
    call = last_call(api)
    assert call.complete
    assert (line["input_tokens"], line["output_tokens"]) == (call.input_tokens, call.output_tokens)
    assert not line["tokens_estimated"]
    assert "stream_ended_by" not in line


@every_dialect
def test_the_next_request_of_an_environment_is_not_disturbed_by_a_reader_who_hung_up(
    api: Api, dialect: Dialect
) -> None:
    # GIVEN an environment whose reader hung up
    api.aws.faults.add("pace", milliseconds=5)
    with streaming(api, dialect, "fast") as left:
        left.read_more()
    _, _, environment = reports_of(api, left.headers["x-request-id"])

    # WHEN the same environment gets another request
    with streaming(api, dialect, "fast", "Repeat after me: undisturbed") as stream:
        stream.read_to_the_end()

    # THEN its answer is whole and its own
    _, _, where = reports_of(api, stream.headers["x-request-id"])
    assert where == environment
    assert stream.text == "undisturbed"


def ends_as_if_at_its_length(dialect: Dialect, events: list[dict[str, Any]]) -> bool:
    """Whether a stream that ran out of time ends in its dialect's own way."""
    match dialect.name:
        case "converse":
            return events[-1]["event"] == "modelStreamErrorException" and "time limit" in events[-1]["message"]
        case "invoke":
            return events[-1]["event"] == "modelTimeoutException" and "time limit" in events[-1]["message"]
        case "chat":
            return events[-1]["event"] == "[DONE]" and events[-2]["choices"][0]["finish_reason"] == "length"
        case "responses":
            return events[-1]["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
        case _:
            block, delta, stop = events[-3:]
            return (block["event"], delta["delta"]["stop_reason"], stop["event"]) == (
                "content_block_stop",
                "max_tokens",
                "message_stop",
            )


@every_dialect
def test_a_deadline_in_mid_stream_gives_what_there_is_and_a_proper_end(hurried: Api, dialect: Dialect) -> None:
    # GIVEN a model that has more to say than the function's time allows
    hurried.aws.faults.add("pace", milliseconds=300)

    # WHEN it is asked for a stream
    with streaming(hurried, dialect, "fast", LONG) as stream:
        events = stream.read_to_the_end()

    # THEN what was produced is there, the end is the dialect's own, and the log says why
    assert stream.status == 200
    assert stream.text
    assert LONG.removeprefix("Repeat after me: ").startswith(stream.text)
    assert ends_as_if_at_its_length(dialect, events)
    line = line_of(hurried, stream.headers)
    assert line["stream_ended_by"] == "ModelTimeoutException"
    assert line["output_tokens"] > 0
    assert line["tokens_estimated"]


def test_a_silent_model_is_bridged_by_pings(api: Api) -> None:
    # GIVEN models that fall silent after their first frame
    api.aws.faults.add("pace", milliseconds=LONG_MILLISECONDS, times=3)
    pinged: dict[str, bool] = {}

    def read(dialect: Dialect) -> None:
        with streaming(api, dialect, "fast") as stream:
            while stream.read_more():
                told = [event["event"] for event in stream.events]
                if stream.comments or "ping" in told or told.count("response.in_progress") > 1:
                    pinged[dialect.name] = True
                    return

    # WHEN callers of the dialects that have pings wait
    readers = [threading.Thread(target=read, args=(dialect,)) for dialect in (CHAT, RESPONSES, MESSAGES)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    # THEN all are told that the stream lives
    with released(api):
        assert api.aws.lambda_service.wait_until_idle()
    assert pinged == {"chat": True, "responses": True, "messages": True}


@every_dialect
def test_a_deployment_without_streaming_says_so(buffered: Api, dialect: Dialect) -> None:
    # GIVEN what was called so far
    before = len(buffered.aws.journal)

    # WHEN a stream is asked for where there is none
    path, body = dialect.request("fast", stream=True)
    reply = send(buffered, "POST", path, body)

    # THEN the caller learns it before any model is called
    assert reply.status == 400
    assert b"streaming = false" in reply.body
    assert len(buffered.aws.journal) == before
