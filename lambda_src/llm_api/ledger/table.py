"""The deployment's DynamoDB table: one read, one conditional write, and what their failures mean.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html and API_UpdateItem.html
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from llm_api.errors import REFUSED_CREDENTIALS, CredentialsRefused, Internal, Unavailable

Item = Mapping[str, Any]
"""In DynamoDB's JSON: `{"pk": {"S": …}, "tokens": {"N": "5"}}`."""

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


class Table:
    """Reads and writes single items.

    Parameters:
        name: the table's.
        client: a DynamoDB client without retries of its own; made on first use where it is None.
    """

    def __init__(self, name: str | None, client: Any = None) -> None:
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
        for attempt in range(1, _READ_ATTEMPTS + 1):
            try:
                response = self._call("get_item", Key={"pk": {"S": key}}, ConsistentRead=True)
            except Unavailable:
                if attempt == _READ_ATTEMPTS:
                    raise
            else:
                break
        item: Item | None = response.get("Item")
        return item

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
                "update_item",
                Key={"pk": {"S": key}},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **update,
            )
        except _ConditionFailed as refusal:
            return Outcome(False, refusal.item)
        return Outcome(True, response.get("Attributes"))

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        if self._client is None:
            self._client = _create_client()
        try:
            response: dict[str, Any] = getattr(self._client, operation)(TableName=self._name, **parameters)
        except ClientError as error:
            refused: Any = error.response
            code = refused["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                raise _ConditionFailed(refused.get("Item") or None) from error
            if code in REFUSED_CREDENTIALS:
                raise CredentialsRefused(f"The tenants table refuses {operation}: {code}") from error
            if code not in _TRANSIENT and refused["ResponseMetadata"]["HTTPStatusCode"] < 500:
                raise Internal(reason=f"The tenants table refuses {operation}: {code}") from error
            raise _unavailable(operation, code) from error
        except NoCredentialsError as error:
            raise Internal(reason=f"The tenants table refuses {operation}: no credentials") from error
        except BotoCoreError as error:
            raise _unavailable(operation, type(error).__name__) from error
        return response


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


def _create_client() -> Any:
    from llm_api import aws

    return aws.create_client("dynamodb", connect_timeout=1, read_timeout=1, tcp_keepalive=True)
