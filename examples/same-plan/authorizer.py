"""A request authorizer: lets in whoever sends the bearer token whose SHA-256 is in the environment.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-lambda-authorizer-output.html
"""

import hashlib
import hmac
import os
from typing import Any


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """API Gateway's answer is 403 where the policy denies."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    token = headers.get("authorization", "").removeprefix("Bearer ")
    expected = os.environ.get("TOKEN_SHA256", "")
    allowed = bool(expected) and hmac.compare_digest(hashlib.sha256(token.encode()).hexdigest(), expected)
    # The whole stage, since API Gateway may keep the decision for the caller's next route.
    api, stage = event["methodArn"].split("/")[:2]
    return {
        "principalId": "token" if allowed else "nobody",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow" if allowed else "Deny",
                    "Action": "execute-api:Invoke",
                    "Resource": f"{api}/{stage}/*",
                }
            ],
        },
    }
