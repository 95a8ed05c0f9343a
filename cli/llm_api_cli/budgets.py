"""`llm-api budget`: a limit in place of the declared one, for a time."""

import time

import click

from llm_api_cli import items
from llm_api_cli.errors import Invalid, NotFound
from llm_api_cli.items import TenantOverride
from llm_api_cli.options import Context, command, future
from llm_api_cli.output import time_text
from llm_api_cli.store import Store
from llm_api_cli.tenants import save, tenant_of


@click.group()
def budget() -> None:
    """Raise a tenant's budget for a time: it ends by itself, and Terraform never touches it."""


@command(budget, "raise")
@click.argument("tenant")
@click.argument("budgets", nargs=-1, required=True, metavar="NAME=LIMIT...")
@click.option("--until", required=True, metavar="TIME", help="Its end: 2026-12-31, +2d, end-of-day, end-of-month.")
@click.option("--reason", default="", help="Why; kept in the item.")
def raise_(context: Context, tenant: str, budgets: tuple[str, ...], until: str, reason: str) -> None:
    """Raise a tenant's budgets until a time. What was used so far counts on.

    \b
    llm-api budget raise marketing usd_per_month=500 --until end-of-month
    """
    deployment = context.deployment()
    store = Store(deployment)
    declared, override = tenant_of(store, tenant)
    override = override or TenantOverride(tenant)
    override.raised, ends_at = override.in_force(time.time()), future(until)
    for text in budgets:
        name, _, limit_text = text.partition("=")
        limit = items.budget(name, limit_text)
        if name not in declared.budgets:
            raise Invalid(f"{tenant} has no budget {name}. It has: {', '.join(declared.budgets) or 'none'}.")
        if limit <= declared.budgets[name]:
            raise Invalid(f"{tenant} has {declared.budgets[name]:f} {name} already; raise it above that.")
        override.raised[name] = (limit, ends_at)
    override.reason = reason or override.reason
    save(store, override, deployment.caller)
    context.out.done(
        f"{tenant}: {', '.join(budgets)} until {time_text(ends_at)}, within a minute. `llm-api budget reset {tenant}` "
        "ends it before.",
        tenant=tenant,
        raised={name: {"limit": limit, "until": time_text(at)} for name, (limit, at) in override.raised.items()},
    )


@command(budget, "reset")
@click.argument("tenant")
@click.argument("budgets", nargs=-1, metavar="[NAME]...")
def reset(context: Context, tenant: str, budgets: tuple[str, ...]) -> None:
    """End what was raised before its time: all of a tenant's, or those named."""
    deployment = context.deployment()
    store = Store(deployment)
    _, override = tenant_of(store, tenant)
    if override is None or not override.raised:
        raise NotFound(f"No budget of {tenant} is raised.")
    override.raised = {name: raised for name, raised in override.raised.items() if budgets and name not in budgets}
    save(store, override, deployment.caller)
    context.out.done(f"{tenant} has its declared budgets, within a minute.", tenant=tenant)
