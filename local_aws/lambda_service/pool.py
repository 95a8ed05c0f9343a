"""Which sandbox takes an invocation: a warm one of the same version, else a new one, within the limits.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

import threading
import time
from collections.abc import Callable

from local_aws.lambda_service.functions import FunctionVersion
from local_aws.lambda_service.sandbox import Sandbox
from local_aws.lambda_service.types import Throttled

# After its answer a runtime still has to ask for the next event. A caller that comes back at once waits this long for
# it instead of paying for a new sandbox.
FINISHING_SECONDS = 1.0
IDLE_LIMIT_SECONDS = 300.0
QUEUE_SECONDS = 60.0


class SandboxPool:
    """The live sandboxes of all functions. Safe to use from any thread."""

    def __init__(self, launch: Callable[[FunctionVersion], Sandbox], max_sandboxes: int) -> None:
        self._launch = launch
        self._max_sandboxes = max_sandboxes
        self._condition = threading.Condition()
        self._sandboxes: list[Sandbox] = []
        self._starting: dict[str, int] = {}
        self._closed = False

    def acquire(self, function: FunctionVersion) -> Sandbox:
        """A sandbox for one invocation: an idle one, thawed by its `run`, or a new one whose init is not over yet.

        Raises:
            Throttled: as many invocations run as the function's reserved concurrency allows.
        """
        name = function.arn.unqualified
        patience = time.monotonic() + FINISHING_SECONDS
        queue_limit = time.monotonic() + QUEUE_SECONDS
        with self._condition:
            while True:
                if self._closed:
                    raise Throttled("local AWS is shutting down")
                self._retire(lambda sandbox: _is_stale(sandbox, function))
                mine = [sandbox for sandbox in self._sandboxes if sandbox.function.arn.unqualified == name]
                warm = [s for s in mine if s.is_idle and s.function.fingerprint == function.fingerprint]
                if warm:
                    sandbox = max(warm, key=lambda s: s.idle_since)
                    sandbox.is_idle = False
                    return sandbox
                now = time.monotonic()
                if now < patience and any(s.is_finishing for s in mine):
                    self._condition.wait(patience - now)
                    continue
                busy = sum(not s.is_idle for s in mine) + self._starting.get(name, 0)
                if function.reserved_concurrency is not None and busy >= function.reserved_concurrency:
                    raise Throttled("Rate Exceeded.")
                if len(self._sandboxes) + sum(self._starting.values()) < self._max_sandboxes:
                    break
                idle = [s for s in self._sandboxes if s.is_idle]
                if idle:
                    self._end(min(idle, key=lambda s: s.idle_since))
                elif now < queue_limit:
                    self._condition.wait(1.0)
                else:
                    raise Throttled("Rate Exceeded.")
            self._starting[name] = self._starting.get(name, 0) + 1
        try:
            sandbox = self._launch(function)
        finally:
            with self._condition:
                self._starting[name] -= 1
                self._condition.notify_all()
        with self._condition:
            if self._closed:
                sandbox.kill()
            self._sandboxes.append(sandbox)
        return sandbox

    def changed(self, sandbox: Sandbox) -> None:
        """A sandbox became idle or died."""
        with self._condition:
            if sandbox.is_dead and sandbox in self._sandboxes:
                self._sandboxes.remove(sandbox)
            self._condition.notify_all()

    def retire_idle(self, still_deployed: Callable[[FunctionVersion], bool]) -> None:
        """Ends sandboxes that have been idle for long, or whose function is gone."""
        now = time.monotonic()
        with self._condition:
            self._retire(lambda s: now - s.idle_since > IDLE_LIMIT_SECONDS or not still_deployed(s.function))

    def wait_until_idle(self, seconds: float) -> bool:
        """Waits until no invocation is running and all logs are written; False where that takes longer."""
        until = time.monotonic() + seconds
        with self._condition:
            while any(not s.is_idle for s in self._sandboxes) or any(self._starting.values()):
                if time.monotonic() >= until:
                    return False
                self._condition.wait(0.05)
        return True

    @property
    def sandboxes(self) -> list[Sandbox]:
        """The live ones."""
        with self._condition:
            return list(self._sandboxes)

    def close(self) -> None:
        """Ends all."""
        with self._condition:
            self._closed = True
            sandboxes = list(self._sandboxes)
            for sandbox in sandboxes:
                self._end(sandbox)
            self._condition.notify_all()
        for sandbox in sandboxes:
            sandbox.join(10)

    def _retire(self, condition: Callable[[Sandbox], bool]) -> None:
        for sandbox in list(self._sandboxes):
            if sandbox.is_idle and condition(sandbox):
                self._end(sandbox)

    def _end(self, sandbox: Sandbox) -> None:
        sandbox.kill()
        if sandbox in self._sandboxes:
            self._sandboxes.remove(sandbox)


def _is_stale(sandbox: Sandbox, function: FunctionVersion) -> bool:
    """The same alias or version, but its code, configuration or target has changed since."""
    return str(sandbox.function.arn) == str(function.arn) and sandbox.function.fingerprint != function.fingerprint
