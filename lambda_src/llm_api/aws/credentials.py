"""What requests are signed with: the function's role, from where Lambda puts it.

Into the environment, or, for functions with SnapStart, to an address from which new ones are fetched before they end:
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html and
https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html. Nothing else is looked for: no files
of a home directory, no instance's metadata, no bearer token.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from llm_api.aws import AwsError, NoCredentials

REFRESH_SECONDS = 300.0
"""How long before their end credentials are replaced."""

RETRY_SECONDS = 30.0
"""How long those at hand are used after a refresh that failed."""

FETCH_SECONDS = 5.0

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
"""Who may be asked without TLS: this machine, and the addresses at which containers get theirs."""


class Credentials(NamedTuple):
    """One set of them. They never stand in a log line or a traceback."""

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return "Credentials(…)"


Source = Callable[[float], Credentials]
"""Gives the credentials of now; takes the seconds that there are, and may raise `NoCredentials`."""


def source(environment: Mapping[str, str]) -> Source:
    """Where this function's credentials come from.

    Raises:
        ValueError: nowhere, or from where they must not; the message says what to do.
    """
    if environment.get("AWS_BEARER_TOKEN_BEDROCK"):
        raise ValueError(
            "AWS_BEARER_TOKEN_BEDROCK is set: requests are signed with the function's role and nothing else, so that "
            "its policies hold. Remove the variable from the function's environment."
        )
    access_key, secret_key = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if access_key and secret_key:
        found = Credentials(access_key, secret_key, environment.get("AWS_SESSION_TOKEN") or None)
        return lambda seconds: found
    url = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if url:
        return _container(url, environment).current
    raise ValueError(
        "There are no AWS credentials: neither AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY nor "
        "AWS_CONTAINER_CREDENTIALS_FULL_URI is set. Lambda sets them; elsewhere export those of a role."
    )


_making = threading.Lock()
_containers: "dict[tuple[str | None, ...], _Container]" = {}


def _container(url: str, environment: Mapping[str, str]) -> "_Container":
    """One for all services, so that a start fetches credentials once."""
    key = (url, environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN"), environment.get("AWS_CA_BUNDLE"))
    with _making:
        if key not in _containers:
            _containers[key] = _Container(url, environment)
        return _containers[key]


class _Container:
    """The credentials endpoint, asked on first use and again before what it gave ends."""

    def __init__(self, url: str, environment: Mapping[str, str]) -> None:
        from llm_api.aws.connections import Host, parse_url

        self._address = parse_url(url, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if self._address.scheme == "http" and self._address.host not in _LOCAL:
            raise ValueError("AWS_CONTAINER_CREDENTIALS_FULL_URI names another machine without TLS: use https.")
        trust = None
        if self._address.scheme == "https":
            from llm_api.aws.trust import Trust

            trust = Trust(environment)
        self._host = Host(self._address, trust)
        self._headers = {"accept": "application/json"}
        authorization = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        if authorization:
            self._headers["authorization"] = authorization
        self._lock = threading.Lock()
        self._found: Credentials | None = None
        self._ends_at = 0.0
        self._next_at = 0.0

    def current(self, seconds: float) -> Credentials:
        """Those of now."""
        if self._found is not None and time.time() < self._next_at:
            return self._found
        until = time.monotonic() + seconds
        if not self._lock.acquire(timeout=max(seconds, 0)):
            raise NoCredentials("the credentials' endpoint doesn't answer in time")
        try:
            now = time.time()
            if self._found is None or now >= self._next_at:
                try:
                    self._found, self._ends_at = self._fetched(min(until - time.monotonic(), FETCH_SECONDS))
                    self._next_at = max(self._ends_at - REFRESH_SECONDS, now + 1)
                except (AwsError, ValueError, LookupError, TypeError) as error:
                    if self._found is None or now >= self._ends_at:
                        raise NoCredentials(f"the credentials' endpoint fails: {type(error).__name__}") from error
                    self._next_at = min(now + RETRY_SECONDS, self._ends_at)
            return self._found
        finally:
            self._lock.release()

    def _fetched(self, seconds: float) -> tuple[Credentials, float]:
        from datetime import datetime

        from llm_api.aws.connections import request_head

        until = time.monotonic() + seconds
        head = request_head("GET", self._address.path or "/", {"host": self._address.authority, **self._headers})
        answer = self._host.ask(head, b"", until)
        try:
            answer.head(until)
            body = answer.read(until)
        finally:
            answer.close()
        if answer.status != 200:
            raise ValueError(answer.status)
        told = json.loads(body)
        ends_at = datetime.fromisoformat(told["Expiration"]).timestamp()
        return Credentials(str(told["AccessKeyId"]), str(told["SecretAccessKey"]), str(told["Token"])), ends_at
