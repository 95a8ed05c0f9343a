"""`llm-api table`: items from another table, such as one that was restored, into the deployment's."""

import click

from llm_api_cli.options import Context, command
from llm_api_cli.store import Store


@click.group()
def table() -> None:
    """The tenants table as a whole."""


@command(table, "copy")
@click.argument("source")
@click.option("--overwrite", is_flag=True, help="Also make those items alike that differ.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
def copy(context: Context, source: str, overwrite: bool, dry_run: bool) -> None:
    """Put the items of SOURCE that are missing into the deployment's table, whoever wrote them.

    SOURCE is a table of the same account and Region: one that DynamoDB restored to an earlier time, or that served
    before this deployment. What is in the deployment's table and not in SOURCE stays.
    """
    store = Store(context.deployment())
    with context.out.progress("Reading", None) as progress:
        theirs = store.raw(source, progress)
        ours = store.raw(store.table, progress)
    missing = [item for key, item in theirs.items() if key not in ours]
    different = [item for key, item in theirs.items() if key in ours and ours[key] != item]
    wanted = [*missing, *(different if overwrite else [])]
    if wanted and not dry_run:
        with context.out.progress("Writing", len(wanted)) as progress:
            # Tenants, and what stands over keys, before the keys.
            for of_keys in (False, True):
                part = [item for item in wanted if item["pk"]["S"].startswith("key#") == of_keys]
                store.write_all(part, progress)
    kept = 0 if overwrite else len(different)
    verb = "would be written" if dry_run else "written"
    context.out.done(
        f"{len(theirs):,} items in {source}: {len(wanted):,} {verb}; {kept:,} differ and are left as they are.",
        items=len(theirs),
        written=len(wanted),
        left=kept,
        dry_run=dry_run,
    )
