"""Callers who stall: bodies that are hard to read, from many at once, beside callers who ask plain questions.

Nobody's sandbox may be held for long by a request that costs its caller nothing. How long the honest wait depends on
the machine, so two waits of one run are compared: beside plain bodies, and beside hard ones of the same size. The waves
take turns, so that whatever else the machine does hits both.
"""

import http.client
import json
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urlsplit

from tests.hard_bodies import HARD
from tests.load.client import ask
from tests.load.deployment import MODELS, Deployment, Tenant

BODY_BYTES = 240_000
MOST_TIMES = 2.0
CALL_SECONDS = 120.0
REFUSALS = (400, 413, 429, 503)
"""The last one where the machine is so busy that the table seems out of reach."""

Request = tuple[str, bytes]
"""A path and a body."""


@dataclass(frozen=True, slots=True)
class Stalling:
    """What came of it.

    Attributes:
        plain, hard: seconds that the honest waited, beside plain and beside hard bodies.
        refused, other: answers to those who stall: refusals, and what else came.
    """

    plain: Sequence[float]
    hard: Sequence[float]
    refused: int
    other: Sequence[int]

    @property
    def times(self) -> float:
        return statistics.median(self.hard) / statistics.median(self.plain)

    def faults(self) -> list[str]:
        """What isn't as it has to be."""
        found = [f"a hard body was answered with {status}" for status in sorted(set(self.other))]
        if self.times > MOST_TIMES:
            found.append(f"beside hard bodies the honest waited {self.times:.1f} times as long as beside plain ones")
        return found

    def text(self) -> str:
        """In a sentence, for people."""
        return (
            f"Beside plain bodies of {BODY_BYTES:,} bytes the honest waited {statistics.median(self.plain):.2f} s, "
            f"beside hard ones {statistics.median(self.hard):.2f} s ({self.times:.2f} times); {self.refused} of those "
            "were refused."
        )


def run(deployment: Deployment, *, attackers: int = 50, honest: int = 8, waves: int = 3) -> Stalling:
    """Has so many callers at once send hard bodies, which are refused, while a few ask.

    Parameters:
        waves: of each kind, in turns.
    """
    honest_tenant = Tenant("honest", ["nova"], {"requests_per_day": 10**6})
    staller = Tenant("staller", sorted(MODELS), {"requests_per_day": 0})
    deployment.write(honest_tenant, staller)
    plain: Request = ("/model/nova/converse", _plain())
    hard = [
        (item.route.replace("{modelId}", item.model), item.make(BODY_BYTES))
        for item in HARD.values()
        if item.model in MODELS
    ]
    waits: dict[bool, list[float]] = {False: [], True: []}
    statuses: list[int] = []
    for wave in range(2 * waves):
        is_hard = wave % 2 == 1
        share = hard[wave // 2 :: waves] if is_hard else [plain]
        _wave(deployment, staller, honest_tenant, share, attackers, honest, waits[is_hard], statuses if is_hard else [])
    refused = sum(status in REFUSALS for status in statuses)
    return Stalling(waits[False], waits[True], refused, [one for one in statuses if one not in REFUSALS])


def _plain() -> bytes:
    text = "a plain question " * (BODY_BYTES // 17)
    return json.dumps({"messages": [{"role": "user", "content": [{"text": text}]}]}).encode()


def _wave(
    deployment: Deployment,
    staller: Tenant,
    honest_tenant: Tenant,
    requests: Sequence[Request],
    attackers: int,
    honest: int,
    waits: list[float],
    statuses: list[int],
) -> None:
    over = threading.Event()
    began = threading.Barrier(attackers + 1)

    def stall(at: int) -> None:
        mine = cycle([*requests[at:], *requests[:at]])
        began.wait()
        while not over.is_set():
            statuses.append(_status(deployment.url, staller.key, *next(mine)))

    threads = [
        threading.Thread(target=stall, args=(at % len(requests),), name="staller", daemon=True)
        for at in range(attackers)
    ]
    for thread in threads:
        thread.start()
    began.wait()
    for _ in range(honest):
        waits.append(_seconds(lambda: ask(deployment, honest_tenant.key)))
    over.set()
    for thread in threads:
        thread.join()


def _seconds(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def _status(url: str, key: str, path: str, body: bytes) -> int:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=CALL_SECONDS)
    try:
        headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
        connection.request("POST", address.path + path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()
