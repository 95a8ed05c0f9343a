"""Lambda on this machine: the deployed zip in child processes, against a Runtime API."""

from local_aws.lambda_service.permissions import ServiceSource
from local_aws.lambda_service.service import LambdaService
from local_aws.lambda_service.types import (
    FunctionNotFound,
    FunctionTimeout,
    Invocation,
    InvocationFailed,
    LambdaError,
    NotPermitted,
    RequestTooLarge,
    Throttled,
)

__all__ = [
    "FunctionNotFound",
    "FunctionTimeout",
    "Invocation",
    "InvocationFailed",
    "LambdaError",
    "LambdaService",
    "NotPermitted",
    "RequestTooLarge",
    "ServiceSource",
    "Throttled",
]
