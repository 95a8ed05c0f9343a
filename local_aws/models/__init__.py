"""Stand-in models: Bedrock's and SageMaker's runtimes, in their own wire formats, deterministic and free of charge."""

from local_aws.models.app import ModelRuntime
from local_aws.models.types import ConnectionCut, ModelRequest, ModelResponse, Operation, Usage

__all__ = ["ConnectionCut", "ModelRequest", "ModelResponse", "ModelRuntime", "Operation", "Usage"]
