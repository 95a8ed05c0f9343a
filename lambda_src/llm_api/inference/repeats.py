"""One request to one target, repeated where a repeat can't be paid for twice."""

import random
from collections.abc import Callable
from typing import TypeVar

from llm_api.deadline import Deadline
from llm_api.errors import ApiError, ModelNotReady, QuotaExceeded, Throttled, Unavailable
from llm_api.inference.progress import Progress
from llm_api.registry import Target

T = TypeVar("T")

MAX_REPEATS = 2
_BACKOFF_SECONDS = 0.25


def repeating(
    send: Callable[[float], T],
    target: Target,
    deadline: Deadline,
    progress: Progress,
    pause: Callable[[float], None],
) -> T:
    """The result of `send`, which is called up to three times.

    Parameters:
        send: takes the seconds that are left; raises what botocore raises, or `TooLate`.
        pause: sleeps, in seconds.

    Raises:
        ApiError: what the last failure means.
    """
    repeats = 0
    while True:
        try:
            return _attempt(send, target, deadline, progress)
        except ApiError as failure:
            jittered_seconds = random.uniform(0, _BACKOFF_SECONDS * 2**repeats)
            in_time = jittered_seconds < deadline.remaining_seconds()
            if not _may_repeat(failure) or repeats == MAX_REPEATS or not in_time:
                raise
        repeats += 1
        pause(jittered_seconds)


def _attempt(send: Callable[[float], T], target: Target, deadline: Deadline, progress: Progress) -> T:
    remaining_seconds = deadline.remaining_seconds()
    if remaining_seconds <= 0:
        from llm_api.inference import failures

        raise failures.out_of_time(target)
    progress.attempt()
    try:
        return send(remaining_seconds)
    except Exception as error:
        from llm_api.inference import failures  # what goes well needs none of it

        failure = failures.of_exception(error, target)
        if failures.is_free(failure):
            progress.cost_nothing()
        raise failure from error


def _may_repeat(failure: ApiError) -> bool:
    return isinstance(failure, Throttled | ModelNotReady | Unavailable) and not isinstance(failure, QuotaExceeded)
