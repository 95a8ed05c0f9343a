"""One run: tenants, jobs, faults, callers, and the books at its end."""

import random
import time
from collections import Counter
from dataclasses import dataclass

from tests.load import jobs as making
from tests.load.audit import Audit, audit
from tests.load.callers import call_all, killing, watching
from tests.load.deployment import MODELS, Deployment, Tenant

QUIET_SECONDS = 60.0
WITHOUT_END = 10**9


@dataclass(frozen=True, slots=True)
class Size:
    """How large a run is.

    Attributes:
        callers: at work at once.
        requests: of all callers together, about.
        stalled: of them, those whose model is silent; each holds a sandbox for twelve seconds. Every other is killed.
        sandboxes: how many may live at once; for the report.
    """

    callers: int = 200
    requests: int = 600
    stalled: int = 12
    sandboxes: int = 24
    seed: int = 4


def run(deployment: Deployment, size: Size) -> Audit:
    """Has the callers at it, waits until all is quiet, and closes the books."""
    aws = deployment.aws
    dice = random.Random(size.seed)
    tenants = {tenant.name: tenant for tenant in _tenants(size)}
    deployment.write(*tenants.values())
    jobs = _jobs(size, dice)
    aws.journal.clear()
    for kind, model in (
        ("validation", "mistral.mistral-large"),
        ("throttle", "cohere.command-r"),
        ("model_error", "claude-sonnet-4-5"),
        ("cut_after", "claude-opus"),
        ("stall", "claude-sonnet-4-2025"),
    ):
        aws.faults.add(kind, model=model, times=None, seconds=QUIET_SECONDS)
    # These pass: the request is repeated, and paid for once.
    aws.faults.add("throttle", model="amazon.nova-lite", times=2)
    aws.faults.add("throttle", model="claude-haiku", times=2)
    began = time.monotonic()
    with watching(deployment, tenants) as watch:
        with killing(aws, jobs) as dead:
            results = call_all(deployment, tenants, jobs, size.callers)
        aws.faults.clear()
        if not aws.lambda_service.wait_until_idle(QUIET_SECONDS):
            raise TimeoutError(f"The functions were still at work {QUIET_SECONDS:.0f} s after the last answer.")
    return audit(
        list(tenants.values()),
        results,
        aws.journal.calls(),
        deployment.log_lines(),
        {name: deployment.used(name) for name in tenants},
        Counter((job.tenant, job.model) for job in jobs if job.marker in dead),
        watch,
        seconds=time.monotonic() - began,
        callers=size.callers,
        sandboxes=size.sandboxes,
    )


def _tenants(size: Size) -> list[Tenant]:
    ample = {
        f"{kind}_per_{window}": WITHOUT_END // 1000 if kind == "usd" else WITHOUT_END
        for kind in ("requests", "tokens", "usd")
        for window in ("minute", "hour", "day", "week", "month")
    }
    share = size.requests // 3
    tight: dict[str, int | str] = {
        "requests_per_minute": max(10, share // 3),
        "requests_per_day": max(10, share // 2),
        "tokens_per_minute": 40_000,
        "tokens_per_day": share * 600,
        "tokens_per_week": share * 600 - 100,
        "tokens_per_month": share * 600 - 100,
        "usd_per_minute": "0.30",
        "usd_per_hour": "4",
        "usd_per_month": "5",
    }
    return [
        Tenant("steady", sorted(MODELS), ample),
        Tenant("tight", sorted(MODELS), tight),
        Tenant("rough", sorted(MODELS), ample),
    ]


def _jobs(size: Size, dice: random.Random) -> list[making.Job]:
    third = size.requests // 3
    stalled = [making.stalled("rough", number, killed=number % 2 == 0) for number in range(size.stalled)]
    shares = {
        "steady": (
            making.ANSWERED + making.FAILING + making.FOREIGN,
            size.requests - third - third // 4 - size.stalled,
        ),
        "tight": (making.ANSWERED + making.FOREIGN, third),
        "rough": (making.STANDING, third // 4),
    }
    jobs = [*making.mixed(shares, dice), *stalled]
    dice.shuffle(jobs)
    # The silent ones go first, so that they and what they hold up are over soon.
    return sorted(jobs, key=lambda job: not job.kind.startswith(("out of time", "sandbox")))
