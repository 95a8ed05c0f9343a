"""Which models there are: the family of an ID, which of them have ended, and which need an inference profile.

Families by pattern rather than by list, so that a model that comes out tomorrow can be declared today.
https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.models.errors import ENDED as ENDED_MESSAGE
from local_aws.models.errors import INVALID_IDENTIFIER, ServiceError, on_demand_unsupported, validation
from local_aws.models.families import registry

ENDED = frozenset(
    {
        "amazon.nova-canvas-v1:0",
        "amazon.titan-image-generator-v1",
        "amazon.titan-image-generator-v2:0",
        "anthropic.claude-3-5-haiku-20241022-v1:0",
        "anthropic.claude-3-5-sonnet-20240620-v1:0",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "anthropic.claude-3-7-sonnet-20250219-v1:0",
        "anthropic.claude-3-haiku-20240307-v1:0",
        "anthropic.claude-3-sonnet-20240229-v1:0",
        "meta.llama3-1-405b-instruct-v1:0",
    }
)
"""Foundation models past their end of life (November 2026)."""

_PROFILE = re.compile(r"(us-gov|us|eu|apac|jp|au|ca|sa|global)\.(.+)")
_SOURCES: Mapping[str, tuple[str, ...]] = {
    "us": ("us-east-", "us-west-", "ca-"),
    "us-gov": ("us-gov-",),
    "eu": ("eu-",),
    "apac": ("ap-",),
    "jp": ("ap-northeast-",),
    "au": ("ap-southeast-",),
    "ca": ("ca-",),
    "sa": ("sa-",),
    "global": ("",),
}
_ARN = re.compile(r"arn:aws[a-z-]*:(bedrock|sagemaker):([a-z0-9-]*):(\d{12})?:([a-z-]+)/(.+)")
_OPAQUE = {
    "application-inference-profile": "application",
    "provisioned-model": "provisioned",
    "custom-model-deployment": "custom",
    "imported-model": "imported",
    "endpoint": "marketplace",
}


@dataclass(frozen=True, slots=True)
class Model:
    """What an ID or ARN stands for.

    Attributes:
        base_id: the foundation model's ID; of an opaque target the ID it was called with.
        family: None for an opaque target, whose family only its owner knows.
        kind: foundation, profile, application, provisioned, custom, imported or marketplace.
        is_arn: whether the call named an ARN.
    """

    base_id: str
    family: str | None
    kind: str
    is_arn: bool = False


def family_of(base_id: str) -> str | None:
    """The family of a foundation model's ID; None where there is no such model."""
    family = registry.of_id(base_id)
    return family.name if family else None


def resolve(model_id: str, region: str) -> Model:
    """What a model ID, profile ID or ARN stands for, called in a Region.

    Raises:
        ServiceError: there is no such model here.
    """
    match = _ARN.fullmatch(model_id)
    if match:
        service, arn_region, _, kind, name = match.groups()
        if arn_region != region:
            raise validation(INVALID_IDENTIFIER)
        if service == "bedrock" and kind in ("foundation-model", "inference-profile"):
            found = _resolve_name(name, region)
            if (found.kind == "profile") != (kind == "inference-profile"):
                raise validation(INVALID_IDENTIFIER)
            return Model(found.base_id, found.family, found.kind, is_arn=True)
        if kind in _OPAQUE and (kind == "endpoint") == (service == "sagemaker"):
            return Model(model_id, None, _OPAQUE[kind], is_arn=True)
        raise validation(INVALID_IDENTIFIER)
    return _resolve_name(model_id, region)


def _resolve_name(name: str, region: str) -> Model:
    family = family_of(name)
    if family is not None:
        return Model(name, family, "foundation")
    match = _PROFILE.fullmatch(name)
    if match and region.startswith(_SOURCES[match.group(1)]):
        family = family_of(match.group(2))
        if family is not None:
            return Model(match.group(2), family, "profile")
    raise validation(INVALID_IDENTIFIER)


def check_alive(model: Model, ended: frozenset[str]) -> None:
    """Raises ServiceError where the model is past its end of life."""
    if model.base_id in ended:
        raise ServiceError(404, "ResourceNotFoundException", ENDED_MESSAGE)


def check_on_demand(model: Model, model_id: str) -> None:
    """Raises ServiceError where the model has to be called through an inference profile and wasn't."""
    family = registry.of_id(model.base_id)
    if model.kind == "foundation" and family and re.fullmatch(family.profile_only, model.base_id):
        raise on_demand_unsupported(model.base_id if model.is_arn else model_id)


def sniff(body: Mapping[str, Any]) -> str:
    """The family that an InvokeModel body is written for: how an opaque target's family is found when nobody said."""
    if "anthropic_version" in body:
        return "anthropic"
    keys = set(body)
    for marks, family in (
        ({"inputText", "textGenerationConfig"}, "titan-text"),
        ({"inputText"}, "titan-embed"),
        ({"taskType"}, "nova-canvas"),
        ({"inferenceConfig", "messages"}, "nova"),
        ({"schemaVersion"}, "nova"),
        ({"max_gen_len"}, "llama"),
        ({"query", "documents"}, "cohere-rerank"),
        ({"message"}, "cohere-command"),
        ({"input_type"}, "cohere-embed"),
        ({"aspect_ratio"}, "stability"),
        ({"messages"}, "openai"),
    ):
        if marks <= keys:
            return family
    return "mistral"
