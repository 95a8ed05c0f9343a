"""The deployment's DynamoDB table: reads, one conditional write, and what their failures mean.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html, API_BatchGetItem.html and
API_UpdateItem.html
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from llm_api import aws
from llm_api.errors import REFUSED_CREDENTIALS, CredentialsRefused, Internal, Unavailable

Item = Mapping[str, Any]
"""In DynamoDB's JSON: `{"pk": {"S": …}, "tokens": {"N": "5"}}`."""

_Answer = TypeVar("_Answer")

CONNECT_SECONDS = 1.0
CALL_SECONDS = 2.0
"""The most that one request may take, a new connection included. DynamoDB takes some ten milliseconds."""

_RETRY_AFTER_SECONDS = 1.0
_READ_ATTEMPTS = 2

_TRANSIENT = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
    }
)


class Outcome(NamedTuple):
    """How a conditional write ended.

    Attributes:
        written: whether the condition held.
        item: the whole item after the write; where the condition failed, as it was then, or None without an item.
    """

    written: bool
    item: Item | None


class Client(Protocol):
    """What speaks to DynamoDB; see `aws.hosts.Service`."""

    def call(self, target: str, document: Mapping[str, Any], seconds: float) -> dict[str, Any]: ...


class Table:
    """Reads and writes single items.

    Parameters:
        name: the table's.
        client: made on first use where it is None.
    """

    def __init__(self, name: str | None, client: Client | None = None) -> None:
        self._name = name
        self._client = client

    def warm_up(self) -> None:
        """Make the client now instead of with the first request."""
        if self._name is not None and self._client is None:
            self._client = _create_client()

    def read(self, key: str) -> Item | None:
        """One item as it is now, and not as some replica remembers it; asked for twice at most.

        Raises:
            Unavailable: the table is out of reach or throttled.
            Internal: this role can't read it.
            CredentialsRefused: nobody takes this environment's signature any more.
        """
        response = _twice(lambda: self._call("GetItem", {"Key": {"pk": {"S": key}}, "ConsistentRead": True}))
        item: Item | None = response.get("Item")
        return item

    def read_all(self, *keys: str) -> list[Item | None]:
        """Some items as they are now, by one request; asked for twice at most.

        Raises:
            Unavailable: the table is out of reach or throttled.
            Internal: this role can't read it.
            CredentialsRefused: nobody takes this environment's signature any more.
        """
        return _twice(lambda: self._read_all(keys))

    def _read_all(self, keys: tuple[str, ...]) -> list[Item | None]:
        asked = {"Keys": [{"pk": {"S": key}} for key in keys], "ConsistentRead": True}
        response = self._call("BatchGetItem", {"RequestItems": {self._name: asked}})
        if response.get("UnprocessedKeys"):
            raise _unavailable("BatchGetItem", "UnprocessedKeys")  # what a throttled table hands back
        found = {item["pk"]["S"]: item for item in response.get("Responses", {}).get(self._name, ())}
        return [found.get(key) for key in keys]

    def write(self, key: str, update: Mapping[str, Any]) -> Outcome:
        """One conditional UpdateItem, sent once: what may have been written is never written again.

        Parameters:
            update: UpdateExpression, ConditionExpression, and their names and values.

        Raises:
            Unavailable: the table is throttled, or it is not known whether anything was written.
            Internal: this role can't write it.
            CredentialsRefused: nobody takes this environment's signature any more.
        """
        try:
            response = self._call(
                "UpdateItem",
                {
                    "Key": {"pk": {"S": key}},
                    "ReturnValues": "ALL_NEW",
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    **update,
                },
            )
        except _ConditionFailed as refusal:
            return Outcome(False, refusal.item)
        return Outcome(True, response.get("Attributes"))

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if self._client is None:
            self._client = _create_client()
        document = parameters if "RequestItems" in parameters else {"TableName": self._name, **parameters}
        try:
            return self._client.call(f"DynamoDB_20120810.{operation}", document, CALL_SECONDS)
        except aws.Refused as refusal:
            code = refusal.code
            if code == "ConditionalCheckFailedException":
                raise _ConditionFailed(refusal.document.get("Item") or None) from refusal
            if code in REFUSED_CREDENTIALS:
                raise CredentialsRefused(f"The tenants table refuses {operation}: {code}") from refusal
            if code not in _TRANSIENT and refusal.status < 500:
                raise Internal(reason=f"The tenants table refuses {operation}: {code}") from refusal
            raise _unavailable(operation, code or str(refusal.status)) from refusal
        except aws.NoCredentials as error:
            raise Internal(reason=f"The tenants table refuses {operation}: no credentials") from error
        except aws.AwsError as error:
            raise _unavailable(operation, f"{type(error).__name__}: {error}") from error


def _twice(read: Callable[[], _Answer]) -> _Answer:
    for _ in range(_READ_ATTEMPTS - 1):
        try:
            return read()
        except Unavailable:
            pass
    return read()


class _ConditionFailed(Exception):
    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


def _unavailable(operation: str, failure: str) -> Unavailable:
    return Unavailable(
        "Keys and budgets can't be checked at the moment. Try again in a few seconds.",
        retry_after_seconds=_RETRY_AFTER_SECONDS,
        reason=f"The tenants table doesn't answer {operation}: {failure}",
    )


def _create_client() -> Client:
    from llm_api.aws.hosts import Service

    return Service("dynamodb", connect_seconds=CONNECT_SECONDS)
