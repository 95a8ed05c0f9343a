"""Taking turns within one deadline: `on_timeout = "fallback"`.

Each candidate that has another behind it gets three fifths of the time that remains, so that with one fallback two
fifths are left for that. Who hasn't answered by then is given up and is perhaps paid for all the same: what was
reserved for the request covers every candidate, and stands.
"""

from collections.abc import Iterator, Sequence

from llm_api.deadline import Deadline
from llm_api.inference import Candidate

SHARE = 0.6
"""Of the time that remains, what a candidate gets that has another behind it."""


def in_turns(candidates: Sequence[Candidate], deadline: Deadline) -> Iterator[Candidate]:
    """The candidates, each with the end of its turn, which begins when it is taken from here."""
    *before, last = candidates
    for candidate in before:
        yield candidate._replace(until=Deadline.after(deadline.remaining_seconds() * SHARE, deadline.clock))
    yield last
