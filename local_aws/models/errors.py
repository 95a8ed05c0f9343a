"""The errors of the Bedrock and SageMaker runtimes, as they stand on the wire.

boto3 picks the exception class from the `x-amzn-errortype` header alone.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html#API_runtime_InvokeModel_Errors
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html#API_runtime_InvokeEndpoint_Errors
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from local_aws.faults import Fault

ENDED = (
    "This model version has reached the end of its life. Please refer to the AWS documentation for more details on "
    "active model versions."
)
INVALID_IDENTIFIER = "The provided model identifier is invalid."
LEGACY = (
    "Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the "
    "last 30 days. Please upgrade to an active model on Amazon Bedrock"
)
"""aws-samples/amazon-bedrock-workshop#386, there with 15 days; awslabs/llmeter#35."""
NOT_ENABLED = "You don't have access to the model with the specified model ID."


@dataclass(slots=True)
class ServiceError(Exception):
    """An error answer of the service.

    Attributes:
        code: the exception's name, such as `ValidationException`.
        message: AWS's words where they are known.
        extra: further members of the error body.
    """

    status: int
    code: str
    message: str
    extra: Mapping[str, Any] = field(default_factory=dict)


def validation(message: str) -> ServiceError:
    """What Bedrock answers to a request that it can't take."""
    return ServiceError(400, "ValidationException", message)


def on_demand_unsupported(model_id: str) -> ServiceError:
    """The model is served through inference profiles only."""
    return validation(
        f"Invocation of model ID {model_id} with on-demand throughput isn\u2019t supported. Retry your request with "
        "the ID or ARN of an inference profile that contains this model."
    )


_BEDROCK: dict[str, tuple[int, str, str]] = {
    "throttle": (429, "ThrottlingException", "Too many requests, please wait before trying again."),
    "not_ready": (429, "ModelNotReadyException", "Model is not ready for inference. Wait and try your request again."),
    "unavailable": (503, "ServiceUnavailableException", "Bedrock is unable to process your request."),
    "internal": (
        500,
        "InternalServerException",
        "The system encountered an unexpected error during processing. Try your request again.",
    ),
    "model_error": (424, "ModelErrorException", "The model failed to process your request."),
    "model_timeout": (408, "ModelTimeoutException", "Model has timed out in processing the request."),
    "quota": (400, "ServiceQuotaExceededException", "Your request exceeds the service quota for your account."),
    "access_denied_not_enabled": (403, "AccessDeniedException", NOT_ENABLED),
    "validation": (400, "ValidationException", "Malformed input request, please reformat your input and try again."),
    "expired_token": (403, "ExpiredTokenException", "The security token included in the request is expired"),
    "ended": (404, "ResourceNotFoundException", ENDED),
    "legacy": (404, "ResourceNotFoundException", LEGACY),
}

_SAGEMAKER: dict[str, tuple[int, str, str]] = {
    "throttle": (400, "ThrottlingException", "Rate exceeded"),
    "not_ready": (429, "ModelNotReadyException", "The inference component is not ready to serve requests yet."),
    "unavailable": (503, "ServiceUnavailable", "The service is unavailable. Try your call again."),
    "internal": (500, "InternalFailure", "An internal failure occurred. Try your call again."),
    "model_error": (424, "ModelError", 'Received server error (500) from primary with message "out of memory".'),
    "model_timeout": (
        424,
        "ModelError",
        'Received server error (0) from primary with message "Your invocation timed out while waiting for a response '
        'from container primary."',
    ),
    "quota": (400, "ThrottlingException", "Rate exceeded"),
    "access_denied_not_enabled": (403, "AccessDeniedException", "You are not authorized to perform this operation."),
    "validation": (400, "ValidationError", "The request is not valid for this endpoint."),
    "expired_token": (403, "ExpiredTokenException", "The security token included in the request is expired"),
    "legacy": (400, "ValidationError", "Endpoint {model} of account 123456789012 not found."),
    "ended": (400, "ValidationError", "Endpoint {model} of account 123456789012 not found."),
}


def of_fault(fault: Fault, model_id: str, *, sagemaker: bool) -> ServiceError | None:
    """The error that a fault asks for, or None where it asks for something else than an error."""
    known = (_SAGEMAKER if sagemaker else _BEDROCK).get(fault.kind)
    if known is None:
        return None
    status, code, message = known
    extra: dict[str, Any] = {}
    if code == "ModelErrorException":
        extra = {"originalStatusCode": 500, "resourceName": model_id}
    elif code == "ModelError":
        extra = {"OriginalStatusCode": 500, "OriginalMessage": message, "LogStreamArn": ""}
    return ServiceError(status, code, fault.message or message.format(model=model_id), extra)


def rendered(error: ServiceError, *, sagemaker: bool) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of an error answer."""
    kind = error.code if sagemaker else f"{error.code}:http://internal.amazon.com/coral/com.amazon.bedrock/"
    name = "Message" if sagemaker else "message"
    headers = [
        ("content-type", "application/json"),
        ("x-amzn-requestid", str(uuid4())),
        ("x-amzn-errortype", kind),
    ]
    return headers, json.dumps({name: error.message, **error.extra}).encode()
