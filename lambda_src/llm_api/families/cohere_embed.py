"""Cohere Embed.

ug/model-parameters-embed-v3.html, ug/model-parameters-embed-v4.html
"""

from llm_api.families import Family, names


class CohereEmbed(Family):
    """Version 4, and one whose ID doesn't tell."""

    name = "cohere-embed"
    title = "Cohere Embed 4"
    ids = ("^cohere[.]embed-",)
    operation = "embeddings"
    output_limits = ()
    output_limit_synonyms = ()
    output_limits_of_prompts = ()
    # ug/model-parameters-embed-v4.html
    fields = names("embedding_types images input_type inputs max_tokens output_dimension texts truncate")
    image_field = "images"  # ibid.

    embeds = "texts"
    texts_at_once = 96  # ug/model-parameters-embed-v3.html, -v4.html
    dimensions = (256, 512, 1024, 1536)  # ug/model-parameters-embed-v4.html
    dimensions_path = ("output_dimension",)  # ibid.


class CohereEmbed3(CohereEmbed):
    """Version 3, English and multilingual."""

    title = "Cohere Embed 3"

    dimensions = ()  # ug/model-parameters-embed-v3.html


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return CohereEmbed3 if "v3" in identifier else CohereEmbed
