"""What is repeated, and above all what isn't: a generation may have been paid for."""

import socket

import pytest
from llm_api.inference.bedrock import Bedrock
from llm_api.inference.clients import Clients

from tests.unit.llm_api.conftest import FAST, Deploy
from tests.unit.llm_api.model_wire import (
    CLAUDE_STREAM,
    Connection,
    Deployment,
    ModelWire,
    answer,
    dropped,
    failure,
    stalled,
    stream,
)

OPERATIONS = ["invoke", "converse", "invoke-with-response-stream", "converse-stream"]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "ThrottlingException"), (429, "ModelNotReadyException"), (503, "ServiceUnavailableException")],
)
def test_a_refusal_is_repeated_twice_and_no_more(deploy: Deploy, operation: str, status: int, code: str) -> None:
    # GIVEN a model that refuses every time
    api = deploy()

    # WHEN it is called
    api.call(operation, {}, replies=[failure(status, code)] * 5)

    # THEN three requests were sent, after random pauses that may grow, and the log says so
    assert len(api.wire.received) == 3
    assert api.log["attempts"] == 3
    assert len(api.pauses) == 2
    assert 0 <= api.pauses[0] <= 0.25
    assert 0 <= api.pauses[1] <= 0.5


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ValidationException"),
        (400, "ServiceQuotaExceededException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (408, "ModelTimeoutException"),
        (424, "ModelErrorException"),
        (500, "InternalServerException"),
        (502, "NobodyKnows"),
        (504, "NobodyKnows"),
    ],
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_anything_else_is_asked_once(deploy: Deploy, operation: str, status: int, code: str) -> None:
    # GIVEN a model that fails in a way that a repeat may pay for twice, or can't mend
    api = deploy()

    # WHEN it is called
    api.call(operation, {}, replies=[failure(status, code)] * 3)

    # THEN one request was sent
    assert len(api.wire.received) == 1


def test_a_repeat_that_succeeds_is_an_answer(deploy: Deploy) -> None:
    # GIVEN a model that is throttled once
    api = deploy()

    # WHEN it is called
    response = api.call("invoke", {}, replies=[failure(429, "ThrottlingException"), answer()])

    # THEN the caller never knows
    assert response.status == 200
    assert api.log["attempts"] == 2


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_read_timeout_is_never_repeated(deploy: Deploy, operation: str) -> None:
    # GIVEN a model that takes the request and says nothing
    api = deploy()

    # WHEN the deadline passes
    response = api.call(operation, {}, seconds=0.2, replies=[stalled] * 3)

    # THEN it was asked once
    assert response.status == 504
    assert len(api.wire.received) == 1


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_connection_that_drops_after_sending_is_never_repeated(deploy: Deploy, operation: str) -> None:
    # GIVEN a server that reads the request and closes the connection
    api = deploy()

    # WHEN it is called
    response = api.call(operation, {}, replies=[dropped] * 3)

    # THEN it was asked once
    assert response.status == 502
    assert len(api.wire.received) == 1


def test_an_answer_that_breaks_off_is_never_repeated(deploy: Deploy) -> None:
    # GIVEN an answer that is shorter than it promised
    def short(connection: Connection) -> None:
        connection.head(200, {"content-type": "application/json", "content-length": "1000"})
        connection.send(b'{"content"')
        connection.hang_up()

    api = deploy()

    # WHEN it is read
    response = api.call("invoke", {}, replies=[short] * 3)

    # THEN it was asked once
    assert response.status == 502
    assert len(api.wire.received) == 1


def test_a_stream_is_never_repeated_after_its_first_frame(deploy: Deploy) -> None:
    # GIVEN a stream that is cut after two frames
    api = deploy()

    # WHEN it is read to its end
    cut = stream(*CLAUDE_STREAM[:2], cut=True)
    response = api.call("invoke-with-response-stream", {}, replies=[cut] * 3)
    list(response.body)

    # THEN it was asked once
    assert len(api.wire.received) == 1


def test_a_connection_that_fails_before_sending_is_repeated(wire: ModelWire, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN an address where nobody listens
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    api = Deployment(wire, Clients(Bedrock), [FAST])

    # WHEN a model there is called
    response = api.call("invoke", {})

    # THEN it is tried three times, and told as out of reach
    assert response.status == 503
    assert api.log["attempts"] == 3


def test_no_repeat_begins_that_the_deadline_would_cut(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a pause that is longer than what is left
    monkeypatch.setattr("random.uniform", lambda low, high: 60.0)
    api = deploy()

    # WHEN a model refuses
    response = api.call("invoke", {}, replies=[failure(429, "ThrottlingException")] * 3)

    # THEN the refusal is passed on at once
    assert response.status == 429
    assert len(api.wire.received) == 1
    assert api.pauses == []
