"""What a tenant hears when a budget leaves no room: which one, how much is left, and when it starts anew."""

from collections.abc import Sequence

from llm_api.errors import ApiError, BudgetSpent, OverBudget
from llm_api.ledger.budgets import Amount, Balance, Counter, amount_text, timestamp


def over_budget(exceeded: Sequence[Counter], balance: Balance, amount: Amount, now: float) -> ApiError:
    """The refusal of a request that doesn't fit into what is left.

    Parameters:
        exceeded: the budgets without room, in any order; the caller has to wait for the last of them.
    """
    counter = max(exceeded, key=balance.resets_at)
    window, kind = counter
    resets_at = balance.resets_at(counter)
    # All but the words is the same for every window; that an hour or more has to pass, SDKs understand by the class.
    error = OverBudget if window == "minute" else BudgetSpent
    budget = f"Your budget of {amount_text(counter, balance.budgets[counter])} {_each(window)}"
    until = timestamp(resets_at)
    if kind == "requests" and balance.left(counter) < 1:
        message = f"{budget} is used up until {until}. Wait until then."
    elif kind == "requests":
        message = (
            f"{budget} has {amount_text(counter, balance.left(counter))} left until {until}, and this request takes "
            f"{amount_text(counter, amount.requests)} to a model. Wait until then, or send less at a time."
        )
    else:
        message = (
            f"{budget} has {amount_text(counter, balance.left(counter))} left until {until}, and this request may use "
            f"{amount_text(counter, amount.of(kind))}. Wait until then, or send less and ask for fewer output tokens."
        )
    refusal = error(message, retry_after_seconds=max(1.0, resets_at - now))
    refusal.headers = balance.headers(now)
    refusal.log_fields = balance.log_fields()
    return refusal


def too_large(counter: Counter, limit: int, amount: Amount) -> ApiError:
    """The refusal of a request that no window has room for, however long one waits."""
    window, kind = counter
    advice = "Send less at a time." if kind == "requests" else "Send less and ask for fewer output tokens."
    refusal = BudgetSpent(
        f"This request may use {amount_text(counter, amount.of(kind))}, more than your whole budget of "
        f"{amount_text(counter, limit)} {_each(window)}. {advice}"
    )
    refusal.retryable = False
    return refusal


def _each(window: str) -> str:
    return f"an {window}" if window == "hour" else f"a {window}"
