"""A request is over by its deadline, whatever the other side does."""

import time

import pytest
from llm_api.deadline import Deadline
from llm_api.dialects.bedrock.calls import ConverseStream
from llm_api.inference import Inference, Patience, Progress, Terms
from llm_api.registry import Registry

from tests.unit.llm_api.conftest import FAST, Deploy
from tests.unit.llm_api.model_wire import CONVERSE_STREAM, HANGS_SECONDS, Connection, Reply, message_of, stalled, stream

OPERATIONS = ["invoke", "converse", "invoke-with-response-stream", "converse-stream"]


class Pinging(ConverseStream):
    """A call of a protocol with pings."""

    pings = True


def trickling(connection: Connection) -> None:
    """One byte now and then, for ever: a socket's own timeout never comes."""
    connection.head(200, {"content-type": "application/json", "content-length": "100000"})
    while not connection.wait(0.02):
        connection.send(b" ")


def trickling_headers(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\n")
    while not connection.wait(0.02):
        connection.send(b"X-Slow: 1\r\n")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("reply", [stalled, trickling, trickling_headers])
def test_a_server_cannot_hold_a_request_beyond_its_deadline(deploy: Deploy, operation: str, reply: object) -> None:
    # GIVEN a server that stalls, or is never done
    api = deploy()

    # WHEN a request has a fifth of a second
    started = time.monotonic()
    response = api.call(operation, {}, seconds=0.2, replies=[reply])  # type: ignore[list-item]

    # THEN it is over soon after, with the status for it
    assert time.monotonic() - started < HANGS_SECONDS
    assert response.status == 504
    assert response.headers["x-amzn-errortype"] == "ModelTimeoutException"
    assert "time limit" in message_of(response)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nobody_waits_longer_than_api_gateway_does(deploy: Deploy, operation: str) -> None:
    # GIVEN a function that may take longer than API Gateway waits for the next byte, or the first
    api = deploy(patience=Patience(idle_seconds=0.2))

    # WHEN a model stalls
    started = time.monotonic()
    response = api.call(operation, {}, seconds=2 * HANGS_SECONDS, replies=[stalled])

    # THEN the caller is told while the connection still stands
    assert time.monotonic() - started < HANGS_SECONDS
    assert response.status == 504


@pytest.mark.parametrize("operation", OPERATIONS)
def test_without_time_nothing_is_sent(deploy: Deploy, operation: str) -> None:
    # GIVEN a request whose time is up already
    api = deploy()

    # WHEN it is handled
    response = api.call(operation, {}, seconds=0)

    # THEN no model is asked
    assert response.status == 504
    assert api.wire.received == []


def test_the_next_request_is_not_disturbed_by_a_stalled_one(deploy: Deploy) -> None:
    # GIVEN a stalled request that was given up
    from tests.unit.llm_api.model_wire import answer

    api = deploy()
    api.call("invoke", {}, seconds=0.1, replies=[stalled])

    # WHEN the next one comes
    response = api.call("invoke", {}, replies=[answer()])

    # THEN it is answered
    assert response.status == 200


def test_silence_is_told_as_pings_where_the_protocol_has_them(deploy: Deploy) -> None:
    # GIVEN a model that is silent after its first frame, until it was pinged twice
    api = deploy()
    call = Pinging("fast", True, {})
    inference = Inference(Registry([FAST]), api.clients, patience=Patience(ping_seconds=0.05))
    api.wire.replies.append(stream(CONVERSE_STREAM[0], cut=True, then=Connection.wait))

    # WHEN the stream is read
    streamed = inference.stream(call, inference.candidates(call, FAST, Terms()), Deadline.after(10), Progress())
    frames = [next(streamed.frames) for _ in range(3)]

    # THEN each silent interval is a None
    assert [frame and frame.event for frame in frames] == ["messageStart", None, None]
    streamed.close()


@pytest.mark.parametrize("reply", [stalled, stream(cut=True, then=Connection.wait)])
def test_pings_begin_where_a_first_frame_takes_too_long(deploy: Deploy, reply: Reply) -> None:
    # GIVEN a model that thinks before its first frame, or even before it sends a status
    api = deploy()
    patience = Patience(first_frame_seconds=0.1, ping_seconds=0.05)
    call = Pinging("fast", True, {})
    inference = Inference(Registry([FAST]), api.clients, patience=patience)
    api.wire.replies.append(reply)

    # WHEN the stream is opened
    streamed = inference.stream(call, inference.candidates(call, FAST, Terms()), Deadline.after(10), Progress())

    # THEN it begins with a ping
    assert next(streamed.frames) is None
    streamed.close()


def test_pings_do_not_outlast_the_deadline(deploy: Deploy) -> None:
    # GIVEN a protocol with pings and a model that stalls
    from llm_api.dialects import StreamFault
    from llm_api.errors import OutOfTime

    api = deploy()
    call = Pinging("fast", True, {})
    inference = Inference(Registry([FAST]), api.clients, patience=Patience(ping_seconds=0.05))
    api.wire.replies.append(stream(CONVERSE_STREAM[0], cut=True, then=Connection.wait))

    # WHEN the deadline comes
    streamed = inference.stream(call, inference.candidates(call, FAST, Terms()), Deadline.after(0.3), Progress())
    with pytest.raises(StreamFault) as fault:
        list(streamed.frames)

    # THEN the stream is over
    assert isinstance(fault.value.error, OutOfTime)
