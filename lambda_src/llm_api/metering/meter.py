"""The meter on the one path: what a call may cost at most, and what it did cost.

Between them stands the ledger. What is reserved is the highest of what any model that may answer could use, in every
window at once, or the sum where several of them may have to be paid; what is settled is what the one that answered did
use. Where that isn't known for certain, since the answer was cut, timed out or came without numbers, the reservation
stands.
"""

from collections.abc import Sequence
from typing import Literal

from llm_api.dialects import Call, Payload
from llm_api.errors import BadRequest, Internal
from llm_api.inference import Candidate, Progress
from llm_api.ledger import Ledger, Tenant
from llm_api.ledger.budgets import Amount, Balance
from llm_api.ledger.reservations import Reservation
from llm_api.metering.bounds import Bound, bound, document_of
from llm_api.metering.known_fields import check_fields
from llm_api.metering.prices import cost, covers, highest_cost
from llm_api.registry import Target

Settlement = Literal["exact", "stands", "unknown"]


class Hold:
    """A reservation while its request runs.

    Attributes:
        balance: what the tenant has used, as of the last write.
        embedded_pictures: how many the request embeds, which no answer tells.
        settlement: `exact` once use is counted to the token; `stands` where the reservation remains; `unknown` where
            the write that would have settled it has no known outcome.
        used: what was settled.
    """

    __slots__ = ("balance", "caches_for_an_hour", "embedded_pictures", "failure", "reservation", "settlement", "used")

    def __init__(
        self, reservation: Reservation, balance: Balance, caches_for_an_hour: bool, embedded_pictures: int = 0
    ) -> None:
        self.reservation = reservation
        self.balance = balance
        self.caches_for_an_hour = caches_for_an_hour
        self.embedded_pictures = embedded_pictures
        self.settlement: Settlement = "stands"
        self.used: Amount | None = None
        self.failure: Exception | None = None


def reserve(
    ledger: Ledger, tenant: Tenant, call: Call, candidates: Sequence[Candidate]
) -> tuple[list[Candidate], Hold]:
    """Set aside what the call may use at most, and say which candidates that covers.

    A fallback that can't be metered is left out.

    Raises:
        OverBudget, BudgetSpent: a budget has no room.
        BadRequest: the request asks for what has no price, or may have one of its own.
        Internal: the target can't be metered, which the deployment's own checks should have found.
        Unavailable: the table is out of reach.
    """
    covered: list[Candidate] = []
    amounts: list[Amount] = []
    for_an_hour = False
    pictures = 0
    for candidate in candidates:
        operation = call.operation_on(candidate.target)
        most = bound(candidate.target, operation, candidate.payloads)
        try:
            amount = _most(tenant, candidate.target, most)
            if _counts_use(tenant):
                for payload in candidate.payloads:
                    check_fields(candidate.target, operation, document_of(payload))
        except (BadRequest, Internal):
            if not candidate.fallback:
                raise
            continue
        covered.append(candidate)
        amounts.append(amount)
        if most is not None:
            for_an_hour = for_an_hour or most.caches_for_an_hour
            pictures = max(pictures, most.images if most.input_tokens else 0)
    # A model that is given up when its share of the time is over may be paid for, and so may its fallbacks.
    gives_up = covered[0].target.on_timeout == "fallback" and not call.stream
    most_of = sum if gives_up else max
    reservation = ledger.reserve(
        tenant,
        Amount(
            # Embeddings and pictures may take many requests to a model, and each is one of the tenant's.
            max(len(candidate.payloads) for candidate in covered),
            most_of(amount.tokens for amount in amounts),
            most_of(amount.picodollars for amount in amounts),
        ),
    )
    return covered, Hold(reservation, reservation.balance, for_an_hour, pictures)


def reserve_request(ledger: Ledger, tenant: Tenant) -> Hold:
    """Count a request that no model will answer.

    Raises:
        OverBudget, BudgetSpent: a budget has no room.
        Unavailable: the table is out of reach.
    """
    reservation = ledger.reserve(tenant, Amount(1))
    return Hold(reservation, reservation.balance, caches_for_an_hour=False)


def reserve_promised(ledger: Ledger, tenant: Tenant, target: Target, input_tokens: int, output_tokens: int) -> Hold:
    """Set aside what a call is said to use at most, whose request nobody here reads.

    Nor is it known whether that request asks for the prompt cache, so its input costs what the dearest token would.

    Raises:
        OverBudget, BudgetSpent: a budget has no room.
        Internal: the target isn't paid by tokens, or has no price.
        Unavailable: the table is out of reach.
    """
    for_an_hour = target.price is not None and target.price.cache_write_1h is not None
    counted = bound(target, "invoke", [Payload({})])
    by_tokens = counted is not None and not counted.images
    most = Bound(input_tokens, output_tokens, caches_for_an_hour=for_an_hour) if by_tokens else None
    reservation = ledger.reserve(tenant, _most(tenant, target, most))
    return Hold(reservation, reservation.balance, for_an_hour)


def settle(ledger: Ledger, hold: Hold, progress: Progress) -> None:
    """Correct the reservation to what was used, where that is known. Never raises: the answer is there by now."""
    used = _used(hold, progress)
    if used is None:
        return
    try:
        hold.balance = ledger.settle(hold.reservation, used) or hold.balance
    except Exception as failure:
        hold.settlement, hold.failure = "unknown", failure
    else:
        hold.settlement, hold.used = "exact", used


def _used(hold: Hold, progress: Progress) -> Amount | None:
    usage, target = progress.usage, progress.target
    if progress.unaccounted or (usage is not None and usage.estimated):
        return None
    requests = hold.reservation.amount.requests
    if usage is None or target is None:
        return Amount(requests)
    if hold.embedded_pictures:
        usage = usage._replace(images=hold.embedded_pictures)
    price = target.price
    spent = 0 if price is None else cost(price, usage, cached_for_an_hour=hold.caches_for_an_hour)
    return Amount(requests, usage.tokens, spent)


def _counts_use(tenant: Tenant) -> bool:
    """Whether it is more than requests that the tenant's budgets count."""
    return any(kind != "requests" for _, kind in tenant.budgets)


def _counts_dollars(tenant: Tenant) -> bool:
    return any(kind == "usd" for _, kind in tenant.budgets)


def _most(tenant: Tenant, target: Target, most: Bound | None) -> Amount:
    """The most that `target` may use; a kind that has no budget and can't be told is 0."""
    limited = most is not None and most.output_tokens is not None
    if not limited and _counts_use(tenant):
        why = "its use can't be bounded" if most is None else "it has no max_output_tokens"
        raise _unmetered(target, why)
    if most is None or most.output_tokens is None:
        return Amount(1)
    if most.unmeasurable and target.endpoint is not None and _counts_use(tenant):
        raise BadRequest(
            f"Model {target.alias!r} is a container whose context nobody here knows, so recordings, videos and files "
            "can't be counted, and your tenant has a budget. Leave them out."
        )
    tokens = most.input_tokens + most.output_tokens
    price = target.price
    free = not tokens and not most.images
    if tokens and most.images and _counts_dollars(tenant) and (price is None or price.image is None):
        raise BadRequest(
            f"Pictures have no price for model {target.alias!r} here, and your tenant has a budget in dollars. Leave "
            "them out, or ask your platform team to declare `image` in the model's price."
        )
    if price is None or not covers(price, most.input_tokens, most.output_tokens, most.images):
        if _counts_dollars(tenant) and not free:
            raise _unmetered(target, "it has no price, or none for all that it is paid by")
        return Amount(1, tokens)
    if _counts_dollars(tenant):
        _check_cache_is_priced(target, most)
    for_an_hour = most.caches_for_an_hour
    spent = highest_cost(price, most.input_tokens, most.output_tokens, most.images, cached_for_an_hour=for_an_hour)
    return Amount(1, tokens, spent)


def _check_cache_is_priced(target: Target, most: Bound) -> None:
    if target.price is None or not most.caches:
        return
    if most.caches_for_an_hour and target.price.cache_write_1h is None:
        raise BadRequest(
            f"Prompts of model {target.alias!r} can't be cached for an hour: it has no price for that here. Leave "
            "the ttl out, or ask your platform team to declare `cache_write_1h`."
        )
    if target.price.cache_write is None:
        raise BadRequest(
            f"Prompts of model {target.alias!r} can't be cached: it has no price for that here. Leave the cache "
            "points out, or ask your platform team to declare `cache_write`."
        )


def _unmetered(target: Target, why: str) -> Internal:
    return Internal(
        f"Model {target.alias!r} can't be used with your tenant's budgets. Ask whoever runs this deployment, with the "
        "request ID.",
        reason=f"Model {target.alias!r} is allowed to a tenant with a budget in tokens or dollars, but {why}.",
    )
