"""Which JSON schemas structured output takes, as a format of the answer and in strict tools.

https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models.errors import validation

FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})
UNIONS_MAX = 16
OPTIONAL_MAX = 24

_REFUSED: Mapping[str, str] = {
    "minimum": "integer",
    "maximum": "integer",
    "exclusiveMinimum": "integer",
    "exclusiveMaximum": "integer",
    "multipleOf": "integer",
    "minLength": "string",
    "maxLength": "string",
    "maxItems": "array",
}
"""Keywords that are refused, and the type that the refusal names where the schema names none."""

_LISTS = ("anyOf", "allOf", "oneOf", "prefixItems")
_MAPS = ("properties", "$defs", "definitions")
_ONES = ("items", "not", "if", "then", "else", "contains")


def check(schema: Mapping[str, Any], where: str, *, strict_tool: bool = False, closed: bool = True) -> None:
    """Check one schema.

    Parameters:
        where: how the refusal names its place, such as `output_config.format.schema`.
        strict_tool: whether it is a strict tool's, where `oneOf` is refused (strands-agents/harness-sdk#2664).
        closed: whether an object that says nothing of additional properties is refused: AWS's sample of a strict tool
            for Converse has one.

    Raises:
        ServiceError: the first thing that is not taken.
    """
    _check_recursion(schema, where)
    for one in _walk(schema):
        kind = one.get("type")
        for keyword, default in _REFUSED.items():
            if keyword in one:
                # BerriAI/litellm#29168, vercel/ai#17197
                raise validation(
                    f"{where}: For '{kind if isinstance(kind, str) else default}' type, property '{keyword}' is not "
                    "supported"
                )
        if one.get("minItems", 0) not in (0, 1):
            raise validation(f"{where}: For 'array' type, 'minItems' values other than 0 or 1 are not supported")
        if isinstance(one.get("format"), str) and one["format"] not in FORMATS:
            raise validation(f"{where}: For 'string' type, format '{one['format']}' is not supported")
        if any(isinstance(value, list | dict) for value in one.get("enum") or ()):
            raise validation(f"{where}: enum takes values that are no objects and no arrays")
        if strict_tool and "oneOf" in one:
            raise validation(f"{where}: Schema type 'oneOf' is not supported")
        reference = one.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            raise validation(f"{where}: external $ref '{reference}' is not supported")
        _check_closed(one, where, closed=closed)


def check_totals(schemas: list[Mapping[str, Any]]) -> None:
    """Claude's, over all strict schemas of a request: anthropics/anthropic-sdk-typescript#885,
    https://platform.claude.com/docs/en/build-with-claude/structured-outputs

    Raises:
        ServiceError: they ask for too much.
    """
    unions = optional = 0
    for schema in schemas:
        for one in _walk(schema):
            properties = one.get("properties")
            if not isinstance(properties, Mapping):
                continue
            optional += len(set(properties) - set(one.get("required") or ()))
            unions += sum(
                isinstance(value, Mapping) and (isinstance(value.get("type"), list) or "anyOf" in value)
                for value in properties.values()
            )
    if unions > UNIONS_MAX:
        raise validation(
            f"Schemas contains too many parameters with union types ({unions} parameters with type arrays or anyOf). "
            f"This causes exponential compilation cost. Reduce the number of nullable or union-typed parameters "
            f"(limit: {UNIONS_MAX} parameters with unions)."
        )
    if optional > OPTIONAL_MAX:
        raise validation(
            f"Schemas contains too many optional parameters ({optional}), which would make grammar compilation "
            f"inefficient. Reduce the number of optional parameters in your tool schemas (limit: {OPTIONAL_MAX})."
        )


def _check_closed(one: Mapping[str, Any], where: str, *, closed: bool) -> None:
    """Every object is closed: ax-llm/ax#458."""
    kind = one.get("type")
    is_object = kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in one
    if not is_object:
        return
    if one.get("additionalProperties", False if not closed else None) is not False:
        raise validation(f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false")


def _walk(schema: object) -> Iterator[Mapping[str, Any]]:
    if not isinstance(schema, Mapping):
        return
    yield schema
    for name in _LISTS:
        for one in schema.get(name) or () if isinstance(schema.get(name), list) else ():
            yield from _walk(one)
    for name in _MAPS:
        found = schema.get(name)
        for one in found.values() if isinstance(found, Mapping) else ():
            yield from _walk(one)
    for name in _ONES:
        yield from _walk(schema.get(name))


def _check_recursion(schema: Mapping[str, Any], where: str) -> None:
    """No definition leads back to itself."""
    leads: dict[str, set[str]] = {"#": _references(schema, skip=("$defs", "definitions"))}
    for name in ("$defs", "definitions"):
        found = schema.get(name)
        for key, one in found.items() if isinstance(found, Mapping) else ():
            leads[f"#/{name}/{key}"] = _references(one)
    for start in leads:
        reached: set[str] = set()
        ahead = set(leads[start])
        while ahead:
            here = ahead.pop()
            if here not in reached:
                reached.add(here)
                ahead |= leads.get(here, set())
        if start in reached:
            raise validation(f"{where}: recursive schemas are not supported ({start})")


def _references(schema: object, skip: tuple[str, ...] = ()) -> set[str]:
    if isinstance(schema, Mapping):
        kept = {key: value for key, value in schema.items() if key not in skip}
        return {str(one["$ref"]) for one in _walk(kept) if "$ref" in one}
    return set()
