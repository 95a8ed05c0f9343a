"""Keys, tenants and budgets, in the deployment's DynamoDB table.

`principals` knows whom API Gateway authenticated, which is all where there are no tenants. `callers` finds the tenant,
`tenants` what it may, `reservations` keeps its budgets; `table` is the one module that speaks to DynamoDB.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llm_api.config import Settings
from llm_api.errors import Internal
from llm_api.events import Request
from llm_api.ledger.principals import Tenant, principal_of

if TYPE_CHECKING:
    from llm_api.ledger.budgets import Amount, Balance
    from llm_api.ledger.callers import Callers
    from llm_api.ledger.reservations import Reservation, Reservations
    from llm_api.ledger.table import Table

__all__ = ["Ledger", "Tenant"]


class Ledger:
    """Authenticates callers, and keeps their budgets.

    Parameters:
        client: a DynamoDB client; made on first use where it is None.
        clock: seconds, monotonic; replaced in tests.
        now: seconds since 1970; replaced in tests.
    """

    def __init__(
        self,
        settings: Settings,
        client: Any = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._now = now
        self._reservations: Reservations | None = None
        self._table: Table | None = None
        self._callers: Callers | None = None
        if settings.tenants_table is not None:
            from llm_api.ledger import callers, table

            self._table = table.Table(settings.tenants_table, client)
            self._callers = callers.Callers(settings, self._table, clock=clock, now=now)

    def warm_up(self) -> None:
        """Make the table's client now instead of with the first request."""
        if self._table is not None:
            self._table.warm_up()

    def authenticate(self, request: Request) -> Tenant:
        """The caller of a request; see `Callers.authenticate`. Without tenants, who was authenticated is one."""
        if self._callers is None:
            return Tenant(principal_of(request, self._settings))
        return self._callers.authenticate(request)

    def tenant(self, name: str) -> Tenant:
        """A tenant by its name; see `Callers.tenant`."""
        if self._callers is None:
            raise _without_tenants()
        return self._callers.tenant(name)

    def reserve(self, tenant: Tenant, amount: "Amount") -> "Reservation":
        """Set the most that a request may use aside; see `Reservations.reserve`."""
        return self._budgets().reserve(tenant, amount)

    def settle(self, reservation: "Reservation", used: "Amount") -> "Balance | None":
        """Correct a reservation to what was used; see `Reservations.settle`."""
        return self._budgets().settle(reservation, used)

    def balance(self, tenant: Tenant) -> "Balance":
        """What a tenant has used of its budgets so far; see `Reservations.standing`."""
        return self._budgets().balance(tenant)

    def _budgets(self) -> "Reservations":
        if self._table is None:
            raise _without_tenants()
        if self._reservations is None:
            from llm_api.ledger.reservations import Reservations

            self._reservations = Reservations(self._table, now=self._now)
        return self._reservations


def _without_tenants() -> Internal:
    return Internal(reason="A tenant was asked for, and this deployment has none.")
