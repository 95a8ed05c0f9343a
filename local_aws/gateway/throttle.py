"""Token buckets, as a stage's method settings have them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

import threading
import time
from collections.abc import Callable

from local_aws.control_plane import MethodSettings, Stage


def settings_for(stage: Stage, resource: str, method: str) -> MethodSettings | None:
    """The settings of one method: its own, or those of `*/*`."""
    own = f"{resource.replace('~', '~0').replace('/', '~1')}/{method}"
    return stage.method_settings.get(own) or stage.method_settings.get("*/*")


class Throttle:
    """A bucket for each method of each stage: `burst_limit` tokens, refilled at `rate_limit` a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str, str, str], tuple[float, float]] = {}

    def admits(self, stage: Stage, resource: str, method: str) -> bool:
        """Whether there is a token for one more request, which it takes."""
        settings = settings_for(stage, resource, method)
        if settings is None or settings.rate_limit is None or settings.burst_limit is None:
            return True
        key = (stage.rest_api_id, stage.name, resource, method)
        now = self._clock()
        with self._lock:
            tokens, since = self._buckets.get(key, (float(settings.burst_limit), now))
            tokens = min(float(settings.burst_limit), tokens + (now - since) * settings.rate_limit)
            admitted = tokens >= 1
            self._buckets[key] = (tokens - 1 if admitted else tokens, now)
        return admitted
