"""The root of a tool's parameters, as each model takes it; see `llm_api.dialects.openai.schemas`."""

import json
from typing import Any

from llm_api.dialects.openai.schemas import (
    MAX_DEPTH,
    MAX_WRITTEN_OUT,
    Definitions,
    Inexpressible,
    check_written,
    each,
    listed,
    names_in,
    resolved,
    without_nulls,
)

_UNIONS = ("anyOf", "oneOf", "allOf")


def as_object(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a tool's parameters, as every model wants its root.

    Raises:
        Inexpressible: its root is no object.
    """
    root = without_nulls(schema)
    if isinstance(root.get("$ref"), str):
        root = {**resolved(root, schema), **{name: value for name, value in root.items() if name != "$ref"}}
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
        self._definitions = Definitions(root)
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
        required = names_in(schema.get("required"))
        for branch in listed(schema, "allOf"):
            required += self.gather(branch, forms, depth + 1)
        for union in ("anyOf", "oneOf"):
            branches = [branch for branch in listed(schema, union) if _may_be_object(branch)]
            if not branches and listed(schema, union):
                raise Inexpressible("must be of type object at its root")
            found = [self.gather(branch, forms, depth + 1) for branch in branches]
            forms += found
            always = set.intersection(*map(set, found)) if found else set()
            required += [name for name in found[0] if name in always] if found else []
        return list(dict.fromkeys(required))


def _may_be_object(schema: Any) -> bool:
    kind = schema.get("type", "object") if isinstance(schema, dict) else schema
    return kind == "object" or kind is True or (isinstance(kind, list) and "object" in kind)


def written_out(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what its references name in their place.

    Raises:
        Inexpressible: see `bare`.
    """
    count = 0
    definitions = Definitions(schema)

    def write(part: Any, within: frozenset[str], depth: int) -> Any:
        nonlocal count
        if not isinstance(part, dict):
            return part
        count += 1
        check_written(count, depth)
        reference = part.get("$ref")
        if isinstance(reference, str):
            if reference in within:
                raise Inexpressible("refers to itself")
            within = within | {reference}
            beside = {name: value for name, value in part.items() if name != "$ref"}
            return write({**definitions.find(part), **beside}, within, depth + 1)
        part = {name: value for name, value in part.items() if name not in ("$defs", "definitions")}
        return each(part, lambda inner: write(inner, within, depth + 1))

    written: dict[str, Any] = write(schema, frozenset(), 0)
    return written
