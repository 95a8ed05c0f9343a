"""Taking turns within one deadline: `on_timeout = "fallback"`.

Each candidate that has another behind it gets three fifths of the time that remains, so that with one fallback two
fifths are left for that. Who hasn't answered by then is given up and is perhaps paid for all the same: what was
reserved for the request covers every candidate, and stands.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from llm_api.deadline import Deadline
from llm_api.dialects import Payload
from llm_api.errors import ApiError, ModelEnded, ModelNotReady, OutOfTime, Throttled, Unavailable
from llm_api.inference.progress import Progress
from llm_api.registry import Target

if TYPE_CHECKING:
    from llm_api.inference import Candidate

T = TypeVar("T")

SHARE = 0.6
"""Of the time that remains, what a candidate gets that has another behind it."""

_STOOD_IN_FOR = (OutOfTime, Throttled, ModelNotReady, Unavailable, ModelEnded)


def first_in_time(
    candidates: "Sequence[Candidate]",
    deadline: Deadline,
    progress: Progress,
    ask: Callable[[Target, Sequence[Payload], Deadline], T],
) -> tuple[Target, T]:
    """Who answered first, in order, and its answer.

    Parameters:
        ask: gets the answer of one candidate by the deadline that it is given.

    Raises:
        ApiError: nobody answered. Where one was given up it is `OutOfTime`: what may be paid isn't worth repeating.
    """
    refusals: list[ApiError] = []
    for behind, candidate in zip(range(len(candidates) - 1, -1, -1), candidates, strict=True):
        progress.target, progress.fallback = candidate.target, candidate.fallback
        until = deadline
        if behind:
            until = Deadline.after(deadline.remaining_seconds() * SHARE, deadline.clock)
        try:
            return candidate.target, ask(candidate.target, candidate.payloads, until)
        except _STOOD_IN_FOR as refusal:
            refusals.append(refusal)
            if progress.usage is not None:
                break  # something was answered and counted: a second model's numbers can't be added to it
    late = next((refusal for refusal in refusals if isinstance(refusal, OutOfTime)), None)
    raise late or next((refusal for refusal in refusals if refusal.retryable), refusals[0])
