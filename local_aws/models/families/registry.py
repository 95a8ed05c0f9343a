"""All families, one line each."""

import re

from local_aws.models.families import (
    anthropic,
    cohere,
    deepseek,
    google,
    jamba,
    llama,
    minimax,
    mistral,
    moonshot,
    nova,
    nvidia,
    openai,
    other,
    qwen,
    stability,
    titan,
    writer,
    xai,
    zai,
)
from local_aws.models.family import Family

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        anthropic.FAMILY,
        nova.CANVAS,
        nova.EMBED,
        nova.FAMILY,
        titan.TEXT,
        titan.EMBED,
        titan.IMAGE,
        cohere.COMMAND,
        cohere.EMBED,
        cohere.RERANK,
        llama.FAMILY,
        mistral.FAMILY,
        jamba.FAMILY,
        deepseek.FAMILY,
        stability.FAMILY,
        openai.FAMILY,
        qwen.FAMILY,
        writer.FAMILY,
        xai.FAMILY,
        moonshot.FAMILY,
        minimax.FAMILY,
        zai.FAMILY,
        nvidia.FAMILY,
        google.FAMILY,
        other.FAMILY,
        other.CONTAINER,
        other.OPAQUE,
    )
}
"""By name, in the order in which an ID is looked up."""


def of_id(base_id: str) -> Family | None:
    """The family of a foundation model's ID; None where there is no such model."""
    return next((family for family in FAMILIES.values() if re.fullmatch(family.ids, base_id)), None)
