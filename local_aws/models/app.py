"""The stand-in Bedrock and SageMaker runtimes: one request that was already authorised in, one response out."""

from local_aws.faults import Faults
from local_aws.journal import Journal
from local_aws.models.types import ModelRequest, ModelResponse


class ModelRuntime:
    """Answers for every model. It knows no IAM: whoever calls it has verified and authorised the request."""

    def __init__(self, faults: Faults, journal: Journal) -> None:
        self.faults = faults
        self.journal = journal

    def respond(self, call: ModelRequest) -> ModelResponse:
        """Answer one call. Never raises; an error is a response in AWS's shape."""
        raise NotImplementedError
