"""Requests checked against botocore's own service model: the contract that AWS publishes."""

import base64
import binascii
import functools
import re
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_aws.models.errors import ServiceError, validation


@functools.cache
def input_shape(operation: str) -> StructureShape:
    """The input of an operation of Bedrock's runtime, such as `Converse`."""
    model = botocore.session.get_session().get_service_model("bedrock-runtime")
    shape = model.operation_model(operation).input_shape
    assert isinstance(shape, StructureShape)
    return shape


def check(operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Check a JSON body against an operation's input and return it with its blobs decoded.

    Members that the model doesn't know are refused, where AWS would ignore them: a misspelt field shall be noticed.

    Raises:
        ServiceError: what is wrong first.
    """
    shape = input_shape(operation)
    in_path = {name for name, member in shape.members.items() if member.serialization.get("location") == "uri"}
    return _structure(shape, body, "", skip=in_path)


def _failed(path: str, value: object, constraint: str) -> ServiceError:
    shown = f"Value '{value}' at '{path}'" if value is not None else f"Value at '{path}'"
    return validation(f"1 validation error detected: {shown} failed to satisfy constraint: {constraint}")


def _structure(shape: StructureShape, value: object, path: str, skip: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong_type(path, "a JSON object")
    if getattr(shape, "is_tagged_union", False):
        given = [name for name, item in value.items() if item is not None]
        if len(given) != 1 or given[0] not in shape.members:
            raise validation(
                f"{shape.name} object at {path} must set one of the following keys: {', '.join(shape.members)}."
            )
    for name in value:
        if name not in shape.members or name in (skip or ()):
            raise validation(f"{path or 'The request'}: extraneous key [{name}] is not permitted")
    for name in shape.required_members:
        if value.get(name) is None and name not in (skip or ()):
            raise _failed(_join(path, name), None, "Member must not be null")
    return {
        name: _value(shape.members[name], item, _join(path, name)) for name, item in value.items() if item is not None
    }


def _value(shape: Shape, value: object, path: str) -> Any:
    if getattr(shape, "is_document_type", False):
        return value
    if isinstance(shape, StructureShape):
        return _structure(shape, value, path)
    if isinstance(shape, ListShape):
        if not isinstance(value, list):
            raise _wrong_type(path, "a list")
        _check_size(shape, len(value), value, path)
        return [_value(shape.member, item, f"{path}.{at}") for at, item in enumerate(value)]
    if isinstance(shape, MapShape):
        if not isinstance(value, Mapping):
            raise _wrong_type(path, "a JSON object")
        _check_size(shape, len(value), value, path)
        return {str(key): _value(shape.value, item, _join(path, str(key))) for key, item in value.items()}
    return _scalar(shape, value, path)


def _scalar(shape: Shape, value: object, path: str) -> Any:
    match shape.type_name:
        case "string":
            if not isinstance(value, str):
                raise _wrong_type(path, "a string")
            allowed = shape.metadata.get("enum")
            if allowed and value not in allowed:
                raise _failed(path, value, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
            _check_size(shape, len(value), value, path)
            pattern = shape.metadata.get("pattern")
            if pattern and not re.fullmatch(pattern, value):
                raise _failed(path, value, f"Member must satisfy regular expression pattern: {pattern}")
        case "blob":
            if not isinstance(value, str):
                raise _wrong_type(path, "a base64 string")
            try:
                data = base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                raise _wrong_type(path, "a base64 string") from None
            _check_size(shape, len(data), "bytes", path)
            return data
        case "boolean":
            if not isinstance(value, bool):
                raise _wrong_type(path, "a boolean")
        case "integer" | "long":
            if isinstance(value, bool) or not isinstance(value, int):
                raise _wrong_type(path, "an integer")
            _check_range(shape, value, path)
        case "float" | "double":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _wrong_type(path, "a number")
            _check_range(shape, value, path)
    return value


def _wrong_type(path: str, wanted: str) -> ServiceError:
    return ServiceError(400, "SerializationException", f"{path or 'The request'} is not {wanted}.")


def _check_size(shape: Shape, size: int, value: object, path: str) -> None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        raise _failed(path, value, f"Member must have length greater than or equal to {least}")
    if most is not None and size > most:
        raise _failed(path, None, f"Member must have length less than or equal to {most}")


def _check_range(shape: Shape, value: float, path: str) -> None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        raise _failed(path, value, f"Member must have value greater than or equal to {least}")
    if most is not None and value > most:
        raise _failed(path, value, f"Member must have value less than or equal to {most}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
