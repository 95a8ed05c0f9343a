"""Windows, their ends, and how amounts and times are written."""

import calendar

import pytest
from llm_api.ledger.budgets import COUNTERS, Balance, amount_text, duration, end_of, numbers_at, timestamp


@pytest.mark.parametrize(
    ("window", "date", "ends"),
    [
        ("minute", (2026, 11, 23, 12, 0, 59), "2026-11-23T12:01:00Z"),
        ("minute", (2026, 12, 31, 23, 59, 0), "2027-01-01T00:00:00Z"),
        ("hour", (2026, 12, 31, 23, 0, 0), "2027-01-01T00:00:00Z"),
        ("week", (2026, 11, 29, 23, 59, 59), "2026-11-30T00:00:00Z"),
        ("week", (2026, 11, 30, 0, 0, 0), "2026-12-07T00:00:00Z"),
        ("week", (2026, 12, 31, 12, 0, 0), "2027-01-04T00:00:00Z"),
        ("day", (2026, 11, 30, 0, 0, 0), "2026-12-01T00:00:00Z"),
        ("month", (2026, 11, 30, 23, 59, 59), "2026-12-01T00:00:00Z"),
        ("month", (2026, 12, 1, 0, 0, 0), "2027-01-01T00:00:00Z"),
        ("month", (2028, 2, 29, 12, 0, 0), "2028-03-01T00:00:00Z"),
    ],
)
def test_a_window_ends_where_the_next_begins(window: str, date: tuple[int, ...], ends: str) -> None:
    # GIVEN a moment
    now = calendar.timegm((*date, 0, 0, 0))

    # WHEN its window's end is asked for
    number = numbers_at(now)[window]
    end = end_of(window, number)

    # THEN the next window begins there, and not a second before
    assert timestamp(end) == ends
    assert numbers_at(end)[window] == number + 1
    assert numbers_at(end - 1)[window] == number


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0ms"),
        (0.012, "12ms"),
        (0.9999, "1s"),
        (59.2, "1m0s"),
        (60, "1m0s"),
        (90, "1m30s"),
        (86_399, "23h59m59s"),
        (2_592_000, "720h0m0s"),
    ],
)
def test_durations_are_written_as_openai_does(seconds: float, text: str) -> None:
    # GIVEN a time until a window's end
    # WHEN it is written
    # THEN it is rounded up, so that nobody comes too early
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("kind", "amount", "text"),
    [
        ("tokens", 12_000, "12,000 tokens"),
        ("requests", 1, "1 request"),
        ("usd", 10**12, "$1"),
        ("usd", 250_000_000_000, "$0.25"),
        ("usd", 1_234 * 10**12, "$1,234"),
        ("usd", 0, "$0"),
    ],
)
def test_amounts_are_written_for_people(kind: str, amount: int, text: str) -> None:
    # GIVEN an amount
    # WHEN it is written
    # THEN people read it
    assert amount_text(("day", kind), amount) == text


@pytest.mark.parametrize(
    ("budgets", "used", "told"),
    [
        (
            {("day", "tokens"): 200, ("month", "usd"): 10},
            {("day", "tokens"): 50, ("month", "usd"): 9},
            ("usd_per_month", 90.0),
        ),
        ({("minute", "tokens"): 10, ("day", "requests"): 8}, {("minute", "tokens"): 10}, ("requests_per_day", 0.0)),
        ({("month", "requests"): 0}, {}, ("requests_per_month", 100.0)),
    ],
    ids=["the fullest", "not a minute's", "of nothing"],
)
def test_the_log_tells_the_budget_that_runs_out_first(
    budgets: dict[tuple[str, str], int], used: dict[tuple[str, str], int], told: tuple[str, float]
) -> None:
    # GIVEN budgets, and what is used of them
    balance = Balance(budgets, numbers_at(0), dict.fromkeys(COUNTERS, 0) | used)

    # THEN the fullest is told, save a minute's
    fields = balance.log_fields()
    assert (fields["budget"], fields["budget_used_percent"]) == told


def test_a_minutes_budget_alone_is_not_told() -> None:
    # GIVEN a tenant who is limited by the minute: such a budget is there to be used
    balance = Balance({("minute", "tokens"): 10}, numbers_at(0), dict.fromkeys(COUNTERS, 10))

    # THEN there is nothing to warn of
    assert balance.log_fields() == {}
