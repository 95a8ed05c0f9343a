"""API Gateway's proxy event in, its proxy response out: the only module that knows their shape.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Caller:
    """Who API Gateway says is calling. Everything here was verified by API Gateway, nothing by the caller's word.

    Attributes:
        principal_arn: the IAM principal under `iam` auth, else None.
        claims: claims of a Cognito token, or the context of a custom authorizer.
    """

    principal_arn: str | None = None
    claims: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it reached API Gateway.

    Attributes:
        id: API Gateway's request ID; it is the answer's `x-request-id` and stands in the log line.
        method: upper case.
        route: the path template of the contract that matched, such as `/model/{modelId}/invoke`.
        path: the path as it was sent, still percent-encoded, without the stage.
        headers: names in lower case, the last value of each.
        query: the last value of each parameter.
        body: the bytes the caller sent.
        function_request_id: Lambda's own ID of this invocation, for the log line.
    """

    id: str
    method: str
    route: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    caller: Caller = field(default_factory=Caller)
    function_request_id: str | None = None


@dataclass(slots=True)
class Response:
    """One HTTP answer.

    Attributes:
        headers: names in lower case.
        body: the whole payload, or for a streamed answer an iterator of its pieces, each sent as it comes.
    """

    status: int
    headers: dict[str, str]
    body: bytes | Iterator[bytes]
