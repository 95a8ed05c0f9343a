"""What a deployment is put through, and what is right meanwhile.

An ordeal has faults of its own and a tenant of its own, so that its books can be closed by themselves. Which answers
are right follows from the faults alone, and stands in each request before it is sent. Faults whose reservations stand
strike the models `breaks`, `cuts` and `stalls`; those that are never paid for, the others (`tests.load.deployment`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.campaign.requests import ALL, CLAUDES, PORTABLE, STREAMED, WHOLE, Author
from tests.load import jobs as loads
from tests.load.jobs import BROKEN, Job

FAST, NOVA, BREAKS, CUTS, STALLS = (
    "claude-haiku",
    "nova-lite",
    "claude-sonnet-4-5",
    "claude-opus",
    "claude-sonnet-4-2025",
)
REFUSES, BUSY = "mistral", "command-r"

IDLE_SECONDS = 10.5
"""Longer than a function uses a connection again (`llm_api.aws`)."""

Fault = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ordeal:
    """One of them.

    Attributes:
        name: for the report, and of its tenant.
        faults: as `local_aws.faults` takes them; without end unless `times` is given.
        jobs: the waves of requests, one after the other.
        afresh: whether it begins with new sandboxes, which is when a sandbox's fault strikes.
        pause_seconds: between two waves.
        before: requests that are sent before the faults begin, one by one.
        counted: the fewest and the most requests that the ledger may have counted in the end, where the fault decides
            that; None where every request counts, and every token.
        refuses_first: whether a failure may come before anything was reserved.
        failures: the fewest and the most failures that are right, where the fault decides that.
        keeps_connections: whether nothing may be sent on a connection that is lost, whatever the caller is told.
    """

    name: str
    faults: Sequence[Fault]
    jobs: Sequence[Sequence[Job]]
    afresh: bool = False
    pause_seconds: float = 0.0
    before: Sequence[Job] = ()
    counted: tuple[int, int] | None = None
    refuses_first: bool = False
    failures: tuple[int, int] | None = None
    keeps_connections: bool = False
    tenant: str = field(init=False)

    def __post_init__(self) -> None:
        tenant = self.name.replace(" ", "-").replace(",", "")
        object.__setattr__(self, "tenant", tenant)
        object.__setattr__(self, "before", [replace(job, tenant=tenant) for job in self.before])
        object.__setattr__(self, "jobs", [[replace(job, tenant=tenant) for job in wave] for wave in self.jobs])


def told(jobs: Iterable[Job], *statuses: int, told: str = "", may_answer: bool = False) -> list[Job]:
    """The same, to be told a failure."""
    return [replace(job, fails_with=frozenset(statuses), told=told, may_answer=may_answer) for job in jobs]


def by(jobs: Iterable[Job], *models: str) -> list[Job]:
    """The same, to be answered by one of these."""
    return [replace(job, by=frozenset(models)) for job in jobs]


def fault(kind: str, model: str | None = None, **options: Any) -> Fault:
    return {"kind": kind, "model": model, "times": None, **options}


def ordeals(author: Author, size: int, haul: int, requests: int, function: str, stall_seconds: float) -> list[Ordeal]:
    """All of them.

    Parameters:
        size: requests of an ordinary ordeal.
        haul: requests of the last one, which has most, at least.
        requests: of all together, at least.
        function: the deployed function's name.
        stall_seconds: longer than the function may run.
    """
    before = [
        calm(author, size),
        *throttling(author, size),
        *endings(author, size),
        *failures(author, size),
        *breaks(author, size),
        stalls_and_deaths(author, size, stall_seconds),
        *tables(author, size),
        Ordeal(
            "no disk and a clock 90 s slow",
            [fault("sandbox_full", function), fault("sandbox_clock", function, seconds=-90.0)],
            [by(author.jobs(size, ALL, "fast", "fast"), "fast")],
            afresh=True,
        ),
        foreign_limits(author, size),
        *wrong_clocks(author, size, function),
        expiry(author, size, function),
        lost_connections(author, size),
        # One after the other: all at once, on a busy machine, the models don't answer in time.
        Ordeal("six megabytes", [], [[job] for job in author.big("")], afresh=True, refuses_first=True),
    ]
    sent = sum(len(wave) for ordeal in before for wave in (ordeal.before, *ordeal.jobs))
    return [*before, the_haul(author, max(haul, requests - sent))]


def calm(author: Author, size: int) -> Ordeal:
    jobs = by(author.jobs(size, ALL, "fast"), "fast") + by(author.jobs(size, PORTABLE, "nova"), "nova")
    return Ordeal("calm", [], [jobs], afresh=True)


def throttling(author: Author, size: int) -> list[Ordeal]:
    """A storm without end, which a fallback stands in for where it may; and one that passes."""
    return [
        Ordeal(
            "throttled for good",
            [fault("throttle", FAST), fault("throttle", BUSY)],
            [
                by(author.jobs(size, PORTABLE, "fast"), "nova")
                + told(author.jobs(size // 2, CLAUDES, "fast"), 429)
                + told(author.jobs(size // 2, PORTABLE, "busy"), 429)
            ],
        ),
        Ordeal(
            "throttled in gusts",
            [fault("throttle", NOVA, times=2 * size), fault("unavailable", NOVA, times=size)],
            [told(author.jobs(2 * size, PORTABLE, "nova"), 429, 503, may_answer=True)],
        ),
    ]


def endings(author: Author, size: int) -> list[Ordeal]:
    return [
        Ordeal(
            "ended models",
            [fault("ended", FAST), fault("ended", REFUSES)],
            [
                by(author.jobs(size // 2, PORTABLE, "fast"), "nova")
                + told(author.jobs(size // 2, CLAUDES, "fast"), 404, told="past its end of life")
                + told(author.jobs(size // 2, PORTABLE, "refuses"), 404, told="past its end of life")
            ],
        ),
        Ordeal(
            "quota, and not ready",
            [fault("quota", BUSY), fault("not_ready", REFUSES), fault("access_denied_not_enabled", FAST)],
            [
                told(author.jobs(size // 2, PORTABLE, "busy"), 429)
                + told(author.jobs(size // 2, PORTABLE, "refuses"), 503)
                + told(author.jobs(size // 2, ALL, "fast"), 403, told="has not enabled")
            ],
        ),
    ]


def failures(author: Author, size: int) -> list[Ordeal]:
    """A model that fails, in whatever way: told as its failure and never repeated, so that nobody pays twice."""
    statuses = {"internal": 502, "model_error": 502, "model_timeout": 504}
    failing = [
        Ordeal(
            f"model {kind.replace('_', ' ')}", [fault(kind, BREAKS)], [told(author.jobs(size // 2, ALL, "breaks"), to)]
        )
        for kind, to in statuses.items()
    ]
    nonsense = told(author.jobs(size // 2, (WHOLE[0], WHOLE[2], WHOLE[1]), "breaks"), 502)
    return [*failing, Ordeal("an answer that is none", [fault("not_json", BREAKS)], [nonsense])]


def breaks(author: Author, size: int) -> list[Ordeal]:
    """Streams that break after the first byte: 200 has gone out, so the end says it, in the dialect's own way."""
    broken = [
        Ordeal(name, [fault(kind, CUTS, frames=3)], [told(author.jobs(size // 2, STREAMED, "cuts"), 200)])
        for name, kind in (
            ("corrupt frames", "corrupt_frame_after"),
            ("half a frame", "truncated_frame_after"),
            ("an error in the stream", "error_frame_after"),
        )
    ]
    cut = told(author.jobs(size // 2, STREAMED, "cuts"), 200) + told(author.jobs(size // 2, WHOLE, "cuts"), 502)
    return [*broken, Ordeal("cut connections", [fault("cut_after", CUTS, frames=3)], [cut])]


def stalls_and_deaths(author: Author, size: int, stall_seconds: float) -> Ordeal:
    """Silent models, told at the deadline; and sandboxes that die at work, before an answer and within a stream.

    Every request that dies has a twin of the same size that doesn't, whose reservation is in the log.
    """
    silent = [loads.stalled("", number, killed=number % 2 == 0) for number in range(max(2, size // 2))]
    slow = [dying_stream(number, killed=number % 2 == 0) for number in range(max(2, size // 4))]
    streamed = told(author.jobs(max(1, size // 4), STREAMED, "breaks"), 504)
    return Ordeal(
        "silent models, dying sandboxes",
        # Every stream of `cuts` is so slow that there is time to kill it, and is cut if nobody does.
        [
            fault("stall", STALLS, seconds=stall_seconds),
            fault("stall", BREAKS, seconds=stall_seconds),
            fault("pace", CUTS, milliseconds=1000.0),
            fault("cut_after", CUTS, frames=6),
        ],
        [silent + slow + streamed],
    )


def dying_stream(number: int, *, killed: bool) -> Job:
    marker = f"dying-{number:05d}"
    body = {
        "messages": [{"role": "user", "content": [{"text": "Count to 100."}]}],
        "inferenceConfig": {"maxTokens": 500},
        "requestMetadata": {"marker": marker},
    }
    return Job(
        "",
        "sandbox is killed in a stream" if killed else "stream is cut",
        "/model/cuts/converse-stream",
        body,
        ends="events",
        # Killed before its first byte left, it is a 502.
        fails_with=frozenset({BROKEN, 502} if killed else {200}),
        marker=marker if killed else None,
    )


def tables(author: Author, size: int) -> list[Ordeal]:
    """DynamoDB, throttled, out, and so slow that nobody knows whether it wrote: no answer without a reservation."""

    def refused(number: int) -> list[Job]:
        return told(author.jobs(number, ALL, "fast"), 503, told="Keys and budgets")

    unread = [
        Ordeal(f"table {name}", [fault(kind, operation=operation)], [refused(size // 2)], counted=(0, 0))
        for name, kind, operation in (
            ("throttled", "table_throttled", None),
            ("out", "table_fails", None),
            ("for reading only", "table_throttled", "dynamodb:UpdateItem"),
        )
    ]
    # A write was done, though nobody heard so, and is not done again: each request counts, once. One at the turn of a
    # minute doesn't: its write was refused, which nobody heard either.
    silent = max(2, size // 4)
    late = fault("table_silent", operation="dynamodb:UpdateItem", seconds=2.5)
    first = list(author.jobs(1, ALL, "fast"))
    return [*unread, Ordeal("table silent", [late], [refused(silent)], before=first, counted=(2, 1 + silent))]


def wrong_clocks(author: Author, size: int, function: str) -> list[Ordeal]:
    """Beyond five minutes AWS takes no signature, so nothing is done and nothing counted."""
    few = max(2, size // 4)
    return [
        Ordeal(
            f"a clock 10 min {name}",
            [fault("sandbox_clock", function, seconds=seconds)],
            [told(author.jobs(few, ALL, "fast"), 503, told="being replaced")],
            afresh=True,
            counted=(0, 0),
        )
        for name, seconds in (("slow", -600.0), ("fast", 600.0))
    ]


def foreign_limits(author: Author, size: int) -> Ordeal:
    """Limits of the output by names that the model doesn't obey: refused before anything is reserved, or renamed."""
    jobs = list(loads.mixed({"": (loads.FOREIGN, size)}, author.dice))
    return Ordeal("limits by foreign names", [], [jobs])


def expiry(author: Author, size: int, function: str) -> Ordeal:
    """Warm sandboxes whose credentials run out: each refuses one request at most, and ends."""
    expiring = 3
    return Ordeal(
        "expired credentials",
        [fault("sandbox_expires", function, seconds=4.0, times=expiring)],
        [
            told(author.jobs(expiring, ALL, "fast"), 503, told="being replaced", may_answer=True),
            told(author.jobs(2 * size, ALL, "fast"), 503, told="being replaced", may_answer=True),
        ],
        afresh=True,
        pause_seconds=5.0,
        refuses_first=True,
        failures=(1, expiring),
    )


def lost_connections(author: Author, size: int) -> Ordeal:
    """Warm sandboxes whose connections somebody has given up meanwhile, without a word: nobody notices."""
    jobs = [by(author.jobs(size, ALL, "fast"), "fast") for _ in range(2)]
    return Ordeal(
        "connections lost while idle",
        [fault("connection_lost", seconds=IDLE_SECONDS)],
        jobs,
        afresh=True,
        pause_seconds=IDLE_SECONDS + 1.0,
        keeps_connections=True,
    )


def the_haul(author: Author, requests: int) -> Ordeal:
    """Everything that happens on an ordinary bad day, for long: what leaks, leaks here."""
    mixed: list[Job] = []
    makers: Sequence[Callable[[int], Iterable[Job]]] = (
        lambda number: by(author.jobs(number, ALL, "fast"), "fast", "nova"),
        lambda number: by(author.jobs(number, PORTABLE, "nova"), "nova"),
        lambda number: told(author.jobs(number, ALL, "cuts"), 200, 502),
        lambda number: told(author.jobs(number, ALL, "breaks"), 502),
        lambda number: told(author.jobs(number, PORTABLE, "busy"), 429),
        lambda number: loads.mixed({"": (loads.ANSWERED + loads.FAILING, number)}, author.dice),
    )
    shares = (40, 20, 5, 3, 2, 30)
    for make, share in zip(makers, shares, strict=True):
        mixed += make(requests * share // 100)
    mixed += makers[0](max(0, requests - len(mixed)))  # what the shares' rounding left
    author.dice.shuffle(mixed)
    return Ordeal(
        "the haul",
        [
            fault("cut_after", CUTS, frames=3),
            fault("model_error", BREAKS),
            fault("throttle", BUSY),
            fault("validation", REFUSES),
        ],
        [mixed],
        afresh=True,
    )
