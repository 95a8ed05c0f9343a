"""Speaks to people (tables, progress) and to programs (JSON, CSV).

What a command was asked for goes to standard output, and all else to standard error, so that a pipe gets the answer
alone.
"""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from llm_api_cli.store import Progress

Format = Literal["table", "json", "csv"]
FORMATS: tuple[Format, ...] = ("table", "json", "csv")

_PIPE_WIDTH = 240
"""Characters of a table that no terminal limits."""


class Output:
    """One command's output."""

    def __init__(self, form: Format) -> None:
        self.form = form

    def rows(self, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], empty: str) -> None:
        """A list of things alike.

        Parameters:
            rows: each with a value for every column, and more where JSON is to have more.
            columns: field and heading, of those that people read.
            empty: what people are told where there are none.
        """
        if self.form == "json":
            print(_json(rows))
        elif self.form == "csv":
            writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else list(columns), lineterminator="\n")
            writer.writeheader()
            writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
        elif not rows:
            self.note(empty)
        else:
            self._table(rows, columns)

    def fields(self, thing: Mapping[str, Any]) -> None:
        """One thing, a line a field."""
        if self.form == "json":
            print(_json(thing))
            return
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        for name, value in thing.items():
            table.add_row(f"[bold]{name.replace('_', ' ')}[/]", _escaped(_cell(value)) or "-")
        _console().print(table)

    def done(self, message: str, **facts: Any) -> None:
        """What was done: a sentence for people, facts for programs."""
        if self.form == "json":
            print(_json(facts))
        else:
            print(message)

    def note(self, message: str) -> None:
        """What people should know beside the answer."""
        print(message, file=sys.stderr)

    @contextmanager
    def progress(self, what: str, total: int | None) -> Iterator[Progress]:
        """A bar on standard error, where that is a terminal."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task(what, total=total)
            yield lambda count: bar.advance(task, count)

    def _table(self, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
        from rich import box
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name, heading in columns.items():
            number = all(isinstance(row[name], int | float | Decimal | None) for row in rows)
            table.add_column(heading, justify="right" if number else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_escaped(_cell(row[name])) for name in columns))
        _console().print(table)


def time_text(seconds: float | None) -> str | None:
    """RFC 3339, in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_cell(each)}" for name, each in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(_cell(each) for each in value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def printable(text: str) -> str:
    """Without what a terminal would obey: some of it comes from callers, such as a path in the log."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(printable(text))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return list(value)
