"""API Gateway's limits, as numbers that a test can lower.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
"""

from dataclasses import dataclass

PAYLOAD_LIMIT_BYTES = 10 * 1024 * 1024
BUFFERED_TIMEOUT_SECONDS = 29.0
STREAM_TIMEOUT_SECONDS = 900.0
REGIONAL_IDLE_SECONDS = 300.0
EDGE_IDLE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What API Gateway puts up with.

    Attributes:
        payload_bytes: the largest request body.
        buffered_timeout_seconds: the longest wait for a buffered integration, whatever its own timeout says.
        stream_timeout_seconds: the longest stream, from the request to its last byte.
        regional_idle_seconds: the longest silence in a stream of a Regional or private API.
        edge_idle_seconds: the same of an edge-optimized API.
    """

    payload_bytes: int = PAYLOAD_LIMIT_BYTES
    buffered_timeout_seconds: float = BUFFERED_TIMEOUT_SECONDS
    stream_timeout_seconds: float = STREAM_TIMEOUT_SECONDS
    regional_idle_seconds: float = REGIONAL_IDLE_SECONDS
    edge_idle_seconds: float = EDGE_IDLE_SECONDS
