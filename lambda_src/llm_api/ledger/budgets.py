"""Budgets: how much a tenant may use in a minute, an hour, a day, a week and a month, and where it stands.

Pure arithmetic on whole numbers: requests, tokens, and picodollars. Windows are those of the calendar, in UTC, each
with a number that rises by one: minutes, hours and days since 1970, weeks since the one that 1970 began in, months
since the year 0. A week begins on Monday, as ISO 8601 has it.
"""

import calendar
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from llm_api.registry import PICODOLLARS_PER_USD

WINDOWS = ("minute", "hour", "day", "week", "month")
KINDS = ("requests", "tokens", "usd")

Counter = tuple[str, str]
"""A window and a kind, such as `("day", "tokens")`."""

COUNTERS: tuple[Counter, ...] = tuple((window, kind) for window in WINDOWS for kind in KINDS)

_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_BEFORE_1970 = {"week": 3 * 86_400}
"""Between the start of the first window and 1970: 1 January 1970 was a Thursday."""

_LAST_YEAR = 9999
_LAST_SECOND = 253_402_300_799
"""The end of that year."""


class Amount(NamedTuple):
    """What a request uses, or may use at most."""

    requests: int = 0
    tokens: int = 0
    picodollars: int = 0

    def of(self, kind: str) -> int:
        """The part that is counted in a kind of budget."""
        return {"requests": self.requests, "tokens": self.tokens, "usd": self.picodollars}[kind]

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.requests - other.requests, self.tokens - other.tokens, self.picodollars - other.picodollars)


Budgets = Mapping[Counter, int]
"""The limit of each counter that has one; of `usd` in picodollars."""


def name_of(counter: Counter) -> str:
    """The budget as it is declared, such as `tokens_per_day`."""
    return f"{counter[1]}_per_{counter[0]}"


def numbers_at(now: float) -> dict[str, int]:
    """The number of each window that is current at `now`, in seconds since 1970."""
    date = time.gmtime(now)
    numbers = {window: int((now + _BEFORE_1970.get(window, 0)) // length) for window, length in _SECONDS.items()}
    return {**numbers, "month": date.tm_year * 12 + date.tm_mon - 1}


def end_of(window: str, number: int) -> int:
    """When a window ends, in seconds since 1970."""
    if window == "month":
        year, month = divmod(number + 1, 12)
        return calendar.timegm((year, month + 1, 1, 0, 0, 0)) if 0 < year < _LAST_YEAR else _LAST_SECOND
    return (number + 1) * _SECONDS[window] - _BEFORE_1970.get(window, 0)


class Balance(NamedTuple):
    """What a tenant has used of its budgets, at one moment.

    Attributes:
        numbers: each window's number.
        used: each counter, reservations included; empty where nothing is counted, for want of a budget.
    """

    budgets: Budgets
    numbers: Mapping[str, int]
    used: Mapping[Counter, int]

    def at(self, now: float) -> "Balance":
        """The same at `now`: a window that has turned is empty. One that is ahead of our clock is taken as it is."""
        current = numbers_at(now)
        turned = {window for window in WINDOWS if self.numbers[window] < current[window]}
        return Balance(
            self.budgets,
            {window: max(self.numbers[window], current[window]) for window in WINDOWS},
            {counter: 0 if counter[0] in turned else used for counter, used in self.used.items()},
        )

    def left(self, counter: Counter) -> int:
        """What is left of a budget, never below zero."""
        return max(0, self.budgets[counter] - self.used[counter])

    def resets_at(self, counter: Counter) -> int:
        """When the counter starts anew, in seconds since 1970."""
        return end_of(counter[0], self.numbers[counter[0]])

    def exceeded_by(self, amount: Amount) -> Iterator[Counter]:
        """The budgets that leave no room for `amount`."""
        for counter, limit in self.budgets.items():
            if self.used[counter] + amount.of(counter[1]) > limit:
                yield counter

    def headers(self, now: float) -> dict[str, str]:
        """OpenAI's rate-limit headers, for the window of which the least is left.

        https://platform.openai.com/docs/guides/rate-limits
        """
        headers: dict[str, str] = {}
        for kind in ("requests", "tokens"):
            counters = [counter for counter in self.budgets if counter[1] == kind]
            if not counters:
                continue
            tightest = min(counters, key=self.left)
            headers[f"x-ratelimit-limit-{kind}"] = str(self.budgets[tightest])
            headers[f"x-ratelimit-remaining-{kind}"] = str(self.left(tightest))
            headers[f"x-ratelimit-reset-{kind}"] = duration(self.resets_at(tightest) - now)
        return headers

    def log_fields(self) -> dict[str, str | float]:
        """The budget, of an hour or longer, of which the most is used, and how much: a minute's is there to be used.

        What other requests have set aside counts as used. Empty without such a budget.
        """
        lasting = {counter: limit for counter, limit in self.budgets.items() if counter[0] != "minute"}
        if not lasting:
            return {}
        # A budget of nothing is used up.
        parts = {counter: self.used[counter] / limit if limit else 1.0 for counter, limit in lasting.items()}
        fullest = max(parts, key=parts.__getitem__)
        return {"budget": name_of(fullest), "budget_used_percent": round(100 * parts[fullest], 1)}

    def report(self) -> dict[str, Any]:
        """Use, limit and rest of every counter, by window; null where nothing is counted or nothing is limited."""
        return {
            window: {
                "resets_at": timestamp(end_of(window, self.numbers[window])),
                **{kind: self._report((window, kind)) for kind in KINDS},
            }
            for window in WINDOWS
        }

    def _report(self, counter: Counter) -> dict[str, int | float | None]:
        limited = counter in self.budgets
        return {
            "used": _shown(counter, self.used[counter]) if counter in self.used else None,
            "limit": _shown(counter, self.budgets[counter]) if limited else None,
            "remaining": _shown(counter, self.left(counter)) if limited and counter in self.used else None,
        }


def amount_text(counter: Counter, amount: int) -> str:
    """Such as `12,000 tokens`, `1 request` or `$0.25`."""
    kind = counter[1]
    if kind == "usd":
        return f"${amount / PICODOLLARS_PER_USD:,.6f}".rstrip("0").rstrip(".")
    return f"{amount:,} {kind.removesuffix('s') if amount == 1 else kind}"


def timestamp(seconds: float) -> str:
    """RFC 3339, in UTC. What lies beyond its four digits of a year, by a broken clock, is told as their end."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(min(max(seconds, 0), _LAST_SECOND)))


def duration(seconds: float) -> str:
    """As OpenAI writes one: `850ms`, `6s`, `1m30s`, `23h59m0s`."""
    milliseconds = max(0, round(seconds * 1000))
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, whole = divmod(-(-milliseconds // 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{whole}s"


def _shown(counter: Counter, amount: int) -> int | float:
    return amount / PICODOLLARS_PER_USD if counter[1] == "usd" else amount
