"""Refusals in AWS's shapes: each protocol says the same thing in its own way.

https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization
https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#operation-error-serialization
"""

import json
import uuid
from dataclasses import dataclass
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer with its whole body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class AwsError(Exception):
    """A refusal on its way to the caller.

    Attributes:
        status: as the REST protocols send it; the JSON protocols turn 403 into 400.
        code: AWS's name of the exception.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def answer(self, protocol: str) -> Answer:
        """The answer in one protocol: `rest-json`, `json` or `query`."""
        request_id = str(uuid.uuid4())
        headers = [("x-amzn-RequestId", request_id)]
        if protocol == "json":
            document = {"__type": f"com.amazon.coral.service#{self.code}", "Message": self.message}
            headers.append(("Content-Type", "application/x-amz-json-1.0"))
            return Answer(400 if self.status == 403 else self.status, headers, json.dumps(document).encode())
        if protocol == "query":
            body = (
                f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(self.code)}</Code>"
                f"<Message>{escape(self.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
            )
            return Answer(self.status, [*headers, ("Content-Type", "text/xml")], body.encode())
        headers += [("x-amzn-ErrorType", self.code), ("Content-Type", "application/json")]
        return Answer(self.status, headers, json.dumps({"message": self.message}).encode())


def access_denied(principal_arn: str, reason: str, explicit: bool) -> AwsError:
    """AWS's sentence for a decision of `local_aws.iam`, whose reason reads `ACTION on RESOURCE: WHY`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    action, _, rest = reason.partition(" on ")
    resource, _, why = rest.partition(": ")
    policy = "a permissions boundary" if "permissions boundary" in why else "an identity-based policy"
    because = (
        f"with an explicit deny in {policy}"
        if explicit
        else f"because no {policy.split(' ', 1)[1]} allows the {action} action"
    )
    message = f"User: {principal_arn} is not authorized to perform: {action} on resource: {resource} {because}"
    return AwsError(403, "AccessDeniedException", message)
