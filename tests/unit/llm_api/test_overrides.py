"""What an operator puts over a key or a tenant wins over who declares it, and ends by itself where it has an end."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from llm_api.config import Settings
from llm_api.errors import ApiError, Forbidden, Internal, Unauthenticated
from llm_api.events import Caller, Request
from llm_api.ledger import Ledger
from llm_api.registry import Registry

from tests.unit.llm_api import dynamo

KEY, OTHER_KEY = "sk-acme-0123456789", "sk-acme-9876543210"
HASH, OTHER_HASH = (hashlib.sha256(key.encode()).hexdigest() for key in (KEY, OTHER_KEY))
NOW = 1_796_200_000.0
DAY = ("day", "tokens")


class Clock:
    """Both clocks of a ledger."""

    def __init__(self) -> None:
        self.seconds = NOW

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def table() -> dynamo.Table:
    """A tenant with two keys, as Terraform writes them."""
    table = dynamo.Table()
    for digest in (HASH, OTHER_HASH):
        table.put(f"key#{digest}", tenant={"S": "marketing"})
    table.put("tenant#marketing", models={"SS": ["nova"]}, budgets={"M": {"tokens_per_day": {"N": "1000"}}})
    return table


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(table: dynamo.Table, clock: Clock) -> Ledger:
    settings = Settings(Registry([]), auth="api_key", tenants_table="acme-tenants")
    return Ledger(settings, table, clock=clock, now=clock)


def sent(key: str) -> Request:
    return Request("r", "GET", "/v1/models", "/v1/models", {"x-api-key": key}, {}, b"", Caller())


def raised(limit: str, until: float) -> dict[str, Any]:
    return {"M": {"tokens_per_day": {"M": {"limit": {"N": limit}, "until": {"N": str(until)}}}}}


def refusal(call: Callable[[], object]) -> ApiError:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value


def test_a_revoked_key_ends_alone(table: dynamo.Table, ledger: Ledger) -> None:
    # GIVEN one of a tenant's keys, revoked past its declaration
    table.put(f"override#key#{HASH}", expires_at={"N": "0"})

    # WHEN both are sent
    refused = refusal(lambda: ledger.authenticate(sent(KEY)))
    answered = ledger.authenticate(sent(OTHER_KEY))

    # THEN the one hears what an unknown key hears, and the log has its ID, by which its other uses are found
    assert (type(refused), refused.log_fields) == (Unauthenticated, {"key_id": HASH[:10]})
    assert refused.message == refusal(lambda: ledger.authenticate(sent("sk-unknown"))).message
    assert (answered.name, answered.key_id) == ("marketing", OTHER_HASH[:10])


@pytest.mark.parametrize(("declared", "override", "good_for"), [(100, 50, 50), (50, 100, 50), (None, 50, 50)])
def test_a_key_ends_when_the_first_of_both_says(
    table: dynamo.Table, ledger: Ledger, clock: Clock, declared: int | None, override: int, good_for: int
) -> None:
    # GIVEN a key that was rotated, whose declaration may have an end of its own
    if declared is not None:
        table.put(f"key#{HASH}", tenant={"S": "marketing"}, expires_at={"N": str(NOW + declared)})
    table.put(f"override#key#{HASH}", expires_at={"N": str(NOW + override)})

    # THEN it is good until the first of them, to the second
    clock.seconds = NOW + good_for - 1
    ledger.authenticate(sent(KEY))
    clock.seconds += 1
    assert isinstance(refusal(lambda: ledger.authenticate(sent(KEY))), Unauthenticated)


@pytest.mark.parametrize(
    ("declared", "override", "answered"),
    [(None, False, False), (False, None, False), (False, True, True), (True, False, False), (True, None, True)],
)
def test_an_override_decides_who_is_answered(
    table: dynamo.Table, ledger: Ledger, declared: bool | None, override: bool | None, answered: bool
) -> None:
    # GIVEN what the declaration says, and what an operator says
    if declared is not None:
        table.items["tenant#marketing"]["enabled"] = {"BOOL": declared}
    if override is not None:
        table.put("override#tenant#marketing", enabled={"BOOL": override})

    # WHEN the tenant calls, or a workflow does in its name
    calls = (lambda: ledger.authenticate(sent(KEY)), lambda: ledger.tenant("marketing"))

    # THEN the operator's word counts, where there is one
    for call in calls:
        if answered:
            assert call().name == "marketing"
        else:
            assert isinstance(refused := refusal(call), Forbidden)
            assert refused.log_fields["tenant"] == "marketing"


def test_a_raised_budget_ends_by_itself_and_to_the_second(table: dynamo.Table, ledger: Ledger, clock: Clock) -> None:
    # GIVEN a budget that is raised for ten seconds
    table.put("override#tenant#marketing", raised=raised("5000", NOW + 10))

    # WHEN the tenant calls before and after the end, within what is remembered for a minute
    limits = []
    for seconds in (0, 9, 10, 11):
        clock.seconds = NOW + seconds
        limits.append(ledger.authenticate(sent(KEY)).budgets[DAY])

    # THEN the declared limit is back, and it is read once more for that
    assert limits == [5000, 5000, 1000, 1000]
    assert table.reads == 4


def test_what_is_no_longer_declared_is_not_raised(table: dynamo.Table, ledger: Ledger) -> None:
    # GIVEN a budget that was raised, and then taken out of the declaration
    table.put("override#tenant#marketing", raised=raised("5000", NOW + 10))
    table.put("tenant#marketing", models={"SS": ["nova"]})

    # THEN the tenant is without a limit, as it is declared
    assert ledger.authenticate(sent(KEY)).budgets == {}


@pytest.mark.parametrize(
    ("key", "attributes", "reason"),
    [
        (f"override#key#{HASH}", {}, "no expires_at"),
        (f"override#key#{HASH}", {"expires_at": {"S": "now"}}, "no number of seconds"),
        ("override#tenant#marketing", {"enabled": {"S": "no"}}, "neither true nor false"),
        ("override#tenant#marketing", {"enabled": None}, "neither true nor false"),
        ("override#tenant#marketing", {"raised": {"L": []}}, "no map"),
        ("override#tenant#marketing", {"raised": None}, "no map"),
        ("override#tenant#marketing", {"raised": {"M": {"tokens_per_day": {"N": "5"}}}}, "raises 'tokens_per_day'"),
        ("override#tenant#marketing", {"raised": raised("-5", NOW + 10)}, "raises 'tokens_per_day'"),
        ("override#tenant#marketing", {"raised": raised("1.5", NOW + 10)}, "budget tokens_per_day"),
    ],
)
def test_a_malformed_override_lets_nobody_in(
    table: dynamo.Table, ledger: Ledger, key: str, attributes: dict[str, Any], reason: str
) -> None:
    # GIVEN an override that somebody wrote by hand, wrongly
    table.put(key, **attributes)

    # WHEN its tenant calls
    refused = refusal(lambda: ledger.authenticate(sent(KEY)))

    # THEN that is refused as ours: what may have been meant is to keep somebody out
    assert isinstance(refused, Internal)
    assert reason in json.dumps(refused.reason)
