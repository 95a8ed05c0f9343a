"""A schema that an answer or a call is held to; see `llm_api.dialects.openai.schemas`."""

import json
from collections.abc import Iterator
from typing import Any

from llm_api.dialects.openai.schemas import (
    Definitions,
    Demand,
    Inexpressible,
    check_written,
    each,
    inner_schemas,
    listed,
    names_in,
    resolved,
    without_nulls,
)

_STRICT = frozenset(
    {
        "$defs",
        "$ref",
        "additionalProperties",
        "anyOf",
        "const",
        "default",
        "definitions",
        "description",
        "enum",
        "format",
        "items",
        "minItems",
        "properties",
        "required",
        "title",
        "type",
    }
)
_STRICT_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)
_SAYS_NOTHING = frozenset({"$anchor", "$comment", "$id", "$schema"})
_MOST_CHARACTERS_OF_A_REMARK = 300


def strict(schema: dict[str, Any]) -> tuple[dict[str, Any], Demand]:
    """The schema in the words of structured output, and how much of what is limited it holds.

    Every answer that fits it fits the caller's as well, but for what moved into descriptions.

    Raises:
        Inexpressible: it needs an open object, a tuple, or refers to itself or elsewhere.
    """
    said = without_nulls(schema)
    _check_references(said)
    strictly = _Strict(said)
    held: dict[str, Any] = strictly.hold(said)
    return held, strictly.demand()


class _Strict:
    def __init__(self, root: dict[str, Any]) -> None:
        self._definitions = Definitions(root)
        self._joined_branches = 0
        self._unions = 0
        self._optional = 0

    def hold(self, schema: Any) -> Any:
        if schema is True:
            return {}
        if not isinstance(schema, dict):
            raise Inexpressible("holds false, or something that is no schema")
        schema = _nullable(self._join(schema, 0))
        if "oneOf" in schema and "anyOf" not in schema:
            schema["anyOf"] = schema.pop("oneOf")
        held = {name: value for name, value in schema.items() if name in _STRICT}
        moved = {name: value for name, value in schema.items() if name not in _STRICT and name not in _SAYS_NOTHING}
        for name in ("oneOf", "patternProperties", "prefixItems"):
            if name in moved:
                raise Inexpressible(f"holds {name}, which nothing can be held to")
        if held.get("format") not in (None, *_STRICT_FORMATS):
            moved["format"] = held.pop("format")
        if held.get("minItems") not in (None, 0, 1):
            moved["minItems"] = held.pop("minItems")
        if any(isinstance(value, dict | list) for value in listed(held, "enum")):
            moved["enum"] = held.pop("enum")
        if "properties" in held and all(
            isinstance(branch, dict) and branch.keys() <= {"required"} for branch in listed(held, "anyOf")
        ):
            moved |= {"anyOf": held.pop("anyOf")} if "anyOf" in held else {}
        if moved:
            held["description"] = _with_remarks(held.get("description"), moved)
        _close(held)
        self._count(held)
        return each(held, self.hold)

    def demand(self) -> Demand:
        return Demand(self._unions, self._optional)

    def _count(self, held: dict[str, Any]) -> None:
        required = set(names_in(held.get("required")))
        properties = held.get("properties")
        for name, field in properties.items() if isinstance(properties, dict) else ():
            self._optional += name not in required
            self._unions += _is_union(field)

    def _join(self, schema: Any, depth: int) -> dict[str, Any]:
        """The schema with `allOf` in it: one object where all of them are objects."""
        self._joined_branches += 1
        check_written(self._joined_branches, depth)
        if not isinstance(schema, dict):
            raise Inexpressible("holds something that is no schema in allOf")
        branches = schema.get("allOf")
        if not isinstance(branches, list):
            return dict(schema)
        joined = {name: value for name, value in schema.items() if name != "allOf"}
        # Branches are added to these, each once, so they are copied here and not with each branch.
        if "properties" in joined:
            joined["properties"] = dict(_fields_of(joined))
        if "required" in joined:
            joined["required"] = names_in(joined["required"])
        for branch in branches:
            only_refers = len(branches) == 1 and isinstance(branch, dict) and branch.keys() == {"$ref"}
            if only_refers and "properties" not in joined:
                joined["$ref"] = branch["$ref"]
                continue
            if isinstance(branch, dict) and "$ref" in branch:
                branch = self._definitions.find(branch)
            _join_into(joined, self._join(branch, depth + 1))
        if "required" in joined:
            joined["required"] = list(dict.fromkeys(joined["required"]))
        return joined


def _join_into(joined: dict[str, Any], part: dict[str, Any]) -> None:
    for name, value in part.items():
        if name == "properties":
            fields, more = joined.setdefault("properties", {}), _fields_of(part)
            if any(key in fields and fields[key] != more[key] for key in more):
                raise Inexpressible("gives a field two meanings in allOf")
            fields.update(more)
        elif name == "required":
            joined.setdefault("required", []).extend(names_in(value))
        elif name in ("description", "title", "additionalProperties"):
            joined.setdefault(name, value)
        elif joined.setdefault(name, value) != value:
            raise Inexpressible("gives a keyword two meanings in allOf")


def _fields_of(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema["properties"]
    if not isinstance(properties, dict):
        raise Inexpressible("must hold an object in properties")
    return properties


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI's `nullable` as a type."""
    nullable = schema.pop("nullable", False)
    if nullable is True and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
    return schema


def _close(schema: dict[str, Any]) -> None:
    kind = schema.get("type")
    if kind is None and "properties" in schema:
        schema["type"] = kind = "object"
    if kind != "object" and not (isinstance(kind, list) and "object" in kind):
        return
    # Without fields of its own an object that is closed is empty.
    beyond = schema.get("additionalProperties", "properties" not in schema)
    if not schema.get("properties") and beyond is not False and "anyOf" not in schema:
        raise Inexpressible("holds an object of any fields, and an answer can be held to named ones alone")
    if "anyOf" in schema and not schema.get("properties"):
        schema.pop("additionalProperties", None)
        if all(isinstance(branch, dict) and "$ref" not in branch for branch in listed(schema, "anyOf")):
            # Each branch is an object of its own, which is closed by itself.
            schema["anyOf"] = [{"type": kind, **branch} for branch in listed(schema, "anyOf")]
        schema.pop("type")
        return
    if "anyOf" in schema:
        raise Inexpressible("holds fields beside anyOf")
    schema["additionalProperties"] = False


def _with_remarks(description: Any, moved: dict[str, Any]) -> str:
    said = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in moved.items())
    remark = f"({said[:_MOST_CHARACTERS_OF_A_REMARK]})"
    return f"{description} {remark}" if isinstance(description, str) and description.strip() else remark


def _is_union(field: Any) -> bool:
    if not isinstance(field, dict):
        return False
    return isinstance(field.get("type"), list) or any(name in field for name in ("anyOf", "oneOf", "nullable"))


def _check_references(schema: dict[str, Any]) -> None:
    """No definition may lead back to itself.

    Raises:
        Inexpressible: one does, or a reference leads nowhere.
    """
    definitions = Definitions(schema)
    done: set[int] = set()
    # By the definition itself, which has many names.
    waiting: list[tuple[int, Iterator[str]]] = [(id(schema), iter(_references(schema)))]
    open_ones = {id(schema)}
    while waiting:
        at, references = waiting[-1]
        reference = next(references, None)
        if reference is None:
            waiting.pop()
            open_ones.discard(at)
            done.add(at)
            continue
        found = resolved({"$ref": reference}, schema)
        # The root holds its definitions, so what refers to one from there is no circle.
        if id(found) in open_ones:
            raise Inexpressible("refers to itself")
        if id(found) not in done:
            definitions.charge(found)
            open_ones.add(id(found))
            waiting.append((id(found), iter(_references(found))))


def _references(schema: Any) -> list[str]:
    """The references in a schema, those of its definitions left out."""
    found: list[str] = []
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                found.append(part["$ref"])
            waiting += [inner for name, inner in inner_schemas(part) if name not in ("$defs", "definitions")]
    return found
