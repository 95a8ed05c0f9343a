"""The tenants table, read and written."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from llm_api_cli.deployment import Deployment
from llm_api_cli.errors import CliError, Refused
from llm_api_cli.items import Contents, Item

_SEGMENTS = 4
_BATCH = 25
"""The most items of one BatchWriteItem.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""
_WRITERS = 8
_ROUNDS = 8
"""Attempts at what DynamoDB hands back unwritten; each waits twice as long as the one before."""

Progress = Callable[[int], object]


class Store:
    """The table of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._client: Any = deployment.client("dynamodb")
        self.table = deployment.table

    def get(self, *keys: str) -> list[Item | None]:
        """Items by key, as they are now."""
        found: list[Item | None] = []
        for key in keys:
            answer = self._client.get_item(TableName=self.table, Key={"pk": {"S": key}}, ConsistentRead=True)
            found.append(answer.get("Item"))
        return found

    def contents(self, *prefixes: str, progress: Progress | None = None) -> Contents:
        """All items, or those whose key begins with one of `prefixes`: a Scan, which reads the whole table."""
        contents = Contents()
        with ThreadPoolExecutor(_SEGMENTS) as threads:
            for items in threads.map(lambda segment: self._scan(segment, prefixes, progress), range(_SEGMENTS)):
                for item in items:
                    contents.take(item)
        return contents

    def raw(self, table: str, progress: Progress) -> dict[str, Item]:
        """Every item of a table, by its key."""
        with ThreadPoolExecutor(_SEGMENTS) as threads:
            parts = threads.map(lambda segment: self._scan(segment, (), progress, table), range(_SEGMENTS))
            return {item["pk"]["S"]: item for items in parts for item in items}

    def put(self, item: Item, *, ours_or_new: bool = False, only_new: bool = False) -> None:
        """Write one item.

        Parameters:
            ours_or_new: refuse to overwrite an item that this command line didn't write.
            only_new: refuse to overwrite any.

        Raises:
            Refused: there is such an item.
        """
        condition: dict[str, Any] = {}
        if only_new:
            condition = {"ConditionExpression": "attribute_not_exists(pk)"}
        elif ours_or_new:
            condition = {
                "ConditionExpression": "attribute_not_exists(pk) OR managed_by = :ours",
                "ExpressionAttributeValues": {":ours": {"S": "llm-api"}},
            }
        try:
            self._client.put_item(TableName=self.table, Item=item, **condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            raise Refused(f"{item['pk']['S']} is there already, and isn't this command's to overwrite.") from None

    def delete(self, key: str) -> None:
        self._client.delete_item(TableName=self.table, Key={"pk": {"S": key}})

    def write_all(self, items: Sequence[Item], progress: Progress) -> None:
        """Write many items, 25 a request and several requests at once, without conditions.

        Raises:
            CliError: DynamoDB didn't take all of them; what it took stays, and the same command may be repeated.
        """
        batches = [items[start : start + _BATCH] for start in range(0, len(items), _BATCH)]
        with ThreadPoolExecutor(_WRITERS) as threads:
            for written in threads.map(self._write_batch, batches):
                progress(written)

    def _write_batch(self, items: Sequence[Item]) -> int:
        import time

        waiting = {self.table: [{"PutRequest": {"Item": item}} for item in items]}
        for attempt in range(_ROUNDS):
            waiting = self._client.batch_write_item(RequestItems=waiting).get("UnprocessedItems") or {}
            if not waiting:
                return len(items)
            time.sleep(0.1 * 2**attempt)
        raise CliError("DynamoDB took only a part of the items. Run the same command again to write the rest.", 5)

    def _scan(
        self, segment: int, prefixes: Iterable[str], progress: Progress | None, table: str | None = None
    ) -> list[Item]:
        filters: dict[str, Any] = {}
        if values := {f":p{index}": {"S": prefix} for index, prefix in enumerate(prefixes)}:
            expression = " OR ".join(f"begins_with(pk, {name})" for name in values)
            filters = {"FilterExpression": expression, "ExpressionAttributeValues": values}
        pages = self._client.get_paginator("scan").paginate(
            TableName=table or self.table, Segment=segment, TotalSegments=_SEGMENTS, ConsistentRead=True, **filters
        )
        items: list[Item] = []
        for page in pages:
            items += page["Items"]
            if progress is not None:
                progress(len(page["Items"]))
        return items
