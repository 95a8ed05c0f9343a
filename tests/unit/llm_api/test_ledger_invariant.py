"""The promise itself: whatever happens, no window's use passes its limit.

Servers with clocks of their own run requests of one tenant. Hypothesis decides who makes the next write, which write is
lost before or after it was done, who dies, and when time goes on. A request is a thread that waits at every write until
it is its turn, so that any order of writes can be tried, and tried again.
"""

import calendar
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_api.errors import ApiError
from llm_api.ledger.budgets import KINDS, WINDOWS, Amount, end_of, numbers_at
from llm_api.ledger.principals import Tenant
from llm_api.ledger.reservations import Reservation, Reservations
from llm_api.ledger.table import Table as LedgerTable

from tests.unit.llm_api import dynamo

KEY = "usage#marketing"
NEAR_EVERY_TURN = calendar.timegm((2026, 11, 30, 23, 58, 30, 0, 0, 0))
FAULTS = {
    "lost": (dynamo.timeout, None),
    "done_but_unheard": (None, dynamo.timeout),
    "throttled": (lambda: dynamo.refused("ThrottlingException"), None),
    "server_error_after": (None, lambda: dynamo.refused("InternalServerError", 500)),
}


class Killed(BaseException):
    """The sandbox died."""


@dataclass
class Request:
    """One request on one server.

    Attributes:
        most, uses: what it may use at most, and does use once it may.
        skew: how far its server's clock is off, in seconds.
        reservation: set once it may spend.
        settled: whether its settlement is known to be written.
    """

    most: Amount
    uses: Amount
    skew: int
    turn: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Event = field(default_factory=threading.Event)
    over: bool = False
    killed: bool = False
    fault: str | None = None
    reservation: Reservation | None = None
    settled: bool = False


class World:
    """The table, the time, and the requests; `step` lets one of them make its next write."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.now = float(NEAR_EVERY_TURN)
        self.failure: Exception | None = None
        self.table = dynamo.Table()
        self.requests: list[Request] = []

    def start(self, request: Request) -> None:
        self.requests.append(request)
        threading.Thread(target=self._run, args=(request,), daemon=True).start()
        assert request.waiting.wait(10)

    def step(self, request: Request, fault: str | None = None, *, kill: bool = False) -> None:
        if request.over:
            return
        request.fault, request.killed = fault, kill
        request.waiting.clear()
        request.turn.set()
        assert request.waiting.wait(10)

    def _run(self, request: Request) -> None:
        world = self

        class Client:
            def call(self, target: str, document: Mapping[str, Any], seconds: float) -> dict[str, Any]:
                request.waiting.set()
                request.turn.wait()
                request.turn.clear()
                if request.killed:
                    raise Killed
                before, after = FAULTS.get(request.fault or "", (None, None))
                world.table.fail_before(*([before] if before else []))
                world.table.fail_after(*([after] if after else []))
                try:
                    return world.table.call(target, document, seconds)
                finally:
                    world.table._after.clear()  # the condition failed first

        ledger = Reservations(LedgerTable("t", Client()), now=lambda: self.now + request.skew)
        try:
            request.reservation = ledger.reserve(self.tenant, request.most)
            ledger.settle(request.reservation, request.uses)
            request.settled = True
        except (ApiError, Killed):
            pass
        except Exception as failure:
            self.failure = failure
        finally:
            request.over = True
            request.waiting.set()


def spent_by_window(world: World) -> Counter[tuple[str, int, str]]:
    """What was really spent, by the windows that the reservations were counted in."""
    spent: Counter[tuple[str, int, str]] = Counter()
    for request in world.requests:
        if request.reservation is not None:
            for window in WINDOWS:
                for kind in KINDS:
                    number = request.reservation.balance.numbers[window]
                    spent[window, number, kind] += request.uses.of(kind)
    return spent


def check(world: World) -> None:
    """No counter and no spending beyond a limit, and no spending that isn't counted."""
    if world.failure is not None:
        raise world.failure
    spent = spent_by_window(world)
    for (window, kind), limit in world.tenant.budgets.items():
        for (its_window, number, its_kind), amount in spent.items():
            if (its_window, its_kind) == (window, kind):
                assert amount <= limit, f"{amount} {kind} were spent in {window} {number}, whose limit is {limit}"
        if KEY in world.table.items:
            assert world.table.number(KEY, f"{window}_{kind}") <= limit
    if KEY not in world.table.items:
        return
    for window in WINDOWS:
        for kind in KINDS:
            number = world.table.number(KEY, window)
            assert spent[window, number, kind] <= world.table.number(KEY, f"{window}_{kind}")


amounts = st.builds(Amount, st.just(1), st.integers(0, 60), st.integers(0, 60))


@st.composite
def tenants(draw: st.DrawFn) -> Tenant:
    counters = [(window, kind) for window in WINDOWS for kind in KINDS]
    limited = draw(st.lists(st.sampled_from(counters), min_size=1, max_size=4, unique=True))
    return Tenant("marketing", None, {counter: draw(st.integers(1, 150)) for counter in limited}, declared=True)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    most = draw(amounts)
    uses = Amount(1, draw(st.integers(0, most.tokens)), draw(st.integers(0, most.picodollars)))
    return Request(most, uses, draw(st.sampled_from([0, 0, 0, -61, -3, 2, 61])))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_use_never_passes_a_limit_whatever_happens(data: st.DataObject) -> None:
    # GIVEN a tenant with some budgets, shortly before a minute, an hour, a day and a month end, and a week began
    world = World(data.draw(tenants()))

    # WHEN requests come, wait, fail, die and go on in any order while the time passes
    for _ in range(data.draw(st.integers(1, 25))):
        action = data.draw(st.sampled_from(["start", "start", "step", "step", "step", "fault", "kill", "time"]))
        running = [request for request in world.requests if not request.over]
        if action == "start" and len(running) < 6:
            world.start(data.draw(requests()))
        elif action == "time":
            world.now += data.draw(st.sampled_from([1, 20, 61, 3700, 86_400]))
        elif running:
            request = data.draw(st.sampled_from(running))
            fault = data.draw(st.sampled_from(sorted(FAULTS))) if action == "fault" else None
            world.step(request, fault, kill=action == "kill")
        # THEN after every single step no limit is passed
        check(world)
    for request in world.requests:
        while not request.over:
            world.step(request)
            check(world)
    check(world)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(requests(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_after_quiet_the_counters_are_exact(coming: list[Request], random: Any) -> None:
    # GIVEN requests that nothing happens to, in a minute that goes on
    world = World(Tenant("marketing", None, {("minute", "tokens"): 150, ("month", "usd"): 200}, declared=True))
    world.now -= 15
    for request in coming:
        request.skew = 0
        world.start(request)

    # WHEN they make their writes in any order
    while running := [request for request in world.requests if not request.over]:
        world.step(random.choice(running))

    # THEN the counters hold what was used, to the unit, and nothing else
    spent = spent_by_window(world)
    numbers = numbers_at(world.now)
    for window in WINDOWS:
        for kind in KINDS:
            counted = world.table.number(KEY, f"{window}_{kind}") if KEY in world.table.items else 0
            assert counted == spent[window, numbers[window], kind]


def test_many_threads_at_once_get_exactly_what_there_is() -> None:
    # GIVEN a budget of a hundred requests, at the turn of a minute
    table, clock = dynamo.Table(), [float(NEAR_EVERY_TURN)]
    ledger = Reservations(LedgerTable("t", table), now=lambda: clock[0])
    tenant = Tenant("marketing", None, {("minute", "requests"): 100}, declared=True)
    ledger.reserve(tenant, Amount(1))
    clock[0] += 60
    outcomes: list[bool] = []

    def call() -> None:
        try:
            ledger.reserve(tenant, Amount(1, 5))
            outcomes.append(True)
        except ApiError:
            outcomes.append(False)

    # WHEN 200 come at once
    threads = [threading.Thread(target=call) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # THEN a hundred are served, not one more and not one less
    assert (outcomes.count(True), outcomes.count(False)) == (100, 100)
    assert table.number(KEY, "minute_requests") == 100
    assert end_of("minute", table.number(KEY, "minute")) == clock[0] + 30
