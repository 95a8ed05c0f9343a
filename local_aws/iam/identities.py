"""Policies of a principal, as they are deployed in the control plane now."""

import json
from typing import Any

Documents = list[dict[str, Any]]


def policies_of(principal_arn: str) -> tuple[Documents, dict[str, Any] | None]:
    """The inline and attached policy documents of a role or user, and its permissions boundary.

    Args:
        principal_arn: `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME` or `…:user/…`.

    Raises:
        KeyError: there is no such role or user, or its boundary does not exist.
    """
    from moto.iam.models import iam_backends  # moto takes a second to import; only the control plane's process needs it

    _, partition, _, _, account, resource = principal_arn.split(":", 5)
    backend = iam_backends[account][partition]
    kind, _, path = resource.partition("/")
    name = path.rsplit("/", 1)[-1]
    holder: Any
    holders: list[Any]
    roles = {role.name: role for role in list(backend.roles.values())}
    if kind == "role" and name in roles:
        holder = roles[name]
        holders = [holder]
    elif kind == "user" and name in backend.users:
        holder = backend.users[name]
        holders = [holder, *(group for group in list(backend.groups.values()) if holder in group.users)]
    else:
        raise KeyError(f"There is no {principal_arn} in the control plane.")
    documents = [_decoded(text) for one in holders for text in list(one.policies.values())]
    documents += [_default_version(policy) for one in holders for policy in list(one.managed_policies.values())]
    boundary_arn = getattr(holder, "permissions_boundary_arn", None)
    if not boundary_arn:
        return documents, None
    if boundary_arn not in backend.managed_policies:
        raise KeyError(f"{principal_arn} has the permissions boundary {boundary_arn}, which does not exist.")
    return documents, _default_version(backend.managed_policies[boundary_arn])


def _default_version(policy: Any) -> dict[str, Any]:
    return next(
        _decoded(version.document) for version in policy.versions if version.version_id == policy.default_version_id
    )


def _decoded(document: str | dict[str, Any]) -> dict[str, Any]:
    return document if isinstance(document, dict) else dict(json.loads(document))
