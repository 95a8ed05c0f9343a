"""JSON schemas in the dialects that models take.

Three places refuse what OpenAI takes:

- The root of a tool's parameters must be an object; for some models without `anyOf` and its kind, for Nova without
  anything but its fields.
  https://docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html
- A schema that an answer or a call is held to knows few keywords and closed objects only. What it doesn't know moves
  into the description, which the model reads.
  https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
- Nowhere may a keyword be null.

A schema that can't be put so without asking for something else is `Inexpressible`. The first is `roots`'s to do, the
second `strict`'s; here is how a schema is walked, and what its references name.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

_SCHEMAS_BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_SCHEMAS_IN_A_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")
_SCHEMAS = (
    "items",
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_ANY_VALUE = frozenset({"const", "default", "example"})

MAX_DEPTH = 100
"""Levels of a schema whose references are written out."""

MAX_WRITTEN_OUT = 20_000
"""Schemas within a schema whose references are written out: a few that refer to each other twice grow beyond reason."""

MAX_REFERENCES_IN_A_ROW = 16
"""References that name nothing but the next one."""

MAX_REFERRED_CHARACTERS = 1_000_000
"""Of what references name, each time that one does: a long definition grows with every one of them."""

_MAX_INDEX_DIGITS = 6


class Inexpressible(ValueError):
    """The schema means what the model can't be told. The message goes on after "the schema"."""


class Demand(NamedTuple):
    """How much of what a model limits a schema holds.

    Attributes:
        unions: parameters of more than one type.
        optional: parameters that need not be there.
    """

    unions: int = 0
    optional: int = 0


def without_nulls(schema: Any) -> Any:
    """The schema without keywords that are null, and with "anything" for a schema that is."""
    if not isinstance(schema, dict):
        return schema
    said = {name: value for name, value in schema.items() if value is not None or name in _ANY_VALUE}
    for name in _SCHEMAS_BY_NAME:
        if isinstance(said.get(name), dict):
            said[name] = {key: {} if value is None else value for key, value in said[name].items()}
    return each(said, without_nulls)


def check_written(schemas: int, depth: int) -> None:
    """Refuse what grows beyond reason.

    Raises:
        Inexpressible: so many schemas were read, or so deep a one.
    """
    if schemas > MAX_WRITTEN_OUT:
        raise Inexpressible(f"holds more than {MAX_WRITTEN_OUT:,} schemas, those included that references name")
    if depth > MAX_DEPTH:
        raise Inexpressible(f"is nested deeper than {MAX_DEPTH} levels once its references are written out")


def each(schema: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """The schema with each one right within it changed."""
    changed = dict(schema)
    for name in _SCHEMAS_BY_NAME:
        if isinstance(changed.get(name), dict):
            changed[name] = {key: change(value) for key, value in changed[name].items()}
    for name in _SCHEMAS_IN_A_LIST:
        if isinstance(changed.get(name), list):
            changed[name] = [change(value) for value in changed[name]]
    for name in _SCHEMAS:
        if isinstance(changed.get(name), dict):
            changed[name] = change(changed[name])
        elif isinstance(changed.get(name), list):
            changed[name] = [change(value) for value in changed[name]]
    return changed


def inner_schemas(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each schema right within a schema, with the keyword that holds it."""
    for name, value in schema.items():
        if name in _SCHEMAS_BY_NAME and isinstance(value, dict):
            yield from ((name, inner) for inner in value.values())
        elif name in _SCHEMAS_IN_A_LIST or name in _SCHEMAS:
            yield from ((name, inner) for inner in (value if isinstance(value, list) else [value]))


class Definitions:
    """What the references of a schema name, up to as much as is written out.

    Parameters:
        root: the schema. It must not change.
    """

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._left = MAX_REFERRED_CHARACTERS
        self._lengths: dict[int, int] = {}

    def find(self, schema: dict[str, Any]) -> dict[str, Any]:
        """What its `$ref` names.

        Raises:
            Inexpressible: see `resolved`; or references have named too much by now.
        """
        found = resolved(schema, self._root)
        self.charge(found)
        return found

    def charge(self, found: dict[str, Any]) -> None:
        """Count a definition of the root's."""
        if id(found) not in self._lengths:
            self._lengths[id(found)] = len(json.dumps(found))
        self._left -= self._lengths[id(found)]
        if self._left < 0:
            raise Inexpressible("is too large once its references are written out")


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """What `$ref` names, through as many references as there are.

    Raises:
        Inexpressible: nothing within the schema, or itself.
    """
    seen = set()
    while isinstance(reference := schema.get("$ref"), str):
        if reference in seen or not reference.startswith("#"):
            where = "itself" if reference in seen else "what is not in it"
            raise Inexpressible(f"refers to {where}")
        seen.add(reference)
        if len(seen) > MAX_REFERENCES_IN_A_ROW:
            raise Inexpressible(f"refers on more than {MAX_REFERENCES_IN_A_ROW} times in a row")
        found: Any = root
        for step in reference[1:].split("/")[1:]:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, list):
                is_index = key.isdecimal() and len(key) <= _MAX_INDEX_DIGITS and int(key) < len(found)
                found = found[int(key)] if is_index else None
            else:
                found = found.get(key) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise Inexpressible("refers to what is not in it")
        schema = found
    return schema


def listed(schema: dict[str, Any], name: str) -> list[Any]:
    """The list at `name`; an empty one where there is none."""
    value = schema.get(name)
    return value if isinstance(value, list) else []


def names_in(value: Any) -> list[str]:
    """The strings of a list; none where it is no list."""
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
