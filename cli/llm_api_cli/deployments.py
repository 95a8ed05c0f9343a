"""`llm-api deployments`: which there are in a Region."""

import click

from llm_api_cli.deployment import names
from llm_api_cli.errors import Invalid
from llm_api_cli.options import Context, command


@click.group()
def _alone() -> None:
    """Holds the command below."""


@command(_alone, "deployments")
def deployments(context: Context) -> None:
    """List the deployments of a Region, by their tag."""
    import boto3

    session = boto3.Session(profile_name=context.place.profile, region_name=context.place.region)
    if session.region_name is None:
        raise Invalid("No Region is set. Give --region, or set AWS_REGION or your profile's region.")
    rows = [{"deployment": name, "region": session.region_name} for name in names(session)]
    context.out.rows(rows, {"deployment": "Deployment", "region": "Region"}, f"None in {session.region_name}.")
