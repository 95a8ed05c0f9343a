"""The cache's table as far as the cache uses it, with faults on demand, and requests that are answered from it."""

import copy
import threading
from typing import Any

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
            self.silent.wait(30)
