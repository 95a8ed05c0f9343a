"""REST proxy events as API Gateway sends them."""

import copy
from typing import Any

_EVENT: dict[str, Any] = {
    "resource": "/model/{modelId}/invoke",
    "path": "/model/fast/invoke",
    "httpMethod": "POST",
    "headers": {"Content-Type": "application/json", "X-Api-Key": "second"},
    "multiValueHeaders": {"Content-Type": ["application/json"], "X-Api-Key": ["first", "second"]},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": {"modelId": "fast"},
    "stageVariables": None,
    "requestContext": {
        "accountId": "123456789012",
        "apiId": "abcdef1234",
        "authorizer": None,
        "httpMethod": "POST",
        "identity": {"sourceIp": "192.0.2.1", "userAgent": "curl/8", "userArn": None},
        "path": "/live/model/fast/invoke",
        "protocol": "HTTP/1.1",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "resourcePath": "/model/{modelId}/invoke",
        "stage": "live",
    },
    "body": '{"prompt": "hello"}',
    "isBase64Encoded": False,
}


def proxy_event(context: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """An event with some of its fields, and some of its request context's, replaced."""
    event = copy.deepcopy(_EVENT) | changes
    if context is not None:
        event["requestContext"] |= context
    return event
