"""Compressed request bodies, which API Gateway inflates by itself: nothing needs to be switched on.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html
The header stays in the event, beside a body that is plain by then (reported: dougmoscrop/serverless-http#194).
"""

import zlib

from local_aws.gateway.errors import Refusal
from local_aws.gateway.wire import IncomingRequest

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""What zlib calls the two; `deflate` is in zlib's wrapper, as RFC 9110 (8.4.1.2) has it."""


def inflated(request: IncomingRequest, limit_bytes: int) -> bytes:
    """The request's body as an integration gets it.

    Args:
        limit_bytes: the largest body, of which no more than one byte beyond is ever made. That the limit holds for
            the inflated body, too, is presumed: AWS doesn't say.

    Raises:
        Refusal: UNSUPPORTED_MEDIA_TYPE where the coding isn't one of AWS's, or the body isn't in it; REQUEST_TOO_LARGE.
    """
    coding = (request.header("content-encoding") or "identity").strip().lower()
    if coding == "identity" or not request.body:
        return request.body
    if coding not in _WINDOWS:
        raise Refusal("UNSUPPORTED_MEDIA_TYPE")
    plain, left = b"", request.body
    while left:  # gzip's members follow one another
        member = zlib.decompressobj(_WINDOWS[coding])
        try:
            plain += member.decompress(left, limit_bytes + 1 - len(plain))
        except zlib.error:
            raise Refusal("UNSUPPORTED_MEDIA_TYPE") from None
        if len(plain) > limit_bytes:
            raise Refusal("REQUEST_TOO_LARGE")
        if not member.eof:
            raise Refusal("UNSUPPORTED_MEDIA_TYPE")
        left = member.unused_data
    return plain
