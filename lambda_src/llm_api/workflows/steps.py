"""What a workflow asks around each of its prompts: reserve before, settle after, in the ledger that every request uses.

Step Functions calls the model itself, so the meter comes to it: two invocations of this function, by the workflow's
role and nobody else's. An order is `{"llm_api": {"version": 1, "reserve": {...}}}` or `"settle"`; docs/workflows.md has
both. Whose budget it is, the execution's name says, which the API gave it and its input can't reach.

A reservation travels as text from the one to the other, in a variable of the state machine. What the function
reserved for, it gives back, and that is what the workflow sends: nothing can come between.
"""

import json
import math
import random
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from llm_api.config import Settings
from llm_api.dialects.bedrock.calls import Converse
from llm_api.dialects.bedrock.protection import check_converse_body
from llm_api.errors import ApiError, BadRequest, Forbidden, Internal, NotFound, QuotaExceeded
from llm_api.events import Request
from llm_api.exchange import Exchange
from llm_api.inference import Candidate
from llm_api.inference.usage import Usage
from llm_api.ledger import Ledger, Tenant
from llm_api.ledger.budgets import WINDOWS, Amount, Balance
from llm_api.ledger.reservations import Reservation
from llm_api.ledger.tenants import NAME
from llm_api.metering import meter
from llm_api.registry import Registry, Target
from llm_api.telemetry import Telemetry
from llm_api.workflows.executions import EVERYONE, owner_in

VERSION = 1

_LARGEST_JITTER_SECONDS = 5
_MOST_TOKENS = 10_000_000
_WINDOWS_BEFORE = ("minute", "day", "month")
"""Of a reservation that an earlier version made, and a running execution still holds."""
"""As many as the largest context holds."""
_USAGE = ("InputTokens", "OutputTokens", "CacheReadInputTokens", "CacheWriteInputTokens")

Order = Mapping[str, Any]


class Steps:
    """Carries out orders.

    Parameters:
        clock: seconds, monotonic; for the log line.
    """

    def __init__(self, settings: Settings, ledger: Ledger, telemetry: Telemetry, clock: Callable[[], float]) -> None:
        self._registry: Registry = settings.registry
        self._has_tenants = settings.tenants_table is not None
        self._ledger = ledger
        self._telemetry = telemetry
        self._clock = clock

    def carry_out(self, envelope: object, function_request_id: str | None) -> dict[str, Any]:
        """The answer to an order. Never raises: a refusal is an answer, which the workflow makes its step's failure of.

        Parameters:
            envelope: what stands in the event under `llm_api`; nothing about it is taken for granted.
        """
        orders = envelope if isinstance(envelope, dict) else {}
        kind = "settle" if "settle" in orders else "reserve"
        exchange = Exchange(
            Request(function_request_id or "", "INVOKE", kind, "", function_request_id=function_request_id),
            self._clock(),
        )
        exchange.dialect = "workflows"
        answer: dict[str, Any] = {}
        try:
            if orders.keys() != {"version", kind} or orders["version"] != VERSION or not isinstance(orders[kind], dict):
                raise BadRequest(
                    f"An order is version {VERSION} and either reserve or settle. Take modules/workflow and the "
                    "function from the same release."
                )
            order: Order = orders[kind]
            exchange.workflow, exchange.execution = _text(order, "workflow"), _text(order, "execution")
            answer = (self._settle if kind == "settle" else self._reserve)(order, exchange)
        except ApiError as error:
            exchange.error = error
        except Exception as fault:
            exchange.error, exchange.fault = Internal(), fault
        exchange.status = 200 if exchange.error is None else exchange.error.status
        # A prompt counts once: when it is settled, or refused, or was answered before.
        if kind == "settle" or exchange.error is not None or exchange.cache == "hit":
            self._telemetry.report(exchange, self._clock())
        return {"version": VERSION, **(_refusal(exchange.error) if exchange.error is not None else answer)}

    def _reserve(self, order: Order, exchange: Exchange) -> dict[str, Any]:
        tenant = self._tenant(_text(order, "execution"))
        exchange.tenant = tenant.name
        target = self._registry.find(_text(order, "model"))
        if target is None:
            raise NotFound(
                "The deployment that keeps this workflow's budgets doesn't declare the model of this step. Declare it "
                "there too, with max_output_tokens and price."
            )
        exchange.model = target.alias
        cached = order.get("cached")
        if "cached" in order and not isinstance(cached, bool):
            raise BadRequest("The field cached of an order to reserve is true or false.")
        if cached:
            self._count_hit(tenant, target, exchange)
            return {"reserved": True, "reservation": "", "request": {}}
        body = order.get("request", {})
        if not isinstance(body, dict) or ("request" in order) == ("bound" in order):
            raise BadRequest(
                "An order to reserve has a request, the body of a Converse request, or a bound in its place."
            )
        limited = target.limited_to(tenant.max_output_tokens)
        hold, body = self._hold(tenant, limited, order)
        reservation = "" if hold is None else _packed(hold.reservation, hold.caches_for_an_hour)
        about = {
            "tenant": tenant.name,
            "model": target.alias,
            "held": reservation,
            "missed": cached is False,
            "bound": order.get("bound"),
        }
        return {"reserved": True, "reservation": json.dumps(about), "request": body}

    def _hold(self, tenant: Tenant, target: Target, order: Order) -> tuple[meter.Hold | None, Any]:
        """What a Converse request may use at most, or what whoever declared the step says that its request may; and the
        request as it is to be sent, with its output limit."""
        if "bound" in order:
            tokens = _promised(order["bound"], target.max_output_tokens or _MOST_TOKENS)
            hold = meter.reserve_promised(self._ledger, tenant, target, *tokens) if tenant.budgets else None
            return hold, {}
        body = order["request"]
        check_converse_body(body)
        call = Converse(target.alias, False, body)
        candidate = Candidate(target, call.payloads(target))
        hold = meter.reserve(self._ledger, tenant, call, [candidate])[1] if tenant.budgets else None
        return hold, candidate.payloads[0].body

    def _count_hit(self, tenant: Tenant, target: Target, exchange: Exchange) -> None:
        """An answer that the workflow had: a request and no tokens, with nothing left to settle."""
        exchange.progress.target, exchange.progress.usage = target, Usage(0, 0)
        if tenant.budgets:
            exchange.hold = meter.reserve_request(self._ledger, tenant)
            meter.settle(self._ledger, exchange.hold, exchange.progress)
        exchange.cache = "hit"

    def _settle(self, order: Order, exchange: Exchange) -> dict[str, Any]:
        about = _object(_text(order, "reservation"))
        exchange.tenant = _text(about, "tenant")
        target = self._registry.find(_text(about, "model"))
        if target is None:
            raise NotFound("The model of this reservation is no longer declared. The reservation stands.")
        exchange.model, exchange.progress.target = target.alias, target
        exchange.progress.attempts = 1
        exchange.cache = "miss" if about.get("missed") is True else None
        exchange.progress.usage = None if order.get("free") is True else _used(order, about.get("bound"))
        if about.get("held"):
            exchange.hold = _unpacked(exchange.tenant, _object(_text(about, "held")))
            meter.settle(self._ledger, exchange.hold, exchange.progress)
        return {"settled": "nothing" if exchange.hold is None else exchange.hold.settlement}

    def _tenant(self, execution: str) -> Tenant:
        owner = owner_in(execution)
        if not self._has_tenants:
            return Tenant(EVERYONE)
        if owner is None or not NAME.fullmatch(owner):
            raise Forbidden(
                "This execution is no tenant's, so there is no budget that it could use. Start it through the API, or "
                "name it after the tenant that pays: its name, a hyphen and 16 letters or digits."
            )
        return self._ledger.tenant(owner)


def _refusal(error: ApiError) -> dict[str, Any]:
    """A refusal, and how many seconds later it may be none; 0 where waiting for the next minute won't help."""
    waits = error.retryable and not isinstance(error, QuotaExceeded)
    seconds = math.ceil(error.retry_after_seconds or 1) + random.randint(0, _LARGEST_JITTER_SECONDS) if waits else 0
    return {
        "reserved": False,
        "reservation": "",
        "request": {},
        "error": type(error).__name__,
        "message": error.message,
        "wait_seconds": seconds,
    }


def _packed(reservation: Reservation, for_an_hour: bool) -> str:
    """A reservation as text. No number in it is read by Step Functions, whose numbers are no whole ones."""
    amount = reservation.amount
    return json.dumps(
        {
            "amount": [amount.requests, amount.tokens, amount.picodollars],
            "windows": [reservation.balance.numbers[window] for window in WINDOWS],
            "for_an_hour": for_an_hour,
        }
    )


def _unpacked(tenant: str, text: Order) -> meter.Hold:
    amount, windows = _numbers(text, "amount", 3), _numbers(text, "windows", len(WINDOWS), len(_WINDOWS_BEFORE))
    names = WINDOWS if len(windows) == len(WINDOWS) else _WINDOWS_BEFORE
    balance = Balance({}, dict(zip(names, windows, strict=True)), {})
    return meter.Hold(Reservation(tenant, Amount(*amount), balance), balance, text.get("for_an_hour") is True)


def _numbers(document: Order, name: str, *lengths: int) -> list[int]:
    numbers = document.get(name)
    if (
        not isinstance(numbers, list)
        or len(numbers) not in lengths
        or not all(type(one) is int and one >= 0 for one in numbers)
    ):
        raise _no_reservation()
    return numbers


def _object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        raise _no_reservation() from None
    if not isinstance(document, dict):
        raise _no_reservation()
    return document


def _no_reservation() -> BadRequest:
    return BadRequest("The reservation is none that this function made. Whatever was reserved stands.")


def _promised(bound: Any, limit: int) -> tuple[int, int]:
    """Input and output tokens of a bound, of which the output has a limit of its own."""
    told = bound if isinstance(bound, dict) else {}
    read, written = told.get("input_tokens"), told.get("output_tokens")
    if len(told) != 2 or not _is_whole(read, 1, _MOST_TOKENS) or not _is_whole(written, 0, limit):
        raise BadRequest(
            f"A bound has input_tokens, from 1 to {_MOST_TOKENS}, and output_tokens, up to {limit}, whole numbers."
        )
    return read, written


def _is_whole(number: Any, least: int, most: int) -> TypeGuard[int]:
    return type(number) is int and least <= number <= most


def _used(order: Order, bound: Any) -> Usage:
    """What a call used. Where nobody read its answer, the reservation stands, and the bound is told as an estimate."""
    return _usage(order.get("usage")) if bound is None else Usage(*_promised(bound, _MOST_TOKENS), estimated=True)


def _usage(told: Any) -> Usage:
    """What Converse says it used, in Step Functions' spelling."""
    counts = [told.get(name, 0) for name in _USAGE] if isinstance(told, dict) else []
    if not counts or not all(isinstance(count, int) and count >= 0 for count in counts) or _USAGE[0] not in told:
        raise BadRequest("The usage of an order to settle is that of a Converse answer. The reservation stands.")
    return Usage(*counts)


def _text(document: Order, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequest(f"The field {name} of an order is missing, or no text.")
    return value
