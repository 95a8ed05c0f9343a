"""Amazon Titan Embeddings, of text and of images.

ug/titan-embedding-models.html
"""

from llm_api.families import Family, names


class TitanEmbed(Family):
    """Version 2 of the text model, and one whose ID doesn't tell."""

    name = "titan-embed"
    title = "Titan Text Embeddings 2"
    ids = ("^amazon[.]titan-embed-",)
    operation = "embeddings"
    output_limits = ()
    output_limit_synonyms = ()
    output_limits_of_prompts = ()
    fields = names(
        "dimensions embeddingConfig embeddingTypes inputImage inputText normalize"
    )  # ug/titan-embedding-models.html
    usage_paths = ("inputTextTokenCount", None, None, None)  # ibid.
    image_field = "inputImage"  # ug/model-parameters-titan-embed-mm.html

    embeds = "inputText"
    dimensions = (256, 512, 1024)  # ug/model-parameters-titan-embed-text.html
    dimensions_path = ("dimensions",)  # ibid.


class TitanEmbedText1(TitanEmbed):
    """Version 1, G1."""

    title = "Titan Embeddings G1"

    dimensions = ()  # ug/model-parameters-titan-embed-text.html


class TitanEmbedImage(TitanEmbed):
    """Of texts and pictures together."""

    title = "Titan Multimodal Embeddings"

    dimensions = (256, 384, 1024)  # ug/model-parameters-titan-embed-mm.html
    dimensions_path = ("embeddingConfig", "outputEmbeddingLength")  # ibid.


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    if "embed-image" in identifier:
        return TitanEmbedImage
    old = "titan-embed-text-v1" in identifier or "titan-embed-g1" in identifier
    return TitanEmbedText1 if old else TitanEmbed
