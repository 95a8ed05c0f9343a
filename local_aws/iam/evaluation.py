"""The decision: an explicit Deny anywhere wins, else an Allow, else the implicit Deny.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from local_aws.iam.patterns import Context
from local_aws.iam.policy import Principal, Statement, parse_policy


class Effect(Enum):
    """What one set of policies says of a request."""

    ALLOW = "Allow"
    DENY = "Deny"
    SILENT = "Silent"


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome and, for a person who reads it, why.

    Attributes:
        explicit: True where a Deny statement decided, as AWS's messages distinguish.
    """

    allowed: bool
    reason: str
    explicit: bool = False


def lower_keys(context: Mapping[str, str | Sequence[str]]) -> dict[str, str | Sequence[str]]:
    """The request's context with its condition keys in lower case."""
    return {key.lower(): value for key, value in context.items()}


def parse_policies(policies: Iterable[Mapping[str, Any]]) -> tuple[Statement, ...]:
    """The statements of several identity policies in a row."""
    return tuple(statement for document in policies for statement in parse_policy(document))


def effect_of(
    statements: Iterable[Statement], action: str, resource: str, context: Context
) -> tuple[Effect, Statement | None]:
    """What statements of identity policies say, with the one that decided. `context` has its keys in lower case."""
    allowing = None
    for statement in statements:
        if not statement.applies(action, resource, context):
            continue
        if statement.effect == "Deny":
            return Effect.DENY, statement
        allowing = allowing or statement
    return (Effect.ALLOW, allowing) if allowing else (Effect.SILENT, None)


def decide(
    statements: Sequence[Statement],
    boundary: Sequence[Statement] | None,
    action: str,
    resource: str,
    context: Context,
) -> Decision:
    """The decision of parsed identity policies within a parsed permissions boundary."""
    effect, statement = effect_of(statements, action, resource, context)
    limit, limiting = effect_of(boundary, action, resource, context) if boundary is not None else (Effect.ALLOW, None)
    for found, where, by in (
        (effect, "an identity-based policy", statement),
        (limit, "a permissions boundary", limiting),
    ):
        if found is Effect.DENY:
            sid = f" (statement {by.sid})" if by and by.sid else ""
            return Decision(False, f"{action} on {resource}: an explicit deny in {where}{sid}", explicit=True)
    if effect is Effect.SILENT:
        return Decision(False, f"{action} on {resource}: no identity-based policy allows it")
    if limit is Effect.SILENT:
        return Decision(False, f"{action} on {resource}: no permissions boundary allows it")
    sid = f" by statement {statement.sid}" if statement and statement.sid else ""
    return Decision(True, f"{action} on {resource}: allowed{sid}")


def evaluate(
    policies: Sequence[Mapping[str, Any]],
    action: str,
    resource: str,
    context: Mapping[str, str | Sequence[str]],
    boundary: Mapping[str, Any] | None = None,
) -> Decision:
    """Whether identity policies allow a request.

    Args:
        policies: decoded policy documents, inline and managed.
        action: such as `bedrock:InvokeModel`.
        resource: its ARN, or `*` for an action without resources.
        context: the request's condition keys; a key that is missing here is absent for the conditions.
        boundary: the permissions boundary's document.

    Raises:
        UnknownPolicyElement: a document holds what this evaluator does not implement.
    """
    limit = parse_policy(boundary) if boundary is not None else None
    return decide(parse_policies(policies), limit, action, resource, lower_keys(context))


def evaluate_resource_policy(
    document: Mapping[str, Any],
    principal: Principal,
    action: str,
    resource: str,
    context: Mapping[str, str | Sequence[str]],
) -> tuple[Effect, bool]:
    """What a resource policy says of a caller.

    Returns:
        The effect, and whether an Allow names the caller by its account alone: in the same account that only hands the
        question on to the caller's own policies.

    Raises:
        UnknownPolicyElement: the document holds what this evaluator does not implement.
    """
    lowered = lower_keys(context)
    effect, by_account = Effect.SILENT, True
    for statement in parse_policy(document, resource_policy=True):
        named = statement.names(principal)
        if named is None or not statement.applies(action, resource, lowered):
            continue
        if statement.effect == "Deny":
            return Effect.DENY, False
        effect = Effect.ALLOW
        by_account = by_account and named == "account"
    return effect, effect is Effect.ALLOW and by_account
