"""One invocation on its way through a sandbox, and what comes back from it piece by piece."""

import json
import queue
import secrets
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from local_aws.lambda_service.types import FunctionTimeout, InvocationFailed


@dataclass(frozen=True, slots=True)
class Head:
    """The runtime began to answer.

    Attributes:
        streaming: whether it chose the streaming response mode.
    """

    streaming: bool
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some bytes of the answer."""

    data: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The answer is complete."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The function, its process or its answer failed.

    Attributes:
        payload: the JSON document that a buffered caller receives.
    """

    error_type: str
    message: str
    payload: bytes

    @classmethod
    def of(cls, error_type: str, message: str) -> "Failure":
        """A failure in the service's own words."""
        return cls(error_type, message, json.dumps({"errorType": error_type, "errorMessage": message}).encode())


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The function's time is over."""


# How long the end of a process may take to follow the end of its connection.
DYING_SECONDS = 1.0
# How long an answer that was sent may take to be noticed.
BEGIN_SECONDS = 0.25
Message = Head | Chunk | End | Failure | TimedOut


@dataclass(slots=True)
class Work:
    """One event for one sandbox.

    Attributes:
        timeout_seconds: the function's timeout; the clock starts when the work is created, after init.
        answered: the runtime has posted its whole answer, or failed; what is left is its request for the next event.
        log_lines: what the function wrote during this invocation.
    """

    event: bytes
    function_arn: str
    timeout_seconds: float
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace_id: str = field(
        default_factory=lambda: (
            f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
        )
    )
    started: float = field(default_factory=time.monotonic)
    deadline_ms: int = 0
    answered: bool = False
    broken: Failure | None = None
    init_seconds: float | None = None
    log_lines: list[str] = field(default_factory=list)
    messages: "queue.SimpleQueue[Message]" = field(default_factory=queue.SimpleQueue)
    _begun: threading.Event = field(default_factory=threading.Event)
    _read: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)

    def start_clock(self) -> None:
        """Sets the deadline; called when the event is handed to a runtime that is ready for it."""
        self.started = time.monotonic()
        self.deadline_ms = int((time.time() + self.timeout_seconds) * 1000)

    def break_off(self, failure: Failure) -> None:
        """The runtime's connection ended within its answer. If its process is ending too, that is the better reason."""
        self.broken = failure
        self._read.set()
        if not self._over.wait(DYING_SECONDS):
            self.post(failure)

    def wait_until_read(self) -> None:
        """Waits for the thread that reads the answer: what was sent before this moment shall not come after it.

        The runtime's next request, and the end of its process, are seen by other threads than its answer.
        """
        if self._begun.wait(BEGIN_SECONDS):
            self._read.wait(DYING_SECONDS)

    def post(self, message: Message) -> None:
        """Adds a piece; after `End`, a failure or a timeout, everything further is dropped."""
        if self.answered:
            return
        if isinstance(message, End | Failure | TimedOut):
            self.answered = True
        self.messages.put(message)
        self._begun.set()
        if self.answered:
            self._read.set()
            self._over.set()

    def pieces(self) -> Iterator[Head | Chunk]:
        """The answer as it comes.

        Raises:
            InvocationFailed: with the failure's payload as `payload`; or `FunctionTimeout`.
        """
        while True:
            message = self.messages.get()
            match message:
                case End():
                    return
                case Failure():
                    raise FailedWithPayload(message)
                case TimedOut():
                    raise FunctionTimeout(self.request_id, self.timeout_seconds)
                case _:
                    yield message


class FailedWithPayload(InvocationFailed):
    """An invocation's failure together with the JSON that a buffered caller receives."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error_type, failure.message)
        self.payload = failure.payload
