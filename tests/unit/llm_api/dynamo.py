"""A table that reads and writes single items as DynamoDB does, with faults on demand.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html and
Expressions.UpdateExpressions.html. One item's reads and writes are one after the other; a condition and its update are
one step; an operation that failed for its condition changed nothing and gives the item back. It knows the part of the
expressions' grammar that the ledger uses, and refuses all else: `test_reservations` runs on moto's parser as well.
"""

import copy
import json
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from llm_api.aws import AwsError, NotSent, Refused, TimedOut

Item = dict[str, Any]

_COMPARISON = re.compile(r"(#\w+) (=|<=|>=) (:\w+)")
_ABSENCE = re.compile(r"attribute_not_exists\((#\w+)\)")
_SET = re.compile(r"(#\w+) = (:\w+)")
_ADD = re.compile(r"(#\w+) (:\w+)")
_CLAUSES = re.compile(r"(?:SET (?P<sets>[^A-Z]+?))? ?(?:ADD (?P<adds>[^A-Z]+))?")

Fault = Callable[[], Exception]


def refused(code: str, status: int = 400, item: Item | None = None) -> Refused:
    """An error as DynamoDB writes it."""
    body: Item = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "No."}
    if item is not None:
        body["Item"] = item
    return Refused(status, {"content-type": "application/x-amz-json-1.0"}, json.dumps(body).encode())


def timeout() -> AwsError:
    return TimedOut("no answer in time")


def out_of_reach() -> AwsError:
    return NotSent("the host can't be reached")


class Table:
    """The table, and the client of it.

    Attributes:
        items: by partition key.
        writes, reads: how many requests came, faulty ones included.
    """

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.writes = 0
        self.reads = 0
        self._lock = threading.Lock()
        self._before: list[Fault] = []
        self._after: list[Fault] = []

    def fail_before(self, *faults: Fault) -> None:
        """The next requests fail without having done anything."""
        self._before.extend(faults)

    def fail_after(self, *faults: Fault) -> None:
        """The next requests do their work, and then fail."""
        self._after.extend(faults)

    def put(self, key: str, **attributes: Any) -> None:
        self.items[key] = {"pk": {"S": key}, **attributes}

    def number(self, key: str, attribute: str) -> int:
        return int(self.items[key][attribute]["N"])

    def call(self, target: str, document: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """One request, as `aws.hosts.Service` takes it."""
        json.dumps(document)  # what can't be sent
        operations = {
            "BatchGetItem": self.batch_get_item,
            "GetItem": self.get_item,
            "UpdateItem": self.update_item,
        }
        return operations[target.removeprefix("DynamoDB_20120810.")](**document)

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        ((name, asked),) = RequestItems.items()
        assert asked["ConsistentRead"], "a stale key or budget"
        with self._lock:
            self.reads += 1
            if self._before:
                raise self._before.pop(0)()
            keys = [key["pk"]["S"] for key in asked["Keys"]]
            assert len(set(keys)) == len(keys), "DynamoDB refuses a key that is asked for twice"
            # In no order, as DynamoDB warns.
            return {
                "Responses": {name: [copy.deepcopy(self.items[key]) for key in reversed(keys) if key in self.items]}
            }

    def get_item(self, *, TableName: str, Key: Any, ConsistentRead: bool) -> dict[str, Any]:
        assert ConsistentRead, "a stale key or budget"
        with self._lock:
            self.reads += 1
            if self._before:
                raise self._before.pop(0)()
            item = self.items.get(Key["pk"]["S"])
            return {} if item is None else {"Item": copy.deepcopy(item)}

    def update_item(  # the parameters' names are the API's
        self,
        *,
        TableName: str,
        Key: Any,
        UpdateExpression: str,
        ConditionExpression: str,
        ExpressionAttributeNames: dict[str, str],
        ExpressionAttributeValues: dict[str, Any],
        ReturnValues: str,
        ReturnValuesOnConditionCheckFailure: str,
    ) -> dict[str, Any]:
        assert (ReturnValues, ReturnValuesOnConditionCheckFailure) == ("ALL_NEW", "ALL_OLD")
        with self._lock:
            self.writes += 1
            if self._before:
                raise self._before.pop(0)()
            key = Key["pk"]["S"]
            expressions = _Expressions(ExpressionAttributeNames, ExpressionAttributeValues)
            old = self.items.get(key)
            holds = expressions.holds(ConditionExpression, old or {})
            new = expressions.updated(UpdateExpression, old or {"pk": {"S": key}})
            expressions.check_all_used()
            if not holds:
                raise refused("ConditionalCheckFailedException", item=copy.deepcopy(old))
            self.items[key] = new
            if self._after:
                raise self._after.pop(0)()
            return {"Attributes": copy.deepcopy(new)}


class _Expressions:
    def __init__(self, names: dict[str, str], values: dict[str, Any]) -> None:
        self._names = names
        self._values = values
        self._used: set[str] = set()

    def holds(self, condition: str, item: Item) -> bool:
        holding = [self._one_holds(part, item) for part in condition.split(" AND ")]
        return all(holding)

    def _one_holds(self, condition: str, item: Item) -> bool:
        if match := _ABSENCE.fullmatch(condition):
            return self._name(match[1]) not in item
        match = _COMPARISON.fullmatch(condition)
        assert match, f"not in the grammar: {condition}"
        attribute, value = item.get(self._name(match[1])), self._number(match[3])
        if attribute is None:
            return False
        stored = int(attribute["N"])
        return {"=": stored == value, "<=": stored <= value, ">=": stored >= value}[match[2]]

    def updated(self, update: str, item: Item) -> Item:
        clauses = _CLAUSES.fullmatch(update)
        assert clauses, f"not in the grammar: {update}"
        new, touched = dict(item), []
        for part in (clauses["sets"] or "").strip().split(", ") if clauses["sets"] else []:
            match = _SET.fullmatch(part)
            assert match, f"not in the grammar: {part}"
            touched.append(self._name(match[1]))
            new[touched[-1]] = {"N": str(self._number(match[2]))}
        for part in (clauses["adds"] or "").strip().split(", ") if clauses["adds"] else []:
            match = _ADD.fullmatch(part)
            assert match, f"not in the grammar: {part}"
            touched.append(self._name(match[1]))
            before = int(item.get(touched[-1], {"N": "0"})["N"])
            new[touched[-1]] = {"N": str(before + self._number(match[2]))}
        assert touched, "an update that updates nothing"
        assert len(set(touched)) == len(touched), "two updates of one path"
        return new

    def check_all_used(self) -> None:
        assert self._used == {*self._names, *self._values}, "a name or value that is in no expression"

    def _name(self, placeholder: str) -> str:
        self._used.add(placeholder)
        return self._names[placeholder]

    def _number(self, placeholder: str) -> int:
        self._used.add(placeholder)
        return int(self._values[placeholder]["N"])
