"""CloudWatch Logs Insights, as far as the module's saved queries and `llm-api usage` use it: a query in, rows out.

It refuses what it doesn't know, so that a query that AWS would refuse, or read in another way, doesn't pass here.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]

_FIELD = r"@?[A-Za-z_][A-Za-z0-9_.]*"
_TOKEN = re.compile(
    rf"""\s*(?:(?P<text>"[^"]*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<operator>!=|>=|<=|=|>|<|\(|\)|,)|(?P<word>{_FIELD}))"""
)
_AGGREGATE = re.compile(
    rf"(?P<function>count|count_distinct|sum|avg|min|max|latest|pct)"
    rf"\((?P<field>\*|{_FIELD})(?:,\s*(?P<percent>\d+(?:\.\d+)?))?\)\s+as\s+(?P<name>[A-Za-z_][A-Za-z0-9_]*)$"
)
_BIN = re.compile(r"bin\((\d+)([smhd])\)$")


class BadQuery(ValueError):
    """A query that this evaluator, and as far as is known AWS, doesn't take."""


@dataclass(slots=True)
class Insights:
    """The events of a log group.

    Attributes:
        fields: every field that a query has asked for, to be compared with what is logged.
    """

    events: Sequence[Row]
    fields: set[str]

    @classmethod
    def of(cls, messages: Iterable[str]) -> "Insights":
        """Of log lines that came one after the other: of JSON, each leaf is a field, named by its path with dots."""
        return cls.at(enumerate(messages))

    @classmethod
    def at(cls, messages: Iterable[tuple[int, str]]) -> "Insights":
        """Of log lines, each with its time in milliseconds since 1970."""
        events = []
        for milliseconds, message in messages:
            event: Row = {"@timestamp": milliseconds, "@message": message}
            if message.startswith("{"):
                event |= dict(leaves(json.loads(message)))
            events.append(event)
        return cls(events, set())

    def run(self, query: str) -> list[Row]:
        """The rows that a query gives.

        Raises:
            BadQuery: it has a command, function or field name that isn't one.
        """
        rows = list(self.events)
        defined: set[str] = set()
        for command in (part.strip() for part in query.strip().split("|")):
            verb, _, rest = command.partition(" ")
            rest = " ".join(rest.split())
            if verb == "filter":
                keep = _Filter(rest, self._field(defined)).condition()
                rows = [row for row in rows if keep(row)]
            elif verb == "fields":
                names = [self._field(defined)(name.strip()) for name in rest.split(",")]
                rows = [{name: row[name] for name in names if name in row} for row in rows]
            elif verb == "stats":
                rows = self._stats(rest, rows, defined)
            elif verb == "sort":
                name, _, direction = rest.partition(" ")
                if direction not in ("asc", "desc"):
                    raise BadQuery(f"sort takes a field and asc or desc: {command}")
                by = self._field(defined)(name)
                rows.sort(key=lambda row: (row.get(by) is not None, row.get(by) or 0), reverse=direction == "desc")
            elif verb == "limit" and rest.isdigit():
                rows = rows[: int(rest)]
            else:
                raise BadQuery(f"no such command: {command}")
        return rows

    def _field(self, defined: set[str]) -> Callable[[str], str]:
        def named(name: str) -> str:
            if not re.fullmatch(_FIELD, name):
                raise BadQuery(f"no field's name: {name}")
            if name not in defined and not name.startswith("@"):
                self.fields.add(name)
            return name

        return named

    def _stats(self, rest: str, rows: list[Row], defined: set[str]) -> list[Row]:
        wanted, _, grouping = rest.partition(" by ")
        field = self._field(defined)
        aggregates = []
        for part in re.split(r",\s*(?![^()]*\))", wanted):
            match = _AGGREGATE.match(part)
            if match is None or (match["function"] == "pct") != (match["percent"] is not None):
                raise BadQuery(f"no aggregation: {part}")
            aggregates.append(match)
            if match["field"] != "*":
                field(match["field"])
        keys: list[Callable[[Row], Any]] = []
        names: list[str] = []
        for part in grouping.split(", ") if grouping else []:
            names.append(part)
            span = _BIN.match(part)
            if span is None:
                field(part)
            keys.append(_beginning_of(span) if span else _value_of(part))
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(key(row) for key in keys), []).append(row)
        defined |= {match["name"] for match in aggregates}
        return [
            {
                **{name: value for name, value in zip(names, group, strict=True) if value is not None},
                **{match["name"]: _aggregate(match, members) for match in aggregates},
            }
            for group, members in groups.items()
        ]


def _value_of(name: str) -> Callable[[Row], Any]:
    return lambda row: row.get(name)


def _beginning_of(span: re.Match[str]) -> Callable[[Row], str]:
    """When the span of time began that an event falls into, as AWS writes it."""
    seconds = int(span[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[span[2]]

    def beginning(row: Row) -> str:
        at = datetime.fromtimestamp(row["@timestamp"] // 1000 // seconds * seconds, UTC)
        return at.strftime("%Y-%m-%d %H:%M:%S.000")

    return beginning


def leaves(document: Any, path: str = "") -> Iterable[tuple[str, Any]]:
    """Every leaf of a JSON document by its path, as Logs Insights discovers fields. Booleans are 1 and 0."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from leaves(value, f"{path}.{name}" if path else name)
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from leaves(value, f"{path}.{number}")
    else:
        yield path, int(document) if isinstance(document, bool) else document


def _aggregate(match: re.Match[str], rows: Sequence[Row]) -> Any:
    if match["field"] == "*":
        return len(rows)
    values = [row[match["field"]] for row in rows if row.get(match["field"]) is not None]
    if match["function"] == "count":
        return len(values)
    if match["function"] == "count_distinct":
        return len(set(values))
    if not values:
        return None
    if match["function"] == "pct":
        return sorted(values)[min(len(values) - 1, int(len(values) * float(match["percent"]) / 100))]
    of = {
        "sum": sum,
        "min": min,
        "max": max,
        "avg": lambda each: sum(each) / len(each),
        "latest": lambda each: each[-1],
    }
    return of[match["function"]](values)  # type: ignore[operator]


class _Filter:
    """`filter`'s condition: comparisons and `ispresent`, joined by `and` and `or`, in brackets."""

    def __init__(self, text: str, field: Callable[[str], str]) -> None:
        self._field = field
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise BadQuery(f"can't be read: {text[place:]}")
            self._tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            place = match.end()
        self._text = text

    def condition(self) -> Callable[[Row], bool]:
        condition = self._any()
        if self._tokens:
            raise BadQuery(f"goes on after its end: {self._text}")
        return condition

    def _next(self, *expected: str) -> str:
        if not self._tokens or (expected and self._tokens[0][1] not in expected):
            raise BadQuery(f"{' or '.join(expected) or 'something'} is missing: {self._text}")
        return self._tokens.pop(0)[1]

    def _at(self, word: str) -> bool:
        return bool(self._tokens) and self._tokens[0][1] == word

    def _any(self) -> Callable[[Row], bool]:
        parts = [self._all()]
        while self._at("or"):
            self._next()
            parts.append(self._all())
        return lambda row: any(part(row) for part in parts)

    def _all(self) -> Callable[[Row], bool]:
        parts = [self._one()]
        while self._at("and"):
            self._next()
            parts.append(self._one())
        return lambda row: all(part(row) for part in parts)

    def _one(self) -> Callable[[Row], bool]:
        if self._at("("):
            self._next()
            inner = self._any()
            self._next(")")
            return inner
        if self._at("not"):
            self._next()
            refused = self._one()
            return lambda row: not refused(row)
        if self._at("ispresent"):
            self._next()
            self._next("(")
            name = self._field(self._next())
            self._next(")")
            return lambda row: row.get(name) is not None
        name = self._field(self._next())
        operator = self._next("=", "!=", ">=", "<=", ">", "<")
        kind, text = self._tokens.pop(0) if self._tokens else ("", "")
        if kind not in ("text", "number"):
            raise BadQuery(f"compare with a number or a text in double quotes: {self._text}")
        value: Any = text[1:-1] if kind == "text" else float(text)
        return lambda row: _compares(row.get(name), operator, value)


def _compares(found: Any, operator: str, value: Any) -> bool:
    if operator in ("=", "!="):
        return bool(found == value) == (operator == "=")
    if not isinstance(found, int | float) or isinstance(value, str):
        return False
    return bool({">=": found >= value, "<=": found <= value, ">": found > value, "<": found < value}[operator])
