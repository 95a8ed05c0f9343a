"""Event-stream frames, byte for byte."""

import json

from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from local_aws.faults import Faults
from local_aws.journal import Journal
from local_aws.models import ModelRequest, ModelRuntime, frames


def test_frame_has_the_documented_layout() -> None:
    # WHEN a frame with one header is encoded
    data = frames.frame({":a": "b"}, b"{}")
    # THEN lengths, header and payload stand where the documentation has them
    assert data[:8] == bytes.fromhex("00000019 00000007")
    assert data[12:19] == b"\x02:a\x07\x00\x01b"
    assert data[19:21] == b"{}"
    assert len(data) == 0x19


@given(st.dictionaries(st.text("abc:-", min_size=1), st.text(max_size=40), max_size=4), st.binary(max_size=200))
def test_botocore_reads_every_frame(headers: dict[str, str], payload: bytes) -> None:
    # WHEN a frame is read by botocore
    buffer = EventStreamBuffer()
    buffer.add_data(frames.frame(headers, payload))
    (message,) = buffer
    # THEN it has what was put in
    assert message.headers == headers
    assert message.payload == payload


def test_payloads_are_padded_to_hide_their_length() -> None:
    # WHEN a stream is read as it stands on the wire
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "count to 30"}]}]}).encode()
    call = ModelRequest("us-east-1", "amazon.nova-lite-v1:0", "converse-stream", {}, body)
    buffer = EventStreamBuffer()
    for data in ModelRuntime(Faults(), Journal(), pace_seconds=0).respond(call).body:
        buffer.add_data(bytes(data))  # type: ignore[arg-type]
    pads = [json.loads(message.payload)["p"] for message in buffer]
    # THEN every payload carries padding, of many lengths, cut from the same alphabet
    assert len({len(pad) for pad in pads}) > 10
    assert all(frames.PADDING.startswith(pad) and pad for pad in pads)
