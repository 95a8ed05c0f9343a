"""Temporary credentials of roles, as STS hands them out, and who stands behind an access key.

The account's administrator (access key `test`, secret `test`) is like the root user: nothing evaluates it. Everything
else belongs to a role, and each of its calls is evaluated against the policies that are deployed on that role.
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

ACCOUNT_ID = "123456789012"
DEFAULT_REGION = "us-east-1"
ROOT_ACCESS_KEY_ID = "test"
ROOT_SECRET_ACCESS_KEY = "test"
DEFAULT_DURATION_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Credentials:
    """One access key and its owner.

    Attributes:
        session_token: None for the account's administrator and for users; a role's session always has one.
        role_arn: the role behind a session; None for the administrator and for users.
        principal_arn: as policies and API Gateway's `identity.userArn` see the caller, e.g.
            `arn:aws:sts::123456789012:assumed-role/NAME/SESSION`.
        expires_at: seconds since the epoch; None where the key never expires.
    """

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    principal_arn: str
    role_arn: str | None = None
    session_name: str | None = None
    expires_at: float | None = None

    @property
    def is_administrator(self) -> bool:
        """True for the account's own test key, whose calls are not evaluated."""
        return self.role_arn is None and self.principal_arn.endswith(":root")

    @property
    def account_id(self) -> str:
        """The account of the principal, twelve digits."""
        return self.principal_arn.split(":")[4]

    def expired(self, now: float | None = None) -> bool:
        """Whether the session is over. `now` is in seconds since the epoch."""
        return self.expires_at is not None and (time.time() if now is None else now) >= self.expires_at


ADMINISTRATOR = Credentials(
    access_key_id=ROOT_ACCESS_KEY_ID,
    secret_access_key=ROOT_SECRET_ACCESS_KEY,
    session_token=None,
    principal_arn=f"arn:aws:iam::{ACCOUNT_ID}:root",
)


class CredentialStore:
    """Issues and finds credentials. Safe to use from any thread."""

    def __init__(self) -> None:
        self._by_key: dict[str, Credentials] = {ADMINISTRATOR.access_key_id: ADMINISTRATOR}
        self._lock = threading.Lock()
        self._fallbacks: list[Callable[[str], Credentials | None]] = []

    def issue(
        self, role_arn: str, session_name: str, duration_seconds: float = DEFAULT_DURATION_SECONDS
    ) -> Credentials:
        """Credentials of a role's new session.

        Args:
            role_arn: `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`; the role's existence is not checked here.
            duration_seconds: 0 or less gives credentials that have expired already, for tests of just that.
        """
        _, partition, _, _, account, resource = role_arn.split(":", 5)
        role_name = resource.rsplit("/", 1)[-1]
        issued = Credentials(
            access_key_id="ASIA" + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16)),
            secret_access_key=secrets.token_urlsafe(30),
            session_token=secrets.token_urlsafe(96),
            principal_arn=f"arn:{partition}:sts::{account}:assumed-role/{role_name}/{session_name}",
            role_arn=role_arn,
            session_name=session_name,
            expires_at=time.time() + duration_seconds,
        )
        with self._lock:
            self._by_key[issued.access_key_id] = issued
        return issued

    def add(self, credentials: Credentials) -> None:
        """Makes credentials known that were not issued here, such as those of a caller in another account."""
        with self._lock:
            self._by_key[credentials.access_key_id] = credentials

    def add_fallback(self, find: Callable[[str], Credentials | None]) -> None:
        """Registers another place to look an access key up in: the control plane's users and STS sessions."""
        self._fallbacks.append(find)

    def find(self, access_key_id: str) -> Credentials | None:
        """The credentials of an access key, expired ones included; None where nobody issued that key."""
        with self._lock:
            known = self._by_key.get(access_key_id)
        if known is not None:
            return known
        for find in self._fallbacks:
            found = find(access_key_id)
            if found is not None:
                return found
        return None
