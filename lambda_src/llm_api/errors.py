"""Every way a request can fail, as one hierarchy that each dialect renders in its own shape.

An error names its cause once: the HTTP status, and the exception code that Amazon Bedrock uses for the same
condition (https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html), because boto3 picks the
exception class of a native caller from that code alone.

Messages are for the caller: they say what is wrong and what to do next, and never carry a prompt, a key, an
internal ARN or a stack trace.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class ApiError(Exception):
    """A refusal or failure that the caller is told about.

    Parameters:
        message: what is wrong and what to do next, safe to show to the caller.
        retry_after_seconds: when trying again makes sense, or None where the caller has to decide.
        reason: the cause in full, for the log alone; like everything in the log, without prompt, answer or key.
    """

    status = 500
    code = "InternalServerException"
    retryable = False
    """Whether the same request may succeed later without being changed."""
    details: ClassVar[Mapping[str, Any] | None] = None
    """What a dialect's clients read beside the message, where its errors have a place for it."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, reason: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_seconds = retry_after_seconds
        self.reason = reason
        self.headers: Mapping[str, str] = {}
        """What the answer's headers say in every dialect, beside the dialect's own."""
        self.log_fields: Mapping[str, str | float] = {}
        """What the log line says beside code and reason."""


class BadRequest(ApiError):
    """The request can't be understood, or asks for what this deployment doesn't offer."""

    status = 400
    code = "ValidationException"


class Filtered(BadRequest):
    """The model's own filter withheld everything that it was asked for."""


class Withheld(Filtered):
    """The model's own filter withheld an answer in words."""


class ContextExceeded(BadRequest):
    """The request is longer than what the model reads. Clients shorten the conversation and try again."""


class Unauthenticated(ApiError):
    """No key, or one that nobody holds. The message never says which."""

    status = 401
    code = "UnrecognizedClientException"


class Forbidden(ApiError):
    """The caller is known and may not do this."""

    status = 403
    code = "AccessDeniedException"


class NotFound(ApiError):
    """No such path, or no such model in this deployment."""

    status = 404
    code = "ResourceNotFoundException"


class ModelEnded(NotFound):
    """Bedrock no longer serves the model: it is past its end of life. A fallback may answer instead."""


class Conflict(ApiError):
    """What is asked for doesn't fit what has happened already."""

    status = 409
    code = "ConflictException"


class PayloadTooLarge(ApiError):
    """The request or the answer passes a limit of Lambda or API Gateway."""

    status = 413
    code = "ValidationException"


class Throttled(ApiError):
    """Too many requests or tokens for now."""

    status = 429
    code = "ThrottlingException"
    retryable = True


class QuotaExceeded(Throttled):
    """A quota of the account in Bedrock is used up. Bedrock answers 400; the cause is a limit, so it is a 429."""

    code = "ServiceQuotaExceededException"


class DayUsedUp(QuotaExceeded):
    """The account's tokens of the day are used up in Bedrock: nobody waits for that within a request."""

    retryable = False


class OverBudget(Throttled):
    """The tenant's budget for this minute has no room for the request."""


class BudgetSpent(QuotaExceeded):
    """The tenant's budget for the day or the month has no room for the request, or no window ever has."""


class ModelFailed(ApiError):
    """The model itself failed on this request."""

    status = 502
    code = "ModelErrorException"


class UpstreamFault(ApiError):
    """Bedrock failed, or answered with something that is not an answer."""

    status = 502
    code = "InternalServerException"
    retryable = True


class NotDelivered(ApiError):
    """What was made, and has to be paid for, could neither be stored nor sent. A repeat would be paid for again."""

    status = 502
    code = "InternalServerException"


class ModelNotReady(ApiError):
    """The model is being loaded (imported and custom models are unloaded when idle)."""

    status = 503
    code = "ModelNotReadyException"
    retryable = True


class Unavailable(ApiError):
    """A service this request depends on is out of reach. Nothing was spent."""

    status = 503
    code = "ServiceUnavailableException"
    retryable = True


class CredentialsRefused(ApiError):
    """AWS takes this environment's own signature no longer: its credentials have expired, or its clock is wrong.

    They are the environment's for as long as it lives, so it can do nothing more and has to be replaced. The one that
    takes its place has others, so the same request may succeed at once.
    """

    status = 503
    code = "ServiceUnavailableException"
    retryable = True

    def __init__(self, reason: str) -> None:
        super().__init__(
            "This request came to a part of the deployment that is being replaced. Send it again.",
            retry_after_seconds=1.0,
            reason=reason,
        )


REFUSED_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""What AWS's services say of a signature that they don't take. It is never the caller's: nobody but us signs here."""


class OutOfTime(ApiError):
    """The deadline came first. The generation may have been paid for, so it is never retried here."""

    status = 504
    code = "ModelTimeoutException"


class Internal(ApiError):
    """A fault of this deployment. The cause is in the log under the request's ID."""

    def __init__(
        self,
        message: str = "This deployment failed on the request. Ask whoever runs it, with the request ID.",
        *,
        reason: str | None = None,
    ) -> None:
        super().__init__(message, reason=reason)


class Misdeclared(Internal):
    """The deployment declares the model in a way in which Bedrock does not serve it. The caller can do nothing."""
