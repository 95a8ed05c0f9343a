"""How an answer goes out: the pace of a stream, and the faults that strike on the way."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from local_aws.faults import Fault
from local_aws.models import frames
from local_aws.models.types import ConnectionCut

TRICKLE_BYTES = 16

_STRIKES_AFTER = ("error_frame_after", "truncated_frame_after", "corrupt_frame_after", "cut_after")


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded event, and the output tokens that it stands for."""

    data: bytes
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one stream is sent.

    Attributes:
        struck: the faults that strike this call.
        pace_seconds: the silence before each frame but the first.
        sleep: waits; a fault that is cleared ends the wait.
        progress: told how many tokens were produced so far.
        ended: told that the stream was produced to its end.
        sagemaker: whose exceptions a fault sends.
    """

    struck: Sequence[Fault]
    pace_seconds: float
    sleep: Callable[[float], None]
    progress: Callable[[int], None]
    ended: Callable[[], None]
    sagemaker: bool = False

    def stream(self, produced: Iterator[Frame]) -> Iterator[bytes]:
        """The frames at their pace. Closing it leaves the journal with what was produced until then."""
        first = {fault.kind: fault for fault in reversed(self.struck)}
        pace = first["pace"].milliseconds / 1000 if "pace" in first else self.pace_seconds
        due = next((fault for fault in self.struck if fault.kind in _STRIKES_AFTER), None)
        if "slow_first_byte" in first:
            yield b""
            self.sleep(first["slow_first_byte"].seconds)
        total = 0
        for sent, frame in enumerate(produced):
            if due is not None and sent == due.frames:
                break
            if sent and pace:
                self.sleep(pace)
            total += frame.tokens
            self.progress(total)
            yield from self._pieces(frame.data, first.get("trickle"))
        if due is not None:
            yield from self._strike(due)
        else:
            self.ended()

    def buffered(self, body: bytes) -> bytes | Iterator[bytes]:
        """A whole body; an iterator only where a fault is about its connection."""
        kinds = {fault.kind: fault for fault in self.struck}
        if "cut_after" in kinds:
            return self._strike(kinds["cut_after"])
        if "slow_first_byte" in kinds:
            return self._late(body, kinds["slow_first_byte"].seconds)
        return body

    def _late(self, body: bytes, seconds: float) -> Iterator[bytes]:
        yield b""
        self.sleep(seconds)
        yield body

    def _pieces(self, data: bytes, trickle: Fault | None) -> Iterator[bytes]:
        if trickle is None:
            yield data
            return
        for at in range(0, len(data), TRICKLE_BYTES):
            if at:
                self.sleep(trickle.milliseconds / 1000)
            yield data[at : at + TRICKLE_BYTES]

    def _strike(self, fault: Fault) -> Iterator[bytes]:
        match fault.kind:
            case "error_frame_after":
                yield self._exception(fault)
            case "truncated_frame_after":
                whole = self._exception(fault)
                yield whole[: len(whole) // 2]
            case "corrupt_frame_after":
                yield frames.corrupted(frames.event("chunk", b'{"bytes":"e30="}'))
            case _:
                yield b""
                raise ConnectionCut("a fault severed the connection")

    def _exception(self, fault: Fault) -> bytes:
        kind = fault.exception
        message = fault.message or "The model failed while it was streaming. Try your request again."
        if self.sagemaker:
            kind = "ModelStreamError" if kind == "modelStreamErrorException" else kind
            return frames.exception(kind, json.dumps({"Message": message, "ErrorCode": "StreamBroken"}).encode())
        return frames.exception(kind, json.dumps({"message": message}).encode())
