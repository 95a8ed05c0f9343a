"""DynamoDB: writes that are atomic, as AWS's are, and answers of thousands of items within seconds."""

import threading
from collections.abc import Callable
from typing import Any

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.responses import DynamoHandler

from local_aws.moto_patches.patching import Patch, gap

_one_at_a_time = threading.RLock()


@gap
def requests_are_serialised(patch: Patch) -> None:
    """dynamodb:UpdateItem, like other writes, evaluates its condition and writes in two steps: threads get between."""

    def call(original: Callable[..., Any]) -> Callable[..., Any]:
        def call_action(self: DynamoHandler) -> Any:
            with _one_at_a_time:
                return original(self)

        return call_action

    patch.replace(DynamoHandler, "call_action", call)


@gap
def plain_values_are_written_as_they_are(patch: Patch) -> None:
    """dynamodb:Scan of ten thousand items takes minutes: each value is looked at for each of ten types."""

    def make(original: Callable[..., None]) -> Callable[..., None]:
        def serialize(self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
            if shape.name == "AttributeValue" and isinstance(value, dict) and value.keys() <= _PLAIN and value:
                self._default_serialize(serialized, value, shape, key)
            else:
                original(self, serialized, value, shape, key)

        return serialize

    patch.replace(BaseJSONSerializer, "_serialize_type_structure", make)


_PLAIN = {"S", "N", "BOOL", "NULL", "SS", "NS"}
"""Types whose values are in JSON what they are in moto."""
