"""Who is calling: from an API key, or from what API Gateway verified, to a tenant.

Two items lead there, `key#<SHA-256>` or `principal#<value>`, which name a tenant, and `tenant#<name>`. No key is stored
anywhere, only its SHA-256: keys are long and random, so that a plain hash can't be searched. What an operator has put
over a key or a tenant (`overrides`) is read in the same request. What was read is kept for a minute in the warm
environment, so a withdrawn key works for a minute longer at most.
"""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from llm_api.config import Settings
from llm_api.errors import ApiError, Forbidden, Unauthenticated
from llm_api.events import Request
from llm_api.ledger.overrides import expiry, override_key, with_override
from llm_api.ledger.principals import Tenant, principal_of
from llm_api.ledger.table import Item, Table
from llm_api.ledger.tenants import DEFAULT, NAME, malformed, read_tenant

CACHE_SECONDS = 60

KEY_ID_CHARACTERS = 10
"""Of a key's SHA-256, in hexadecimal: 40 bits tell ten thousand keys apart, and find no key."""

_CACHED_CALLERS = 1000

_ASSUMED_ROLE = re.compile(r"arn:(aws[\w-]*):sts::(\d{12}):assumed-role/([^/]+)/.+")
_ROLE = re.compile(r"(arn:aws[\w-]*:iam::\d{12}:role)/(?:.*/)?([^/]+)")


class _Known(NamedTuple):
    """What was read.

    Attributes:
        expires_at: when the key ends, in seconds since 1970.
        holds_until: when the tenant is another by itself, such as at the end of a raised budget.
    """

    tenant: Tenant
    expires_at: float | None
    holds_until: float | None
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
        if known is None or self._is_old(known):
            self._known.pop(pointer, None)
            known = self._read(pointer)
            self._known[pointer] = known
            if len(self._known) > _CACHED_CALLERS:
                self._known.popitem(last=False)
        if known.expires_at is not None and known.expires_at <= self._now():
            raise _unknown(pointer)
        if not known.tenant.enabled:
            raise _of_key(pointer, _disabled(), known.tenant.name)
        return known.tenant

    def _is_old(self, known: _Known) -> bool:
        if self._clock() - known.read_at_seconds >= CACHE_SECONDS:
            return True
        return known.holds_until is not None and known.holds_until <= self._now()

    def _read(self, pointer: str) -> _Known:
        read_at_seconds = self._clock()
        if pointer.startswith("tenant#"):
            name, ends_at = pointer.removeprefix("tenant#"), None
        else:
            name, ends_at = self._owner(pointer)
        tenant, override = self._table.read_all(f"tenant#{name}", override_key(f"tenant#{name}"))
        if tenant is None:
            raise _without_tenant(pointer, name)
        counting, holds_until = with_override(f"tenant#{name}", tenant, override, self._now())
        known = read_tenant(name, counting)._replace(key_id=key_id_of(pointer))
        return _Known(known, ends_at, holds_until, read_at_seconds)

    def _owner(self, pointer: str) -> tuple[str, float | None]:
        """The tenant that a key or principal names, and when that ends."""
        if _is_principal(pointer):
            item = self._table.read(pointer)
            return DEFAULT if item is None else _name(pointer, item), expiry(pointer, item, None)
        item, override = self._table.read_all(pointer, override_key(pointer))
        return _name(pointer, item), expiry(pointer, item, override)


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


def _is_principal(pointer: str) -> bool:
    return pointer.startswith("principal#")


def key_id_of(pointer: str) -> str | None:
    """The ID of a key, which log lines, `/v1/usage` and the command line show; None of a principal."""
    kind, _, digest = pointer.partition("#")
    return digest[:KEY_ID_CHARACTERS] if kind == "key" else None


def _of_key(pointer: str, refusal: ApiError, tenant: str | None = None) -> ApiError:
    """The refusal, with whose it is for the log: who tries a revoked key goes on trying."""
    about = {"key_id": key_id_of(pointer), "tenant": tenant}
    refusal.log_fields = {name: value for name, value in about.items() if value is not None}
    return refusal


def _without_tenant(pointer: str, name: str) -> ApiError:
    if pointer == f"tenant#{name}":
        return Forbidden("There is no such tenant of this deployment any more. Ask the platform team that runs it.")
    if name == DEFAULT and _is_principal(pointer):
        return _unknown(pointer)
    return malformed(f"tenant#{name}", "is missing")


def _unknown(pointer: str) -> ApiError:
    if _is_principal(pointer):
        return Forbidden("You belong to no tenant of this deployment. Ask the platform team that runs it for access.")
    return _of_key(pointer, _no_valid_key())


def _disabled() -> Forbidden:
    return Forbidden("Your access to this deployment is switched off. Ask the platform team that runs it.")


def _no_valid_key() -> Unauthenticated:
    """The same words whether a key is missing, unknown, revoked or expired."""
    return Unauthenticated(
        "The request carries no valid API key. Send the one your platform team issued, as "
        "`Authorization: Bearer KEY` or as `x-api-key: KEY`."
    )
