"""JSONata as Step Functions evaluates it: variables are bound as values, and AWS's own functions are there.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import hashlib
import json
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Any

DEEPEST = 100
"""How deep an evaluation may nest on AWS: floci-io/floci#2737 measured it there. No page of AWS's states it."""

MOST_BYTES = 6_990_256
"""The largest result seen to pass on AWS (floci-io/floci#2783)."""


class EvaluationError(Exception):
    """An expression that can't be evaluated, or returns nothing."""


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression, without its `{% %}`.

    Args:
        variables: values by name, without the `$`; `states` among them.

    Raises:
        EvaluationError: it doesn't parse, fails, or returns nothing.
    """
    import jsonata  # only workflows need it

    try:
        parsed = jsonata.Jsonata(expression, stack=DEEPEST)
        for name, function in FUNCTIONS.items():
            parsed.register_lambda(name, function)
        value = parsed.evaluate(None, variables)
        # None is JSON's null here, and also nothing at all: only the first is a value.
        if value is None and not jsonata.Jsonata(f"$exists({expression})").evaluate(None, variables):
            raise EvaluationError(f"The JSONata expression '{expression}' returned nothing (undefined).")
    except jsonata.JException as error:
        raise EvaluationError(f"The JSONata expression '{expression}' could not be evaluated: {error}") from error
    except (ValueError, TypeError, ArithmeticError, AttributeError, LookupError) as error:
        raise EvaluationError(f"The JSONata expression '{expression}' failed: {error}") from error
    value = plain(value)
    if len(json.dumps(value)) > MOST_BYTES:
        raise EvaluationError(f"The JSONata expression '{expression}' returned more than {MOST_BYTES:,} bytes.")
    return value


def plain(value: Any) -> Any:
    """JSON's own types, with whole numbers as JavaScript writes them."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise EvaluationError(f"An expression returned a {type(value).__name__}, which is no JSON.")


def _parse(text: str) -> Any:
    return json.loads(text)


def _partition(items: list[Any], size: int) -> list[list[Any]]:
    return [items[start : start + int(size)] for start in range(0, len(items), int(size))]


def _range(first: int, last: int, step: int) -> list[int]:
    return list(range(int(first), int(last) + (1 if step > 0 else -1), int(step)))


def _hash(value: str, algorithm: str) -> str:
    return hashlib.new(algorithm.replace("-", "").lower(), str(value).encode()).hexdigest()


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "parse": _parse,
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "uuid": lambda: str(uuid.uuid4()),
    "random": lambda seed=None: random.Random(seed).random(),
}
"""What Step Functions adds to JSONata."""
