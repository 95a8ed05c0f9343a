"""What integration and client tests share: a deployment under test, and requests sent exactly as written."""

import http.client
import json
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from local_aws import LocalAws

KEY = f"sk-test-{secrets.token_urlsafe(24)}"

PATIENCE_SECONDS = 600.0
"""How long a test waits for what is bound to happen, on however busy a machine."""


@dataclass(frozen=True, slots=True)
class Api:
    """An applied deployment as a client sees it, and what only a test may look at.

    Attributes:
        url: the base URL on the local gateway, over TLS.
        key: a key that the deployment accepts.
        ca_file: what signs the gateway's certificate.
        outputs: the stack's Terraform outputs.
    """

    url: str
    key: str
    ca_file: str
    outputs: dict[str, Any]
    aws: "LocalAws"

    @property
    def models(self) -> list[str]:
        return ["embed", "fast", "nova"]


def until(condition: Callable[[], object]) -> None:
    """Waits for what another thread is about to do."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up, f"it did not happen within {PATIENCE_SECONDS:.0f} s"
        time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def send(
    api: Api,
    method: str,
    path: str,
    body: bytes | dict[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    key: str | None = "",
) -> Reply:
    """One request exactly as written: the path is sent as it stands, nothing is encoded or followed.

    Parameters:
        path: below the API's base URL.
        key: the bearer key; the deployment's own unless given, none at all if None.
    """
    address = urlsplit(api.url)
    context = ssl.create_default_context(cafile=api.ca_file)
    connection = http.client.HTTPSConnection(address.hostname or "", address.port, context=context, timeout=60)
    payload = json.dumps(body).encode() if isinstance(body, dict) else body
    named = {"content-type": "application/json", **(headers or {})}
    if key is not None:
        named.setdefault("authorization", f"Bearer {key or api.key}")
    try:
        connection.request(method, address.path + path, payload, named)
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()
