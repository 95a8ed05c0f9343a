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
    """Sends one request; a GET where there is no body.

    The function waits for its table for a second. Where the machine is so busy that local AWS takes longer and no
    fault asks for it, the refusal is no finding, and the request is sent again.
    """
    for _ in range(3):
        reply = _send(deployment.url, key, path, body, headers or {})
        if reply.status != 503 or b"Keys and budgets" not in reply.body or deployment.aws.faults.list():
            break
    return reply


def _send(url: str, key: str | None, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> Reply:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    named = {"content-type": "application/json", **headers}
    if key is not None:
        named = {"authorization": f"Bearer {key}", **named}
    try:
        payload = None if body is None else json.dumps(body).encode()
        connection.request("GET" if body is None else "POST", address.path + path, payload, named)
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()
