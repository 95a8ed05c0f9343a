"""What moto 5.2 lacks and the AWS provider, or the module, needs: one small function a gap.

Each function patches moto in this process and names the API call that falls short; a test beside each fails once moto
has closed the gap, so that the function can be deleted.
"""

from local_aws.moto_patches import (
    apigateway,
    awslambda,
    bedrock,
    dynamodb,
    guardrails,
    interpreter,
    logs,
    s3,
    stepfunctions,
)
from local_aws.moto_patches.patching import PATCHES, bare_moto, install

__all__ = [
    "PATCHES",
    "apigateway",
    "awslambda",
    "bare_moto",
    "bedrock",
    "dynamodb",
    "guardrails",
    "install",
    "interpreter",
    "logs",
    "s3",
    "stepfunctions",
]
