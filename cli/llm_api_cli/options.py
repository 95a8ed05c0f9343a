"""What every command takes, and what people write for a time."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import click

from llm_api_cli.deployment import Deployment, Place, find
from llm_api_cli.errors import Invalid
from llm_api_cli.output import FORMATS, Format, Output

_SPAN = re.compile(r"\+?(\d+)([mhdw])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Context:
    """What a command works with.

    Attributes:
        place: where the deployment is to be found.
        out: its output.
    """

    def __init__(self, place: Place, form: Format) -> None:
        self.place = place
        self.out = Output(form)

    def deployment(self) -> Deployment:
        """See `deployment.find`."""
        return find(self.place)


def command(group: click.Group, name: str, **settings: Any) -> Callable[[Callable[..., None]], click.Command]:
    """A command of a group, with the options that every command has; its function takes a `Context` first."""

    def decorate(function: Callable[..., None]) -> click.Command:
        def run(deployment: str | None, region: str | None, profile: str | None, output: str, **arguments: Any) -> None:
            function(Context(Place(deployment, region, profile), cast(Format, output)), **arguments)

        run.__doc__ = function.__doc__
        for option in reversed(_COMMON):
            option(run)
        # click shows them from the last to the first.
        run.__click_params__ += getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
        return group.command(name, **settings)(run)

    return decorate


_COMMON = (
    click.option("-d", "--deployment", envvar="LLM_API_DEPLOYMENT", help="Its name; else the only one of the Region."),
    click.option("--region", help="AWS Region; else AWS_REGION or your profile's."),
    click.option("--profile", help="Profile of your AWS configuration; else AWS_PROFILE."),
    click.option("-o", "--output", type=click.Choice(FORMATS), default="table", help="For people, or for programs."),
)


def moment(text: str, *, now: float | None = None) -> int:
    """A time, in seconds since 1970: `2026-12-31`, `2026-12-31T18:00:00Z`, `+2d`, `12h`, `end-of-day`, `end-of-month`.

    A date alone is its first moment, in UTC.

    Raises:
        Invalid: it is none of these.
    """
    at = datetime.fromtimestamp(time.time() if now is None else now, UTC)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if match := _SPAN.fullmatch(text):
        return int(at.timestamp()) + int(match[1]) * _SECONDS[match[2]]
    if text == "end-of-day":
        return int((midnight + timedelta(days=1)).timestamp())
    if text == "end-of-month":
        return int((midnight.replace(day=28) + timedelta(days=4)).replace(day=1).timestamp())
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            f"{text!r} is no time. Write one such as 2026-12-31T18:00:00Z, 2026-12-31, +2d, 12h, end-of-day or "
            "end-of-month; times are UTC."
        ) from None
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())


def future(text: str) -> int:
    """A time that is still to come.

    Raises:
        Invalid: it is over.
    """
    at = moment(text)
    if at <= time.time():
        raise Invalid(f"{text} is over. Name a time to come; times are UTC.")
    return at
