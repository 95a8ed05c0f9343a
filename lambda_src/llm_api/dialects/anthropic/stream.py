"""Claude's stream on Bedrock as the server-sent events that Anthropic's SDKs read.

https://platform.claude.com/docs/en/build-with-claude/streaming

Bedrock's chunks hold Anthropic's own events, one each; the last carries `amazon-bedrock-invocationMetrics` beside it.
The SDKs go by the `event:` line, so every event has one.
"""

import json
from collections.abc import Iterator
from typing import Any

from llm_api.dialects import Frame, StreamFault
from llm_api.errors import ApiError, OutOfTime, UpstreamFault
from llm_api.eventstream import CorruptStream, chunk

_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}
"""HTTP status -> `error.type`, https://platform.claude.com/docs/en/api/errors; any other is an `api_error`."""


def error_body(error: ApiError, request_id: str) -> dict[str, Any]:
    """`{"type": "error", "error": {type, message}, "request_id"}`."""
    kind = _ERROR_TYPES.get(error.status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": error.message}, "request_id": request_id}


def render_events(frames: Iterator[Frame | None], request_id: str) -> Iterator[bytes]:
    """The stream of events, with its proper end whatever happens.

    Out of time closes the open block and ends like an answer that reached `max_tokens`. Any other fault ends with
    `event: error`, which the SDKs raise.
    """
    events = _Events()
    try:
        for frame in frames:
            if frame is None:
                yield _event({"type": "ping"})
            else:
                yield from events.translate(frame)
        if not events.stopped:
            raise UpstreamFault("The model's stream ended before the answer did.")
    except StreamFault as fault:
        yield from events.end_early(fault.error, request_id)
    except ApiError as error:
        yield from events.end_early(error, request_id)


class _Events:
    def __init__(self) -> None:
        self._started = False
        self._open_block: int | None = None
        self._output_tokens = 0
        self._reason_given = False
        self.stopped = False

    def translate(self, frame: Frame) -> Iterator[bytes]:
        """The event in one chunk; none where it holds only Bedrock's own remarks."""
        try:
            event = json.loads(chunk(frame.payload))
        except (CorruptStream, ValueError):
            raise UpstreamFault("Bedrock sent a chunk that can't be read.") from None
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            return
        event = {name: value for name, value in event.items() if not name.startswith("amazon-bedrock-")}
        self._follow(event)
        yield _event(event)

    def end_early(self, error: ApiError, request_id: str) -> Iterator[bytes]:
        """The end of a stream that can't go on."""
        if self.stopped:
            return
        if not isinstance(error, OutOfTime) or not self._started:
            yield _event(error_body(error, request_id))
            return
        if self._open_block is not None:
            yield _event({"type": "content_block_stop", "index": self._open_block})
        if not self._reason_given:
            delta = {"stop_reason": "max_tokens", "stop_sequence": None}
            yield _event({"type": "message_delta", "delta": delta, "usage": {"output_tokens": self._output_tokens}})
        yield _event({"type": "message_stop"})

    def _follow(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "message_start":
            self._started = True
            message = event.get("message")
            self._count(message.get("usage") if isinstance(message, dict) else None)
        elif kind == "content_block_start":
            index = event.get("index")
            self._open_block = index if isinstance(index, int) else None
        elif kind == "content_block_stop":
            self._open_block = None
        elif kind == "message_delta":
            self._count(event.get("usage"))
            delta = event.get("delta")
            self._reason_given = isinstance(delta, dict) and delta.get("stop_reason") is not None
        elif kind == "message_stop":
            self.stopped = True

    def _count(self, usage: Any) -> None:
        tokens = usage.get("output_tokens") if isinstance(usage, dict) else None
        if isinstance(tokens, int):
            self._output_tokens = tokens


def _event(event: dict[str, Any]) -> bytes:
    # A line break in the name would let the model write events of its own.
    name = str(event["type"]).replace("\n", " ").replace("\r", " ")
    return b"event: " + name.encode("ascii", "replace") + b"\ndata: " + json.dumps(event).encode() + b"\n\n"
