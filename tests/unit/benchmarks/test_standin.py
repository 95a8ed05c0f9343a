"""The stand-in speaks so that boto3 understands it, and does what it is told."""

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from benchmarks.model import StandIn
from benchmarks.standin import Behaviour
from benchmarks.wire import TENANT


@pytest.fixture(scope="module")
def model() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def client(model: StandIn) -> Any:
    model.behave(Behaviour(chunks=7))

    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=model.url,
            verify=str(model.ca_file),
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    return make


def test_a_whole_answer_is_claudes(client: Any) -> None:
    # WHEN boto3 asks
    answer = client("bedrock-runtime").invoke_model(modelId="m", body=b"{}")
    # THEN it gets text
    assert b"Quite" in answer["body"].read()


def test_a_stream_has_as_many_chunks_as_it_was_told(client: Any) -> None:
    # WHEN boto3 streams in both operations
    runtime = client("bedrock-runtime")
    invoked = runtime.invoke_model_with_response_stream(modelId="m", body=b"{}")
    conversed = runtime.converse_stream(modelId="m", messages=[{"role": "user", "content": [{"text": "Hi"}]}])
    # THEN it reads every frame
    assert sum(b"text_delta" in event["chunk"]["bytes"] for event in invoked["body"]) == 7
    assert sum("contentBlockDelta" in event for event in conversed["stream"]) == 7


def test_a_model_that_thinks_is_waited_for(client: Any, model: StandIn) -> None:
    # GIVEN a model that thinks for a while
    model.behave(Behaviour(delay_seconds=0.05))
    # WHEN it is asked
    started = time.monotonic()
    client("bedrock-runtime").invoke_model(modelId="m", body=b"{}")
    # THEN that takes as long
    assert time.monotonic() - started >= 0.05


def test_the_first_frame_is_dated(client: Any, model: StandIn) -> None:
    # WHEN a stream is read
    before = time.monotonic_ns()
    for _ in client("bedrock-runtime").invoke_model_with_response_stream(modelId="m", body=b"{}")["body"]:
        pass
    # THEN its beginning lies in that time, on this machine's clock
    assert before < model.first_frame_at_ns() < time.monotonic_ns()


def test_the_table_knows_every_key(client: Any) -> None:
    # WHEN the table is asked for any key, and for the tenant behind it
    table = client("dynamodb")
    key = table.get_item(TableName="t", Key={"pk": {"S": "key#00"}})["Item"]
    tenant = table.get_item(TableName="t", Key={"pk": {"S": f"tenant#{TENANT}"}})["Item"]
    # THEN there is one, with budgets
    assert key["tenant"]["S"] == TENANT
    assert "requests_per_minute" in tenant["budgets"]["M"]
