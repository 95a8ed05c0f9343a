"""One request on its way through the gateway: what `$context`, the event and the access log know of it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local_aws.control_plane import Stage
from local_aws.gateway.errors import Refusal
from local_aws.gateway.wire import IncomingRequest


@dataclass(slots=True)
class Exchange:
    """Filled in as the request proceeds.

    Attributes:
        path: below the stage, as it was sent; the event's `path`.
        full_path: with the stage or the domain's base path; `requestContext.path`.
        identity: `requestContext.identity`, of who was authenticated.
        authorizer: what an authorizer said, or None.
        elapsed: seconds since the request came in.
    """

    request: IncomingRequest
    stage: Stage
    path: str
    full_path: str
    domain_name: str
    resource: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)
    authorizer: dict[str, Any] | None = None
    refusal: Refusal | None = None
    integration_status: int | None = None
    integration_latency_ms: int | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    extended_request_id: str = field(default_factory=lambda: secrets.token_urlsafe(11)[:15] + "=")
    trace_id: str = field(default_factory=lambda: f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}")
    received_at: float = field(default_factory=time.time)
    elapsed: Callable[[], float] = field(default_factory=lambda: _stopwatch())

    def method_arn(self) -> str:
        """`arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/path`: what IAM and authorizers decide on."""
        stage = self.stage
        path = self.path.lstrip("/")
        return (
            f"arn:aws:execute-api:{stage.region}:{stage.account_id}:{stage.rest_api_id}/{stage.name}"
            f"/{self.request.method}/{path}"
        )

    def request_time(self) -> str:
        """In the common log format."""
        return datetime.fromtimestamp(self.received_at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")

    def request_context(self) -> dict[str, Any]:
        """The event's `requestContext`."""
        stage = self.stage
        context: dict[str, Any] = {
            "resourceId": f"{abs(hash(self.resource)) % 36**6:06x}"[:6],
            "resourcePath": self.resource,
            "httpMethod": self.request.method,
            "extendedRequestId": self.extended_request_id,
            "requestTime": self.request_time(),
            "path": self.full_path,
            "accountId": stage.account_id,
            "protocol": self.request.protocol,
            "stage": stage.name,
            "domainPrefix": self.domain_name.split(".")[0],
            "requestTimeEpoch": int(self.received_at * 1000),
            "requestId": self.request_id,
            "identity": {**_NOBODY, **self.identity, **self._where_from()},
            "domainName": self.domain_name,
            "deploymentId": stage.deployment_id,
            "apiId": stage.rest_api_id,
        }
        if self.authorizer is not None:
            context["authorizer"] = self.authorizer
        return context

    def _where_from(self) -> dict[str, Any]:
        return {"sourceIp": self.request.source_ip, "userAgent": self.request.header("user-agent")}

    def variables(self) -> dict[str, Any]:
        """What templates may name."""
        context = self.request_context()
        context["xrayTraceId"] = self.trace_id.removeprefix("Root=")
        if self.refusal is not None:
            context["error"] = {
                "message": self.refusal.message,
                "messageString": json.dumps(self.refusal.message),
                "responseType": self.refusal.kind,
            }
        return {"context": context, "stageVariables": dict(self.stage.variables)}


_NOBODY: dict[str, Any] = dict.fromkeys(
    (
        "cognitoIdentityPoolId",
        "accountId",
        "cognitoIdentityId",
        "caller",
        "sourceIp",
        "principalOrgId",
        "accessKey",
        "cognitoAuthenticationType",
        "cognitoAuthenticationProvider",
        "userArn",
        "userAgent",
        "user",
    )
)


def _stopwatch() -> Callable[[], float]:
    begun = time.monotonic()
    return lambda: time.monotonic() - begun
