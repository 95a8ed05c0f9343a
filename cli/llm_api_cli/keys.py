"""`llm-api keys`: made, replaced, revoked. A key is printed once, when it is made, and stored nowhere."""

import sys
import time

import click

from llm_api_cli import items
from llm_api_cli.deployment import Deployment
from llm_api_cli.errors import Invalid, NotFound
from llm_api_cli.items import Contents, Key, KeyOverride
from llm_api_cli.options import Context, command, future
from llm_api_cli.output import time_text
from llm_api_cli.store import Store
from llm_api_cli.tenants import key_ends_at, key_state, tenant_of

_SHORTEST_ID = 6


@click.group()
def keys() -> None:
    """Keys are known by their ID: the first characters of their SHA-256, which each log line has as `key_id`."""


@command(keys, "list")
@click.argument("tenant", required=False)
def list_(context: Context, tenant: str | None) -> None:
    """List keys, of all tenants or of one: their IDs, whose they are and whether they are good."""
    contents = Store(context.deployment()).contents("key#", "override#key#")
    now = time.time()
    rows = [
        {
            "id": key.id,
            "tenant": key.tenant,
            "state": key_state(contents, key, now),
            "expires_at": time_text(key_ends_at(contents, key) or None),
            "managed_by": key.managed_by or "unknown",
            "sha256": key.sha256,
        }
        for key in sorted(contents.keys.values(), key=lambda key: (key.tenant, key.sha256))
        if tenant in (None, key.tenant)
    ]
    columns = {"id": "Key ID", "tenant": "Tenant", "state": "State", "managed_by": "Managed by"}
    context.out.rows(rows, columns, "There are no keys. `llm-api keys create TENANT` makes one.")


@command(keys, "create")
@click.argument("tenant")
@click.option("--expires", metavar="TIME", help="When it ends: 2027-01-31, +90d …; else never.")
@click.option("--sha256", help="Register a key that you have by its hash, in place of making one.")
def create(context: Context, tenant: str, expires: str | None, sha256: str | None) -> None:
    """Make a key for a tenant and print it, this once.

    The key alone goes to standard output: `llm-api keys create marketing | your-secret-store`.
    """
    deployment = context.deployment()
    _check_keys_are_used(deployment)
    store = Store(deployment)
    tenant_of(store, tenant)
    if sha256 is not None and not items.SHA256.fullmatch(sha256):
        raise Invalid("--sha256 is the key's SHA-256 as 64 lower-case hexadecimal digits, never the key itself.")
    _make(context, store, tenant, None if expires is None else future(expires), sha256)


@command(keys, "rotate")
@click.argument("key_id")
@click.option("--grace", default="+7d", show_default=True, metavar="TIME", help="How long the old key stays good.")
@click.option("--expires", metavar="TIME", help="When the new key ends; else never.")
def rotate(context: Context, key_id: str, grace: str, expires: str | None) -> None:
    """Make a key in place of another, which ends when `--grace` is over. Prints the new one, this once."""
    deployment = context.deployment()
    store = Store(deployment)
    contents = store.contents("key#", "override#key#")
    old = find(contents, key_id)
    ends_at, now_ends = future(grace), key_ends_at(contents, old)
    if now_ends is not None and now_ends <= time.time():
        raise Invalid(f"Key {old.id} is {key_state(contents, old, time.time())}: make one with `keys create`.")
    _make(context, store, old.tenant, None if expires is None else future(expires), None)
    if now_ends is None or ends_at < now_ends:
        store.put(items.write_key_override(KeyOverride(old.sha256, ends_at, "rotated"), deployment.caller))
    context.out.note(f"The old key {old.id} is good until {time_text(min(ends_at, now_ends or ends_at))}.")


@command(keys, "revoke")
@click.argument("key_id", required=False)
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the key itself from standard input, not from history.")
@click.option("--reason", default="", help="Why; kept in the item.")
@click.option("--undo", is_flag=True, help="Take a revocation, or a rotation's end, back.")
def revoke(context: Context, key_id: str | None, from_stdin: bool, reason: str, undo: bool) -> None:
    """End one key within a minute, whoever declared it, and no other of its tenant.

    KEY_ID is what log lines, /v1/usage and `keys list` show, or a whole SHA-256. Whoever finds the key itself:

    \b
    llm-api keys revoke --stdin < leaked.txt
    """
    deployment = context.deployment()
    store = Store(deployment)
    if (key_id is None) == (not from_stdin):
        raise Invalid("Name one key: its ID, or --stdin and the key itself.")
    if from_stdin:
        key_id = items.sha256_of(sys.stdin.read().strip())
    key = _looked_up(store, str(key_id))
    if undo:
        store.delete(f"override#key#{key.sha256}")
        context.out.done(f"Key {key.id} of {key.tenant} is as it is declared.", id=key.id, tenant=key.tenant)
        return
    store.put(items.write_key_override(KeyOverride(key.sha256, 0, reason), deployment.caller))
    wins = " It is declared in Terraform: take it out there as well; until then this wins."
    context.out.done(
        f"Key {key.id} of {key.tenant} is revoked: it ends within a minute."
        + (wins if key.managed_by == "terraform" else ""),
        id=key.id,
        tenant=key.tenant,
        revoked=True,
    )


def find(contents: Contents, key_id: str) -> Key:
    """The key of an ID, or of any beginning of its hash that no other has.

    Raises:
        NotFound: there is none.
        Invalid: there are several, or so few characters say nothing.
    """
    wanted = key_id.lower()
    if len(wanted) < _SHORTEST_ID:
        raise Invalid(f"A key's ID has {items.KEY_ID_CHARACTERS} characters; give {_SHORTEST_ID} of them at least.")
    found = [key for sha256, key in contents.keys.items() if sha256.startswith(wanted)]
    if not found:
        raise NotFound(f"There is no key {key_id[: items.KEY_ID_CHARACTERS]}. `llm-api keys list` shows all.")
    if len(found) > 1:
        raise Invalid(f"{key_id} begins several keys: {', '.join(key.sha256[:16] for key in found)}. Give more of it.")
    return found[0]


def _looked_up(store: Store, key_id: str) -> Key:
    """The key of a whole hash by one read, or of an ID by reading all keys."""
    if not items.SHA256.fullmatch(key_id):
        return find(store.contents("key#"), key_id)
    contents = Contents()
    for item in store.get(items.key_key(key_id)):
        if item is not None:
            contents.take(item)
    return find(contents, key_id)


def _make(context: Context, store: Store, tenant: str, expires_at: int | None, sha256: str | None) -> None:
    key = None if sha256 else items.new_key()
    made = Key(sha256 or items.sha256_of(str(key)), tenant, expires_at)
    store.put(items.write_key(made), only_new=True)
    ends = "" if expires_at is None else f", good until {time_text(expires_at)}"
    if key is None:
        context.out.done(f"Key {made.id} of {tenant} is registered{ends}.", id=made.id, tenant=tenant)
        return
    facts = {"id": made.id, "tenant": tenant, "sha256": made.sha256, "expires_at": time_text(expires_at)}
    context.out.note(f"Key {made.id} of {tenant}{ends}. It is shown this once and stored nowhere:")
    context.out.done(key, key=key, **facts)


def _check_keys_are_used(deployment: Deployment) -> None:
    if deployment.auth != "api_key":
        raise Invalid(
            f"{deployment.name} knows callers by `auth.type = {deployment.auth!r}`, not by keys: "
            "`llm-api tenants set NAME --principal …`."
        )
