"""Reserve before the model is called, settle after: one item a tenant, one conditional write each.

The item `usage#<tenant>` holds the number of each window and its counters. To **reserve** is to add the most that the
request may use to all of them, on the condition that no budget is exceeded. The condition is part of the write, and
DynamoDB writes to one item one after the other, so however many requests come at once, the counters never pass a limit.
When a window has turned, the failed condition hands out the item, and one more conditional write begins the new window.
To **settle** is to add what was used less what was reserved, to those windows that are still the same.

A write is sent once. If its outcome isn't known, the request is refused and the reservation may stand; if the process
dies after reserving, the reservation stands. Either way a tenant gets less than its budget for a while, never more.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from llm_api.errors import Internal, Unavailable
from llm_api.ledger.budgets import COUNTERS, KINDS, WINDOWS, Amount, Balance, Budgets, numbers_at
from llm_api.ledger.principals import Tenant
from llm_api.ledger.refusals import over_budget, too_large
from llm_api.ledger.table import Item, Table
from llm_api.ledger.tenants import malformed

_ROUNDS = 8
"""Attempts at a reservation. Each after the first follows a known refusal: another request began the window first."""

_CONTENDED_SECONDS = 1.0

_LATER = frozenset({"hour", "week"})
"""Windows that an item of an earlier version doesn't have. They begin with the next request."""

_NOT_BEGUN = -1
"""In place of the number of a window that an item doesn't have: below every number that a clock gives."""


class Reservation(NamedTuple):
    """What was set aside for one request.

    Attributes:
        amount: added to every window.
        balance: of the tenant, with the reservation in it; its numbers are the windows it was added to.
    """

    tenant: str
    amount: Amount
    balance: Balance


class Reservations:
    """Reserves and settles.

    Parameters:
        now: seconds since 1970; replaced in tests.
    """

    def __init__(self, table: Table, *, now: Callable[[], float] = time.time) -> None:
        self._table = table
        self._now = now

    def reserve(self, tenant: Tenant, amount: Amount) -> Reservation:
        """Set `amount` aside in all windows of a tenant, or in none.

        Raises:
            OverBudget: a budget leaves no room for it.
            BudgetSpent: likewise, and waiting for a minute won't help.
            Unavailable: the table is out of reach, or it is not known whether it was set aside.
            Internal: the amount is below nothing, which would make room in a budget.
        """
        key = f"usage#{tenant.name}"
        if min(amount.requests, amount.tokens, amount.picodollars) < 0:
            raise Internal(reason=f"Less than nothing was to be reserved for tenant {tenant.name}: {amount}")
        for counter, limit in tenant.budgets.items():
            if amount.of(counter[1]) > limit:
                raise too_large(counter, limit, amount)
        update = _add(numbers_at(self._now()), tenant.budgets, amount)
        for _ in range(_ROUNDS):
            outcome = self._table.write(key, update.request())
            if outcome.written:
                return Reservation(tenant.name, amount, _balance(key, tenant.budgets, outcome.item))
            if outcome.item is None:
                update = _begin(numbers_at(self._now()), amount)
                continue
            stored = _balance(key, tenant.budgets, outcome.item)
            now = self._now()
            balance = stored.at(now)
            exceeded = list(balance.exceeded_by(amount))
            if exceeded:
                raise over_budget(exceeded, balance, amount, now)
            update = _turn(stored.numbers, balance.numbers, tenant.budgets, amount)
        raise Unavailable(
            "Too many of your requests come at once to be counted. Try again in a second.",
            retry_after_seconds=_CONTENDED_SECONDS,
            reason=f"Item {key} of the tenants table changed during each of {_ROUNDS} attempts.",
        )

    def settle(self, reservation: Reservation, used: Amount) -> Balance | None:
        """Correct a reservation to what was used; the balance after it, or None where nothing had to be written.

        Windows that have turned meanwhile are left alone: they count other requests by now.

        Raises:
            Unavailable: the table is out of reach. It isn't tried again: the reservation stands, or doesn't.
        """
        key = f"usage#{reservation.tenant}"
        difference = used - reservation.amount
        if difference == Amount():
            return None
        numbers = reservation.balance.numbers
        current = numbers_at(self._now())
        windows = [window for window in WINDOWS if numbers.get(window, _NOT_BEGUN) >= current[window]]
        while windows:
            update = _Update()
            for window in windows:
                update.require(window, "=", numbers[window])
                update.add_amount(window, difference)
            outcome = self._table.write(key, update.request())
            if outcome.written:
                return _balance(key, reservation.balance.budgets, outcome.item)
            if outcome.item is None:
                return None
            stored = _balance(key, reservation.balance.budgets, outcome.item).numbers
            windows = [window for window in windows if stored[window] == numbers[window]]
        return None

    def balance(self, tenant: Tenant) -> Balance:
        """What a tenant has used so far. Without a budget nothing is counted, and nothing read.

        Raises:
            Unavailable: the table can't be read at the moment.
        """
        now = self._now()
        if not tenant.budgets:
            return Balance({}, numbers_at(now), {})
        key = f"usage#{tenant.name}"
        item = self._table.read(key)
        if item is None:
            return Balance(tenant.budgets, numbers_at(now), dict.fromkeys(COUNTERS, 0))
        return _balance(key, tenant.budgets, item).at(now)


def _add(numbers: Mapping[str, int], budgets: Budgets, amount: Amount) -> "_Update":
    """Add to the windows as they are, if they are these or, by another server's clock, later ones."""
    update = _Update()
    for window in WINDOWS:
        update.require(window, ">=", numbers[window])
        update.add_amount(window, amount)
        update.require_room(window, budgets, amount)
    return update


def _begin(numbers: Mapping[str, int], amount: Amount) -> "_Update":
    """The tenant's first request: the item itself."""
    update = _Update()
    update.require_absence("pk")
    for window in WINDOWS:
        update.start(window, numbers[window], amount)
    return update


def _turn(stored: Mapping[str, int], numbers: Mapping[str, int], budgets: Budgets, amount: Amount) -> "_Update":
    """Start the windows that have turned and add to the others, if nobody did so first."""
    update = _Update()
    for window in WINDOWS:
        if stored[window] == _NOT_BEGUN:
            update.require_absence(window)
        else:
            update.require(window, "=", stored[window])
        if stored[window] != numbers[window]:
            update.start(window, numbers[window], amount)
        else:
            update.add_amount(window, amount)
            update.require_room(window, budgets, amount)
    return update


class _Update:
    """The parts of one UpdateItem. Attributes go by names of their own: `minute`, `day` and `month` are reserved words.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, dict[str, str]] = {}
        self._sets: list[str] = []
        self._adds: list[str] = []
        self._conditions: list[str] = []

    def require(self, attribute: str, operator: str, value: int) -> None:
        self._conditions.append(f"{self._name(attribute)} {operator} {self._value(value)}")

    def require_absence(self, attribute: str) -> None:
        self._conditions.append(f"attribute_not_exists({self._name(attribute)})")

    def require_room(self, window: str, budgets: Budgets, amount: Amount) -> None:
        for kind in KINDS:
            if (window, kind) in budgets:
                self.require(_attribute(window, kind), "<=", budgets[window, kind] - amount.of(kind))

    def start(self, window: str, window_number: int, amount: Amount) -> None:
        self._sets.append(f"{self._name(window)} = {self._value(window_number)}")
        for kind in KINDS:
            self._sets.append(f"{self._name(_attribute(window, kind))} = {self._value(amount.of(kind))}")

    def add_amount(self, window: str, amount: Amount) -> None:
        for kind in KINDS:
            if amount.of(kind):
                self._adds.append(f"{self._name(_attribute(window, kind))} {self._value(amount.of(kind))}")

    def request(self) -> dict[str, Any]:
        sets = f"SET {', '.join(self._sets)}" if self._sets else ""
        adds = f"ADD {', '.join(self._adds)}" if self._adds else ""
        return {
            "UpdateExpression": f"{sets} {adds}".strip(),
            "ConditionExpression": " AND ".join(self._conditions),
            "ExpressionAttributeNames": self._names,
            "ExpressionAttributeValues": self._values,
        }

    def _name(self, attribute: str) -> str:
        self._names[f"#{attribute}"] = attribute
        return f"#{attribute}"

    def _value(self, value: int) -> str:
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = {"N": str(value)}
        return placeholder


def _attribute(window: str, kind: str) -> str:
    return f"{window}_{kind}"


def _balance(key: str, budgets: Budgets, item: Item | None) -> Balance:
    absent = {window for window in _LATER if window not in (item or {})}
    numbers = {window: _NOT_BEGUN if window in absent else _whole(key, item, window) for window in WINDOWS}
    used = {
        (window, kind): 0 if window in absent else _whole(key, item, _attribute(window, kind))
        for window, kind in COUNTERS
    }
    return Balance(budgets, numbers, used)


def _whole(key: str, item: Item | None, attribute: str) -> int:
    value = _counter((item or {}).get(attribute))
    if value is None:
        raise malformed(key, f"has a {attribute} that is no whole number")
    return value


def _counter(value: Any) -> int | None:
    text = value.get("N") if isinstance(value, Mapping) else None
    try:
        return int(text) if isinstance(text, str) else None
    except ValueError:
        return None
