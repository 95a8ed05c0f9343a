"""Lambda's Invoke API over HTTP, in front of the sandboxes instead of moto's containers.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import base64
import json
import re
import threading
from collections.abc import Mapping
from urllib.parse import unquote

from local_aws.aws_errors import Answer, AwsError
from local_aws.lambda_service.service import LambdaService
from local_aws.lambda_service.types import FunctionTimeout, Invocation, LambdaError

INVOKE_PATH = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")


def function_arn(path: str, query: Mapping[str, str], region: str, account_id: str) -> str | None:
    """The function that an Invoke request names, with its qualifier; None where the path is another operation's.

    Args:
        path: still percent-encoded: a name may be an ARN.
    """
    match = INVOKE_PATH.fullmatch(path)
    if match is None:
        return None
    name = unquote(match[1])
    if not name.startswith("arn:"):
        parts = name.split(":function:")[-1].split(":")
        name = f"arn:aws:lambda:{region}:{account_id}:function:{':'.join(parts)}"
    if "Qualifier" in query and len(name.split(":")) == 7:
        name += f":{query['Qualifier']}"
    return name


def invoke(service: LambdaService, arn: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Answers one Invoke request: `RequestResponse`, `Event` or `DryRun`.

    Args:
        headers: names in lower case.

    Raises:
        AwsError: Lambda's own refusals.
    """
    kind = headers.get("x-amz-invocation-type", "RequestResponse")
    try:
        if kind == "DryRun":
            return Answer(204, [], b"")
        if kind == "Event":
            threading.Thread(target=_quietly, args=(service, arn, body), daemon=True).start()
            return Answer(202, [], b"")
        invocation = service.invoke(arn, body or b"{}")
    except FunctionTimeout as timeout:
        document = {"errorType": timeout.error_type, "errorMessage": timeout.message}
        invocation = Invocation("", payload=json.dumps(document).encode(), function_error="Unhandled")
    except LambdaError as error:
        raise AwsError(error.status, error.code, error.message) from error
    answer = [
        ("Content-Type", "application/json"),
        ("x-amzn-RequestId", invocation.request_id),
        ("X-Amz-Executed-Version", invocation.executed_version),
    ]
    if invocation.function_error:
        answer.append(("X-Amz-Function-Error", invocation.function_error))
    if headers.get("x-amz-log-type") == "Tail":
        answer.append(("X-Amz-Log-Result", base64.b64encode(invocation.log_tail).decode()))
    return Answer(200, answer, invocation.payload)


def _quietly(service: LambdaService, arn: str, body: bytes) -> None:
    """An asynchronous event: its failures are in the function's log, nobody waits for them."""
    try:
        service.invoke(arn, body or b"{}")
    except (FunctionTimeout, LambdaError):
        return
