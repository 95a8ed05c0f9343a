"""What Bedrock's and SageMaker's failures mean to a caller.

The codes are those of https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html and
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html. Some of Bedrock's statuses
say something else than the condition (a used-up quota is a 400, a model that isn't loaded a 429), so the code decides
and the status only stands in where there is no code that is known.
"""

import re
from collections.abc import Mapping

from llm_api import aws
from llm_api.errors import (
    REFUSED_CREDENTIALS,
    ApiError,
    BadRequest,
    ContextExceeded,
    CredentialsRefused,
    DayUsedUp,
    Filtered,
    Forbidden,
    Internal,
    Misdeclared,
    ModelEnded,
    ModelFailed,
    ModelNotReady,
    NotFound,
    OutOfTime,
    PayloadTooLarge,
    QuotaExceeded,
    Throttled,
    Unavailable,
    UpstreamFault,
    Withheld,
)
from llm_api.eventstream import CorruptStream
from llm_api.registry import Target

DEFAULT_RETRY_AFTER_SECONDS = 2.0
_MESSAGE_CHARACTERS = 1000

_BY_CODE: Mapping[str, type[ApiError]] = {
    "ValidationException": BadRequest,
    "ValidationError": BadRequest,
    "AccessDeniedException": Forbidden,
    "ResourceNotFoundException": NotFound,
    "ThrottlingException": Throttled,
    "TooManyRequestsException": Throttled,
    "ServiceQuotaExceededException": QuotaExceeded,
    "ModelNotReadyException": ModelNotReady,
    "ModelTimeoutException": OutOfTime,
    "ModelErrorException": ModelFailed,
    "ModelError": ModelFailed,
    "ModelStreamErrorException": ModelFailed,
    "ModelStreamError": ModelFailed,
    "InternalServerException": UpstreamFault,
    "InternalFailure": UpstreamFault,
    "InternalDependencyException": UpstreamFault,
    "InternalStreamFailure": UpstreamFault,
    "ServiceUnavailableException": Unavailable,
    "ServiceUnavailable": Unavailable,
}

_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: BadRequest,
    401: Internal,
    403: Internal,
    404: NotFound,
    408: OutOfTime,
    413: PayloadTooLarge,
    424: ModelFailed,
    429: Throttled,
    503: Unavailable,
    504: OutOfTime,
}

_ENDED = re.compile(r"end of (its )?life|end-of-life|\blegacy\b", re.IGNORECASE)
_NOT_ENABLED = re.compile(
    r"don.t have access to the model|use case (details|form)|aws-marketplace|model access is (denied|not granted)"
    r"|INVALID_PAYMENT_INSTRUMENT|not subscribed|agreement",
    re.IGNORECASE,
)
_FILTERED = re.compile(r"blocked by our content filters", re.IGNORECASE)
"""What Titan and Nova say of a prompt that they don't take."""

_WITHHELD = re.compile(r"blocked by content filter", re.IGNORECASE)
"""What Claude says of an answer that it may not give: anthropics/claude-code#28205."""

_TOO_LONG = re.compile(
    r"input is too long|prompt is too long|exceeds? context limit|exceeds? the context (window|length|limit)"
    r"|context (window|length) exceeded|maximum context length|input tokens exceeded|too many input tokens"
    r"|number of (input )?tokens exceeds|total number of tokens in the prompt",
    re.IGNORECASE,
)
"""What models say of a request that is longer than what they read: Claude (block/goose#7504, cline/cline#9660,
anomalyco/opencode#8089), Nova (continuedev/continue#9592), Titan, Command, and the containers of open weights."""

_PER_DAY = re.compile(r"tokens per day|requests per day", re.IGNORECASE)
"""openclaw/openclaw#38865"""

_PROFILE_ONLY = re.compile(r"on-demand throughput isn.t supported", re.IGNORECASE)
"""Newer models are served through inference profiles alone."""

_ARN = re.compile(r"arn:aws[\w-]*:[^\s\"'`,;)\]}]+")
_ACCOUNT_ID = re.compile(r"\b\d{12}\b")
_ADDRESS = re.compile(
    r"https?://(?!docs\.aws\.amazon\.com/)[^\s\"'`,;)\]}]+"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"
    r"|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.(?:internal|local)\b(?::\d+)?"
)
"""Where something runs, or may be read. AWS's documentation is everybody's."""
_CANONICAL = "The Canonical String for this request"
"""Where a refused signature's message repeats the request, the session's token in it."""

_TRACE = "Traceback (most recent call last)"
"""A container's own stack, which SageMaker hands on as its message."""


def scrub(message: str) -> str:
    """The message without ARNs, account IDs, addresses and stacks, and not longer than a message should be."""
    said = message[: 4 * _MESSAGE_CHARACTERS].partition(_TRACE)[0].partition(_CANONICAL)[0]
    for pattern, instead in ((_ARN, "(ARN)"), (_ADDRESS, "(address)"), (_ACCOUNT_ID, "(account)")):
        said = pattern.sub(instead, said)
    return said[:_MESSAGE_CHARACTERS].rstrip()


def of_exception(error: BaseException, target: Target) -> ApiError:
    """What an exception out of `llm_api.aws` or our own code means."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, aws.Refused):
        return _of_refusal(error, target)
    if isinstance(error, aws.NoCredentials):
        return Internal(reason=str(error))
    if isinstance(error, aws.BadHeader):
        return BadRequest("A header of the request has a character that can't be sent on. Send it without.")
    if isinstance(error, aws.Insecure):
        return Unavailable("The connection to Bedrock can't be secured.", reason=str(error))
    if isinstance(error, aws.NotSent):
        return NotSent(
            "Bedrock can't be reached at the moment. Try again in a few seconds.",
            retry_after_seconds=DEFAULT_RETRY_AFTER_SECONDS,
            reason=str(error),
        )
    if isinstance(error, aws.TimedOut):
        return out_of_time(target)
    if isinstance(error, aws.BrokenOff | CorruptStream):
        return broken_off(target, str(error))
    return Internal(reason=type(error).__name__)


def is_free(failure: ApiError) -> bool:
    """Whether a model that failed so has certainly done nothing that is paid for."""
    return isinstance(
        failure,
        BadRequest
        | CredentialsRefused
        | Forbidden
        | Misdeclared
        | NotFound
        | PayloadTooLarge
        | Throttled
        | ModelNotReady
        | Unavailable,
    )


class NotSent(Unavailable):
    """The connection failed before anything was sent: the one failure where a repeat is free for certain."""


def out_of_time(target: Target) -> OutOfTime:
    """The deadline came before the answer."""
    return OutOfTime(
        f"Model {target.alias!r} didn't answer within this deployment's time limit. Ask for fewer output tokens, "
        "or stream the answer."
    )


def broken_off(target: Target, reason: str) -> UpstreamFault:
    """The answer stopped before its end, or isn't one."""
    return UpstreamFault(f"The answer of model {target.alias!r} broke off or can't be read. Try again.", reason=reason)


def _of_refusal(refusal: aws.Refused, target: Target) -> ApiError:
    status = refusal.document.get("OriginalStatusCode")
    failure = of_code(
        refusal.code,
        refusal.message,
        target,
        status=refusal.status,
        original_status=status if isinstance(status, int) else None,
    )
    if failure.retryable:
        asked = _seconds(refusal.headers.get("retry-after"))
        failure.retry_after_seconds = asked or failure.retry_after_seconds
    return failure


def of_code(
    code: str, message: str, target: Target, *, status: int | None = None, original_status: int | None = None
) -> ApiError:
    """What an exception code means, from an answer or from an exception frame of a stream.

    Parameters:
        code: as sent, `ThrottlingException`, or a stream's `throttlingException`.
        status: the answer's own status, for codes that nobody knows.
        original_status: what a SageMaker container answered.
    """
    code = code[:1].upper() + code[1:]
    if code in REFUSED_CREDENTIALS:
        return CredentialsRefused(f"{code}: {scrub(message)}")
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status or 0, UpstreamFault)
    words = scrub(message) or f"Model {target.alias!r} failed on the request."
    if kind is Internal:
        return Internal(reason=f"{code or status}: {words}")
    if kind in (Forbidden, NotFound) and _NOT_ENABLED.search(message):
        return _not_enabled(target, words)
    if kind is Forbidden:
        return Forbidden(
            f"This deployment's own role may not call model {target.alias!r} this way. Ask whoever runs the "
            "deployment, with the request ID.",
            reason=message[:_MESSAGE_CHARACTERS],
        )
    if kind is NotFound and _ENDED.search(message):
        return ModelEnded(
            f"Model {target.alias!r} is past its end of life at Bedrock. Use another model; GET /v1/models lists them."
        )
    if kind is Throttled and _PER_DAY.search(message):
        return DayUsedUp(words, reason=code)
    if kind is BadRequest and target.endpoint is not None and "not found" in message:
        return Unavailable(f"The endpoint of model {target.alias!r} doesn't exist at the moment.", reason=words)
    if kind is ModelFailed and original_status is not None:
        kind = _of_container(original_status, message)
    if kind is OutOfTime:
        return out_of_time(target)
    if kind is BadRequest:
        return _of_refused_request(words, target, code)
    return kind(words, retry_after_seconds=DEFAULT_RETRY_AFTER_SECONDS if kind.retryable else None, reason=code)


def _of_refused_request(words: str, target: Target, code: str) -> ApiError:
    """What a model has against a request, by its words: the code is the same for all of it."""
    if _PROFILE_ONLY.search(words):
        return Misdeclared(
            f"Model {target.alias!r} can't be called the way this deployment declares it. Ask whoever runs the "
            "deployment, with the request ID.",
            reason=f"{code}: {words}",
        )
    for pattern, kind in ((_FILTERED, Filtered), (_WITHHELD, Withheld), (_TOO_LONG, ContextExceeded)):
        if pattern.search(words):
            return kind(words, reason=code)
    return BadRequest(words, reason=code)


def _of_container(status: int, message: str) -> type[ApiError]:
    """What a container's own status means. None at all, 0, is how SageMaker says that it gave up waiting for one."""
    if status in (400, 413, 422):
        return BadRequest
    if status == 0 and "timed out" in message:
        return OutOfTime
    return {429: Throttled, 503: Unavailable}.get(status, ModelFailed)


def _not_enabled(target: Target, reason: str) -> Forbidden:
    return Forbidden(
        f"This AWS account has not enabled model {target.alias!r} yet. Whoever runs the account enables it once, "
        "in Bedrock's model catalog: third-party models need a subscription (aws-marketplace:Subscribe), Anthropic's "
        "also the use-case form. It takes up to 15 minutes to have effect.",
        reason=reason,
    )


def _seconds(header: str | None) -> float | None:
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return seconds if 0 < seconds < 86400 else None
