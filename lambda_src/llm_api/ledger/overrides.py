"""What an operator has put over a key or a tenant: revoked, disabled, raised for a time. It wins over who declares it.

These are items of their own, `override#` and the item's key, which `llm-api` writes and Terraform never touches
(docs/table.md). They are read in the same request as the item that they are about.
"""

from collections.abc import Mapping
from typing import Any

from llm_api.ledger.table import Item
from llm_api.ledger.tenants import malformed, number


def override_key(pointer: str) -> str:
    """The key of what may stand over an item."""
    return f"override#{pointer}"


def expiry(pointer: str, item: Item | None, override: Item | None) -> float | None:
    """When a key ends: the first of what its item and its override say; 0 where it was revoked.

    Raises:
        Internal: one of them is malformed.
    """
    ends = [_seconds(pointer, item)]
    if override is not None:
        if "expires_at" not in override:
            raise malformed(override_key(pointer), "has no expires_at")
        ends.append(_seconds(override_key(pointer), override))
    return min((end for end in ends if end is not None), default=None)


def with_override(pointer: str, item: Item, override: Item | None, now: float) -> tuple[Item, float | None]:
    """A tenant's item as it counts at `now`, and when that ends by itself, in seconds since 1970, or None.

    Raises:
        Internal: the override is malformed.
    """
    if override is None:
        return item, None
    counting = dict(item)
    if "enabled" in override:
        counting["enabled"] = override["enabled"]
    ends: list[float] = []
    raised = {}
    for budget, (limit, until) in _raised(override_key(pointer), override).items():
        if until > now:
            raised[budget] = limit
            ends.append(until)
    declared = item.get("budgets")
    budgets = declared.get("M") if isinstance(declared, Mapping) else None
    if raised and isinstance(budgets, Mapping):
        # Where nothing is declared any more, there is no limit that could be raised.
        counting["budgets"] = {"M": {name: raised.get(name, limit) for name, limit in budgets.items()}}
    return counting, min(ends, default=None)


def _raised(pointer: str, override: Item) -> dict[str, tuple[Any, float]]:
    entries = override.get("raised", {"M": {}})
    entries = entries.get("M") if isinstance(entries, Mapping) else None
    if not isinstance(entries, Mapping):
        raise malformed(pointer, "has raised budgets that are no map")
    found = {}
    for budget, entry in entries.items():
        fields = entry.get("M") if isinstance(entry, Mapping) else None
        fields = fields if isinstance(fields, Mapping) else {}
        until = number(fields.get("until"))
        if until is None or number(fields.get("limit")) is None:
            raise malformed(pointer, f"raises {str(budget)[:64]!r} without a limit and an until that are numbers")
        found[budget] = (fields["limit"], float(until))
    return found


def _seconds(pointer: str, item: Item | None) -> float | None:
    if item is None or "expires_at" not in item:
        return None
    seconds = number(item["expires_at"])
    if seconds is None:
        raise malformed(pointer, "has an expires_at that is no number of seconds")
    return float(seconds)
