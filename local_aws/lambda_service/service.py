"""The Lambda service: which code and configuration an ARN means, and who may run it now."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws.credentials import CredentialStore
from local_aws.lambda_service.types import Invocation

if TYPE_CHECKING:
    from local_aws.control_plane import ControlPlane


@dataclass(frozen=True, slots=True)
class ServiceSource:
    """An AWS service that invokes a function by the function's own policy.

    Attributes:
        principal: e.g. `apigateway.amazonaws.com`.
        arn: the source, e.g. `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/POST/v1/messages`.
    """

    principal: str
    arn: str


class LambdaService:
    """Runs what is deployed in the control plane."""

    def __init__(self, control_plane: "ControlPlane", credentials: CredentialStore, endpoint_url: str) -> None:
        self._control_plane = control_plane
        self._credentials = credentials
        self._endpoint_url = endpoint_url

    def invoke(
        self, function_arn: str, event: bytes, *, streaming: bool = False, source: ServiceSource | None = None
    ) -> Invocation:
        """Invokes a function, version or alias and waits for its answer, or for the head of its stream.

        Args:
            function_arn: with or without a qualifier (version number, alias, `$LATEST`).
            event: the JSON document, at most 6 MB.
            streaming: as `InvokeWithResponseStream` does it. A function that answers buffered is streamed in one chunk.
            source: the service on whose behalf the call is made; the function's policy must allow it. None: not checked.

        Raises:
            FunctionNotFound, NotPermitted, Throttled, RequestTooLarge: before anything runs.
            FunctionTimeout: nothing, or only part of an answer, came in the function's time, streamed or buffered.
            InvocationFailed: streamed only: the function failed before its stream began. (Buffered, the failure is the
                invocation's `function_error` and payload.)
        """
        raise NotImplementedError

    def close(self) -> None:
        """Ends every sandbox."""
