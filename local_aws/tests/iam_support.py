"""Policies, and roles of several accounts in moto's IAM, for the tests of who may call."""

import json
from dataclasses import dataclass
from typing import Any

from moto.iam.models import iam_backends

from local_aws.credentials import Credentials, CredentialStore
from local_aws.tests.gateway_support import ACCOUNT

API = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abc123"


def allow(resource: str = f"{API}/*", effect: str = "Allow", **others: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource, **others}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@dataclass
class Iam:
    """moto's IAM in two accounts, and sessions of roles in it."""

    store: CredentialStore

    def role(
        self, *statements: dict[str, Any], account: str = ACCOUNT, boundary: dict[str, Any] | None = None
    ) -> Credentials:
        """A session of a new role with an inline policy, and a managed boundary."""
        backend = iam_backends[account]["aws"]
        name = f"caller{len(backend.roles)}"
        boundary_arn = None
        if boundary:
            boundary_arn = backend.create_policy("", "/", json.dumps(boundary), f"{name}-boundary", []).arn
        role = backend.create_role(name, "{}", "/team/", boundary_arn, "", [], "3600")
        if statements:
            backend.put_role_policy(name, "p", json.dumps(policy(*statements)))
        return self.store.issue(role.arn, "session")
