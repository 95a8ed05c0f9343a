"""AWS's HTTP and nothing of models, tenants or API Gateway: credentials, signing, connections, hosts.

What is needed of an SDK here is a signature, a connection that is kept, and the code of a refusal. `hosts.Service` has
them for one service: `send` passes bytes and hands out the answer unread, `call` is the JSON protocol. Nothing is ever
sent twice; whether that is safe only the caller knows. The decision record `docs/decisions/0010-aws-directly.md` tells
why there is no SDK.
"""

import json
from collections.abc import Mapping
from typing import Any


class AwsError(Exception):
    """A request that has no good answer. The words are for the log: no body, header or credential is in them."""


class NotSent(AwsError):
    """Nothing of the request has left, so that it can be sent again."""


class Insecure(NotSent):
    """The other side isn't who it should be, or can't speak TLS."""


class NoCredentials(NotSent):
    """There is nothing to sign with."""


class BadHeader(NotSent):
    """A header's value, or the path, holds what would be read as another header, or can't be sent at all."""


class TimedOut(AwsError):
    """The time given is over. What was asked for may have been done."""


class BrokenOff(AwsError):
    """The connection ended before the answer did, or the answer isn't one. What was asked for may have been done."""


class Refused(AwsError):
    """The service's own refusal.

    Attributes:
        status: of the answer, 300 or above.
        headers: its headers, names in lower case.
        body: its body, as far as it came.
    """

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers
        self.body = body
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        self.document: Mapping[str, Any] = document if isinstance(document, dict) else {}

    def __str__(self) -> str:
        return f"{self.status} {self.code}".rstrip()

    @property
    def code(self) -> str:
        """The exception's name; empty where nobody said one.

        From the header, as `Name:http://…`, or else from the body, as `namespace#Name`:
        https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
        """
        told = self.headers.get("x-amzn-errortype")
        for name in ("code", "Code", "__type"):
            told = told or self.document.get(name)
        return told.partition(":")[0].rpartition("#")[2].strip() if isinstance(told, str) else ""

    @property
    def message(self) -> str:
        """What the service says about it; may be empty."""
        told = self.document.get("message") or self.document.get("Message") or ""
        return told if isinstance(told, str) else ""
