"""One request to one target, repeated where a repeat can't be paid for twice."""

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from llm_api import aws
from llm_api.deadline import Deadline
from llm_api.errors import ApiError, ModelNotReady, QuotaExceeded, Throttled, Unavailable
from llm_api.inference.bedrock import Streaming
from llm_api.inference.progress import Progress
from llm_api.registry import Target

T = TypeVar("T")

MAX_REPEATS = 2
_BACKOFF_SECONDS = 0.25


class Attempts:
    """The requests that one call makes to one target.

    Parameters:
        pause: sleeps, in seconds.
    """

    def __init__(self, target: Target, deadline: Deadline, progress: Progress, pause: Callable[[float], None]) -> None:
        self._target = target
        self._deadline = deadline
        self._progress = progress
        self._pause = pause
        self._repeats = 0

    def begin(self) -> float:
        """Count one more. The seconds that it has.

        Raises:
            OutOfTime: there are none.
        """
        remaining_seconds = self._deadline.remaining_seconds()
        if remaining_seconds <= 0:
            from llm_api.inference import failures

            raise failures.out_of_time(self._target)
        self._progress.attempt()
        return remaining_seconds

    def failed(self, error: Exception) -> None:
        """The last one failed. Returns, after a pause, if there may be another.

        Raises:
            ApiError: what the failure means.
        """
        import random  # what goes well needs neither of these

        from llm_api.inference import failures

        failure = failures.of_exception(error, self._target)
        if failures.is_free(failure):
            self._progress.cost_nothing()
        jittered_seconds = random.uniform(0, _BACKOFF_SECONDS * 2**self._repeats)
        in_time = jittered_seconds < self._deadline.remaining_seconds()
        if not _may_repeat(failure) or self._repeats == MAX_REPEATS or not in_time:
            raise failure from error
        self._repeats += 1
        self._pause(jittered_seconds)


def repeating(
    send: Callable[[float], T],
    target: Target,
    deadline: Deadline,
    progress: Progress,
    pause: Callable[[float], None],
) -> T:
    """The result of `send`, which is called up to three times.

    Parameters:
        send: takes the seconds that are left; raises `aws.AwsError`.
        pause: sleeps, in seconds.

    Raises:
        ApiError: what the last failure means.
    """
    attempts = Attempts(target, deadline, progress, pause)
    while True:
        seconds = attempts.begin()
        try:
            return send(seconds)
        except Exception as error:
            attempts.failed(error)


class Source:
    """The bytes of a streamed answer, asked for when they are first waited for, and again where that is free.

    Whoever waits says how long each time, the beginning included, and may come back: a protocol with pings says
    something meanwhile. So no thread has to read for it.

    Parameters:
        start: sends the request; takes the seconds that are left and raises `aws.AwsError`.

    Attributes:
        asked: whether the request is under way, or failed after it was begun.
        headers: Bedrock's own `x-amzn-bedrock-*` headers, names in lower case, once something has come.
    """

    def __init__(self, start: Callable[[float], Streaming], attempts: Attempts) -> None:
        self._start = start
        self._attempts = attempts
        self._streaming: Streaming | None = None
        self._opened = False
        self.asked = False
        self.headers: Mapping[str, str] = {}

    def next(self, seconds: float) -> bytes:
        """The next bytes, split anywhere; none at the end.

        Raises:
            TimedOut: nothing came in these seconds, or the deadline did.
            ApiError: the request failed, for good.
            AwsError: the answer breaks off.
        """
        until = time.monotonic() + seconds
        while not self._opened:
            self._open(until)
        assert self._streaming is not None
        return self._streaming.next(until)

    def close(self) -> None:
        """Read no further."""
        if self._streaming is not None:
            self._streaming.close()

    def _open(self, until: float) -> None:
        if self._streaming is None:
            self.asked = False
            seconds = self._attempts.begin()
            self.asked = True
            try:
                self._streaming = self._start(seconds)
            except Exception as error:
                self._attempts.failed(error)
                return
        try:
            self.headers = self._streaming.headers(until)
        except aws.TimedOut:
            raise
        except Exception as error:
            self._streaming = None
            self._attempts.failed(error)
            return
        self._opened = True


def _may_repeat(failure: ApiError) -> bool:
    return isinstance(failure, Throttled | ModelNotReady | Unavailable) and not isinstance(failure, QuotaExceeded)
