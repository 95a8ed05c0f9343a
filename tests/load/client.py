"""One request of one tenant, as a test sends it."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.load.deployment import Deployment
from tests.support import Reply

HELLO: Mapping[str, Any] = {
    "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
    "inferenceConfig": {"maxTokens": 50},
}


def ask(
    deployment: Deployment,
    key: str | None,
    path: str = "/model/nova/converse",
    body: Mapping[str, Any] | None = HELLO,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Sends one request; a GET where there is no body."""
    address = urlsplit(deployment.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    named = {"content-type": "application/json", **(headers or {})}
    if key is not None:
        named = {"authorization": f"Bearer {key}", **named}
    try:
        payload = None if body is None else json.dumps(body).encode()
        connection.request("GET" if body is None else "POST", address.path + path, payload, named)
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()
