"""Bedrock's control plane, which moto hardly has."""

import json
from typing import Any
from urllib.parse import unquote

from moto.bedrock.responses import BedrockResponse
from moto.core.exceptions import JsonRESTError

from local_aws.iam.catalogue import CATALOGUE
from local_aws.moto_patches.patching import Patch, gap


class ResourceNotFound(JsonRESTError):
    """Bedrock's own 404."""

    code = 404

    def __init__(self, message: str) -> None:
        super().__init__("ResourceNotFoundException", message)


@gap
def inference_profiles_are_described(patch: Patch) -> None:
    """bedrock:GetInferenceProfile is missing; `data.aws_bedrock_inference_profile` finds destinations with it."""

    def make(_: Any) -> Any:
        def get_inference_profile(self: BedrockResponse) -> str:
            return json.dumps(_profile(unquote(self.path.split("/inference-profiles/", 1)[1]), self))

        return get_inference_profile

    patch.replace(BedrockResponse, "get_inference_profile", make)


def _profile(identifier: str, response: BedrockResponse) -> dict[str, Any]:
    profile_id = identifier.rsplit("/", 1)[-1]
    geography, _, model = profile_id.partition(".")
    regions = CATALOGUE.geographies.get(geography, ())
    if response.region not in regions or not model:
        raise ResourceNotFound(f"The inference profile {profile_id} is not offered in {response.region}.")
    return {
        "inferenceProfileId": profile_id,
        "inferenceProfileName": profile_id,
        "inferenceProfileArn": (
            f"arn:aws:bedrock:{response.region}:{response.current_account}:inference-profile/{profile_id}"
        ),
        "models": [{"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{model}"} for region in regions],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
        "createdAt": "2024-08-26T00:00:00Z",
        "updatedAt": "2024-08-26T00:00:00Z",
    }
