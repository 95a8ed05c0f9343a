"""Mistral, Mixtral, Pixtral, Ministral, Magistral, Devstral, Voxtral.

ug/model-parameters-mistral.html and its pages; the newer ones take OpenAI's bodies (notebooks).
"""

import re

from llm_api.families import AUTO_OR_ANY, OPENAIS_FIELDS, Family


class Mistral(Family):
    """Large 3, Ministral 3, Magistral, Devstral 2, Voxtral, and one whose ID doesn't tell."""

    name = "mistral"
    title = "Mistral of 2025"
    ids = ("^mistral[.]",)

    top_k = (0, 200)  # ug/model-parameters-mistral-text-completion.html
    ends_with_assistant = False  # presumed
    tool_choices = AUTO_OR_ANY  # ug/model-parameters-mistral-large-2407.html; a named one is untried on newer ones
    tool_choices_thinking = AUTO_OR_ANY

    native_stream = "outputs"  # ug/model-parameters-mistral-text-completion.html
    native_stream_field = "prompt"

    fields = OPENAIS_FIELDS | {"random_seed", "safe_prompt"}  # ug/model-parameters-mistral-chat-completion.html
    image_tokens = 5000  # presumed


class MistralLarge(Mistral):
    """Large and Small of 2402, Large of 2407, Pixtral."""

    title = "Mistral Large and Small 24xx"

    # Reported, on Converse: anomalyco/opencode PR 48843, "must be a-z, A-Z, 0-9, with a length of 9". Bedrock's own
    # pass.
    tool_call_id = "[a-zA-Z0-9]{9}|tooluse_[a-zA-Z0-9_-]{22}"
    images = False  # features


class Pixtral(MistralLarge):
    """Pixtral, which sees."""

    title = "Pixtral"

    images = True  # features


class MistralInstruct(MistralLarge):
    """7B and Mixtral: neither tools nor a system prompt."""

    title = "Mistral 7B, Mixtral"

    system = False  # presumed; reported: stdapi-ai/stdapi.ai
    tools = False  # features
    strict_tools = False
    schema = None


_OLD = re.compile(r"-(?:large|small)-24\d\d")


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    if "mistral-7b" in identifier or "mixtral" in identifier:
        return MistralInstruct
    if "pixtral" in identifier:
        return Pixtral
    return MistralLarge if _OLD.search(identifier) else Mistral
