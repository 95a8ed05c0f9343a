"""Many callers at once, what each of them got, and who kills sandboxes and reads the usage meanwhile."""

import contextlib
import http.client
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from local_aws import LocalAws
from tests.load.deployment import Deployment, Tenant
from tests.load.jobs import Job
from tests.load.oracle import FAILED, judge, judge_break
from tests.support import Reply

CALL_SECONDS = 300
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Result:
    """What a caller got.

    Attributes:
        detail: of what is not right, why.
    """

    job: Job
    outcome: str
    seconds: float
    detail: str = ""


def call_all(
    deployment: Deployment,
    tenants: Mapping[str, Tenant],
    jobs: Sequence[Job],
    callers: int,
    told: Callable[[int], object] = lambda done: None,
) -> list[Result]:
    """Has so many callers work through the jobs, each one request at a time.

    Parameters:
        told: hears after each how many are done.
    """
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    results: list[Result] = []
    gate = threading.Barrier(callers)

    def call() -> None:
        gate.wait()
        while True:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            results.append(_call(deployment.url, tenants[job.tenant].key, job))
            told(len(results))

    threads = [threading.Thread(target=call, name="caller", daemon=True) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _call(url: str, key: str, job: Job) -> Result:
    began = time.monotonic()
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=CALL_SECONDS)
    try:
        connection.request(
            "POST",
            address.path + job.path,
            job.sent(),
            {"content-type": "application/json", "authorization": f"Bearer {key}"},
        )
        response = connection.getresponse()
        if job.leaves and response.status == 200:
            response.read(1)
            return Result(job, FAILED, time.monotonic() - began)
        headers = {name.lower(): value for name, value in response.getheaders()}
        reply = Reply(response.status, headers, response.read())
    except (OSError, http.client.HTTPException) as error:
        outcome, why = judge_break(job, f"{type(error).__name__}: {error}")
    else:
        outcome, why = judge(job, reply, key)
    finally:
        connection.close()
    return Result(job, outcome, time.monotonic() - began, why)


@dataclass(slots=True)
class Watch:
    """What was seen of the usage items while the callers were at work.

    Attributes:
        looks: how often it was looked.
        highest: the most that each counter held, by tenant.
        overdrawn: what was above its limit at any time. Nothing may be.
    """

    looks: int = 0
    highest: dict[tuple[str, str], int] = field(default_factory=dict)
    overdrawn: list[str] = field(default_factory=list)

    def look(self, deployment: Deployment, tenants: Mapping[str, Tenant]) -> None:
        self.looks += 1
        for tenant in tenants.values():
            used = deployment.used(tenant.name)
            for name, limit in limits(tenant).items():
                now = used.get(name, 0)
                self.highest[tenant.name, name] = max(now, self.highest.get((tenant.name, name), 0))
                if now > limit:
                    self.overdrawn.append(f"{tenant.name}: {name} is {now:,}, above its limit of {limit:,}")


def limits(tenant: Tenant) -> dict[str, int]:
    """The tenant's budgets, by the name of the counter that each limits; of dollars in picodollars."""
    found = {}
    for name, limit in tenant.budgets.items():
        kind, _, window = name.partition("_per_")
        found[f"{window}_{kind}"] = round(float(limit) * 10**12) if kind == "usd" else int(limit)
    return found


@contextlib.contextmanager
def watching(deployment: Deployment, tenants: Mapping[str, Tenant]) -> Iterator[Watch]:
    """Looks at every usage item twice a second for as long as the `with` block lasts, and once after it."""
    watch = Watch()
    with _meanwhile(lambda: watch.look(deployment, tenants)):
        yield watch
    watch.look(deployment, tenants)


@contextlib.contextmanager
def killing(aws: LocalAws, jobs: Sequence[Job]) -> Iterator[set[str]]:
    """Kills the sandbox of every job with a marker, once its model has been called. Yields the markers of the dead."""
    marked = {job.marker for job in jobs if job.marker is not None}
    dead: set[str] = set()

    def look() -> None:
        called = {call.tags.get("marker") for call in aws.journal.calls()}
        for marker in (marked & called) - dead:
            assert marker is not None
            for sandbox in aws.lambda_service.sandboxes:
                work = sandbox.current_work()
                if work is not None and marker.encode() in work.event:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(sandbox.pid, signal.SIGKILL)
                    dead.add(marker)

    with _meanwhile(look):
        yield dead


@contextlib.contextmanager
def _meanwhile(look: Callable[[], None]) -> Iterator[None]:
    over = threading.Event()

    def run() -> None:
        while not over.wait(LOOK_SECONDS):
            look()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
