"""Reserving and settling: one conditional write each, on DynamoDB's semantics and on moto's parser."""

import calendar
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from llm_api.aws.hosts import Service
from llm_api.errors import ApiError, BudgetSpent, Internal, OverBudget, Unavailable
from llm_api.ledger.budgets import WINDOWS, Amount, Budgets
from llm_api.ledger.principals import Tenant
from llm_api.ledger.reservations import Reservations
from llm_api.ledger.table import Table as LedgerTable

from tests.unit.llm_api import dynamo

USD = 10**12
NOON = calendar.timegm((2026, 11, 23, 12, 0, 30, 0, 0))
KEY = "usage#marketing"


class Clock:
    def __init__(self, seconds: float = NOON) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table() -> dynamo.Table:
    return dynamo.Table()


@pytest.fixture
def ledger(table: dynamo.Table, clock: Clock) -> Reservations:
    return Reservations(LedgerTable("acme-tenants", table), now=clock)


def marketing(**budgets: int) -> Tenant:
    limits: Budgets = {(name.partition("_per_")[2], name.partition("_per_")[0]): n for name, n in budgets.items()}
    return Tenant("marketing", None, limits, declared=True)


def used(table: dynamo.Table, kind: str = "tokens") -> list[int]:
    return [table.number(KEY, f"{window}_{kind}") for window in ("minute", "day", "month")]


def test_the_first_reservation_begins_the_item(ledger: Reservations, table: dynamo.Table) -> None:
    # GIVEN a tenant that has used nothing yet
    # WHEN it reserves twice
    ledger.reserve(marketing(tokens_per_day=100), Amount(1, 40, 7))
    ledger.reserve(marketing(tokens_per_day=100), Amount(1, 10, 5))

    # THEN all windows count, limited or not: two writes to begin, one from then on
    assert {table.number(KEY, f"{window}_tokens") for window in WINDOWS} == {50}
    assert used(table, "requests") == [2, 2, 2]
    assert used(table, "tokens") == [50, 50, 50]
    assert used(table, "usd") == [12, 12, 12]
    assert table.writes == 3


def test_all_windows_fit_into_the_kilobyte_that_a_write_is_billed_by(ledger: Reservations, table: dynamo.Table) -> None:
    # GIVEN the item of a tenant, whose name is 63 characters at most
    ledger.reserve(marketing(tokens_per_hour=10), Amount(1, 1, 1))

    # THEN its names, with the longest key and numbers of the most bytes that DynamoDB stores one in, are below it
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    assert sum(len(name) + 21 for name in table.items[KEY] if name != "pk") + len("pkusage#") + 63 < 1024


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("kind", ["requests", "tokens", "usd"])
def test_a_budget_is_used_to_the_last_and_no_further(
    ledger: Reservations, table: dynamo.Table, window: str, kind: str
) -> None:
    # GIVEN a budget of three times what a request may use
    tenant = marketing(**{f"{kind}_per_{window}": 3})
    for _ in range(3):
        ledger.reserve(tenant, Amount(1, 1, 1))

    # WHEN a fourth comes
    with pytest.raises(OverBudget if window == "minute" else BudgetSpent) as refusal:
        ledger.reserve(tenant, Amount(1, 1, 1))

    # THEN it is refused, with the window and the rest, and nothing is counted
    assert (
        f" {'an' if window == 'hour' else 'a'} {window} {'is used up' if kind == 'requests' else 'has'}"
        in refusal.value.message
    )
    assert used(table, kind) == [3, 3, 3]
    assert refusal.value.status == 429


def test_who_is_over_budget_hears_which_how_much_and_until_when(ledger: Reservations) -> None:
    # GIVEN a budget of which 60 are left
    tenant = marketing(tokens_per_minute=100, requests_per_minute=50)
    ledger.reserve(tenant, Amount(1, 40))

    # WHEN 61 are asked for
    with pytest.raises(OverBudget) as refusal:
        ledger.reserve(tenant, Amount(1, 61))

    # THEN the message, the pause and the headers say so
    assert "100 tokens a minute has 60 tokens left until 2026-11-23T12:01:00Z" in refusal.value.message
    assert refusal.value.retry_after_seconds == 30
    assert refusal.value.headers == {
        "x-ratelimit-limit-requests": "50",
        "x-ratelimit-remaining-requests": "49",
        "x-ratelimit-reset-requests": "30s",
        "x-ratelimit-limit-tokens": "100",
        "x-ratelimit-remaining-tokens": "60",
        "x-ratelimit-reset-tokens": "30s",
    }


@pytest.mark.parametrize("amount", [Amount(1, -1, 0), Amount(1, 0, -1), Amount(-1, 0, 0)])
def test_less_than_nothing_makes_no_room(ledger: Reservations, table: dynamo.Table, amount: Amount) -> None:
    # GIVEN an amount below nothing, which a bound that is wrong might come to
    # WHEN it is to be set aside THEN it is our fault, and nothing is written
    with pytest.raises(Internal):
        ledger.reserve(marketing(tokens_per_minute=100), amount)
    assert table.writes == 0


def test_what_never_fits_is_refused_without_asking_the_table(ledger: Reservations, table: dynamo.Table) -> None:
    # GIVEN a request larger than the whole budget
    # WHEN it comes
    with pytest.raises(BudgetSpent) as refusal:
        ledger.reserve(marketing(tokens_per_minute=100), Amount(1, 101))

    # THEN nobody is told to wait for what never comes
    assert table.writes == 0
    assert refusal.value.retry_after_seconds is None
    assert not refusal.value.retryable


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ((2026, 11, 23, 12, 0, 59), (2026, 11, 23, 12, 1, 0), [10, 20, 20]),
        ((2026, 11, 23, 23, 59, 59), (2026, 11, 24, 0, 0, 0), [10, 10, 20]),
        ((2026, 11, 30, 23, 59, 59), (2026, 12, 1, 0, 0, 0), [10, 10, 10]),
        ((2026, 12, 31, 23, 59, 59), (2027, 1, 1, 0, 0, 0), [10, 10, 10]),
        ((2028, 2, 29, 23, 59, 59), (2028, 3, 1, 0, 0, 0), [10, 10, 10]),
        ((2026, 11, 23, 12, 0, 59), (2026, 11, 24, 12, 0, 59), [10, 10, 20]),
    ],
)
def test_windows_turn_at_the_minute_midnight_and_the_months_end(
    ledger: Reservations,
    table: dynamo.Table,
    clock: Clock,
    before: tuple[int, ...],
    after: tuple[int, ...],
    kept: list[int],
) -> None:
    # GIVEN a reservation at the end of a window
    tenant = marketing(tokens_per_minute=15)
    clock.seconds = calendar.timegm((*before, 0, 0, 0))
    ledger.reserve(tenant, Amount(1, 10))

    # WHEN the next comes a moment later
    clock.seconds = calendar.timegm((*after, 0, 0, 0))
    ledger.reserve(tenant, Amount(1, 10))

    # THEN each window that turned begins anew, and the others go on
    assert used(table) == kept


def test_a_limit_of_a_window_that_goes_on_holds_while_another_turns(
    ledger: Reservations, table: dynamo.Table, clock: Clock
) -> None:
    # GIVEN a day's budget that is used up
    tenant = marketing(tokens_per_minute=100, tokens_per_day=100)
    ledger.reserve(tenant, Amount(1, 95))

    # WHEN a minute begins
    clock.seconds += 60
    with pytest.raises(BudgetSpent) as refusal:
        ledger.reserve(tenant, Amount(1, 6))

    # THEN the day is still used up
    assert "a day has 5 tokens left until 2026-11-24T00:00:00Z" in refusal.value.message
    ledger.reserve(tenant, Amount(1, 5))
    assert used(table) == [5, 100, 100]


def test_a_slow_clock_never_rewinds_a_window(ledger: Reservations, table: dynamo.Table, clock: Clock) -> None:
    # GIVEN a window that a server with another clock has begun
    tenant = marketing(tokens_per_minute=15)
    ledger.reserve(tenant, Amount(1, 10))
    minute = table.number(KEY, "minute")
    clock.seconds -= 61

    # WHEN a server whose clock is behind reserves
    # THEN it is counted in the window that there is, in one write
    ledger.reserve(tenant, Amount(1, 5))
    assert (table.number(KEY, "minute"), used(table)[0]) == (minute, 15)
    assert table.writes == 3
    with pytest.raises(OverBudget) as refusal:
        ledger.reserve(tenant, Amount(1, 1))

    # and the caller is told to wait until that one ends
    assert refusal.value.retry_after_seconds == 91


def test_losing_the_race_for_a_new_window_is_no_loss(table: dynamo.Table, clock: Clock) -> None:
    # GIVEN a window that has turned, and another server that begins it between our two writes
    tenant = marketing(tokens_per_minute=100)
    ledger = Reservations(LedgerTable("t", table), now=clock)
    ledger.reserve(tenant, Amount(1, 10))
    clock.seconds += 60
    other = Reservations(LedgerTable("t", table), now=clock)
    plain, meanwhile = table.update_item, [lambda: other.reserve(tenant, Amount(1, 20))]

    def update_item(**request: Any) -> Any:
        if "SET" in request["UpdateExpression"] and meanwhile:
            meanwhile.pop()()
        return plain(**request)

    with patch.object(table, "update_item", update_item):
        # WHEN we reserve
        ledger.reserve(tenant, Amount(1, 30))

    # THEN both are counted, in the one new window
    assert used(table) == [50, 60, 60]


def test_a_slow_clock_can_not_slip_in_while_a_window_turns(table: dynamo.Table, clock: Clock) -> None:
    # GIVEN a day's budget with room for one, a minute that has turned, and a server whose clock is behind
    tenant = marketing(tokens_per_day=100)
    ledger = Reservations(LedgerTable("t", table), now=clock)
    slow = Reservations(LedgerTable("t", table), now=lambda: clock.seconds - 60)
    ledger.reserve(tenant, Amount(1, 40))
    clock.seconds += 60
    plain, meanwhile = table.update_item, [lambda: slow.reserve(tenant, Amount(1, 50))]

    def update_item(**request: Any) -> Any:
        if "SET" in request["UpdateExpression"] and meanwhile:
            meanwhile.pop()()
        return plain(**request)

    # WHEN it takes the room between our two writes, in the window that was
    with patch.object(table, "update_item", update_item), pytest.raises(BudgetSpent):
        ledger.reserve(tenant, Amount(1, 50))

    # THEN the day's limit holds
    assert used(table)[1] == 90


def test_a_window_that_never_holds_still_is_given_up(table: dynamo.Table, clock: Clock) -> None:
    # GIVEN an item that changes between any two of our writes
    tenant = marketing(tokens_per_minute=100)
    ledger = Reservations(LedgerTable("t", table), now=clock)
    ledger.reserve(tenant, Amount(1, 1))
    plain = table.update_item

    def update_item(**request: Any) -> Any:
        clock.seconds += 60
        table.items[KEY]["minute"] = {"N": str(int(clock.seconds // 60) - 2)}
        return plain(**request)

    # WHEN we reserve
    with patch.object(table, "update_item", update_item), pytest.raises(Unavailable):
        ledger.reserve(tenant, Amount(1, 1))

    # THEN it ends, with nothing reserved
    assert used(table)[0] == 1


UNKNOWN = [dynamo.timeout, lambda: dynamo.refused("InternalServerError", 500), lambda: dynamo.refused("Odd", 503)]
REJECTED = [dynamo.out_of_reach, lambda: dynamo.refused("ThrottlingException")]


@pytest.mark.parametrize("fault", [*UNKNOWN, *REJECTED])
def test_a_table_that_fails_is_no_free_call_and_is_not_asked_twice(
    ledger: Reservations, table: dynamo.Table, fault: Callable[[], Exception]
) -> None:
    # GIVEN a table that does not take the write
    table.fail_before(fault)

    # WHEN a request wants to reserve
    with pytest.raises(Unavailable):
        ledger.reserve(marketing(tokens_per_minute=100), Amount(1, 10))

    # THEN it was sent once
    assert table.writes == 1


def test_a_write_of_unknown_outcome_stands_and_is_never_repeated(ledger: Reservations, table: dynamo.Table) -> None:
    # GIVEN a write that is done, and whose answer is lost
    tenant = marketing(tokens_per_minute=100)
    ledger.reserve(tenant, Amount(1, 10))
    table.fail_after(dynamo.timeout)

    # WHEN a request reserves with it
    with pytest.raises(Unavailable):
        ledger.reserve(tenant, Amount(1, 10))

    # THEN it counts once
    assert used(table) == [20, 20, 20]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_a_table_that_can_not_be_written_is_our_fault(ledger: Reservations, table: dynamo.Table, code: str) -> None:
    # GIVEN a role or a table that is not as it was applied
    table.fail_before(lambda: dynamo.refused(code))

    # WHEN a request wants to reserve
    with pytest.raises(Internal) as refusal:
        ledger.reserve(marketing(tokens_per_minute=100), Amount(1, 10))

    # THEN the log says why
    assert code in (refusal.value.reason or "")


@pytest.mark.parametrize("attribute", ["minute", "day_tokens", "month_usd"])
def test_a_malformed_usage_item_lets_nobody_through(ledger: Reservations, table: dynamo.Table, attribute: str) -> None:
    # GIVEN an item that somebody has edited
    tenant = marketing(tokens_per_minute=100, tokens_per_day=100, usd_per_month=100)
    ledger.reserve(tenant, Amount(1, 10))
    del table.items[KEY][attribute]

    # WHEN the tenant calls
    # THEN it is refused as ours
    with pytest.raises(ApiError) as refusal:
        ledger.reserve(tenant, Amount(1, 10))
    assert refusal.value.status == 500
    assert attribute in (refusal.value.reason or "")


def test_an_item_of_a_version_without_hours_and_weeks_counts_on(ledger: Reservations, table: dynamo.Table) -> None:
    # GIVEN a tenant that an earlier version has counted for, and that has a budget for an hour since
    tenant = marketing(tokens_per_hour=60, tokens_per_day=100)
    ledger.reserve(tenant, Amount(1, 40))
    for attribute in [name for name in table.items[KEY] if name.partition("_")[0] in ("hour", "week")]:
        del table.items[KEY][attribute]

    # WHEN it calls until the hour is used up
    assert ledger.balance(tenant).report()["hour"]["tokens"] == {"used": 0, "limit": 60, "remaining": 60}
    ledger.settle(ledger.reserve(tenant, Amount(1, 50)), Amount(1, 20))
    with pytest.raises(BudgetSpent):
        ledger.reserve(tenant, Amount(1, 41))

    # THEN the hour and the week began with the first of its calls, and the day went on
    assert [table.number(KEY, f"{window}_tokens") for window in WINDOWS] == [60, 20, 60, 20, 60]


def test_settling_corrects_every_window_in_one_write(ledger: Reservations, table: dynamo.Table) -> None:
    # GIVEN a reservation
    tenant = marketing(tokens_per_minute=100)
    reservation = ledger.reserve(tenant, Amount(1, 90, 50))
    writes = table.writes

    # WHEN less was used
    balance = ledger.settle(reservation, Amount(1, 12, 8))

    # THEN that is what counts
    assert used(table, "requests") == [1, 1, 1]
    assert used(table, "tokens") == [12, 12, 12]
    assert used(table, "usd") == [8, 8, 8]
    assert table.writes == writes + 1
    assert balance is not None
    assert balance.headers(NOON)["x-ratelimit-remaining-tokens"] == "88"


def test_a_window_that_turned_meanwhile_is_left_alone(ledger: Reservations, table: dynamo.Table, clock: Clock) -> None:
    # GIVEN a request that takes over a minute, and another in the new one
    tenant = marketing(tokens_per_minute=100)
    slow = ledger.reserve(tenant, Amount(1, 90))
    clock.seconds += 60
    ledger.reserve(tenant, Amount(1, 50))

    # WHEN the slow one is settled
    ledger.settle(slow, Amount(1, 10))

    # THEN only the windows that it was counted in are corrected
    assert used(table) == [50, 60, 60]


@pytest.mark.parametrize("behind", [0, 61])
def test_a_window_that_turns_between_two_clocks_is_left_alone(table: dynamo.Table, clock: Clock, behind: int) -> None:
    # GIVEN a window that another server's clock has turned, but ours has not
    tenant = marketing(tokens_per_minute=100)
    ours = Reservations(LedgerTable("t", table), now=clock)
    theirs = Reservations(LedgerTable("t", table), now=lambda: clock.seconds + 86_400 * 30)
    slow = ours.reserve(tenant, Amount(1, 90))
    theirs.reserve(tenant, Amount(1, 50))
    clock.seconds -= behind

    # WHEN our request is settled
    # THEN nothing of theirs is touched
    assert ours.settle(slow, Amount(1, 10)) is None
    assert used(table) == [50, 50, 50]


def test_what_was_reserved_exactly_needs_no_write(ledger: Reservations, table: dynamo.Table) -> None:
    # GIVEN a reservation
    reservation = ledger.reserve(marketing(requests_per_day=5), Amount(1))
    writes = table.writes

    # WHEN as much was used
    # THEN nothing is written
    assert ledger.settle(reservation, Amount(1)) is None
    assert table.writes == writes


def test_settling_is_not_repeated_either(ledger: Reservations, table: dynamo.Table) -> None:
    # GIVEN a table whose answer is lost
    reservation = ledger.reserve(marketing(tokens_per_minute=100), Amount(1, 90))
    table.fail_after(dynamo.timeout)
    writes = table.writes

    # WHEN a reservation is settled
    with pytest.raises(Unavailable):
        ledger.settle(reservation, Amount(1, 10))

    # THEN it was sent once: twice would give back what others use
    assert table.writes == writes + 1
    assert used(table) == [10, 10, 10]


def test_a_deleted_item_is_not_brought_back_by_settling(ledger: Reservations, table: dynamo.Table) -> None:
    # GIVEN an operator who set a tenant's use to zero by deleting the item
    reservation = ledger.reserve(marketing(tokens_per_minute=100), Amount(1, 90))
    table.items.clear()

    # WHEN a request from before is settled
    # THEN there is nothing to correct
    assert ledger.settle(reservation, Amount(1, 10)) is None
    assert table.items == {}


def test_where_a_tenant_stands_is_one_read(ledger: Reservations, table: dynamo.Table, clock: Clock) -> None:
    # GIVEN a tenant with use of yesterday and today
    tenant = marketing(tokens_per_minute=100, usd_per_month=5 * USD)
    ledger.reserve(tenant, Amount(1, 40, USD // 4))
    clock.seconds += 86_400

    # WHEN it asks
    report = ledger.balance(tenant).report()

    # THEN windows that have turned are empty, and what isn't limited is counted all the same
    assert table.reads == 1
    assert report["minute"] == {
        "resets_at": "2026-11-24T12:01:00Z",
        "requests": {"used": 0, "limit": None, "remaining": None},
        "tokens": {"used": 0, "limit": 100, "remaining": 100},
        "usd": {"used": 0.0, "limit": None, "remaining": None},
    }
    assert report["month"]["tokens"] == {"used": 40, "limit": None, "remaining": None}
    assert report["month"]["usd"] == {"used": 0.25, "limit": 5.0, "remaining": 4.75}
    assert report["month"]["resets_at"] == "2026-12-01T00:00:00Z"


@pytest.fixture
def moto_table() -> Iterator[Service]:
    """A table of moto's, with AWS's parser of expressions and its list of reserved words, and our client of it."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }
    client = Service("dynamodb", environment=environment)
    table = {
        "TableName": "acme-tenants",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
    client.call("DynamoDB_20120810.CreateTable", table, 10)
    yield client
    server.stop()


def test_real_expressions_do_the_same(moto_table: Service, clock: Clock) -> None:
    # GIVEN a table that parses expressions as DynamoDB does
    ledger = Reservations(LedgerTable("acme-tenants", moto_table), now=clock)
    tenant = marketing(tokens_per_minute=100, usd_per_day=10**18)

    # WHEN every kind of write is made: beginning, adding, turning, refusing, settling with a window turned
    slow = ledger.reserve(tenant, Amount(1, 60, 10**17))
    with pytest.raises(OverBudget):
        ledger.reserve(tenant, Amount(1, 41))
    clock.seconds += 60
    quick = ledger.reserve(tenant, Amount(1, 70, 10**17))
    ledger.settle(slow, Amount(1, 10, 1))
    ledger.settle(quick, Amount(1, 5, 2))

    # THEN the table holds the same sums, to the picodollar
    report = ledger.balance(tenant)
    assert [report.used[window, "tokens"] for window in ("minute", "day", "month")] == [5, 15, 15]
    assert [report.used[window, "usd"] for window in ("minute", "day", "month")] == [2, 3, 3]
