"""Who is calling: from an API key, or from what API Gateway verified, to a tenant.

Two items lead there, `key#<SHA-256>` or `principal#<value>`, which name a tenant, and `tenant#<name>`. No key is stored
anywhere, only its SHA-256: keys are long and random, so that a plain hash can't be searched. What was read is kept for
a minute in the warm environment, so a withdrawn key works for a minute longer at most.
"""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from llm_api.config import Settings
from llm_api.errors import Forbidden, Unauthenticated
from llm_api.events import Request
from llm_api.ledger.principals import Tenant, principal_of
from llm_api.ledger.table import Item, Table
from llm_api.ledger.tenants import DEFAULT, NAME, malformed, number, read_tenant

CACHE_SECONDS = 60
_CACHED_CALLERS = 1000

_ASSUMED_ROLE = re.compile(r"arn:(aws[\w-]*):sts::(\d{12}):assumed-role/([^/]+)/.+")
_ROLE = re.compile(r"(arn:aws[\w-]*:iam::\d{12}:role)/(?:.*/)?([^/]+)")


class _Known(NamedTuple):
    tenant: Tenant
    expires_at: float | None
    read_at_seconds: float


class Callers:
    """Authenticates callers.

    Parameters:
        clock: seconds, monotonic; replaced in tests.
        now: seconds since 1970; replaced in tests.
    """

    def __init__(
        self,
        settings: Settings,
        table: Table,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._table = table
        self._clock = clock
        self._now = now
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def authenticate(self, request: Request) -> Tenant:
        """The caller of a request.

        Raises:
            Unauthenticated: there is no key, or nobody holds it any more.
            Forbidden: the caller belongs to no tenant, and there is no `default` one.
            Unavailable: the table can't be read at the moment.
            Internal: the table holds something else than keys and tenants.
        """
        if self._settings.auth == "api_key":
            digest = hashlib.sha256(_key(request.headers).encode(errors="surrogatepass")).hexdigest()
            return self._tenant_of(f"key#{digest}")
        return self._tenant_of(f"principal#{as_role(principal_of(request, self._settings))}")

    def tenant(self, name: str) -> Tenant:
        """A tenant by its name, for what was started in that name by somebody who was authenticated then.

        Raises:
            Forbidden: there is no such tenant, or no longer.
            Unavailable: the table can't be read at the moment.
            Internal: its item is malformed.
        """
        return self._tenant_of(f"tenant#{name}")

    def _tenant_of(self, pointer: str) -> Tenant:
        known = self._known.get(pointer)
        if known is None or self._clock() - known.read_at_seconds >= CACHE_SECONDS:
            self._known.pop(pointer, None)
            known = self._read(pointer)
            self._known[pointer] = known
            if len(self._known) > _CACHED_CALLERS:
                self._known.popitem(last=False)
        if known.expires_at is not None and known.expires_at <= self._now():
            raise _unknown(pointer)
        return known.tenant

    def _read(self, pointer: str) -> _Known:
        read_at_seconds = self._clock()
        if pointer.startswith("tenant#"):
            found = self._table.read(pointer)
            if found is None:
                raise Forbidden(
                    "There is no such tenant of this deployment any more. Ask the platform team that runs it."
                )
            return _Known(read_tenant(pointer.removeprefix("tenant#"), found), None, read_at_seconds)
        item = self._table.read(pointer)
        name = DEFAULT if item is None and _is_principal(pointer) else _name(pointer, item)
        tenant = self._table.read(f"tenant#{name}")
        if tenant is None:
            if item is None:
                raise _unknown(pointer)
            raise malformed(f"tenant#{name}", "is missing")
        return _Known(read_tenant(name, tenant), _expiry(pointer, item), read_at_seconds)


def as_role(principal: str) -> str:
    """The role behind an assumed role; a role's ARN without its path, which the assumed role's doesn't have.

    `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION` and `arn:aws:iam::ACCOUNT:role/PATH/NAME` both become
    `arn:aws:iam::ACCOUNT:role/NAME`: a role's name is unique in its account, whatever its path. Any other principal,
    such as a user or a token's subject, stays as it is.
    """
    if match := _ASSUMED_ROLE.fullmatch(principal):
        return f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}"
    if match := _ROLE.fullmatch(principal):
        return f"{match[1]}/{match[2]}"
    return principal


def _key(headers: Mapping[str, str]) -> str:
    """The key in `Authorization: Bearer` or in `x-api-key`."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()
    if not key:
        raise _no_valid_key()
    return key


def _name(pointer: str, item: Item | None) -> str:
    if item is None:
        raise _unknown(pointer)
    name = item.get("tenant", {}).get("S")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise malformed(pointer, "has no tenant")
    return name


def _expiry(pointer: str, item: Item | None) -> float | None:
    if item is None or "expires_at" not in item:
        return None
    seconds = number(item["expires_at"])
    if seconds is None:
        raise malformed(pointer, "has an expires_at that is no number of seconds")
    return float(seconds)


def _is_principal(pointer: str) -> bool:
    return pointer.startswith("principal#")


def _unknown(pointer: str) -> Unauthenticated | Forbidden:
    if _is_principal(pointer):
        return Forbidden("You belong to no tenant of this deployment. Ask the platform team that runs it for access.")
    return _no_valid_key()


def _no_valid_key() -> Unauthenticated:
    """The same words whether a key is missing, unknown or expired."""
    return Unauthenticated(
        "The request carries no valid API key. Send the one your platform team issued, as "
        "`Authorization: Bearer KEY` or as `x-api-key: KEY`."
    )
