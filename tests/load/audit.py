"""The books: what the ledger counted against what the stand-in models produced by their own count."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from local_aws.journal import Call
from tests.load.callers import Result, Watch, limits
from tests.load.deployment import MODELS, Tenant
from tests.load.oracle import NO_TABLE, OTHERWISE, OUTCOMES, OVER_BUDGET

PICODOLLARS = 10**12
_BY_ID = {str(model["id"]): name for name, model in MODELS.items()}
_NEVER_SETTLED = frozenset({"breaks", "cuts", "stalls"})


@dataclass(frozen=True, slots=True)
class Book:
    """One tenant's.

    Attributes:
        produced: by the models in requests that can be settled, in tokens and in picodollars.
        standing: of requests that were cut, crashed or ran out of time, likewise.
        counted: by the ledger this month, likewise.
        requests: counted by the ledger this month.
        unknown: writes whose outcome nobody knows, each of which may or may not have been counted.
        reserved: requests to a model, of whatever was neither over budget nor without a table.
        lost: the same of what may have been counted or not: it had no table, or was refused, which counts if it took
            more than a second.
        refused_first: failures that may have come before anything was reserved, so that they may not be counted.
    """

    tenant: Tenant
    outcomes: Mapping[str, int]
    produced: tuple[int, int]
    standing: tuple[int, int]
    counted: tuple[int, int]
    requests: int
    reserved: int
    lost: int
    unknown: int
    refused_first: int = 0

    @property
    def sent(self) -> int:
        return sum(self.outcomes.values())

    def faults(self) -> Iterator[str]:
        """What isn't as it has to be."""
        for what, produced, standing, counted in zip(
            ("tokens", "picodollars"), self.produced, self.standing, self.counted, strict=True
        ):
            exact = produced + standing
            if counted < exact or (counted > exact and not self.unknown):
                yield f"{self.tenant.name}: {counted:,} {what} counted, {exact:,} produced or standing"
        if not self.reserved - self.refused_first <= self.requests <= self.reserved + self.lost:
            yield f"{self.tenant.name}: {self.requests:,} requests counted, {self.reserved:,} reserved"


@dataclass(frozen=True, slots=True)
class Audit:
    """All that a run shows.

    Attributes:
        beyond: requests that used more than was reserved for them. None may.
    """

    books: Sequence[Book]
    results: Sequence[Result]
    watch: Watch
    beyond: int
    seconds: float
    callers: int
    sandboxes: int
    kinds: Mapping[str, int] = field(default_factory=dict)

    def faults(self) -> list[str]:
        """What isn't as it has to be: empty, or the run has failed."""
        found = [fault for book in self.books for fault in book.faults()]
        found += sorted(set(self.watch.overdrawn))
        found += [f"{result.job.kind}: {result.detail}" for result in self.results if result.outcome == OTHERWISE]
        if self.beyond:
            found.append(f"{self.beyond} requests used more than was reserved for them")
        return found

    def table(self) -> str:
        """The numbers, for people."""
        names = [book.tenant.name for book in self.books]
        rows: list[tuple[str, list[int]]] = [("requests sent", [book.sent for book in self.books])]
        rows += [(f"  {outcome}", [book.outcomes[outcome] for book in self.books]) for outcome in OUTCOMES]
        rows += [("requests counted by the ledger", [book.requests for book in self.books])]
        for at, unit in enumerate(("tokens", "picodollars")):
            rows += [
                (f"{unit} produced by the models", [book.produced[at] for book in self.books]),
                (f"{unit} reserved by what was cut or killed", [book.standing[at] for book in self.books]),
                (f"{unit} counted by the ledger", [book.counted[at] for book in self.books]),
            ]
        lines = [f"{'':43}" + "".join(f"{name:>19}" for name in [*names, "all"])]
        lines += [f"{label:43}" + "".join(f"{number:19,}" for number in [*row, sum(row)]) for label, row in rows]
        lines += ["", f"{'the most that was in use at any time':43}{'used':>19}{'limit':>19}"]
        for (name, counter), highest in sorted(self.watch.highest.items()):
            limit = next(limits(book.tenant)[counter] for book in self.books if book.tenant.name == name)
            if highest * 1000 > limit:
                lines.append(f"  {name + ', ' + counter.replace('_', ': '):41}{highest:19,}{limit:19,}")
        took = sorted(result.seconds for result in self.results)
        lines += [
            "",
            f"{self.callers} callers, {self.sandboxes} sandboxes, {self.seconds:.0f} s; {self.watch.looks} looks;"
            f" half of the answers came within {took[len(took) // 2]:.1f} s, the last within {took[-1]:.1f} s.",
        ]
        lines.append("Sent: " + ", ".join(f"{number} {kind}" for kind, number in sorted(self.kinds.items())) + ".")
        return "\n".join(lines)


def audit(
    tenants: Sequence[Tenant],
    results: Sequence[Result],
    calls: Sequence[Call],
    log_lines: Sequence[Mapping[str, Any]],
    used: Mapping[str, Mapping[str, int]],
    killed: Mapping[tuple[str, str], int],
    watch: Watch,
    **run: Any,
) -> Audit:
    """Closes the books.

    What a killed request had reserved is in no log: it is what a twin had that was not killed and whose reservation
    stands too, of the same tenant and model and with a body of the same size.

    Parameters:
        calls: the journal's.
        used: the usage item of each tenant.
        killed: how many requests lost their sandbox, by tenant and model.
        run: the other fields of `Audit`.
    """
    books = []
    for tenant in tenants:
        mine = [line for line in log_lines if line.get("tenant") == tenant.name]
        stood = [line for line in mine if line.get("settlement") == "stands"]
        for (name, model), number in killed.items():
            twins = [line for line in stood if name == tenant.name and line["model"] == model]
            stood += twins[:1] * number
        theirs = [call for call in calls if call.tags.get("tenant") == tenant.name]
        sent = [result for result in results if result.job.tenant == tenant.name]
        outcomes = Counter(result.outcome for result in sent)
        counted = used[tenant.name]
        books.append(
            Book(
                tenant,
                {outcome: outcomes[outcome] for outcome in OUTCOMES},
                (sum(map(_tokens, theirs)), sum(map(_cost, theirs))),
                (
                    sum(line["reserved_tokens"] for line in stood),
                    sum(round(line["reserved_usd"] * PICODOLLARS) for line in stood),
                ),
                (counted.get("month_tokens", 0), counted.get("month_usd", 0)),
                counted.get("month_requests", 0),
                sum(result.job.calls for result in sent if _is_reserved(result)),
                sum(result.job.calls for result in sent if result.outcome == NO_TABLE or result.job.unreserved),
                outcomes[NO_TABLE] + sum(line.get("settlement") == "unknown" for line in mine),
            )
        )
    return Audit(
        books,
        results,
        watch,
        beyond=sum("tokens_beyond_reservation" in line for line in log_lines),
        kinds=Counter(result.job.kind for result in results),
        **run,
    )


def _is_reserved(result: Result) -> bool:
    return result.outcome not in (OVER_BUDGET, NO_TABLE) and not result.job.unreserved


def _is_settled(call: Call) -> bool:
    return call.status == 200 and _BY_ID[call.model] not in _NEVER_SETTLED


def _tokens(call: Call) -> int:
    if not _is_settled(call):
        return 0
    return call.input_tokens + call.output_tokens + call.cache_read_tokens + call.cache_write_tokens


def _cost(call: Call) -> int:
    """By the prices as they were declared, in exact decimals."""
    price: Mapping[str, float] = MODELS[_BY_ID[call.model]]["price"]
    if not _is_settled(call):
        return 0
    if "image" in price:
        return int(_decimal(price["image"]) * PICODOLLARS)
    dollars_a_million = (
        call.input_tokens * _decimal(price["input"])
        + call.output_tokens * _decimal(price.get("output", 0))
        + call.cache_read_tokens * _decimal(price.get("cache_read", price["input"]))
        + call.cache_write_tokens * _decimal(price.get("cache_write", price["input"]))
    )
    return int(dollars_a_million * PICODOLLARS / 10**6)


def _decimal(number: float) -> Decimal:
    return Decimal(str(number))
