"""Bedrock's control plane, which moto hardly has."""

import json
from typing import Any
from urllib.parse import unquote

from moto.bedrock.responses import BedrockResponse
from moto.core.exceptions import JsonRESTError

from local_aws.iam.catalogue import CATALOGUE
from local_aws.models.catalogue import ENDED, family_of
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


@gap
def foundation_models_are_described(patch: Patch) -> None:
    """bedrock:GetFoundationModel and GetFoundationModelAvailability are missing; `llm-api models check` asks."""

    def of_model(_: Any) -> Any:
        def get_foundation_model(self: BedrockResponse) -> str:
            model = _known(self.path.split("/foundation-models/", 1)[1], self)
            arn = f"arn:aws:bedrock:{self.region}::foundation-model/{model}"
            details = {"modelId": model, "modelArn": arn, "modelLifecycle": {"status": "ACTIVE"}}
            return json.dumps({"modelDetails": details})

        return get_foundation_model

    def of_access(_: Any) -> Any:
        def get_foundation_model_availability(self: BedrockResponse) -> str:
            model = _known(self.path.split("/foundation-model-availability/", 1)[1], self)
            granted = {"agreementAvailability": {"status": "AVAILABLE"}, "authorizationStatus": "AUTHORIZED"}
            offered = {"entitlementAvailability": "AVAILABLE", "regionAvailability": "AVAILABLE"}
            return json.dumps({"modelId": model, **granted, **offered})

        return get_foundation_model_availability

    patch.replace(BedrockResponse, "get_foundation_model", of_model)
    patch.replace(BedrockResponse, "get_foundation_model_availability", of_access)


def _known(path: str, response: BedrockResponse) -> str:
    """The model of a path, if there is one that hasn't ended."""
    model = unquote(path)
    if model in ENDED or family_of(model) is None:
        raise ResourceNotFound(f"The model {model} is not offered in {response.region}.")
    return model


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
