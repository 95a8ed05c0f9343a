"""One campaign: ordeals one after the other, and what came of each."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.campaign.ordeals import Ordeal, ordeals
from tests.campaign.requests import Author
from tests.campaign.watch import Growth, leaked, watching, written
from tests.load.audit import Book, audit
from tests.load.callers import Result, Watch, call_all, killing
from tests.load.deployment import MODELS, Deployment, Tenant
from tests.load.jobs import Job
from tests.load.oracle import FAILED, NO_TABLE, OTHERWISE
from tests.load.run import QUIET_SECONDS, WITHOUT_END

STALL_SECONDS = 60.0
GROWTH_BYTES = 4 * 1024 * 1024
"""The most that a sandbox may grow by in the second half of the haul: the allocator's noise, nothing left behind."""

WARM_UP_BYTES = 16 * 1024 * 1024
"""Likewise in a small campaign, whose sandboxes are new then: what is imported when first used."""

WARM_REQUESTS = 2000
"""A haul with so many warms every sandbox in its first half."""

THREADS = 2
"""The most threads that a sandbox may have more: those that wait for a model which somebody gave up on."""

ORDEALS_SHARE = 0.4

TELL_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Size:
    """How large a campaign is.

    Attributes:
        requests: of all callers together, about.
        callers: at work at once.
        seed: of everything that is sent.
    """

    requests: int = 10_000
    callers: int = 100
    seed: int = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one ordeal.

    Attributes:
        lost: requests of a function that went to a connection which was lost, told or not.
    """

    ordeal: Ordeal
    book: Book
    results: Sequence[Result]
    seconds: float
    growth: Growth | None = None
    lost: int = 0

    @property
    def wrong(self) -> list[Result]:
        return [result for result in self.results if result.outcome == OTHERWISE]

    def faults(self) -> list[str]:
        """What isn't as it has to be."""
        found = [f"{result.job.kind} to {result.job.model}: {result.detail}" for result in self.wrong]
        found += self.miscounted()
        if self.ordeal.keeps_connections and self.lost:
            found.append(f"{self.lost} requests went to connections that were lost")
        failed = sum(result.outcome == FAILED for result in self.results)
        if self.ordeal.failures is not None:
            fewest, most = self.ordeal.failures
            if not fewest <= failed <= most:
                found.append(f"{failed} requests failed; between {fewest} and {most} are right")
        return [f"{self.ordeal.name}: {fault}" for fault in found]

    def miscounted(self) -> list[str]:
        """What isn't exact in the tenant's budget."""
        if self.ordeal.counted is None:
            return list(self.book.faults())
        fewest, most = self.ordeal.counted
        if fewest <= self.book.requests <= most:
            return []
        return [f"{self.book.requests} requests are counted; between {fewest} and {most} are right"]


@dataclass(frozen=True, slots=True)
class Report:
    """All that a campaign shows."""

    size: Size
    outcomes: Sequence[Outcome]
    leaked: set[int]
    written: set[str]
    seconds: float
    kinds: Counter[str] = field(default_factory=Counter)

    def faults(self) -> list[str]:
        """What isn't as it has to be: empty, or the campaign has failed."""
        found = [fault for outcome in self.outcomes for fault in outcome.faults()]
        found += [f"process {pid} belongs to no sandbox" for pid in sorted(self.leaked)]
        found += [f"{path} was written" for path in sorted(self.written)]
        growth = self.outcomes[-1].growth
        is_warm = len(self.outcomes[-1].results) >= WARM_REQUESTS
        if growth is not None and growth.grown_bytes > (GROWTH_BYTES if is_warm else WARM_UP_BYTES):
            found.append(f"a sandbox grew by {growth.grown_bytes:,} bytes in the second half of the haul")
        if growth is not None and growth.threads > THREADS:
            found.append(f"a sandbox had {growth.threads} threads more at the end of the haul than in its middle")
        return found

    def table(self) -> str:
        """The numbers, for people."""
        heads = ("sent", "right", "right error", "table slow", "else", "budget")
        lines = [f"{'':34}" + "".join(f"{head:>13}" for head in heads) + f"{'seconds':>9}"]
        total: Counter[str] = Counter()
        for outcome in self.outcomes:
            came = Counter(result.outcome for result in outcome.results)
            total += came
            lines.append(f"{outcome.ordeal.name:34}" + _row(came, not outcome.miscounted()) + f"{outcome.seconds:9.1f}")
        exact = not any(outcome.miscounted() for outcome in self.outcomes)
        lines += [f"{'all':34}" + _row(total, exact) + f"{self.seconds:9.1f}", ""]
        growth = self.outcomes[-1].growth
        if growth is not None:
            lines.append(
                f"Memory over the second half of the haul: {growth.resident_bytes / 2**20:.1f} MB, grown by "
                f"{growth.grown_bytes / 2**20:.1f} MB at most, of {growth.sandboxes} sandboxes that lived through it; "
                f"threads {growth.threads:+d}, open files {growth.files:+d}."
            )
        lines += [
            f"Sandboxes leaked: {len(self.leaked)}. Files written: {len(self.written)}.",
            f"{self.size.callers} callers, seed {self.size.seed}. Sent: "
            + ", ".join(f"{number} {kind}" for kind, number in sorted(self.kinds.items()))
            + ".",
        ]
        return "\n".join(lines)


def _row(came: Counter[str], exact: bool) -> str:
    right, failed, slow, wrong = (came[name] for name in ("answered right", FAILED, NO_TABLE, OTHERWISE))
    numbers = (came.total(), right, failed, slow, wrong)
    return "".join(f"{number:13,}" for number in numbers) + f"{'exact' if exact else 'NOT EXACT':>13}"


def run(deployment: Deployment, size: Size, told: Callable[[str], object] = lambda name: None) -> Report:
    """Puts a deployment through all ordeals.

    Parameters:
        told: hears the name of each ordeal as it begins, and how far it is while it lasts.
    """
    aws = deployment.aws
    began = time.monotonic()
    each = max(4, round(size.requests * ORDEALS_SHARE / 27))
    rest = round(size.requests * (1 - ORDEALS_SHARE))
    outcomes = []
    for ordeal in ordeals(Author(size.seed), each, rest, size.requests, "load", STALL_SECONDS):
        told(ordeal.name)
        outcomes.append(_undergo(deployment, ordeal, size.callers, told))
    kinds = Counter(result.job.kind for outcome in outcomes for result in outcome.results)
    service = aws.lambda_service
    report = Report(size, outcomes, leaked(service), written(service), time.monotonic() - began, kinds)
    service.end_idle_sandboxes()  # the next test's are nobody's but its own
    return report


def _undergo(deployment: Deployment, ordeal: Ordeal, callers: int, told: Callable[[str], object]) -> Outcome:
    aws = deployment.aws
    tenant = Tenant(ordeal.tenant, sorted(MODELS), _ample())
    deployment.write(tenant)
    aws.journal.clear()
    if ordeal.afresh:
        aws.lambda_service.end_idle_sandboxes()
    lost = _lost(deployment.log_lines()) if ordeal.keeps_connections else 0
    began = time.monotonic()
    results: list[Result] = call_all(deployment, {tenant.name: tenant}, ordeal.before, 1)
    for fault in ordeal.faults:
        aws.faults.add(**fault)
    jobs: list[Job] = [job for wave in ordeal.jobs for job in wave]
    with watching(aws.lambda_service) as vitals, killing(aws, jobs) as dead:
        for at, wave in enumerate(ordeal.jobs):
            if at and ordeal.pause_seconds:
                time.sleep(ordeal.pause_seconds)
            progress = _paced(told, ordeal.name, len(wave))
            results += call_all(deployment, {tenant.name: tenant}, wave, min(callers, len(wave)), progress)
        aws.faults.clear()
        if not aws.lambda_service.wait_until_idle(QUIET_SECONDS):
            raise TimeoutError(f"The functions were still at work {QUIET_SECONDS:.0f} s after the last answer.")
    killed = Counter((job.tenant, job.model) for job in jobs if job.marker in dead)
    used = {tenant.name: deployment.used(tenant.name)}
    lines = deployment.log_lines()
    closed = audit(
        [tenant], results, aws.journal.calls(), lines, used, killed, Watch(), seconds=0, callers=0, sandboxes=0
    )
    if any(fault["kind"].startswith("sandbox_") for fault in ordeal.faults):
        aws.lambda_service.end_idle_sandboxes()  # with what is wrong with them
    refused_first = sum(result.outcome == FAILED for result in results) if ordeal.refuses_first else 0
    book = replace(closed.books[0], refused_first=refused_first)
    return Outcome(ordeal, book, results, time.monotonic() - began, vitals.growth(), _lost(lines) - lost)


def _lost(lines: Sequence[Mapping[str, Any]]) -> int:
    return sum("ConnectionClosedError" in str(line) for line in lines)


def _paced(told: Callable[[str], object], name: str, number: int) -> Callable[[int], None]:
    """Tells how many of so many are done, every now and then."""
    last = time.monotonic()

    def progress(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= TELL_SECONDS:
            last = now
            told(f"{name}: {done:,} of {number:,}")

    return progress


def _ample() -> dict[str, int | str]:
    return {
        f"{kind}_per_{window}": WITHOUT_END // 1000 if kind == "usd" else WITHOUT_END
        for kind in ("requests", "tokens", "usd")
        for window in ("minute", "hour", "day", "week", "month")
    }
