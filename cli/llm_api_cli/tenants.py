"""`llm-api tenants`: who may call, what, and how much of it."""

import json
import sys
import time
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from llm_api_cli import items
from llm_api_cli.checks import check_tenant
from llm_api_cli.deployment import Deployment
from llm_api_cli.errors import Invalid, NotFound, Refused
from llm_api_cli.items import BUDGETS, MANAGED_BY, Contents, Item, Key, Tenant, TenantOverride
from llm_api_cli.options import Context, command, moment
from llm_api_cli.output import time_text
from llm_api_cli.store import Store


@click.group()
def tenants() -> None:
    """Who may call, what, and how much of it.

    Tenants of Terraform's are shown and not changed here, save what wins over them: disable, enable, budget raise and
    keys revoke write items that Terraform never touches.
    """


@command(tenants, "list")
def list_(context: Context) -> None:
    """List tenants, their budgets and how many keys each has."""
    contents = _read(context, Store(context.deployment()), "tenant#", "key#", "principal#", "override#")
    keys: dict[str, int] = {}
    for key in contents.keys.values():
        keys[key.tenant] = keys.get(key.tenant, 0) + 1
    now = time.time()
    rows = [
        {**_described(tenant, contents.tenant_overrides.get(name), now), "keys": keys.get(name, 0)}
        for name, tenant in sorted(contents.tenants.items())
    ]
    columns = {
        "name": "Tenant",
        "state": "State",
        "models": "Models",
        "budgets": "Budgets",
        "keys": "Keys",
        "managed_by": "Managed by",
    }
    context.out.rows(rows, columns, "There are no tenants. `llm-api tenants set NAME --model ALIAS` makes one.")


@command(tenants, "show")
@click.argument("name")
def show(context: Context, name: str) -> None:
    """Show one tenant: what is declared, what wins over it, and its keys by their IDs."""
    store = Store(context.deployment())
    tenant, override = tenant_of(store, name)
    contents = store.contents("key#", "principal#", "override#key#")
    now = time.time()
    described = _described(tenant, override, now)
    described["principals"] = contents.principals_of(name)
    described["keys"] = [
        key.id if key_ends_at(contents, key) is None else f"{key.id} ({key_state(contents, key, now)})"
        for key in contents.keys_of(name)
    ]
    context.out.fields(described)


@command(tenants, "set")
@click.argument("name")
@click.option("--model", "models", multiple=True, help="An alias that it may use; repeat it. Replaces those before.")
@click.option("--budget", "budgets", multiple=True, metavar="NAME=LIMIT", help="Such as usd_per_month=200; repeat it.")
@click.option("--no-budget", "dropped", multiple=True, metavar="NAME", help="A budget that it has no longer.")
@click.option("--max-output-tokens", type=click.IntRange(1, 10**9), help="The most that one request may ask for.")
@click.option("--workflow", "workflows", multiple=True, help="A workflow that it may start; repeat it.")
@click.option("--principal", "principals", multiple=True, help="Who belongs to it, where callers have no keys.")
@click.option("--adopt", is_flag=True, help="Take over a tenant that another tool wrote. Never one of Terraform's.")
def set_(
    context: Context,
    name: str,
    models: tuple[str, ...],
    budgets: tuple[str, ...],
    dropped: tuple[str, ...],
    max_output_tokens: int | None,
    workflows: tuple[str, ...],
    principals: tuple[str, ...],
    adopt: bool,
) -> None:
    """Make a tenant, or change one that this command made.

    \b
    llm-api tenants set marketing --model fast --model nova --budget usd_per_month=200
    """
    deployment = context.deployment()
    store = Store(deployment)
    (item,) = store.get(items.tenant_key(items.tenant_name(name)))
    tenant = Tenant(name, ()) if item is None else items.read_tenant(item)
    if tenant.managed_by != MANAGED_BY and not (adopt and tenant.managed_by != "terraform"):
        raise _not_ours(tenant)
    if models:
        tenant.models = models
    for text in budgets:
        budget, _, limit = text.partition("=")
        tenant.budgets[budget] = items.budget(budget, limit)
    for budget in dropped:
        tenant.budgets.pop(budget, None)
    if max_output_tokens is not None:
        tenant.max_output_tokens = max_output_tokens
    if workflows:
        tenant.workflows = workflows
    check_tenant(deployment, tenant)
    check_principals(deployment, principals)
    for principal in principals:
        store.put(items.write_principal(principal, name), ours_or_new=True)
    store.put(items.write_tenant(tenant), ours_or_new=not adopt)
    made = "made" if item is None else "changed"
    hint = " Give it a key: llm-api keys create " + name if item is None and deployment.auth == "api_key" else ""
    context.out.done(f"{name} is {made}; it counts within a minute.{hint}", **_described(tenant, None, time.time()))


@command(tenants, "disable")
@click.argument("name")
@click.option("--reason", default="", help="Why; kept in the item.")
def disable(context: Context, name: str, reason: str) -> None:
    """Refuse all requests of a tenant, within a minute, whoever declares it."""
    deployment = context.deployment()
    store = Store(deployment)
    tenant, override = tenant_of(store, name)
    override = override or TenantOverride(name)
    override.enabled, override.reason = False, reason
    save(store, override, deployment.caller)
    context.out.done(
        f"{name} is disabled: within a minute its requests are refused with 403. `llm-api tenants enable {name}` "
        f"undoes it{_wins(tenant)}.",
        tenant=name,
        enabled=False,
    )


@command(tenants, "enable")
@click.argument("name")
def enable(context: Context, name: str) -> None:
    """Let a tenant call again, whoever disabled it."""
    deployment = context.deployment()
    store = Store(deployment)
    tenant, override = tenant_of(store, name)
    override = override or TenantOverride(name)
    override.enabled, override.reason = (None if tenant.enabled else True), ""
    save(store, override, deployment.caller)
    context.out.done(f"{name} may call again, within a minute.", tenant=name, enabled=True)


@command(tenants, "remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Don't ask.")
def remove(context: Context, name: str, yes: bool) -> None:
    """Remove a tenant that this command made, with its keys."""
    store = Store(context.deployment())
    tenant, _ = tenant_of(store, name)
    if tenant.managed_by != MANAGED_BY:
        raise _not_ours(tenant)
    contents = store.contents("key#", "principal#")
    if not yes:
        click.confirm(f"Remove {name} and its {len(contents.keys_of(name))} keys?", abort=True, err=True)
    # Who leads to the tenant goes first, or the function would find a key whose tenant is missing.
    for key in contents.keys_of(name):
        store.delete(items.key_key(key.sha256))
    for principal in contents.principals_of(name):
        store.delete(items.principal_key(principal))
    store.delete(f"override#tenant#{name}")
    store.delete(items.tenant_key(name))
    context.out.done(f"{name} is removed.", tenant=name, removed=True)


@command(tenants, "export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=Path("-"))
def export(context: Context, file: Path) -> None:
    """Write all tenants into FILE, a JSON object a line, as `import` takes them; without FILE to standard output.

    Keys are told by their hashes. What wins over a declaration (disabled, raised, revoked) isn't exported.
    """
    contents = _read(context, Store(context.deployment()), "tenant#", "key#", "principal#")
    keys: dict[str, list[Key]] = {}
    for key in contents.keys.values():
        keys.setdefault(key.tenant, []).append(key)
    principals: dict[str, list[str]] = {}
    for principal, (tenant, _) in contents.principals.items():
        principals.setdefault(tenant, []).append(principal)
    lines = [
        json.dumps(_exported(tenant, keys.get(name, []), principals.get(name, [])), default=_json_number) + "\n"
        for name, tenant in sorted(contents.tenants.items())
    ]
    if str(file) == "-":
        sys.stdout.writelines(lines)
    else:
        file.write_text("".join(lines))
    context.out.note(f"{len(lines):,} tenants exported.")


@command(tenants, "import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--adopt", is_flag=True, help="Take over what another tool wrote. Never what is Terraform's.")
@click.option("--dry-run", is_flag=True, help="Check all of it, and write nothing.")
def import_(context: Context, file: Path, adopt: bool, dry_run: bool) -> None:
    """Make or change the tenants in FILE: a JSON object a line, or a JSON array; `-` is standard input.

    \b
    {"name": "marketing", "models": ["fast", "nova"],
     "budgets": {"usd_per_month": 200}, "max_output_tokens": 1024,
     "keys": [{"sha256": "9f86d0…", "expires_at": "2027-01-31T00:00:00Z"}]}

    Everything is checked before anything is written. What is in the table already and is the same isn't written again.
    Tenants that FILE doesn't name stay as they are.
    """
    deployment = context.deployment()
    store = Store(deployment)
    wanted = list(_parsed(file, deployment))
    contents = _read(context, store, "tenant#", "key#", "principal#")
    first, then, same = _changes(contents, wanted, adopt)
    if not dry_run and first + then:
        with context.out.progress("Writing", len(first) + len(then)) as progress:
            # A tenant before the keys that lead to it.
            store.write_all(first, progress)
            store.write_all(then, progress)
    verb = "would be written" if dry_run else "written"
    context.out.done(
        f"{len(wanted):,} tenants: {len(first):,} {verb}, with {len(then):,} keys and principals; {same:,} items are "
        "there already.",
        tenants=len(wanted),
        tenants_written=len(first),
        keys_and_principals_written=len(then),
        unchanged=same,
        dry_run=dry_run,
    )


def tenant_of(store: Store, name: str) -> tuple[Tenant, TenantOverride | None]:
    """A tenant and what wins over it.

    Raises:
        NotFound: there is none of this name.
    """
    item, override = store.get(items.tenant_key(name), f"override#tenant#{name}")
    if item is None:
        raise NotFound(f"There is no tenant {name!r} in {store.table}. `llm-api tenants list` shows all.")
    return items.read_tenant(item), items.read_tenant_override(override) if override else None


def save(store: Store, override: TenantOverride, by: str) -> None:
    """Write an override, or remove it where nothing is left of it."""
    item = items.write_tenant_override(override, by)
    if item is None:
        store.delete(f"override#tenant#{override.tenant}")
    else:
        store.put(item)


def key_ends_at(contents: Contents, key: Key) -> int | None:
    """When a key ends, the override's time included; 0 where it was revoked, None where it never does."""
    override = contents.key_overrides.get(key.sha256)
    ends = [at for at in (key.expires_at, None if override is None else override.expires_at) if at is not None]
    return min(ends, default=None)


def key_state(contents: Contents, key: Key, now: float) -> str:
    """`good`, `revoked`, `expired`, or when it ends."""
    at = key_ends_at(contents, key)
    if at is None:
        return "good"
    if at == 0:
        return "revoked"
    return "expired" if at <= now else f"good until {time_text(at)}"


def check_principals(deployment: Deployment, principals: Iterable[str]) -> None:
    """That principals are what this deployment knows callers by.

    Raises:
        Invalid: callers have keys here.
    """
    if deployment.auth == "api_key" and list(principals):
        raise Invalid(f"{deployment.name} knows callers by their keys, so a tenant has no principals.")


def _described(tenant: Tenant, override: TenantOverride | None, now: float) -> dict[str, Any]:
    """A tenant as it counts at this moment, and what of that isn't its declaration."""
    enabled = tenant.enabled if override is None or override.enabled is None else override.enabled
    raised = {} if override is None else override.in_force(now)
    said_by = " (override)" if override is not None and override.enabled is not None else ""
    budgets: dict[str, Any] = dict(tenant.budgets)
    for name, (limit, until) in raised.items():
        if name in budgets:
            budgets[name] = f"{limit:f} until {time_text(until)} (override; else {budgets[name]:f})"
    return {
        "name": tenant.name,
        "state": ("enabled" if enabled else "disabled") + said_by,
        "enabled": enabled,
        "models": list(tenant.models),
        "budgets": budgets,
        "max_output_tokens": tenant.max_output_tokens,
        "workflows": list(tenant.workflows),
        "managed_by": tenant.managed_by or "unknown",
        "overrides": {
            **({"enabled": override.enabled} if override is not None and override.enabled is not None else {}),
            **{name: {"limit": limit, "until": time_text(until)} for name, (limit, until) in raised.items()},
            **({"reason": override.reason} if override is not None and override.reason else {}),
        },
    }


def _wins(tenant: Tenant) -> str:
    return ", and no apply does" if tenant.managed_by == "terraform" else ""


def _not_ours(tenant: Tenant) -> Refused:
    if tenant.managed_by == "terraform":
        return Refused(
            f"{tenant.name} is Terraform's, whose next apply would bring back what is changed here. Change it there; "
            "or use `tenants disable`, `budget raise` or `keys revoke`, which win over it."
        )
    owner = tenant.managed_by or "a tool that doesn't say so"
    return Refused(f"{tenant.name} was written by {owner}. With --adopt this command takes it over.")


def _read(context: Context, store: Store, *prefixes: str) -> Contents:
    with context.out.progress("Reading", None) as progress:
        return store.contents(*prefixes, progress=progress)


_FIELDS = (
    "name",
    "models",
    "budgets",
    "max_output_tokens",
    "workflows",
    "enabled",
    "keys",
    "principals",
    "managed_by",
)


def _exported(tenant: Tenant, keys: Iterable[Key], principals: Iterable[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"name": tenant.name, "models": list(tenant.models)}
    if tenant.budgets:
        told["budgets"] = tenant.budgets
    if tenant.max_output_tokens is not None:
        told["max_output_tokens"] = tenant.max_output_tokens
    if tenant.workflows:
        told["workflows"] = list(tenant.workflows)
    if not tenant.enabled:
        told["enabled"] = False
    told["keys"] = [
        {"sha256": key.sha256, **({} if key.expires_at is None else {"expires_at": time_text(key.expires_at)})}
        for key in sorted(keys, key=lambda key: key.sha256)
    ]
    if names := sorted(principals):
        told["principals"] = names
    told["managed_by"] = tenant.managed_by or "unknown"
    return told


def _parsed(file: Path, deployment: Deployment) -> Iterable[tuple[Tenant, list[Key], list[str]]]:
    """The tenants of a file, each checked.

    Raises:
        Invalid: something in it can't be; the message names the line, or the place in the array.
    """
    text = sys.stdin.read() if str(file) == "-" else file.read_text()
    seen: set[str] = set()
    owners: dict[str, str] = {}
    for place, given in _objects(text):
        try:
            tenant, keys, principals = _one(given)
            check_tenant(deployment, tenant)
            check_principals(deployment, principals)
            if tenant.name in seen:
                raise Invalid(f"{tenant.name} is named twice.")
            seen.add(tenant.name)
            for who in [*(key.sha256 for key in keys), *principals]:
                if owners.setdefault(who, tenant.name) != tenant.name:
                    raise Invalid(f"{who} belongs to {owners[who]} already, in this file.")
        except Invalid as error:
            raise Invalid(f"{file}, {place}: {error.message}") from None
        yield tenant, keys, principals


def _objects(text: str) -> Iterable[tuple[str, Any]]:
    try:
        if text.lstrip().startswith("["):
            for number, each in enumerate(json.loads(text, parse_float=Decimal), 1):
                yield f"tenant {number}", each
            return
    except ValueError as error:
        raise Invalid(f"The file is no JSON: {error}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line, parse_float=Decimal)
            except ValueError as error:
                raise Invalid(f"Line {number} is no JSON: {error}") from None


def _one(given: Any) -> tuple[Tenant, list[Key], list[str]]:
    if not isinstance(given, Mapping):
        raise Invalid("A tenant is a JSON object.")
    if unknown := [str(name) for name in given if name not in _FIELDS]:
        raise Invalid(f"There is no field {', '.join(unknown)}. There are: {', '.join(_FIELDS)}.")
    name = items.tenant_name(str(given.get("name", "")))
    budgets = given.get("budgets") or {}
    if not isinstance(budgets, Mapping):
        raise Invalid(f"`budgets` is an object, such as {{{BUDGETS[-1]!r}: 200}}.")
    most = given.get("max_output_tokens")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= 10**9):
        raise Invalid("`max_output_tokens` is a whole number, at least 1.")
    enabled = given.get("enabled", True)
    if not isinstance(enabled, bool):
        raise Invalid("`enabled` is true or false.")
    tenant = Tenant(
        name,
        _strings(given, "models"),
        {str(budget): items.budget(str(budget), str(limit)) for budget, limit in budgets.items()},
        most,
        _strings(given, "workflows"),
        enabled,
    )
    keys = given.get("keys") or []
    if not isinstance(keys, list):
        raise Invalid("`keys` is a list of hashes, or of objects with `sha256` and `expires_at`.")
    return tenant, [_key(name, key) for key in keys], list(_strings(given, "principals"))


def _key(tenant: str, given: Any) -> Key:
    described = {"sha256": given} if isinstance(given, str) else given
    if not isinstance(described, Mapping) or set(described) - {"sha256", "expires_at"}:
        raise Invalid("A key is its hash, or an object with `sha256` and `expires_at`.")
    sha256, expires_at = described.get("sha256"), described.get("expires_at")
    if not isinstance(sha256, str) or not items.SHA256.fullmatch(sha256):
        raise Invalid("A key's hash is its SHA-256 as 64 lower-case hexadecimal digits, never the key itself.")
    return Key(sha256, tenant, None if expires_at is None else moment(str(expires_at)))


def _strings(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = given.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Invalid(f"`{name}` is a list of names.")
    return tuple(value)


def _changes(
    contents: Contents, wanted: Iterable[tuple[Tenant, list[Key], list[str]]], adopt: bool
) -> tuple[list[Item], list[Item], int]:
    """What is to be written of tenants, and of who belongs to them; and how many items are there already.

    Raises:
        Refused: something of it isn't this command's to write.
    """
    tenants_: list[Item] = []
    members: list[Item] = []
    same = 0
    problems: list[str] = []

    def mine(managed_by: str) -> bool:
        return managed_by == MANAGED_BY or (adopt and managed_by != "terraform")

    for tenant, keys, principals in wanted:
        before = contents.tenants.get(tenant.name)
        if before is not None and _told(before) == _told(tenant):
            same += 1  # whoever declares it: there is nothing to change
        elif before is not None and not mine(before.managed_by):
            problems.append(_not_ours(before).message)
        else:
            tenants_.append(items.write_tenant(tenant))
        for key in keys:
            known = contents.keys.get(key.sha256)
            if known is not None and (known.tenant, known.expires_at) == (key.tenant, key.expires_at):
                same += 1
            elif known is not None and (known.tenant != key.tenant or not mine(known.managed_by)):
                problems.append(f"Key {key.id} belongs to {known.tenant}, by {known.managed_by or 'another tool'}.")
            else:
                members.append(items.write_key(key))
        for principal in principals:
            owner = contents.principals.get(principal)
            if owner is not None and owner[0] == tenant.name:
                same += 1
            elif owner is not None:
                problems.append(f"{principal} belongs to {owner[0]}.")
            else:
                members.append(items.write_principal(principal, tenant.name))
    if problems:
        more = f"\nand {len(problems) - 5} more" if len(problems) > 5 else ""
        raise Refused("Nothing was written:\n" + "\n".join(problems[:5]) + more)
    return tenants_, members, same


def _told(tenant: Tenant) -> tuple[Any, ...]:
    """What a tenant may, whoever says so, to be compared."""
    return (
        frozenset(tenant.models),
        {name: Decimal(limit) for name, limit in tenant.budgets.items()},
        tenant.max_output_tokens,
        frozenset(tenant.workflows),
        tenant.enabled,
    )


def _json_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
