"""What tells the openai and anthropic SDKs whether to repeat a failed request, and when.

Both repeat 408, 409, 429 and 5xx twice unless `x-should-retry` says otherwise, and wait as `retry-after` says.
"""

import math

from llm_api.errors import ApiError

LONGEST_RETRY_SECONDS = 60
"""The longest that an SDK is sent to wait by itself. Beyond, the caller's program has to decide."""


def retry_headers(error: ApiError) -> dict[str, str]:
    """`retry-after` in seconds where waiting helps, and `x-should-retry: false` where retrying does not.

    The openai and the anthropic SDKs share both.
    """
    headers = {}
    useless = not error.retryable
    if error.retry_after_seconds is not None:
        headers["retry-after"] = str(math.ceil(error.retry_after_seconds))
        useless = useless or error.retry_after_seconds > LONGEST_RETRY_SECONDS
    if useless:
        headers["x-should-retry"] = "false"
    return headers
