"""The stand-in's fixed answers, as Bedrock and DynamoDB send them: made once, so that the model costs nothing."""

import base64
import json
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from local_aws.models.frames import event, padding

WORD = "Quite "
TABLE_NAMES = ("minute", "hour", "day", "week", "month")
TENANT = "marketing"
BUDGETS = {"requests_per_minute": 10**9, "tokens_per_day": 10**12, "usd_per_month": 10**9}
"""Never used up: what is measured is the keeping of them."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A streamed answer.

    Attributes:
        first: the model's first frame.
        rest: everything after it, one HTTP chunk a frame, the last chunk included.
    """

    first: bytes
    rest: tuple[bytes, ...]


INVOKED = json.dumps(
    {
        "id": "msg_bdrk_01",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5-20251001",
        "content": [{"type": "text", "text": WORD * 40}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 20, "output_tokens": 40},
    }
).encode()

CONVERSED = json.dumps(
    {
        "metrics": {"latencyMs": 400},
        "output": {"message": {"content": [{"text": WORD * 40}], "role": "assistant"}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 20, "outputTokens": 40, "totalTokens": 60},
    }
).encode()

INVOKE_HEADERS = {
    "x-amzn-bedrock-invocation-latency": "400",
    "x-amzn-bedrock-input-token-count": "20",
    "x-amzn-bedrock-output-token-count": "40",
}


@cache
def invoke_stream(chunks: int) -> Stream:
    """InvokeModelWithResponseStream by Claude, `chunks` pieces of text long."""
    usage = {"input_tokens": 20, "output_tokens": chunks}
    start = {"id": "msg_bdrk_01", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001"}
    message: dict[str, Any] = {
        **start,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1},
    }
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": WORD}}
    metrics = {"inputTokenCount": 20, "outputTokenCount": chunks, "invocationLatency": 400, "firstByteLatency": 100}
    documents: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *[delta] * chunks,
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop", "amazon-bedrock-invocationMetrics": metrics},
    ]
    return _stream(
        [
            event("chunk", _json({"bytes": base64.b64encode(_json(document)).decode(), "p": padding(number)}))
            for number, document in enumerate(documents)
        ]
    )


@cache
def converse_stream(chunks: int) -> Stream:
    """ConverseStream, `chunks` pieces of text long."""
    usage = {"inputTokens": 20, "outputTokens": chunks, "totalTokens": 20 + chunks}
    events: list[tuple[str, dict[str, Any]]] = [
        ("messageStart", {"role": "assistant"}),
        *[("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": WORD}})] * chunks,
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": usage, "metrics": {"latencyMs": 400}}),
    ]
    return _stream([event(kind, _json({**body, "p": padding(number)})) for number, (kind, body) in enumerate(events)])


def table(operation: str, request: dict[str, Any]) -> bytes:
    """DynamoDB's answer: every key belongs to one tenant, whose budgets are far away.

    Parameters:
        operation: the part of `X-Amz-Target` after the dot.
    """
    if operation == "GetItem":
        return _json({"Item": _item(request["Key"]["pk"]["S"])})
    if operation == "BatchGetItem":
        ((name, asked),) = request["RequestItems"].items()
        keys = [key["pk"]["S"] for key in asked["Keys"]]
        return _json({"Responses": {name: [_item(key) for key in keys if not key.startswith("override#")]}})
    if operation == "UpdateItem":
        return _json({"Attributes": _item(request["Key"]["pk"]["S"])})
    return b"{}"


def _item(key: str) -> dict[str, Any]:
    kind, _, _ = key.partition("#")
    if kind in ("key", "principal"):
        return {"pk": {"S": key}, "tenant": {"S": TENANT}}
    if kind == "tenant":
        budgets = {name: {"N": str(value)} for name, value in BUDGETS.items()}
        return {"pk": {"S": key}, "models": {"SS": ["fast"]}, "budgets": {"M": budgets}}
    now = time.time()
    clock = time.gmtime(now)
    days = int(now // 86_400)
    numbers = (int(now // 60), int(now // 3_600), days, (days + 3) // 7, clock.tm_year * 12 + clock.tm_mon - 1)
    counters = {f"{window}_{what}": {"N": "1000"} for window in TABLE_NAMES for what in ("requests", "tokens", "usd")}
    windows = {name: {"N": str(number)} for name, number in zip(TABLE_NAMES, numbers, strict=True)}
    return {"pk": {"S": key}, **windows, **counters}


def _stream(frames: list[bytes]) -> Stream:
    chunks = [b"%x\r\n%b\r\n" % (len(frame), frame) for frame in frames]
    return Stream(chunks[0], (*chunks[1:], b"0\r\n\r\n"))


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
