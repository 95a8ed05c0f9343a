"""Wildcards and policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from local_aws.iam.errors import UnknownPolicyElement
from local_aws.iam.keys import known_key

VARIABLES_VERSION = "2012-10-17"
ARN_PARTS = 6

Context = Mapping[str, str | Sequence[str]]
"""Condition keys of a request in lower case, with a value or a list of values."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DEFAULT = re.compile(r"^\s*(?P<key>[^,]+?)\s*,\s*'(?P<default>[^']*)'\s*$")


@lru_cache(maxsize=4096)
def _compiled(pattern: tuple[tuple[str, bool], ...], ignore_case: bool) -> re.Pattern[str]:
    parts = []
    for text, literal in pattern:
        if literal:
            parts.append(re.escape(text))
        else:
            parts.append("".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text))
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def resolve(text: str, context: Context, version: str) -> tuple[tuple[str, bool], ...]:
    """The text cut into pieces, each with whether it is literal (the value of a variable) or may hold wildcards.

    Raises:
        UnknownPolicyElement: a variable that the request's context does not answer with exactly one value.
    """
    if version != VARIABLES_VERSION or "${" not in text:
        return ((text, False),)
    pieces: list[tuple[str, bool]] = []
    position = 0
    for found in _VARIABLE.finditer(text):
        pieces.append((text[position : found.start()], False))
        pieces.append((_value_of(found.group(1), context), True))
        position = found.end()
    pieces.append((text[position:], False))
    if any("${" in piece for piece, literal in pieces if not literal):
        raise UnknownPolicyElement(f"{text!r} opens a policy variable and does not close it.")
    return tuple(piece for piece in pieces if piece[0])


def _value_of(variable: str, context: Context) -> str:
    if variable in ("*", "?", "$"):
        return variable
    default = _DEFAULT.match(variable)
    name = default["key"] if default else variable.strip()
    value = context.get(known_key(name))
    if isinstance(value, str):
        return value
    if value is None and default:
        return default["default"]
    raise UnknownPolicyElement(f"The policy variable ${{{variable}}} has no single value in this request.")


def matches(pattern: str, value: str, context: Context, version: str) -> bool:
    """Whether the value matches a pattern with `*`, `?` and variables, case-sensitively."""
    if not set("*?$") & set(pattern):
        return pattern == value
    return _compiled(resolve(pattern, context, version), False).fullmatch(value) is not None


def matches_action(pattern: str, action: str) -> bool:
    """Whether an action matches, whatever its case. The service's prefix takes no wildcard, unless all is `*`."""
    if pattern == "*":
        return True
    service, colon, _ = pattern.partition(":")
    if not colon or not service or set(service) & set("*?"):
        raise UnknownPolicyElement(f"{pattern!r} is no action: it must read SERVICE:ACTION, or be * alone.")
    return _compiled(((pattern, False),), True).fullmatch(action) is not None


def matches_arn(pattern: str, arn: str, context: Context, version: str) -> bool:
    """Whether an ARN matches, each of its six parts by itself: no wildcard reaches over the first five colons."""
    if pattern == "*":
        return True
    parts = _split_outside_variables(pattern)
    if parts[0] != "arn" or len(parts) != ARN_PARTS:
        raise UnknownPolicyElement(f"{pattern!r} is no ARN of six parts, and not * alone.")
    if not set("*?$") & set(pattern):
        return pattern == arn
    values = arn.split(":", ARN_PARTS - 1)
    if len(values) != ARN_PARTS:
        return False
    return all(matches(part, value, context, version) for part, value in zip(parts, values, strict=True))


@lru_cache(maxsize=4096)
def _split_outside_variables(pattern: str) -> tuple[str, ...]:
    """Splits at colons, but not at the one inside `${aws:username}`."""
    if "${" not in pattern:
        return tuple(pattern.split(":", ARN_PARTS - 1))
    parts: list[str] = []
    depth = start = 0
    for index, letter in enumerate(pattern):
        if pattern.startswith("${", index):
            depth += 1
        elif letter == "}" and depth:
            depth -= 1
        elif letter == ":" and not depth and len(parts) < ARN_PARTS - 1:
            parts.append(pattern[start:index])
            start = index + 1
    return (*parts, pattern[start:])
