"""How far a request has come, for the report on it: complete however the request ends."""

import threading

from llm_api.inference.usage import Usage
from llm_api.registry import Target


class Progress:
    """Filled by `Inference` while it works.

    Attributes:
        target: the target called last; on success the one that answered.
        attempts: requests sent to models, repeats and fallbacks included.
        unaccounted: of these, the ones of which it isn't known whether, or for what, they have to be paid.
        fallback: whether `target` is not the one that was asked for.
        usage: the tokens; None where no model answered.
        model_latency_ms: what Bedrock says the model took.
        first_token_at_seconds: when the first piece of a streamed answer came, on the monotonic clock.
        ended_by: why a stream stopped before its end, as an error code.
        partial: whether the answer is what the model had said when the time was up.
        ended_model: the alias that Bedrock no longer serves, also where a fallback answered in its place.
        guardrail_intervened: whether a guardrail stopped or changed what was sent or answered.
    """

    def __init__(self) -> None:
        self.target: Target | None = None
        self.attempts = 0
        self.unaccounted = 0
        self.fallback = False
        self.usage: Usage | None = None
        self.model_latency_ms: float | None = None
        self.first_token_at_seconds: float | None = None
        self.ended_by: str | None = None
        self.partial = False
        self.ended_model: str | None = None
        self.guardrail_intervened = False
        self._lock = threading.Lock()

    def attempt(self) -> None:
        """Count one request to a model."""
        with self._lock:
            self.attempts += 1
            self.unaccounted += 1

    def cost_nothing(self) -> None:
        """One request is free: the model refused it before it did anything for it, or never charges for such."""
        with self._lock:
            self.unaccounted -= 1

    def spend(self, usage: Usage, model_latency_ms: float | None) -> None:
        """Add one answer."""
        with self._lock:
            self.unaccounted -= 1
            self.usage = usage if self.usage is None else self.usage.plus(usage)
            if model_latency_ms is not None:
                self.model_latency_ms = max(model_latency_ms, self.model_latency_ms or 0.0)
