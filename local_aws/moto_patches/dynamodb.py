"""DynamoDB: writes that are atomic, as AWS's are."""

import threading
from collections.abc import Callable
from typing import Any

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
