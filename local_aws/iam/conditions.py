"""Condition operators, with AWS's rules for absent keys, negation and several values.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_aws.iam.errors import UnknownPolicyElement
from local_aws.iam.keys import MULTIVALUED_KEYS, known_key
from local_aws.iam.patterns import Context, matches, matches_arn, resolve

Comparison = Callable[[str, str, Context, str], bool]
"""(value in the policy, value in the request, context, policy version) -> whether they match."""


def _literal(text: str, context: Context, version: str) -> str:
    return "".join(piece for piece, _ in resolve(text, context, version))


def _string_equals(policy: str, request: str, context: Context, version: str) -> bool:
    return _literal(policy, context, version) == request


def _string_equals_ignore_case(policy: str, request: str, context: Context, version: str) -> bool:
    return _literal(policy, context, version).casefold() == request.casefold()


def _bool(policy: str, request: str, context: Context, version: str) -> bool:
    wanted = _literal(policy, context, version).lower()
    if wanted not in ("true", "false"):
        raise UnknownPolicyElement(f"Bool compares with true or false, not with {policy!r}.")
    return wanted == request.lower()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _date(text: str) -> float | None:
    """ISO 8601 or seconds since the epoch."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _ordered(read: Callable[[str], float | None], compare: Callable[[float, float], bool]) -> Comparison:
    def comparison(policy: str, request: str, context: Context, version: str) -> bool:
        limit = read(_literal(policy, context, version))
        if limit is None:
            raise UnknownPolicyElement(f"{policy!r} is neither a number nor a date that can be compared.")
        value = read(request)
        return value is not None and compare(value, limit)

    return comparison


def _ip_address(policy: str, request: str, context: Context, version: str) -> bool:
    try:
        network = ipaddress.ip_network(_literal(policy, context, version), strict=False)
    except ValueError as error:
        raise UnknownPolicyElement(f"{policy!r} is no address range: {error}.") from None
    try:
        address = ipaddress.ip_address(request)
    except ValueError:
        return False
    return address.version == network.version and address in network


@dataclass(frozen=True, slots=True)
class _Operator:
    comparison: Comparison
    negated: bool = False


def _pair(positive: str, negative: str, comparison: Comparison) -> dict[str, _Operator]:
    return {positive: _Operator(comparison), negative: _Operator(comparison, negated=True)}


OPERATORS: dict[str, _Operator] = {
    **_pair("StringEquals", "StringNotEquals", _string_equals),
    **_pair("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", _string_equals_ignore_case),
    **_pair("StringLike", "StringNotLike", matches),
    **_pair("ArnEquals", "ArnNotEquals", matches_arn),
    **_pair("ArnLike", "ArnNotLike", matches_arn),
    **_pair("IpAddress", "NotIpAddress", _ip_address),
    **_pair("NumericEquals", "NumericNotEquals", _ordered(_number, lambda value, limit: value == limit)),
    **_pair("DateEquals", "DateNotEquals", _ordered(_date, lambda value, limit: value == limit)),
    "Bool": _Operator(_bool),
}
for _prefix, _read in (("Numeric", _number), ("Date", _date)):
    OPERATORS[f"{_prefix}LessThan"] = _Operator(_ordered(_read, lambda value, limit: value < limit))
    OPERATORS[f"{_prefix}LessThanEquals"] = _Operator(_ordered(_read, lambda value, limit: value <= limit))
    OPERATORS[f"{_prefix}GreaterThan"] = _Operator(_ordered(_read, lambda value, limit: value > limit))
    OPERATORS[f"{_prefix}GreaterThanEquals"] = _Operator(_ordered(_read, lambda value, limit: value >= limit))


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key; a statement applies where all of its conditions are true."""

    name: str
    key: str
    values: tuple[str, ...]
    quantifier: str | None
    if_exists: bool

    def holds(self, context: Context, version: str) -> bool:
        """Whether the condition is true of a request. `context` has its keys in lower case.

        Raises:
            UnknownPolicyElement: the comparison is one that AWS leaves undefined.
        """
        value = context.get(self.key)
        present = value is not None and (isinstance(value, str) or len(value) > 0)
        if self.name == "Null":
            return any((wanted == "true") is not present for wanted in self.values)
        operator = OPERATORS[self.name]
        if not present or value is None:
            if self.quantifier == "ForAllValues" or self.if_exists:
                return True
            return operator.negated and self.quantifier is None
        requested = [value] if isinstance(value, str) else list(value)
        if self.quantifier is None and len(requested) > 1:
            raise UnknownPolicyElement(
                f"{self.key} has several values in this request: {self.name} needs ForAnyValue or ForAllValues."
            )

        def satisfied(one: str) -> bool:
            matched = any(operator.comparison(wanted, one, context, version) for wanted in self.values)
            return matched is not operator.negated

        return all(map(satisfied, requested)) if self.quantifier != "ForAnyValue" else any(map(satisfied, requested))


def parse_conditions(block: Mapping[str, Any]) -> tuple[Condition, ...]:
    """A statement's `Condition` block, checked whole: also what this request would never reach.

    Raises:
        UnknownPolicyElement: an operator, key or value that is not implemented.
    """
    conditions = []
    for written, keys in block.items():
        quantifier, _, name = written.rpartition(":")
        if_exists = name.endswith("IfExists") and name != "IfExists"
        name = name.removesuffix("IfExists")
        if quantifier not in ("", "ForAllValues", "ForAnyValue") or (name not in OPERATORS and name != "Null"):
            raise UnknownPolicyElement(f"The condition operator {written!r} is not one that this evaluator knows.")
        if name == "Null" and (if_exists or quantifier):
            raise UnknownPolicyElement(f"Null takes neither a quantifier nor IfExists: {written!r}.")
        if not isinstance(keys, Mapping) or not keys:
            raise UnknownPolicyElement(f"{written!r} holds no condition keys.")
        for key, values in keys.items():
            lower = known_key(key)
            if lower in MULTIVALUED_KEYS and not quantifier and name != "Null":
                raise UnknownPolicyElement(f"{key} has several values: {written} needs ForAnyValue or ForAllValues.")
            conditions.append(Condition(name, lower, _texts(written, values), quantifier or None, if_exists))
    return tuple(conditions)


def _texts(operator: str, values: Any) -> tuple[str, ...]:
    listed: Sequence[Any] = values if isinstance(values, list) else [values]
    texts = []
    for value in listed:
        if isinstance(value, bool):
            texts.append(str(value).lower())
        elif isinstance(value, (str, int, float)):
            texts.append(str(value))
        else:
            raise UnknownPolicyElement(f"{operator} compares with text, numbers and booleans, not with {value!r}.")
    if operator == "Null" and set(texts) - {"true", "false"}:
        raise UnknownPolicyElement(f"Null takes true or false, not {texts!r}.")
    return tuple(texts)
