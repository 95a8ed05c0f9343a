"""What IAM is asked for a DynamoDB request: actions, table ARNs and `dynamodb:` condition keys.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.dynamodb.models import dynamodb_backends

# Item operations that name one table at the top of the request.
SINGLE_TABLE = {"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "DescribeTable"}
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
PARTITION_KEY = re.compile(r"(#?\w+)\s*=\s*(:\w+)")


@dataclass(frozen=True, slots=True)
class Check:
    """One question to IAM."""

    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


class UnknownOperation(Exception):
    """An operation that local AWS cannot turn into questions."""


def checks_for(operation: str, request: Mapping[str, Any], region: str, account: str) -> list[Check]:
    """Every question that IAM must answer with yes for one request.

    Args:
        operation: such as `UpdateItem`.
        request: the decoded JSON body.

    Raises:
        UnknownOperation: it is not an item operation.
    """
    tables = _Tables(region, account)
    if operation in SINGLE_TABLE:
        return [tables.check(operation, request)]
    if operation == "BatchGetItem":
        return [
            tables.check(operation, {"TableName": table}, list(part.get("Keys", [])))
            for table, part in request.get("RequestItems", {}).items()
        ]
    if operation == "BatchWriteItem":
        return [
            tables.check(operation, {"TableName": table}, [_written(write) for write in writes])
            for table, writes in request.get("RequestItems", {}).items()
        ]
    if operation in ("TransactWriteItems", "TransactGetItems"):
        return [
            tables.check(WRITES.get(kind, "GetItem"), part)
            for item in request.get("TransactItems", [])
            for kind, part in item.items()
        ]
    raise UnknownOperation(operation)


@dataclass(frozen=True, slots=True)
class _Tables:
    region: str
    account: str

    def check(
        self, operation: str, request: Mapping[str, Any], keys: Sequence[Mapping[str, Any]] | None = None
    ) -> Check:
        named = str(request.get("TableName", ""))
        arn = named if named.startswith("arn:") else f"arn:aws:dynamodb:{self.region}:{self.account}:table/{named}"
        context: dict[str, str | Sequence[str]] = {}
        partition_key = self._partition_key(arn)
        if partition_key:
            held = keys if keys is not None else [request.get("Key") or request.get("Item") or {}]
            leading = [str(next(iter(key[partition_key].values()))) for key in held if partition_key in key]
            leading += _queried(request, partition_key)
            if leading:
                context["dynamodb:LeadingKeys"] = leading
        for name in ("ReturnValues", "Select"):
            if name in request:
                context[f"dynamodb:{name}"] = str(request[name])
        resource = f"{arn}/index/{request['IndexName']}" if "IndexName" in request else arn
        return Check(f"dynamodb:{operation}", resource, context)

    def _partition_key(self, table_arn: str) -> str | None:
        _, _, _, region, account, resource = table_arn.split(":", 5)
        table = dynamodb_backends[account][region].tables.get(resource.removeprefix("table/"))
        return str(table.hash_key_attr) if table is not None else None


def _written(write: Mapping[str, Any]) -> Mapping[str, Any]:
    item: Mapping[str, Any] = write.get("PutRequest", {}).get("Item") or write.get("DeleteRequest", {}).get("Key") or {}
    return item


def _queried(request: Mapping[str, Any], partition_key: str) -> Iterator[str]:
    """The partition key that a query asks for."""
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    for name, value in PARTITION_KEY.findall(request.get("KeyConditionExpression", "")):
        if names.get(name, name) == partition_key and value in values:
            yield str(next(iter(values[value].values())))
