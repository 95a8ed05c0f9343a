"""A tenant, as its item in the table says: whoever wrote the item, Terraform or another tool, it is checked here.

What an item holds is in docs/table.md. An item that holds anything else refuses its own tenant, with the reason in
the log, and nobody else's.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal, DecimalException
from typing import Any

from llm_api.errors import Internal
from llm_api.ledger.principals import Tenant
from llm_api.ledger.table import Item
from llm_api.registry import PICODOLLARS_PER_USD

DEFAULT = "default"
"""The tenant of callers who were authenticated and belong to no other."""

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")

_LARGEST = 10**15
"""Of any number in a tenant's item. Beyond, a sum might not fit into DynamoDB's 38 digits."""


def read_tenant(name: str, item: Item) -> Tenant:
    """The tenant of an item.

    Raises:
        Internal: the item is malformed; the reason names the field.
    """
    models = item.get("models", {}).get("SS")
    if not isinstance(models, list):
        raise malformed(f"tenant#{name}", "has no set of models")
    workflows = item.get("workflows", {"SS": []}).get("SS")
    if not isinstance(workflows, list):
        raise malformed(f"tenant#{name}", "has workflows that are no set of strings")
    enabled = item.get("enabled", {"BOOL": True})
    enabled = enabled.get("BOOL") if isinstance(enabled, Mapping) else None
    if not isinstance(enabled, bool):
        raise malformed(f"tenant#{name}", "has an enabled that is neither true nor false")
    return Tenant(
        name,
        frozenset(models),
        _budgets(name, item),
        _max_output_tokens(name, item),
        declared=True,
        workflows=frozenset(workflows),
        enabled=enabled,
    )


def number(value: Any) -> Decimal | None:
    """The number in an attribute such as `{"N": "1.5"}`; None where there is none, or one that nothing here can be."""
    text = value.get("N") if isinstance(value, Mapping) else None
    try:
        found = Decimal(text) if isinstance(text, str) else None
    except DecimalException:
        return None
    return found if found is not None and found.is_finite() and 0 <= found <= _LARGEST else None


def malformed(item: str, problem: str) -> Internal:
    """The refusal of a caller whose items are broken."""
    return Internal(
        "This deployment's entry for you is broken. Ask whoever runs it, with the request ID.",
        reason=f"Item {item} of the tenants table {problem}.",
    )


def _budgets(name: str, item: Item) -> dict[tuple[str, str], int]:
    declared = item.get("budgets", {"M": {}})
    declared = declared.get("M") if isinstance(declared, Mapping) else None
    if not isinstance(declared, Mapping):
        raise malformed(f"tenant#{name}", "has budgets that are no map")
    from llm_api.ledger.budgets import COUNTERS, name_of

    counters = {name_of(counter): counter for counter in COUNTERS}
    budgets = {}
    for budget, value in declared.items():
        counter, limit = counters.get(budget), number(value)
        if counter is None:
            known = ", ".join(counters)
            raise malformed(f"tenant#{name}", f"has a budget {str(budget)[:64]!r}, which is none of {known}")
        if limit is None or (counter[1] != "usd" and limit != limit.to_integral_value()):
            raise malformed(f"tenant#{name}", f"has a budget {budget} that is no such number")
        scale = PICODOLLARS_PER_USD if counter[1] == "usd" else 1
        budgets[counter] = int((limit * scale).to_integral_value(ROUND_FLOOR))
    return budgets


def _max_output_tokens(name: str, item: Item) -> int | None:
    if "max_output_tokens" not in item:
        return None
    limit = number(item["max_output_tokens"])
    if limit is None or limit < 1 or limit != limit.to_integral_value():
        raise malformed(f"tenant#{name}", "has a max_output_tokens that is no whole number of at least 1")
    return int(limit)
