"""The cache's table as far as the cache uses it, with faults on demand, and requests that are answered from it."""

import copy
import json
import threading
from collections.abc import Mapping
from typing import Any

from llm_api.aws import TimedOut

from tests.unit.llm_api.dynamo import Fault


class CacheTable:
    """The table, and the client of it.

    Attributes:
        items: by key.
        reads, writes: how many requests came, faulty ones included.
        silent: while set, reads and writes are never answered.
    """

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.reads = 0
        self.writes = 0
        self.read_fault: Fault | None = None
        self.write_fault: Fault | None = None
        self.silent: threading.Event | None = None

    def call(self, target: str, document: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """One request, as `aws.hosts.Service` takes it."""
        document = json.loads(json.dumps(document))
        operations = {"DynamoDB_20120810.GetItem": self.get_item, "DynamoDB_20120810.PutItem": self.put_item}
        self._seconds = seconds
        return operations[target](**document)

    def get_item(self, *, TableName: str, Key: Any) -> dict[str, Any]:
        self.reads += 1
        self._wait()
        if self.read_fault is not None:
            raise self.read_fault()
        item = self.items.get(Key["pk"]["S"])
        return {} if item is None else {"Item": copy.deepcopy(item)}

    def put_item(self, *, TableName: str, Item: Any) -> dict[str, Any]:
        self.writes += 1
        self._wait()
        if self.write_fault is not None:
            raise self.write_fault()
        self.items[Item["pk"]["S"]] = copy.deepcopy(Item)
        return {}

    @property
    def only_item(self) -> dict[str, Any]:
        """The one item that there is."""
        (item,) = self.items.values()
        return item

    def _wait(self) -> None:
        if self.silent is not None:
            self.silent.wait(self._seconds)
            raise TimedOut("no answer in time")
