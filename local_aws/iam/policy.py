"""Policy documents, parsed whole before any of it is evaluated.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from local_aws.iam.conditions import Condition, parse_conditions
from local_aws.iam.errors import UnknownPolicyElement
from local_aws.iam.patterns import Context, matches_action, matches_arn

VERSIONS = ("2012-10-17", "2008-10-17")
_DOCUMENT_ELEMENTS = {"Version", "Id", "Statement"}
_STATEMENT_ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, as resource policies name it.

    Attributes:
        arn: `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`, a user's or the root's ARN; None: no credentials.
        role_arn: the role behind a session, as IAM names it.
        service: an AWS service such as `apigateway.amazonaws.com`, or None.
    """

    arn: str | None = None
    role_arn: str | None = None
    service: str | None = None

    @property
    def account_id(self) -> str | None:
        """Twelve digits; None for a caller without credentials and for services."""
        return self.arn.split(":")[4] if self.arn else None


ANONYMOUS = Principal()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `principals` is None in an identity policy."""

    sid: str
    effect: str
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...]
    not_resource: bool
    conditions: tuple[Condition, ...]
    principals: Mapping[str, tuple[str, ...]] | None
    version: str

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """Whether action, resource and conditions all fit; the principal is looked at apart."""
        if any(matches_action(pattern, action) for pattern in self.actions) is self.not_action:
            return False
        if (
            any(matches_arn(pattern, resource, context, self.version) for pattern in self.resources)
            is self.not_resource
        ):
            return False
        return all(condition.holds(context, self.version) for condition in self.conditions)

    def names(self, principal: Principal) -> str | None:
        """How a resource policy's statement names the caller: "exactly", "account" (by its account alone) or None."""
        principals = self.principals or {}
        if principal.service is not None:
            return "exactly" if principal.service in principals.get("Service", ()) else None
        found = None
        for named in principals.get("AWS", ()):
            if named == "*" or (principal.arn is not None and named in (principal.arn, principal.role_arn)):
                return "exactly"
            account = principal.account_id
            if account is not None and (
                named == account or (named.startswith("arn:") and named.split(":", 4)[4] == f"{account}:root")
            ):
                found = "account"
        return found


def parse_policy(document: Mapping[str, Any], *, resource_policy: bool = False) -> tuple[Statement, ...]:
    """The statements of a document.

    Args:
        document: the decoded JSON.
        resource_policy: True where statements must name a principal; in an identity policy none may.

    Raises:
        UnknownPolicyElement: anything in it that this evaluator does not implement, matched by the request or not.
    """
    return _parsed(json.dumps(document), resource_policy)


@lru_cache(maxsize=512)
def _parsed(text: str, resource_policy: bool) -> tuple[Statement, ...]:
    """Parses once what is evaluated with every call: the policies of 60 models take ten milliseconds."""
    document = json.loads(text)
    _refuse_others("document", document, _DOCUMENT_ELEMENTS)
    version = document.get("Version", VERSIONS[1])
    if version not in VERSIONS:
        raise UnknownPolicyElement(f"There is no policy version {version!r}: use {VERSIONS[0]}.")
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, Sequence) or isinstance(statements, str):
        raise UnknownPolicyElement("A policy document needs a Statement: an object, or a list of objects.")
    return tuple(_statement(one, version, resource_policy) for one in statements)


def _statement(block: Any, version: str, resource_policy: bool) -> Statement:
    if not isinstance(block, Mapping):
        raise UnknownPolicyElement(f"A statement is an object, not {block!r}.")
    _refuse_others("statement", block, _STATEMENT_ELEMENTS)
    if block.get("Effect") not in ("Allow", "Deny"):
        raise UnknownPolicyElement(f"Effect is Allow or Deny, not {block.get('Effect')!r}.")
    actions, not_action = _one_of(block, "Action")
    resources, not_resource = _one_of(block, "Resource")
    if resource_policy is not ("Principal" in block):
        raise UnknownPolicyElement(
            "A resource policy's statement needs a Principal."
            if resource_policy
            else "An identity policy takes no Principal."
        )
    for pattern in actions:
        matches_action(pattern, "service:Action")
    for pattern in resources:
        if pattern != "*" and not pattern.startswith("arn:"):
            raise UnknownPolicyElement(f"{pattern!r} is no ARN, and not * alone.")
    conditions = block.get("Condition", {})
    if not isinstance(conditions, Mapping):
        raise UnknownPolicyElement(f"A condition block is an object, not {conditions!r}.")
    return Statement(
        sid=str(block.get("Sid", "")),
        effect=str(block["Effect"]),
        actions=actions,
        not_action=not_action,
        resources=resources,
        not_resource=not_resource,
        conditions=parse_conditions(conditions),
        principals=_principals(block["Principal"]) if resource_policy else None,
        version=version,
    )


def _refuse_others(what: str, block: Mapping[str, Any], known: set[str]) -> None:
    others = set(block) - known
    if others:
        raise UnknownPolicyElement(
            f"A policy {what} has elements that are not implemented: {', '.join(sorted(others))}."
        )


def _one_of(block: Mapping[str, Any], name: str) -> tuple[tuple[str, ...], bool]:
    negated = f"Not{name}"
    if (name in block) is (negated in block):
        raise UnknownPolicyElement(f"A statement needs exactly one of {name} and {negated}.")
    return _strings(name, block.get(name, block.get(negated))), negated in block


def _strings(name: str, value: Any) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) for one in listed):
        raise UnknownPolicyElement(f"{name} is text or a list of texts, not {value!r}.")
    return tuple(listed)


def _principals(block: Any) -> dict[str, tuple[str, ...]]:
    if block == "*":
        return {"AWS": ("*",)}
    if not isinstance(block, Mapping) or set(block) - {"AWS", "Service"}:
        raise UnknownPolicyElement(f"A Principal is * or has AWS and Service; got {block!r}.")
    return {kind: _strings(f"Principal.{kind}", value) for kind, value in block.items()}
