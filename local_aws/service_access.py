"""What IAM is asked for the requests that roles make to Step Functions, SNS and S3.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import json
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote

from local_aws.dynamodb_access import Check

STATES = {
    "StartExecution": "stateMachineArn",
    "DescribeExecution": "executionArn",
    "GetExecutionHistory": "executionArn",
    "StopExecution": "executionArn",
}
UNSCOPED_STATES = frozenset({"SendTaskSuccess"})
"""IAM knows no resource for these: a task's token is all that they name."""

SIGNED_BY_QUERY = "X-Amz-"
"""How the parameters of a signed address begin."""

OBJECT_ACTIONS = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject"}


def checks_for(service: str, method: str, path: str, query: str, target: str, body: bytes) -> Sequence[Check] | None:
    """Every question that IAM must answer with yes, or None where nobody here knows the request.

    Args:
        path: percent-encoded, without the query; S3's with the bucket in it.
        target: the header `x-amz-target`, empty where there is none.
    """
    match service:
        case "states":
            operation = target.partition(".")[2]
            if operation in STATES:
                return [Check(f"states:{operation}", json.loads(body)[STATES[operation]])]
            if operation in UNSCOPED_STATES:
                return [Check(f"states:{operation}", "*")]
        case "sns":
            request = dict(parse_qsl(body.decode()))
            if request.get("Action") == "Publish" and "TopicArn" in request:
                return [Check("sns:Publish", request["TopicArn"])]
        case "s3":
            return _s3(method, path, dict(parse_qsl(query, keep_blank_values=True)))
    return None


def _s3(method: str, path: str, query: dict[str, str]) -> Sequence[Check] | None:
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    arn = f"arn:aws:s3:::{bucket}"
    if not key:
        if method == "GET" and query.get("list-type") == "2":
            return [Check("s3:ListBucket", arn, {"s3:prefix": query.get("prefix", "")})]
        return None
    # A sub-resource (acl, tagging, uploads …) is an action of its own.
    asked = {name for name in query if not name.startswith(SIGNED_BY_QUERY)}
    if method not in OBJECT_ACTIONS or asked - {"x-id"}:
        return None
    return [Check(OBJECT_ACTIONS[method], f"{arn}/{key}")]
