"""Instances of JSON schemas, deterministic: what a model fills in for a tool's input or a structured answer.

https://json-schema.org/draft/2020-12/json-schema-validation, as far as models are asked for it.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models.errors import validation

Schema = Mapping[str, Any]

_FORMATS = {
    "date": "2026-05-01",
    "time": "09:30:00Z",
    "date-time": "2026-05-01T09:30:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "6f1f8c1e-58b0-4a3e-9d1b-0a6f3c1d2e4f",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "duration": "P1D",
}

_DEPTH_MAX = 12


class Hints:
    """What a prompt offers as values: quoted strings, proper nouns and numbers, each handed out once, in order."""

    def __init__(self, text: str) -> None:
        self.text = text
        quoted = re.findall(r"[\"\u201c]([^\"\u201d]{1,80})[\"\u201d]", text)
        self._strings = iter(quoted + names(text))
        self._numbers: Iterator[str] = iter(re.findall(r"-?\d+(?:\.\d+)?", text))

    def string(self) -> str | None:
        return next(self._strings, None)

    def number(self) -> float | None:
        value = next(self._numbers, None)
        return None if value is None else float(value)

    def mentions(self, value: object) -> bool:
        return isinstance(value, str) and value.lower() in self.text.lower()


def names(text: str) -> list[str]:
    """Proper nouns of a text: capitalised words that don't begin a sentence, neighbours taken together."""
    found = re.findall(r"(?<=[a-z,;:] )([A-Z][\w\-]+(?: [A-Z][\w\-]+)*)", text)
    return list(dict.fromkeys(found))


def instance(schema: Schema, hints: Hints) -> Any:
    """A value that satisfies the schema, taken from the prompt where it offers something fitting.

    Raises:
        ServiceError: it is no JSON schema.
    """
    try:
        return _instance(schema, hints, schema, 0, "")
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError, ZeroDivisionError):
        raise validation("JSON schema is invalid. It must match JSON Schema draft 2020-12.") from None


def _instance(schema: Any, hints: Hints, root: Schema, depth: int, name: str) -> Any:
    if not isinstance(schema, Mapping) or depth > _DEPTH_MAX:
        return None
    if "$ref" in schema:
        return _instance(_resolve(str(schema["$ref"]), root), hints, root, depth + 1, name)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return next((value for value in schema["enum"] if hints.mentions(value)), schema["enum"][0])
    if schema.get("allOf"):
        return _instance(_merged([schema, *schema["allOf"]], root), hints, root, depth + 1, name)
    for union in ("anyOf", "oneOf"):
        if schema.get(union):
            rest = {key: value for key, value in schema.items() if key != union}
            return _instance(_merged([rest, schema[union][0]], root), hints, root, depth + 1, name)
    match _type(schema):
        case "object":
            return _object(schema, hints, root, depth)
        case "array":
            return _array(schema, hints, root, depth, name)
        case "integer":
            return math.floor(_number(schema, hints, 1))
        case "number":
            value = _number(schema, hints, None)
            return int(value) if value.is_integer() else value
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _string(schema, hints, name)


def _type(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema else "string"


def _resolve(reference: str, root: Schema) -> Any:
    node: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        if step and isinstance(node, Mapping):
            node = node.get(step.replace("~1", "/").replace("~0", "~"))
    return node


def _merged(schemas: list[Any], root: Schema) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for schema in schemas:
        one = _resolve(str(schema["$ref"]), root) if isinstance(schema, Mapping) and "$ref" in schema else schema
        if not isinstance(one, Mapping):
            continue
        for key, value in one.items():
            if key == "properties":
                merged[key] = {**merged.get(key, {}), **value}
            elif key == "required":
                merged[key] = [*merged.get(key, []), *value]
            elif key != "allOf":
                merged[key] = value
    return merged


def _object(schema: Schema, hints: Hints, root: Schema, depth: int) -> dict[str, Any]:
    properties: Mapping[str, Any] = schema.get("properties") or {}
    wanted = list(schema.get("required") or properties)
    if depth > _DEPTH_MAX // 2:
        wanted = list(schema.get("required") or [])
    return {key: _instance(properties.get(key, {}), hints, root, depth + 1, key) for key in wanted}


def _array(schema: Schema, hints: Hints, root: Schema, depth: int, name: str) -> list[Any]:
    size = max(int(schema.get("minItems", 0)), min(2, int(schema.get("maxItems", 2))))
    if depth > _DEPTH_MAX // 2:
        size = int(schema.get("minItems", 0))
    prefix = list(schema.get("prefixItems") or [])
    items = schema.get("items", {})
    values = [
        _instance(prefix[i] if i < len(prefix) else items, hints, root, depth + 1, f"{name} {i + 1}")
        for i in range(max(size, len(prefix)))
    ]
    if schema.get("uniqueItems"):
        values = [value for i, value in enumerate(values) if value not in values[:i]]
    return values


def _number(schema: Schema, hints: Hints, step: int | None) -> float:
    low = float(schema.get("minimum", -math.inf))
    high = float(schema.get("maximum", math.inf))
    gap = float(step or 0.5)
    if isinstance(schema.get("exclusiveMinimum"), int | float):
        low = max(low, float(schema["exclusiveMinimum"]) + gap)
    if isinstance(schema.get("exclusiveMaximum"), int | float):
        high = min(high, float(schema["exclusiveMaximum"]) - gap)
    if step:
        low = math.ceil(low) if math.isfinite(low) else low
    value = hints.number()
    if value is None or not low <= value <= high:
        value = low if math.isfinite(low) else min(high, 1.0)
    multiple = schema.get("multipleOf")
    if multiple:
        value = math.ceil(value / multiple) * multiple
        value = value if value <= high else value - multiple
    return float(value)


def _string(schema: Schema, hints: Hints, name: str) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    text = hints.string() or (f"sample {name}".strip())
    least = int(schema.get("minLength", 0))
    if len(text) < least:
        text = (text + " " + "x" * least)[:least]
    most = schema.get("maxLength")
    return text if most is None else text[: int(most)]
