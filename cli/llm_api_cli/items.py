"""The items of the tenants table: the contract of Terraform, this command line and the function.

docs/table.md says what each kind of item holds, in version 1. Items are DynamoDB's JSON here, tenants and keys what
people write. Nothing here speaks to AWS.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from llm_api_cli.errors import Invalid

Item = dict[str, Any]

MANAGED_BY = "llm-api"
"""What this command line writes into `managed_by`."""

KINDS = ("requests", "tokens", "usd")
WINDOWS = ("minute", "hour", "day", "week", "month")
BUDGETS = tuple(f"{kind}_per_{window}" for window in WINDOWS for kind in KINDS)

KEY_ID_CHARACTERS = 10
"""Of a key's SHA-256, in hexadecimal: 40 bits tell ten thousand keys apart, and find no key."""

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST = 10**15
_USD = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")


@dataclass(slots=True)
class Tenant:
    """A tenant's item.

    Attributes:
        models: aliases.
        budgets: what is declared, by name, such as `usd_per_month`.
        enabled: false where the declaration itself says that nobody may call.
        managed_by: who writes the item: `terraform`, `llm-api`, another tool's name, or empty where it doesn't say.
    """

    name: str
    models: tuple[str, ...]
    budgets: dict[str, Decimal] = field(default_factory=dict)
    max_output_tokens: int | None = None
    workflows: tuple[str, ...] = ()
    enabled: bool = True
    managed_by: str = MANAGED_BY


@dataclass(slots=True)
class Key:
    """A key's item, known by its hash."""

    sha256: str
    tenant: str
    expires_at: int | None = None
    managed_by: str = MANAGED_BY

    @property
    def id(self) -> str:
        """A few characters of the hash, as log lines and `/v1/usage` have them."""
        return self.sha256[:KEY_ID_CHARACTERS]


@dataclass(slots=True)
class TenantOverride:
    """What wins over a tenant's item.

    Attributes:
        enabled: None where the item decides.
        raised: by budget, the limit in place of the declared one and when that ends, in seconds since 1970.
    """

    tenant: str
    enabled: bool | None = None
    raised: dict[str, tuple[Decimal, int]] = field(default_factory=dict)
    reason: str = ""

    def in_force(self, now: float) -> dict[str, tuple[Decimal, int]]:
        """The raised budgets that haven't ended."""
        return {name: raised for name, raised in self.raised.items() if raised[1] > now}


@dataclass(slots=True)
class KeyOverride:
    """What wins over a key's item: it is good until `expires_at` at most, and 0 is revoked."""

    sha256: str
    expires_at: int
    reason: str = ""


@dataclass(slots=True)
class Use:
    """What a tenant has used, by window's name: its number, and what was counted in it."""

    tenant: str
    numbers: dict[str, int]
    used: dict[str, Decimal]


@dataclass(slots=True)
class Contents:
    """The whole table, by name or hash."""

    tenants: dict[str, Tenant] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    principals: dict[str, tuple[str, str]] = field(default_factory=dict)
    tenant_overrides: dict[str, TenantOverride] = field(default_factory=dict)
    key_overrides: dict[str, KeyOverride] = field(default_factory=dict)
    uses: dict[str, Use] = field(default_factory=dict)

    def take(self, item: Item) -> None:
        """Add an item; what this version doesn't know is left alone."""
        pk = item["pk"]["S"]
        kind, _, rest = pk.partition("#")
        if kind == "tenant":
            self.tenants[rest] = read_tenant(item)
        elif kind == "key":
            self.keys[rest] = read_key(item)
        elif kind == "principal":
            self.principals[rest] = (_text(item, "tenant"), _text(item, "managed_by"))
        elif pk.startswith("override#tenant#"):
            override = read_tenant_override(item)
            self.tenant_overrides[override.tenant] = override
        elif pk.startswith("override#key#"):
            revocation = read_key_override(item)
            self.key_overrides[revocation.sha256] = revocation
        elif kind == "usage" and "#" not in rest:
            self.uses[rest] = read_use(item)

    def keys_of(self, tenant: str) -> list[Key]:
        """A tenant's keys, by ID."""
        return sorted((key for key in self.keys.values() if key.tenant == tenant), key=lambda key: key.sha256)

    def principals_of(self, tenant: str) -> list[str]:
        """Who belongs to a tenant."""
        return sorted(principal for principal, (owner, _) in self.principals.items() if owner == tenant)


def new_key() -> str:
    """A key: long and random, so that its plain hash can't be searched."""
    return f"sk-{secrets.token_urlsafe(32)}"


def sha256_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def tenant_key(name: str) -> str:
    return f"tenant#{name}"


def key_key(sha256: str) -> str:
    return f"key#{sha256}"


def principal_key(value: str) -> str:
    return f"principal#{value}"


def write_tenant(tenant: Tenant) -> Item:
    item: Item = {
        "pk": {"S": tenant_key(tenant.name)},
        "models": {"SS": sorted(set(tenant.models))},
        "managed_by": {"S": MANAGED_BY},
    }
    if tenant.budgets:
        item["budgets"] = {"M": {name: {"N": f"{limit:f}"} for name, limit in sorted(tenant.budgets.items())}}
    if tenant.max_output_tokens is not None:
        item["max_output_tokens"] = {"N": str(tenant.max_output_tokens)}
    if tenant.workflows:
        item["workflows"] = {"SS": sorted(set(tenant.workflows))}
    if not tenant.enabled:
        item["enabled"] = {"BOOL": False}
    return item


def read_tenant(item: Item) -> Tenant:
    return Tenant(
        item["pk"]["S"].partition("#")[2],
        tuple(sorted(item.get("models", {}).get("SS", ()))),
        {name: _number(value) for name, value in item.get("budgets", {}).get("M", {}).items() if "N" in value},
        int(_number(item["max_output_tokens"])) if "max_output_tokens" in item else None,
        tuple(sorted(item.get("workflows", {}).get("SS", ()))),
        item.get("enabled", {}).get("BOOL", True),
        _text(item, "managed_by"),
    )


def write_key(key: Key) -> Item:
    item: Item = {
        "pk": {"S": key_key(key.sha256)},
        "tenant": {"S": key.tenant},
        "managed_by": {"S": MANAGED_BY},
    }
    if key.expires_at is not None:
        item["expires_at"] = {"N": str(key.expires_at)}
    return item


def read_key(item: Item) -> Key:
    expires_at = int(_number(item["expires_at"])) if "expires_at" in item else None
    return Key(item["pk"]["S"].partition("#")[2], _text(item, "tenant"), expires_at, _text(item, "managed_by"))


def write_principal(principal: str, tenant: str) -> Item:
    return {"pk": {"S": principal_key(principal)}, "tenant": {"S": tenant}, "managed_by": {"S": MANAGED_BY}}


def write_tenant_override(override: TenantOverride, by: str) -> Item | None:
    """The item; None where nothing is left that it would say."""
    if override.enabled is None and not override.raised:
        return None
    item: Item = {"pk": {"S": f"override#tenant#{override.tenant}"}, **_signed(override.reason, by)}
    if override.enabled is not None:
        item["enabled"] = {"BOOL": override.enabled}
    if override.raised:
        item["raised"] = {
            "M": {
                name: {"M": {"limit": {"N": f"{limit:f}"}, "until": {"N": str(until)}}}
                for name, (limit, until) in sorted(override.raised.items())
            }
        }
    return item


def read_tenant_override(item: Item) -> TenantOverride:
    raised = item.get("raised", {}).get("M", {})
    return TenantOverride(
        item["pk"]["S"].removeprefix("override#tenant#"),
        item.get("enabled", {}).get("BOOL"),
        {name: (_number(entry["M"]["limit"]), int(_number(entry["M"]["until"]))) for name, entry in raised.items()},
        _text(item, "reason"),
    )


def write_key_override(override: KeyOverride, by: str) -> Item:
    return {
        "pk": {"S": f"override#key#{override.sha256}"},
        "expires_at": {"N": str(override.expires_at)},
        **_signed(override.reason, by),
    }


def read_key_override(item: Item) -> KeyOverride:
    sha256 = item["pk"]["S"].removeprefix("override#key#")
    return KeyOverride(sha256, int(_number(item["expires_at"])), _text(item, "reason"))


def read_use(item: Item) -> Use:
    numbers = {window: int(_number(item[window])) for window in WINDOWS if window in item}
    used = {}
    for window in numbers:
        for kind in KINDS:
            value = item.get(f"{window}_{kind}")
            if value is not None:
                count = _number(value)
                used[f"{kind}_per_{window}"] = count / 10**12 if kind == "usd" else count
    return Use(item["pk"]["S"].partition("#")[2], numbers, used)


def current_numbers(now: float) -> dict[str, int]:
    """The number of each window at `now`, in UTC: minutes, hours and days since 1970, months since the year 0.

    Weeks begin on Monday and are counted from the one that 1970 began in, on a Thursday.
    """
    date = time.gmtime(now)
    return {
        "minute": int(now // 60),
        "hour": int(now // 3_600),
        "day": int(now // 86_400),
        "week": int((now + 3 * 86_400) // 604_800),
        "month": date.tm_year * 12 + date.tm_mon - 1,
    }


def budget(name: str, text: str) -> Decimal:
    """A budget's limit as a person writes it.

    Raises:
        Invalid: there is no such budget, or the limit is none that it may have.
    """
    if name not in BUDGETS:
        raise Invalid(f"There is no budget {name!r}. There are: {', '.join(BUDGETS)}.")
    plain = text.strip().removeprefix("$").replace(",", "").replace("_", "")
    try:
        limit = Decimal(plain)
    except InvalidOperation:
        raise Invalid(f"{name}: {text!r} is no number.") from None
    if name.startswith("usd_"):
        if not _USD.fullmatch(f"{limit:f}") or limit <= 0:
            raise Invalid(f"{name}: a budget in US dollars is above 0 and below 10^9, with at most 12 decimals.")
    elif limit != limit.to_integral_value() or not 1 <= limit <= _MOST:
        raise Invalid(f"{name}: a budget in requests or tokens is a whole number from 1 to 10^15.")
    return limit


def tenant_name(text: str) -> str:
    """A name that a tenant may have.

    Raises:
        Invalid: it may not.
    """
    if not NAME.fullmatch(text):
        raise Invalid(
            f"{text!r} can't be a tenant's name: 1 to 63 lower-case letters, digits, `-` or `_`, and a letter or "
            "digit first."
        )
    return text


def one_of(what: str, given: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """The names, if all of them are known.

    Raises:
        Invalid: one isn't.
    """
    names, all_known = tuple(dict.fromkeys(given)), tuple(known)
    unknown = [name for name in names if name not in all_known]
    if unknown:
        raise Invalid(
            f"This deployment declares no {what} {', '.join(unknown)}. There are: {', '.join(all_known) or 'none'}."
        )
    return names


def _signed(reason: str, by: str) -> Item:
    signed: Item = {
        "managed_by": {"S": MANAGED_BY},
        "changed_at": {"N": str(int(time.time()))},
        "changed_by": {"S": by},
    }
    return {**signed, "reason": {"S": reason}} if reason else signed


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _number(value: Mapping[str, str]) -> Decimal:
    return Decimal(value["N"])
