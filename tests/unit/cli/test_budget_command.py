"""`llm-api budget`: a raised limit ends by itself; `llm-api usage` measures by it."""

import time
from decimal import Decimal
from typing import Any

import pytest
from llm_api.ledger.budgets import COUNTERS, name_of, numbers_at
from llm_api_cli.errors import Invalid
from llm_api_cli.items import BUDGETS, current_numbers
from llm_api_cli.options import moment

from tests.unit.cli.conftest import Command

NOW = 1_796_200_000  # 2026-12-02T08:26:40Z


def test_the_budgets_and_windows_are_the_functions_own() -> None:
    # GIVEN the function's, and the command line's, which can't import them
    # THEN
    assert sorted(BUDGETS) == sorted(name_of(counter) for counter in COUNTERS)
    assert current_numbers(NOW) == numbers_at(NOW)


def test_a_budget_is_raised_until_its_end(account: Any, llm_api: Command) -> None:
    # WHEN
    answer = llm_api("budget", "raise", "marketing", "usd_per_month=$1,500", "--until", "2999-01-01")

    # THEN
    assert answer.code == 0, answer.err
    raised = account.get("override#tenant#marketing")["raised"]["M"]["usd_per_month"]["M"]
    assert raised == {"limit": {"N": "1500"}, "until": {"N": "32472144000"}}
    shown = llm_api("tenants", "show", "marketing", "-o", "json").json
    assert shown["budgets"] == {"usd_per_month": "1500 until 2999-01-01T00:00:00Z (override; else 200)"}

    # WHEN it is ended before
    llm_api("budget", "reset", "marketing")

    # THEN
    assert account.get("override#tenant#marketing") is None


def test_what_has_ended_is_told_no_longer(account: Any, llm_api: Command) -> None:
    # GIVEN a budget that was raised until a moment ago
    entry = {"M": {"limit": {"N": "900"}, "until": {"N": str(int(time.time()) - 1)}}}
    account.put("override#tenant#marketing", managed_by="llm-api", raised={"M": {"usd_per_month": entry}})

    # THEN
    assert llm_api("tenants", "show", "marketing", "-o", "json").json["budgets"] == {"usd_per_month": 200}


@pytest.mark.parametrize(
    ("wanted", "until"),
    [
        ("usd_per_month=100", "+1d"),
        ("tokens_per_day=100", "+1d"),
        ("usd_per_month=300", "2020-01-01"),
        ("usd_per_month=lots", "+1d"),
        ("usd_per_month", "+1d"),
    ],
)
def test_a_raise_that_is_none_is_refused(account: Any, llm_api: Command, wanted: str, until: str) -> None:
    # WHEN it is below what is declared, of no budget of the tenant's, over, or no number
    # THEN
    assert llm_api("budget", "raise", "marketing", wanted, "--until", until).code == 2
    assert account.get("override#tenant#marketing") is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("+2d", NOW + 2 * 86_400),
        ("90m", NOW + 5400),
        ("end-of-day", 1_796_256_000),
        ("end-of-month", 1_798_761_600),
        ("2027-01-31", 1_801_353_600),
        ("2027-01-31T00:00:00Z", 1_801_353_600),
        ("2027-01-31T01:00:00+01:00", 1_801_353_600),
    ],
)
def test_times_as_people_write_them(text: str, at: int) -> None:
    assert moment(text, now=NOW) == at


def test_a_word_that_is_no_time() -> None:
    with pytest.raises(Invalid):
        moment("soon", now=NOW)


def test_usage_measures_by_the_limit_that_counts(account: Any, llm_api: Command) -> None:
    # GIVEN what the function has counted, in a day that is over and a month that isn't
    now = numbers_at(time.time())
    account.put(
        "usage#marketing",
        managed_by=None,
        day={"N": str(now["day"] - 1)},
        day_requests={"N": "7"},
        day_tokens={"N": "70"},
        day_usd={"N": "0"},
        month={"N": str(now["month"])},
        month_requests={"N": "9"},
        month_tokens={"N": "1200"},
        month_usd={"N": str(150 * 10**12)},
    )

    # WHEN
    llm_api("budget", "raise", "marketing", "usd_per_month=300", "--until", "+1d")
    rows = {row["window"]: row for row in llm_api("usage", "--json").json}

    # THEN
    assert rows["day"]["requests"] == 0
    assert (rows["month"]["usd"], rows["month"]["used_percent"]) == (150, 50.0)
    assert rows["month"]["limits"] == {"usd": Decimal(300)}
    assert llm_api("usage", "--csv").out.splitlines()[0].startswith("tenant,window,requests,tokens,usd")
