"""Faults on demand: what models, the table and sandboxes shall do wrong, for which of them, and how often."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

KINDS: dict[str, str] = {
    "throttle": "answer ThrottlingException, 429",
    "not_ready": "answer ModelNotReadyException, 429",
    "unavailable": "answer ServiceUnavailableException, 503",
    "internal": "answer InternalServerException, 500",
    "model_error": "answer ModelErrorException, 424",
    "model_timeout": "answer ModelTimeoutException, 408",
    "quota": "answer ServiceQuotaExceededException, 400",
    "access_denied_not_enabled": "answer AccessDeniedException as for a model the account has not enabled, 403",
    "validation": "answer ValidationException, 400",
    "expired_token": "answer ExpiredTokenException, 403",
    "ended": "answer ResourceNotFoundException as for a model past its end of life, 404",
    "legacy": "answer ResourceNotFoundException as for a legacy model that the account has not called for long, 404",
    "not_json": "answer 200 with a body that is not JSON",
    "end_beside_tools": "say that the answer ended, end_turn, though it calls tools",
    "tools_without_calls": "say that the answer calls tools, tool_use, though it has none",
    "broken_arguments": "call tools with arguments that are no JSON",
    "repeated_ids": "give the same ID to every call of a tool, in this answer and the next",
    "empty_answer": "end without any content",
    "usage_twice": "count cached tokens twice: apart, and within the input tokens",
    "guardrail_intervention": "have the guardrail intervene; `point` is input or output",
    "stall": "be silent for `seconds` before the answer begins",
    "slow_first_byte": "send the headers at once, then be silent for `seconds`",
    "trickle": "send the frames a few bytes at a time, `milliseconds` apart",
    "pace": "send the frames `milliseconds` apart",
    "error_frame_after": "after `frames` frames send an exception frame; `exception` is its type",
    "truncated_frame_after": "after `frames` frames send half a frame, then end",
    "corrupt_frame_after": "after `frames` frames send one with a wrong checksum",
    "cut_after": "after `frames` frames sever the connection; of a buffered answer, before it",
    "connection_lost": "forget a connection that was idle for `seconds`: what is sent on it is reset, unread",
    "table_throttled": "have DynamoDB refuse a function for its throughput; `model` is a part of the table's name",
    "table_fails": "have DynamoDB fail on a function, 500; nothing is written",
    "table_silent": "have DynamoDB do what a function asks, and be silent for `seconds` before it says so",
    "bucket_fails": "have S3 fail on a function, 503; nothing is written. `model` is a part of the bucket's name",
    "bucket_silent": "have S3 do what a function asks, and be silent for `seconds` before it says so",
    "sandbox_full": "start a sandbox that can't write to any file; `model` is a part of the function's name",
    "sandbox_clock": "start a sandbox whose clock is `seconds` fast, or slow where they are negative",
    "sandbox_expires": "start a sandbox with credentials that expire after `seconds`",
}
"""Every kind of fault, and what it makes a model, DynamoDB, S3 or Lambda do."""

TABLE: frozenset[str] = frozenset(kind for kind in KINDS if kind.startswith("table_"))
"""Faults of DynamoDB; their operations are such as `dynamodb:UpdateItem`."""

BUCKET: frozenset[str] = frozenset(kind for kind in KINDS if kind.startswith("bucket_"))
"""Faults of S3; their operations are such as `s3:PutObject`."""

SANDBOX: frozenset[str] = frozenset(kind for kind in KINDS if kind.startswith("sandbox_"))
"""Faults of a function's sandbox, which strike when one is started; one that runs already is spared."""

LAUNCH = "lambda:start"
"""Their operation."""

CONNECTION = "connection"
"""The operation of the fault that strikes a connection, whatever is sent on it."""

ERRORS: frozenset[str] = frozenset(kind for kind, does in KINDS.items() if "Exception" in does and "frame" not in does)
"""Faults that answer with an error instead of the model. One call takes one of them."""

MISBEHAVIOUR: frozenset[str] = frozenset(
    {"end_beside_tools", "tools_without_calls", "broken_arguments", "repeated_ids", "empty_answer", "usage_twice"}
)
"""Faults of a model that answers, but badly."""

STREAMED: frozenset[str] = frozenset(
    {"trickle", "pace", "error_frame_after", "truncated_frame_after", "corrupt_frame_after"}
)
"""Faults that wait for an operation that streams."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that waits for its calls.

    Attributes:
        kind: a key of `KINDS`.
        model: a part of the model's ID or ARN; None for every model.
        operation: such as `converse-stream`; None for every operation.
        times: how many calls it still strikes; None for all until it is cleared.
        frames: event-stream frames that go out before it strikes.
        exception: `:exception-type` of the frame that `error_frame_after` sends.
        message: overrides the message of an error.
        point: where a guardrail intervenes, `input` or `output`.
    """

    kind: str
    model: str | None = None
    operation: str | None = None
    times: int | None = 1
    seconds: float = 5.0
    milliseconds: float = 50.0
    frames: int = 3
    exception: str = "modelStreamErrorException"
    message: str | None = None
    point: str = "input"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no fault {self.kind!r}. Use one of: {', '.join(sorted(KINDS))}.")
        if self.times is not None and self.times < 1:
            raise ValueError(f"A fault strikes at least once, not {self.times} times. Leave `times` out, or give null.")

    def strikes(self, model: str, operation: str) -> bool:
        """Whether it is meant for this call."""
        if self.kind in STREAMED and "stream" not in operation:
            return False
        if (self.kind in TABLE) != operation.startswith("dynamodb:"):
            return False
        if (self.kind in BUCKET) != operation.startswith("s3:"):
            return False
        if (self.kind in SANDBOX) != (operation == LAUNCH):
            return False
        if (self.kind == "connection_lost") != (operation == CONNECTION):
            return False
        return (self.model is None or self.model in model) and self.operation in (None, operation)


class Faults:
    """The faults in waiting. Thread-safe: of two calls at once, one takes a fault that is to strike once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._released = threading.Event()

    def add(
        self,
        kind: str,
        *,
        model: str | None = None,
        operation: str | None = None,
        times: int | None = 1,
        **options: Any,
    ) -> Fault:
        """Put a fault in waiting; see `KINDS` and `Fault` for what there is.

        Raises:
            ValueError: there is no such kind or option.
        """
        try:
            fault = Fault(kind, model=model, operation=operation, times=times, **options)
        except TypeError:
            known = ", ".join(sorted(set(Fault.__dataclass_fields__) - {"kind", "model", "operation", "times"}))
            raise ValueError(f"A fault takes the options {known}; got {', '.join(sorted(options))}.") from None
        with self._lock:
            self._waiting.append(fault)
        return fault

    def add_json(self, text: str | bytes) -> Fault:
        """Put a fault in waiting from the control endpoint's body, `{"kind": "throttle", "times": 2, …}`.

        Raises:
            ValueError: not such a body.
        """
        entry = json.loads(text)
        if not isinstance(entry, Mapping) or not isinstance(entry.get("kind"), str):
            raise ValueError('A fault is a JSON object with at least a kind, such as {"kind": "throttle"}.')
        return self.add(**{str(name): value for name, value in entry.items()})

    def take(self, model: str, operation: str) -> Sequence[Fault]:
        """The faults that strike this call, each counted down by one: of those that answer alone the first."""
        struck: list[Fault] = []
        with self._lock:
            left: list[Fault] = []
            for fault in self._waiting:
                alone = ERRORS | TABLE | BUCKET
                second_error = fault.kind in alone and any(one.kind in alone for one in struck)
                if second_error or not fault.strikes(model, operation):
                    left.append(fault)
                    continue
                struck.append(fault)
                if fault.times is None:
                    left.append(fault)
                elif fault.times > 1:
                    left.append(replace(fault, times=fault.times - 1))
            self._waiting = left
        return struck

    def list(self) -> Sequence[dict[str, Any]]:
        """What is in waiting, ready for JSON."""
        with self._lock:
            return [asdict(fault) for fault in self._waiting]

    def clear(self) -> None:
        """Drop all faults and wake every call that a fault put to sleep."""
        with self._lock:
            self._waiting = []
            self._released.set()
            self._released = threading.Event()

    def sleep(self, seconds: float) -> None:
        """Wait as a fault asks for, but no longer than until `clear`."""
        with self._lock:
            released = self._released
        released.wait(seconds)
