"""What the stand-in models did: one entry a call, with the tokens that were really produced."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

BODY_KEPT_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model as the stand-ins saw it.

    Attributes:
        model: the ID or ARN the call named; for SageMaker the endpoint's name.
        operation: see `local_aws.models.ModelRequest`.
        role_arn: the role that called; None for the test administrator.
        allowed: False where IAM refused and the model was never reached.
        status: the HTTP status that went out.
        input_tokens: without the cached ones.
        output_tokens: what was produced, also when nobody was left to read it.
        guardrail: `IDENTIFIER:VERSION` as the call carried it.
        checked: what that guardrail read of the input.
        tags: the request metadata that the call carried, by which Bedrock's invocation log is attributed.
        trace: the tracing header that the call carried.
        headers: Bedrock's own that it carried, by their names in lower case.
        body: what was asked, as it arrived; empty where it is over `BODY_KEPT_BYTES`.
        complete: False while a stream is under way, and for good when it was cut or its reader left.
    """

    model: str
    operation: str
    region: str
    role_arn: str | None = None
    allowed: bool = True
    status: int = 200
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    guardrail: str | None = None
    checked: str = ""
    streamed: bool = False
    complete: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)
    trace: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str = field(default="", repr=False)

    def request(self) -> Any:
        """What was asked, as JSON.

        Raises:
            ValueError: it was too large to be kept, or is no JSON.
        """
        return json.loads(self.body)


class Journal:
    """A thread-safe list of calls, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[int, Call] = {}
        self._next = 0

    def record(self, call: Call) -> int:
        """Add a call and return its ticket, with which it can be amended while it is under way."""
        with self._lock:
            ticket, self._next = self._next, self._next + 1
            self._calls[ticket] = call
            return ticket

    def amend(
        self, ticket: int, *, output_tokens: int | None = None, input_tokens: int | None = None, complete: bool = False
    ) -> None:
        """Bring a call that is under way up to date. A call that was cleared meanwhile is left alone."""
        with self._lock:
            call = self._calls.get(ticket)
            if call is None:
                return
            self._calls[ticket] = replace(
                call,
                output_tokens=call.output_tokens if output_tokens is None else output_tokens,
                input_tokens=call.input_tokens if input_tokens is None else input_tokens,
                complete=call.complete or complete,
            )

    def calls(self) -> list[Call]:
        """A snapshot."""
        with self._lock:
            return list(self._calls.values())

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._calls)
