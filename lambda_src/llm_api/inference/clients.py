"""The clients of the environment, each made when a target first needs it."""

import threading
from collections.abc import Callable
from typing import Protocol

from llm_api.dialects import Answer, Operation, Payload
from llm_api.inference.bedrock import Bedrock, Streaming
from llm_api.registry import Target


class ModelClient(Protocol):
    """What can be asked for an answer. Both methods block, and raise `aws.AwsError`."""

    def answer(self, target: Target, operation: Operation, payload: Payload, timeout_seconds: float) -> Answer:
        """Call the model and read its whole answer."""
        ...

    def start_stream(self, target: Target, operation: Operation, payload: Payload, timeout_seconds: float) -> Streaming:
        """Send the call, and don't wait for its answer."""
        ...


def _sagemaker() -> ModelClient:
    from llm_api.inference.sagemaker import SageMaker

    return SageMaker()


class Clients:
    """One client for each service.

    Parameters:
        bedrock, sagemaker: make the clients; replaced in tests.
    """

    def __init__(
        self, bedrock: Callable[[], Bedrock] = Bedrock, sagemaker: Callable[[], ModelClient] = _sagemaker
    ) -> None:
        self._make_bedrock = bedrock
        self._make_sagemaker = sagemaker
        self._lock = threading.Lock()
        self._bedrock: Bedrock | None = None
        self._sagemaker: ModelClient | None = None

    def bedrock(self) -> Bedrock:
        """Bedrock's client."""
        with self._lock:
            if self._bedrock is None:
                self._bedrock = self._make_bedrock()
            return self._bedrock

    def of(self, target: Target) -> ModelClient:
        """The client that calls `target`."""
        if target.endpoint is None:
            return self.bedrock()
        with self._lock:
            if self._sagemaker is None:
                self._sagemaker = self._make_sagemaker()
            return self._sagemaker
