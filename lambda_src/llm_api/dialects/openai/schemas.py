"""JSON schemas in the dialects that models take.

Three places refuse what OpenAI takes:

- The root of a tool's parameters must be an object; for some models without `anyOf` and its kind, for Nova without
  anything but its fields.
  https://docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html
- A schema that an answer or a call is held to knows few keywords and closed objects only. What it doesn't know moves
  into the description, which the model reads.
  https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
- Nowhere may a keyword be null.

A schema that can't be put so without asking for something else is `Inexpressible`.
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

_UNIONS = ("anyOf", "oneOf", "allOf")

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
    return _each(said, without_nulls)


# --- The root of a tool's parameters ----------------------------------------------------------------------------------


def as_object(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a tool's parameters, as every model wants its root.

    Raises:
        Inexpressible: its root is no object.
    """
    root = without_nulls(schema)
    if isinstance(root.get("$ref"), str):
        root = {**_resolved(root, schema), **{name: value for name, value in root.items() if name != "$ref"}}
    kind = root.get("type", "object")
    if isinstance(kind, list):
        kind = "object" if "object" in kind else kind
    if kind != "object":
        raise Inexpressible("must be of type object at its root")
    properties = root.get("properties") or {}
    if not isinstance(properties, dict):
        raise Inexpressible("must hold an object in properties")
    return {**root, "type": "object", "properties": properties}


def without_unions(root: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The object with the fields of all branches that stand at its root, and how to say which go together.

    Raises:
        Inexpressible: no branch is an object.
    """
    if not any(name in root for name in _UNIONS):
        return root, ""
    fields = _Fields(root)
    forms: list[list[str]] = []
    required = fields.gather(root, forms, 0)
    merged = {name: value for name, value in root.items() if name not in _UNIONS}
    merged["properties"] = fields.properties()
    if required:
        merged["required"] = required
    said = "; ".join(", ".join(form) or "none" for form in forms[:16])
    return merged, f"Required together, one group of: {said}." if len(forms) > 1 and any(forms) else ""


def bare(root: dict[str, Any]) -> dict[str, Any]:
    """The object with nothing at its root but its fields, and without references.

    Raises:
        Inexpressible: it refers to itself, or grows beyond reason.
    """
    written = written_out(root)
    kept: dict[str, Any] = {"type": "object", "properties": {}}
    return kept | {name: written[name] for name in ("properties", "required") if name in written}


class _Fields:
    """Fields of several objects in one."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._definitions = _Definitions(root)
        self._variants: dict[str, dict[str, Any]] = {}
        self._gathered = 0

    def properties(self) -> dict[str, Any]:
        return {
            name: next(iter(variants.values())) if len(variants) == 1 else {"anyOf": list(variants.values())}
            for name, variants in self._variants.items()
        }

    def gather(self, schema: Any, forms: list[list[str]], depth: int) -> list[str]:
        """Take in an object's fields, its branches' included; which of them each valid object has."""
        self._gathered += 1
        if depth > MAX_DEPTH or self._gathered > MAX_WRITTEN_OUT:
            raise Inexpressible("has too many branches at its root")
        if isinstance(schema, dict) and "$ref" in schema:
            beside = {name: value for name, value in schema.items() if name != "$ref"}
            schema = {**self._definitions.find(schema), **beside}
        if not isinstance(schema, dict) or not _may_be_object(schema):
            raise Inexpressible("must be of type object at its root")
        properties = schema.get("properties")
        for name, field in properties.items() if isinstance(properties, dict) else ():
            self._variants.setdefault(name, {})[json.dumps(field, sort_keys=True)] = field
        required = _names(schema.get("required"))
        for branch in _listed(schema, "allOf"):
            required += self.gather(branch, forms, depth + 1)
        for union in ("anyOf", "oneOf"):
            branches = [branch for branch in _listed(schema, union) if _may_be_object(branch)]
            if not branches and _listed(schema, union):
                raise Inexpressible("must be of type object at its root")
            found = [self.gather(branch, forms, depth + 1) for branch in branches]
            forms += found
            always = set.intersection(*map(set, found)) if found else set()
            required += [name for name in found[0] if name in always] if found else []
        return list(dict.fromkeys(required))


def _may_be_object(schema: Any) -> bool:
    kind = schema.get("type", "object") if isinstance(schema, dict) else schema
    return kind == "object" or kind is True or (isinstance(kind, list) and "object" in kind)


def _check_written(schemas: int, depth: int) -> None:
    if schemas > MAX_WRITTEN_OUT:
        raise Inexpressible(f"holds more than {MAX_WRITTEN_OUT:,} schemas, those included that references name")
    if depth > MAX_DEPTH:
        raise Inexpressible(f"is nested deeper than {MAX_DEPTH} levels once its references are written out")


def written_out(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what its references name in their place.

    Raises:
        Inexpressible: see `bare`.
    """
    count = 0
    definitions = _Definitions(schema)

    def write(part: Any, within: frozenset[str], depth: int) -> Any:
        nonlocal count
        if not isinstance(part, dict):
            return part
        count += 1
        _check_written(count, depth)
        reference = part.get("$ref")
        if isinstance(reference, str):
            if reference in within:
                raise Inexpressible("refers to itself")
            within = within | {reference}
            beside = {name: value for name, value in part.items() if name != "$ref"}
            return write({**definitions.find(part), **beside}, within, depth + 1)
        part = {name: value for name, value in part.items() if name not in ("$defs", "definitions")}
        return _each(part, lambda inner: write(inner, within, depth + 1))

    written: dict[str, Any] = write(schema, frozenset(), 0)
    return written


# --- What an answer or a call is held to ------------------------------------------------------------------------------


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
        self._definitions = _Definitions(root)
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
        if any(isinstance(value, dict | list) for value in _listed(held, "enum")):
            moved["enum"] = held.pop("enum")
        if "properties" in held and all(
            isinstance(branch, dict) and branch.keys() <= {"required"} for branch in _listed(held, "anyOf")
        ):
            moved |= {"anyOf": held.pop("anyOf")} if "anyOf" in held else {}
        if moved:
            held["description"] = _with_remarks(held.get("description"), moved)
        _close(held)
        self._count(held)
        return _each(held, self.hold)

    def demand(self) -> Demand:
        return Demand(self._unions, self._optional)

    def _count(self, held: dict[str, Any]) -> None:
        required = set(_names(held.get("required")))
        properties = held.get("properties")
        for name, field in properties.items() if isinstance(properties, dict) else ():
            self._optional += name not in required
            self._unions += _is_union(field)

    def _join(self, schema: Any, depth: int) -> dict[str, Any]:
        """The schema with `allOf` in it: one object where all of them are objects."""
        self._joined_branches += 1
        _check_written(self._joined_branches, depth)
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
            joined["required"] = _names(joined["required"])
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
            joined.setdefault("required", []).extend(_names(value))
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
        if all(isinstance(branch, dict) and "$ref" not in branch for branch in _listed(schema, "anyOf")):
            # Each branch is an object of its own, which is closed by itself.
            schema["anyOf"] = [{"type": kind, **branch} for branch in _listed(schema, "anyOf")]
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
    definitions = _Definitions(schema)
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
        found = _resolved({"$ref": reference}, schema)
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
            waiting += [inner for name, inner in _inner(part) if name not in ("$defs", "definitions")]
    return found


# --- Walking ----------------------------------------------------------------------------------------------------------


def _each(schema: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
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


def _inner(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each schema right within a schema, with the keyword that holds it."""
    for name, value in schema.items():
        if name in _SCHEMAS_BY_NAME and isinstance(value, dict):
            yield from ((name, inner) for inner in value.values())
        elif name in _SCHEMAS_IN_A_LIST or name in _SCHEMAS:
            yield from ((name, inner) for inner in (value if isinstance(value, list) else [value]))


class _Definitions:
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
            Inexpressible: see `_resolved`; or references have named too much by now.
        """
        found = _resolved(schema, self._root)
        self.charge(found)
        return found

    def charge(self, found: dict[str, Any]) -> None:
        """Count a definition of the root's."""
        if id(found) not in self._lengths:
            self._lengths[id(found)] = len(json.dumps(found))
        self._left -= self._lengths[id(found)]
        if self._left < 0:
            raise Inexpressible("is too large once its references are written out")


def _resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
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


def _listed(schema: dict[str, Any], name: str) -> list[Any]:
    value = schema.get(name)
    return value if isinstance(value, list) else []


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
