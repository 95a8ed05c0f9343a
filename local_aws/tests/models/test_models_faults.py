"""Each fault as the real boto3 sees it, in every operation that it can strike."""

import http.client
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import ClientError, EventStreamError
from urllib3.exceptions import ProtocolError

NOVA = "amazon.nova-lite-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "count to 50"}]}]
INVOKE = json.dumps({"messages": MESSAGES}).encode()
CHAT = json.dumps({"messages": [{"role": "user", "content": "count to 50"}], "stream": True}).encode()

Operations = dict[str, Callable[[], Any]]


@pytest.fixture
def operations(bedrock: Any, sagemaker: Any) -> Operations:
    """Each operation, ready to be called."""
    return {
        "invoke": lambda: bedrock.invoke_model(modelId=NOVA, body=INVOKE),
        "invoke-with-response-stream": lambda: bedrock.invoke_model_with_response_stream(modelId=NOVA, body=INVOKE),
        "converse": lambda: bedrock.converse(modelId=NOVA, messages=MESSAGES),
        "converse-stream": lambda: bedrock.converse_stream(modelId=NOVA, messages=MESSAGES),
        "sagemaker-invoke": lambda: sagemaker.invoke_endpoint(EndpointName="chat", Body=CHAT),
        "sagemaker-stream": lambda: sagemaker.invoke_endpoint_with_response_stream(EndpointName="chat", Body=CHAT),
    }


def events_of(answer: dict[str, Any]) -> Any:
    return next(answer[key] for key in ("stream", "body", "Body") if key in answer)


def drain(answer: dict[str, Any]) -> None:
    """Read an answer to its end, so that its connection is closed."""
    for key in ("stream", "body", "Body"):
        if key in answer:
            list(answer[key])


STREAMS = ["invoke-with-response-stream", "converse-stream", "sagemaker-stream"]
BEDROCK = ["invoke", "invoke-with-response-stream", "converse", "converse-stream"]
BEDROCK_ERRORS = {
    "throttle": ("ThrottlingException", 429),
    "not_ready": ("ModelNotReadyException", 429),
    "unavailable": ("ServiceUnavailableException", 503),
    "internal": ("InternalServerException", 500),
    "model_error": ("ModelErrorException", 424),
    "model_timeout": ("ModelTimeoutException", 408),
    "quota": ("ServiceQuotaExceededException", 400),
    "access_denied_not_enabled": ("AccessDeniedException", 403),
    "validation": ("ValidationException", 400),
    "expired_token": ("ExpiredTokenException", 403),
    "ended": ("ResourceNotFoundException", 404),
    "legacy": ("ResourceNotFoundException", 404),
}
SAGEMAKER_ERRORS = {
    "throttle": ("ThrottlingException", 400),
    "not_ready": ("ModelNotReadyException", 429),
    "unavailable": ("ServiceUnavailable", 503),
    "internal": ("InternalFailure", 500),
    "model_error": ("ModelError", 424),
    "model_timeout": ("ModelError", 424),
    "validation": ("ValidationError", 400),
    "ended": ("ValidationError", 400),
}


@pytest.mark.parametrize("operation", BEDROCK)
@pytest.mark.parametrize("kind", sorted(BEDROCK_ERRORS))
def test_bedrock_error(kind: str, operation: str, operations: Operations, server: Any, bedrock: Any) -> None:
    # GIVEN a fault for one call
    server.faults.add(kind)
    # WHEN two calls are made
    with pytest.raises(ClientError) as raised:
        operations[operation]()
    drain(operations[operation]())
    # THEN the first fails as on AWS, in boto3's own class where it has one, and consumes nothing
    code, status = BEDROCK_ERRORS[kind]
    response = raised.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert response["Error"]["Message"]
    if code != "ExpiredTokenException":
        assert type(raised.value) is getattr(bedrock.exceptions, code)
    assert server.journal.calls()[0].status == status
    assert server.journal.calls()[0].output_tokens == 0
    assert server.journal.calls()[1].status == 200


@pytest.mark.parametrize("operation", ["sagemaker-invoke", "sagemaker-stream"])
@pytest.mark.parametrize("kind", sorted(SAGEMAKER_ERRORS))
def test_sagemaker_error(kind: str, operation: str, operations: Operations, server: Any) -> None:
    # GIVEN a fault
    server.faults.add(kind, model="chat")
    # WHEN the endpoint is called
    with pytest.raises(ClientError) as raised:
        operations[operation]()
    # THEN it fails as SageMaker does
    response = raised.value.response
    found = (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"])
    assert found == SAGEMAKER_ERRORS[kind]
    assert response["Error"]["Message"]


@pytest.mark.parametrize("operation", STREAMS)
def test_error_frame_ends_the_stream(operation: str, operations: Operations, server: Any) -> None:
    # GIVEN an exception after three frames
    server.faults.add("error_frame_after", frames=3)
    events = events_of(operations[operation]())
    # WHEN the stream is read
    with pytest.raises(EventStreamError) as raised:
        list(events)
    events.close()
    # THEN boto3 raises the exception of the frame, and the journal has what was produced before it
    code = "ModelStreamError" if operation.startswith("sagemaker") else "modelStreamErrorException"
    assert raised.value.response["Error"]["Code"] == code
    call = server.journal.calls()[0]
    assert not call.complete
    assert 0 < call.output_tokens < 50


@pytest.mark.parametrize("exception", ["throttlingException", "internalServerException", "serviceUnavailableException"])
def test_error_frame_has_the_exception_asked_for(exception: str, operations: Operations, server: Any) -> None:
    # GIVEN an exception of a certain type, before the first frame
    server.faults.add("error_frame_after", frames=0, exception=exception, message="Wait.")
    # WHEN the stream is read THEN that exception comes
    events = operations["converse-stream"]()["stream"]
    with pytest.raises(EventStreamError, match=rf"\({exception}\).*Wait\."):
        list(events)
    events.close()


@pytest.mark.parametrize("operation", STREAMS)
def test_cut_is_no_proper_end_of_the_body(operation: str, operations: Operations, server: Any) -> None:
    # GIVEN a connection that is cut after three frames
    server.faults.add("cut_after", frames=3)
    events = iter(events_of(operations[operation]()))
    # WHEN the stream is read THEN three events come
    assert len([next(events) for _ in range(3)]) == 3
    # THEN the HTTP body breaks off, which botocore lets through as urllib3's own error
    with pytest.raises(ProtocolError, match="ended prematurely"):
        next(events)
    assert not server.journal.calls()[0].complete


@pytest.mark.parametrize("operation", STREAMS)
def test_truncated_frame_ends_in_silence(operation: str, operations: Operations, server: Any) -> None:
    # GIVEN half a frame after two whole ones
    server.faults.add("truncated_frame_after", frames=2)
    # WHEN the stream is read
    seen = list(events_of(operations[operation]()))
    # THEN boto3 sees two events and no error, as it does on AWS
    assert len(seen) == 2
    assert not server.journal.calls()[0].complete


@pytest.mark.parametrize("operation", STREAMS)
def test_corrupt_frame_is_noticed(operation: str, operations: Operations, server: Any) -> None:
    # GIVEN a frame with a wrong checksum
    server.faults.add("corrupt_frame_after", frames=2)
    # WHEN the stream is read THEN boto3 notices
    events = events_of(operations[operation]())
    with pytest.raises(ChecksumMismatch):
        list(events)
    events.close()


@pytest.mark.parametrize("operation", ["invoke", "converse"])
def test_cut_before_a_buffered_answer(operation: str, server: Any) -> None:
    # GIVEN a connection that is cut
    server.faults.add("cut_after", frames=0)
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    connection.request("POST", f"/model/{NOVA}/{operation}", json.dumps({"messages": MESSAGES}))
    # WHEN a buffered call is made THEN nothing of the body comes
    with pytest.raises(http.client.HTTPException):
        connection.getresponse().read()
    connection.close()
    # THEN the model has produced all the same
    assert server.journal.calls()[0].output_tokens > 0


@pytest.mark.parametrize("operation", ["invoke", "sagemaker-invoke"])
def test_body_that_is_not_json(operation: str, operations: Operations, server: Any) -> None:
    # GIVEN an answer that is not JSON
    server.faults.add("not_json")
    # WHEN the call is made THEN the body can't be parsed
    with pytest.raises(json.JSONDecodeError):
        json.loads(events_of(operations[operation]()).read())


@pytest.mark.parametrize("operation", ["invoke-with-response-stream", "sagemaker-stream"])
def test_chunk_that_is_not_json(operation: str, operations: Operations, server: Any) -> None:
    # GIVEN a stream whose chunk is not JSON
    server.faults.add("not_json")
    # WHEN it is read
    (event,) = events_of(operations[operation]())
    data = next(iter(event.values()))
    # THEN the chunk can't be parsed
    with pytest.raises(json.JSONDecodeError):
        json.loads(data.get("bytes") or data.get("Bytes"))


@pytest.mark.parametrize("operation", BEDROCK)
@pytest.mark.parametrize("point", ["input", "output"])
def test_guardrail_intervenes_on_demand(point: str, operation: str, operations: Operations, server: Any) -> None:
    # GIVEN a guardrail that is to intervene
    server.faults.add("guardrail_intervention", point=point)
    # WHEN a call is made and read
    answer = operations[operation]()
    said = events_of(answer) if operation != "converse" else [answer]
    text = said.read().decode() if operation == "invoke" else repr(list(said))
    # THEN the answer says so; what was blocked on its way out is paid for, what was blocked on its way in is not
    assert "guardrail_intervened" in text or "INTERVENED" in text
    assert (server.journal.calls()[0].output_tokens > 0) == (point == "output")


def test_trickle_splits_frames_and_loses_nothing(operations: Operations, server: Any) -> None:
    # GIVEN what a stream says in whole frames
    whole = list(operations["converse-stream"]()["stream"])
    # WHEN it trickles
    server.faults.add("trickle", milliseconds=0)
    trickled = list(operations["converse-stream"]()["stream"])
    # THEN boto3 sees the same events
    assert trickled == whole


@pytest.mark.parametrize("kind", ["stall", "slow_first_byte"])
@pytest.mark.parametrize("operation", ["converse", "converse-stream", "sagemaker-invoke"])
def test_stall_lasts_until_it_is_cleared(kind: str, operation: str, operations: Operations, server: Any) -> None:
    # GIVEN a model that is silent for a minute
    server.faults.add(kind, seconds=60)
    answers: list[Any] = []

    def call() -> None:
        answer = operations[operation]()
        answers.append(answer)
        if operation != "converse":
            body = events_of(answer)
            answers.append(list(body) if operation == "converse-stream" else body.read())

    thread = threading.Thread(target=call)
    thread.start()
    while len(server.journal) == 0:
        thread.join(0.005)
    # THEN the tokens are already counted, for the model works all the same
    assert server.journal.calls()[0].input_tokens > 0
    # WHEN the fault is cleared
    while thread.is_alive():
        server.faults.clear()
        thread.join(0.01)
    # THEN the call is answered
    assert answers
    assert server.journal.calls()[0].complete


def test_pace_on_demand(operations: Operations, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a pace of 50 ms for one call, and a clock of ours
    waited: list[float] = []
    monkeypatch.setattr(server.faults, "sleep", waited.append)
    server.faults.add("pace", milliseconds=50)
    # WHEN a stream is read
    events = list(operations["converse-stream"]()["stream"])
    # THEN there was a silence of 50 ms before each frame but the first
    assert [seconds for seconds in waited if seconds] == [0.05] * (len(events) - 1)
