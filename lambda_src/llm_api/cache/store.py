"""Where answers are kept: in the environment's memory, and in a DynamoDB table that all environments share.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html and API_PutItem.html

Neither is relied on. Memory forgets what was not asked for the longest; the table's own expiry
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html) takes days, so that the age of each entry is
looked at. Whatever goes wrong with the table is told in the log line and costs a fraction of a second at most.
"""

import base64
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from llm_api import aws
from llm_api.cache.entry import CorruptEntry, Entry, decode, encode
from llm_api.deadline import Deadline
from llm_api.dialects import Answer
from llm_api.ledger.table import Client

READ_SECONDS = 0.5
WRITE_SECONDS = 1.0
"""The most that a request waits for the table, before the answer and after it. DynamoDB takes some ten milliseconds."""

MAX_ITEM_BYTES = 400 * 1024 - 1024
"""DynamoDB's limit on an item, less what is in it beside the entry.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""

CLOCKS_DIFFER_SECONDS = 300
"""How far ahead of ours the clock of the environment may be that wrote an entry."""

MEMORY_BYTES = 16 * 1024 * 1024
MEMORY_ENTRIES = 1000


class Found(NamedTuple):
    """What there was. `level` is `memory` or `table`, `failure` what the table failed with."""

    entry: Entry | None = None
    level: str | None = None
    failure: str | None = None


class Put(NamedTuple):
    """Whether an answer was kept, in the table if there is one; if not, why, or what the table failed with."""

    kept: bool
    why: str | None = None
    failure: str | None = None


class Store:
    """The two levels.

    Parameters:
        table: the table's name; without one there is only memory.
        client: a DynamoDB client; made on first use where it is None.
        now: seconds since 1970; replaced in tests.
    """

    def __init__(
        self, table: str | None, client: Client | None = None, *, now: Callable[[], float] = time.time
    ) -> None:
        self._table = table
        self._client = client
        self._now = now
        self._memory = Memory()

    def warm_up(self) -> None:
        """Make the table's client now instead of with the first request."""
        if self._table is not None and self._client is None:
            self._client = _create_client()

    def find(self, key: str, ttl_seconds: int, deadline: Deadline) -> Found:
        """The answer that was given to `key` in the last `ttl_seconds`."""
        entry = self._memory.get(key)
        if entry is not None:
            if self._is_good(entry, ttl_seconds):
                return Found(entry, "memory")
            self._memory.drop(key)
        if self._table is None:
            return Found()
        try:
            entry = self._read(key, min(READ_SECONDS, deadline.remaining_seconds()))
        except Exception as error:
            return Found(failure=_name_of(error))
        if entry is None or not self._is_good(entry, ttl_seconds):
            return Found()
        self._memory.put(key, entry)
        return Found(entry, "table")

    def put(
        self, key: str, answers: Sequence[Answer], ttl_seconds: int, deadline: Deadline, *, in_table: bool = True
    ) -> Put:
        """Keep an answer that was given now.

        Parameters:
            in_table: whether the table is to have it too.
        """
        entry = Entry(self._now(), answers)
        self._memory.put(key, entry)
        if self._table is None:
            return Put(kept=True)
        if not in_table:
            return Put(kept=False)
        data = encode(key, entry)
        if len(data) > MAX_ITEM_BYTES:
            return Put(kept=False, why="too_large")
        seconds = min(WRITE_SECONDS, deadline.remaining_seconds())
        if seconds <= 0:
            return Put(kept=False, why="out_of_time")
        try:
            self._write(key, data, int(entry.given_at) + ttl_seconds, seconds)
        except Exception as error:
            return Put(kept=False, failure=_name_of(error))
        return Put(kept=True)

    def _is_good(self, entry: Entry, ttl_seconds: int) -> bool:
        return -CLOCKS_DIFFER_SECONDS < self._now() - entry.given_at < ttl_seconds

    def _read(self, key: str, seconds: float) -> Entry | None:
        # A replica's memory will do: what it doesn't have yet is answered anew.
        item = self._call("GetItem", {"Key": {"pk": {"S": key}}}, seconds).get("Item")
        if item is None:
            return None
        try:
            content = base64.b64decode(item["content"]["B"], validate=True)
        except (LookupError, TypeError, ValueError) as error:
            raise CorruptEntry("There are no bytes.") from error
        return decode(key, content)

    def _write(self, key: str, data: bytes, expires_at: int, seconds: float) -> None:
        content = {"B": base64.b64encode(data).decode()}
        item = {"pk": {"S": key}, "content": content, "expires_at": {"N": str(expires_at)}}
        self._call("PutItem", {"Item": item}, seconds)

    def _call(self, operation: str, parameters: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        if self._client is None:
            self._client = _create_client()
        document = {"TableName": self._table, **parameters}
        return self._client.call(f"DynamoDB_20120810.{operation}", document, seconds)


class Slot(NamedTuple):
    """Where one request's answer is, or will be."""

    store: Store
    key: str
    ttl_seconds: int
    deadline: Deadline

    def find(self) -> Found:
        """See `Store.find`."""
        return self.store.find(self.key, self.ttl_seconds, self.deadline)

    def put(self, answers: Sequence[Answer], failure: str | None) -> Put:
        """See `Store.put`. A table that has failed to answer in this request isn't waited for a second time."""
        answered = failure in (None, CorruptEntry.__name__)
        return self.store.put(self.key, answers, self.ttl_seconds, self.deadline, in_table=answered)


class Memory:
    """The latest entries, as many as there is room for."""

    def __init__(self, most_bytes: int = MEMORY_BYTES, most_entries: int = MEMORY_ENTRIES) -> None:
        self._most_bytes = most_bytes
        self._most_entries = most_entries
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> Entry | None:
        """The entry, which is the latest from now on."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Remember an entry, and forget the oldest beyond the limits."""
        self.drop(key)
        self._entries[key] = entry
        self._bytes += entry.size_bytes
        while self._bytes > self._most_bytes or len(self._entries) > self._most_entries:
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= oldest.size_bytes

    def drop(self, key: str) -> None:
        """Forget an entry."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry.size_bytes


def _name_of(error: Exception) -> str:
    """What failed, without its words."""
    if isinstance(error, aws.TimedOut):
        return "Timeout"
    code = error.code if isinstance(error, aws.Refused) else ""
    return code or type(error).__name__


def _create_client() -> Client:
    from llm_api.aws.hosts import Service

    return Service("dynamodb", connect_seconds=READ_SECONDS)
