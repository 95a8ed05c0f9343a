"""Streams of containers on SageMaker: cut anywhere, settled, and always ended."""

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_api.dialects import Frame
from llm_api.dialects.openai.container import ContainerChunks
from llm_api.eventstream import Decoder, exception
from llm_api.inference.sagemaker import _AsBedrocks

from tests.unit.llm_api.container import CHAT, PIECES, ROUTE, USAGE, Tenant, events, part, piece, read, streamed, tenant
from tests.unit.llm_api.dialect_support import CLOCK, WEATHER
from tests.unit.llm_api.model_wire import (
    Connection,
    Reply,
    stream,
    whole,
)

__all__ = ["tenant"]


def test_a_stream_is_the_containers_own_under_our_name(tenant: Tenant) -> None:
    # GIVEN a stream with usage
    world = tenant()

    # WHEN a caller asks for it
    body = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
    response = world.send(ROUTE, body, streamed(*PIECES), model="tuned")

    # THEN the container was asked for a stream with its numbers
    received = world.wire.received[0]
    assert received.path == "/endpoints/acme-llama/invocations-response-stream"
    assert received.json["stream"] is True
    assert received.json["stream_options"] == {"include_usage": True}

    # AND the caller gets OpenAI's chunks under the model's name here, the usage last
    *chunks, done = read(whole(response))
    assert done == "[DONE]"
    assert {(chunk["id"], chunk["model"]) for chunk in chunks} == {("chatcmpl-req-1", "tuned")}
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks[:-1]) == "Grüezi"
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], USAGE)
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert response.headers["content-type"] == "text/event-stream"

    # AND it is settled to the token
    assert (world.log["settlement"], world.used()) == ("exact", 7)


def test_who_did_not_ask_gets_no_usage_and_yet_it_is_settled(tenant: Tenant) -> None:
    world = tenant()
    response = world.send(ROUTE, {**CHAT, "stream": True}, streamed(*PIECES), model="tuned")
    assert b"usage" not in whole(response)
    assert (world.log["settlement"], world.used()) == ("exact", 7)


def test_a_stream_without_numbers_leaves_the_reservation(tenant: Tenant) -> None:
    world = tenant()
    body = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
    response = world.send(ROUTE, body, streamed(*PIECES[:-1]), model="tuned")
    assert read(whole(response))[-1] == "[DONE]"
    assert [chunk for chunk in read(whole(response))[:-1] if not chunk["choices"]] == []
    assert (world.log["tokens_estimated"], world.log["settlement"]) == (True, "stands")


WRITTEN = {
    "vllm": events(*PIECES),
    "tgi": events(*PIECES, mark="data:").replace(b'"stop"', b'"eos_token"'),
    "lmi": b"".join(json.dumps(piece, ensure_ascii=False).encode() + b"\n" for piece in PIECES),
    "windows": events(*PIECES).replace(b"\n", b"\r\n"),
    "no last line": events(*PIECES)[: -len(b"data: [DONE]\n\n")].rstrip(),
}


@pytest.mark.parametrize("container", WRITTEN)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_parts_may_split_anything_anywhere(container: str, data: st.DataObject) -> None:
    # GIVEN what a container writes, cut into parts that know nothing of lines or characters
    written = WRITTEN[container]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(written) - 1), max_size=40)))
    parts = [part(written[start:end]) for start, end in zip([0, *cuts], [*cuts, len(written)], strict=True)]
    decoder = Decoder()

    def frames() -> Iterator[Frame]:
        waiting = iter(parts)
        received = SimpleNamespace(piece=lambda until: next(waiting, b""))
        streaming = _AsBedrocks(None, received)  # type: ignore[arg-type]
        while sent_at_once := streaming.next(0):
            for message in decoder.messages(sent_at_once):
                yield Frame(message.raw, message.headers[":event-type"], message.payload)

    # WHEN it is read
    chunks = ContainerChunks({"id": "1"}, one_call=False, include_usage=True)
    found = [line for frame in frames() for line in chunks.translate(frame)]
    found += chunks.close()

    # THEN the text and the numbers are whole
    documents = read(b"".join(found))
    assert "".join(one["choices"][0]["delta"].get("content", "") for one in documents[:-1]) == "Grüezi"
    assert documents[-2]["choices"][0]["finish_reason"] == "stop"
    assert documents[-1]["usage"] == USAGE


@pytest.mark.parametrize("one_call", [False, True])
def test_calls_of_tools_are_streamed(tenant: Tenant, one_call: bool) -> None:
    # GIVEN two calls, of which TGI once wrote the second as an object
    world = tenant()
    begin = {"index": 0, "id": "a", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
    pieces = [
        piece({"role": "assistant", "content": None, "tool_calls": [begin]}),
        piece({"tool_calls": [{"index": 0, "function": {"arguments": '{"city":"Bern"}'}}]}),
        piece({"tool_calls": {"index": 1, "id": "b", "function": {"name": "get_time", "arguments": {}}}}),
        piece({}, "tool_calls", usage=USAGE),
    ]

    # WHEN they are streamed
    body = {**CHAT, "stream": True, "tools": [WEATHER, CLOCK], "parallel_tool_calls": not one_call}
    *chunks, _ = read(whole(world.send(ROUTE, body, streamed(*pieces), model="tuned")))

    # THEN they are OpenAI's
    calls = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", [])]
    assert "".join(call["function"].get("arguments", "") for call in calls if call["index"] == 0) == '{"city":"Bern"}'
    assert [call["function"]["name"] for call in calls if "name" in call["function"]] == (
        ["get_weather"] if one_call else ["get_weather", "get_time"]
    )
    assert world.used() == 7


def test_thinking_is_streamed_beside_the_answer(tenant: Tenant) -> None:
    pieces = [piece({"reasoning": "Hm"}), piece({"reasoning_content": "m"}), *PIECES[1:]]
    *chunks, _ = read(whole(tenant().send(ROUTE, {**CHAT, "stream": True}, streamed(*pieces), model="tuned")))
    assert "".join(chunk["choices"][0]["delta"].get("reasoning_content", "") for chunk in chunks) == "Hmm"


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (stream(part(events(*PIECES[:2]).replace(b"data: [DONE]\n\n", b""))), 10.0),
        (stream(part(events(*PIECES[:2])), exception("ModelStreamError", "It broke.")), 10.0),
        (streamed(*PIECES[:2], {"error": {"message": "CUDA out of memory: the prompt was …"}}), 10.0),
        (streamed(*PIECES[:2], {"choices": [{"delta": "not an object"}]}), 10.0),
    ],
    ids=["ends", "breaks", "tells an error", "is no chunk"],
)
def test_a_stream_that_fails_in_the_middle_is_told(tenant: Tenant, reply: Reply, seconds: float) -> None:
    # GIVEN a container that fails after its first words
    world = tenant()

    # WHEN it is read
    body = whole(world.send(ROUTE, {**CHAT, "stream": True}, reply, model="tuned", seconds=seconds))

    # THEN the caller has them, and an error that holds none of the container's own words
    *chunks, last = read(body)
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == "Grü"
    assert last["error"]["type"] == "server_error"
    assert b"CUDA" not in body
    assert world.log["settlement"] == "stands"


def test_a_stream_out_of_time_ends_as_one_that_is_too_long(tenant: Tenant) -> None:
    world = tenant()
    reply = stream(part(events(*PIECES[:2]).replace(b"data: [DONE]\n\n", b"")), cut=True, then=Connection.wait)
    *chunks, done = read(whole(world.send(ROUTE, {**CHAT, "stream": True}, reply, model="tuned", seconds=0.4)))
    assert (chunks[-1]["choices"][0]["finish_reason"], done) == ("length", "[DONE]")
    assert world.log["settlement"] == "stands"
