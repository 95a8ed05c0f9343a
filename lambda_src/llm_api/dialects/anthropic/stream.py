"""Claude's stream on Bedrock as the server-sent events that Anthropic's SDKs read.

https://platform.claude.com/docs/en/build-with-claude/streaming

Bedrock's chunks hold Anthropic's own events, one each; the last carries `amazon-bedrock-invocationMetrics` beside it.
The SDKs go by the `event:` line, so every event has one. The event with the stop reason waits for the one after it,
because the last of all may be the first to say that a guardrail intervened.
"""

import json
from collections.abc import Iterator
from typing import Any

from llm_api.dialects import Frame, StreamFault
from llm_api.dialects.anthropic.refusal import REFUSAL, is_refused
from llm_api.dialects.server_sent import gathered
from llm_api.errors import ApiError, ContextExceeded, OutOfTime, UpstreamFault
from llm_api.eventstream import CorruptStream, chunk
from llm_api.model_json import parse_json

PING = b'event: ping\ndata: {"type": "ping"}\n\n'

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

TOO_LONG = "prompt is too long"
"""The words by which clients of Anthropic's API know that they have to shorten the conversation."""


def error_body(error: ApiError, request_id: str) -> dict[str, Any]:
    """`{"type": "error", "error": {type, message}, "request_id"}`."""
    kind = _ERROR_TYPES.get(error.status, "api_error")
    message = error.message
    if isinstance(error, ContextExceeded) and TOO_LONG not in message:
        message = f"{TOO_LONG}: {message}"
    told: dict[str, Any] = {"type": kind, "message": message}
    if error.details is not None:
        told["details"] = error.details
    return {"type": "error", "error": told, "request_id": request_id}


def stop_reason(given: Any, *, calls: bool) -> Any:
    """Why the answer ended, made to follow its content.

    Clients run tools where the reason is `tool_use`, and wait for a call where it is. Claude says so at times without
    a call, or that its turn ended beside one.

    Parameters:
        given: the model's own reason.
        calls: whether the answer holds a `tool_use` block.
    """
    if calls and given in ("end_turn", "stop_sequence"):
        return "tool_use"
    return "end_turn" if given == "tool_use" and not calls else given


def is_call(block: Any) -> bool:
    """Whether a content block asks the client to run a tool."""
    return isinstance(block, dict) and block.get("type") == "tool_use"


def render_events(frames: Iterator[Frame | None], request_id: str) -> Iterator[bytes]:
    """The stream of events, with its proper end whatever happens.

    Out of time closes the open block and ends like an answer that reached `max_tokens`, a guardrail's intervention like
    one that was refused. Any other fault ends with `event: error`, which the SDKs raise.
    """
    events = _Events()
    try:
        yield from gathered(frames, events.translate, PING)
        yield from events.end()
    except StreamFault as fault:
        yield from events.end_early(fault.error, request_id)
    except ApiError as error:
        yield from events.end_early(error, request_id)


class _Events:
    def __init__(self) -> None:
        self._started = False
        self._open_block: int | None = None
        self._output_tokens = 0
        self._reason: dict[str, Any] | None = None
        self._reason_given = False
        self._refused = False
        self._called = False
        self._stopped = False

    def translate(self, frame: Frame) -> Iterator[bytes]:
        """The events in one chunk; none where it holds only Bedrock's own remarks."""
        try:
            data = chunk(frame.payload)
        except CorruptStream:
            raise UpstreamFault("Bedrock sent a chunk that can't be read.") from None
        event = parse_json(data)
        if not isinstance(event, dict):
            raise UpstreamFault("Bedrock sent a chunk that is no JSON object.")
        if self._stopped:
            return  # nothing follows the end
        self._refused = self._refused or is_refused(event)
        if not isinstance(event.get("type"), str):
            return
        if self._reason is not None:
            yield self._give_reason()
        if event["type"] == "content_block_delta" and b'"amazon-bedrock-' not in data and is_one_line(data):
            yield b"event: content_block_delta\ndata: " + data + b"\n\n"
            return
        event = {name: value for name, value in event.items() if not name.startswith("amazon-bedrock-")}
        self._follow(event)
        if self._reason is None:
            yield _event(event)

    def end(self) -> Iterator[bytes]:
        """What the model's last word leaves out: nothing, unless a guardrail cut it off.

        Raises:
            UpstreamFault: the answer is not whole, and no guardrail intervened.
        """
        if self._stopped:
            return
        if not self._refused or not self._started:
            raise UpstreamFault("The model's stream ended before the answer did.")
        yield from self._finish("refusal")

    def end_early(self, error: ApiError, request_id: str) -> Iterator[bytes]:
        """The end of a stream that can't go on."""
        if self._stopped:
            return
        if isinstance(error, OutOfTime) and self._started:
            yield from self._finish("max_tokens")
            return
        if self._reason is not None:
            yield self._give_reason()
        yield _event(error_body(error, request_id))

    def _finish(self, stop_reason: str) -> Iterator[bytes]:
        if self._open_block is not None:
            yield _event({"type": "content_block_stop", "index": self._open_block})
        if self._reason is None and not self._reason_given:
            delta = {"stop_reason": stop_reason, "stop_sequence": None}
            self._reason = {"type": "message_delta", "delta": delta, "usage": {"output_tokens": self._output_tokens}}
        if self._reason is not None:
            yield self._give_reason()
        yield _event({"type": "message_stop"})

    def _give_reason(self) -> bytes:
        event, self._reason, self._reason_given = self._reason or {}, None, True
        return _event({**event, "delta": {**event["delta"], **REFUSAL}} if self._refused else event)

    def _follow(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "message_start":
            self._started = True
            message = event.get("message")
            self._count(message.get("usage") if isinstance(message, dict) else None)
        elif kind == "content_block_start":
            index = event.get("index")
            self._called = self._called or is_call(event.get("content_block"))
            self._open_block = index if isinstance(index, int) else None
        elif kind == "content_block_stop":
            self._open_block = None
        elif kind == "message_delta":
            self._count(event.get("usage"))
            delta = event.get("delta")
            if isinstance(delta, dict) and delta.get("stop_reason") is not None:
                reason = stop_reason(delta["stop_reason"], calls=self._called)
                self._reason = {**event, "delta": {**delta, "stop_reason": reason}}
        elif kind == "message_stop":
            self._stopped = True

    def _count(self, usage: Any) -> None:
        tokens = usage.get("output_tokens") if isinstance(usage, dict) else None
        if isinstance(tokens, int):
            self._output_tokens = tokens


def is_one_line(data: bytes) -> bool:
    """Whether every reader of events takes JSON for one line: some end it at characters beyond ASCII, too."""
    return data.isascii() and b"\n" not in data and b"\r" not in data


def _event(event: dict[str, Any]) -> bytes:
    # A line break in the name would let the model write events of its own.
    name = str(event["type"]).replace("\n", " ").replace("\r", " ")
    return b"event: " + name.encode("ascii", "replace") + b"\ndata: " + json.dumps(event).encode() + b"\n\n"
