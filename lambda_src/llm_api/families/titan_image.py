"""Amazon Titan Image Generator.

ug/model-parameters-titan-image.html
"""

from llm_api.families import AMAZONS_PICTURES, Family


class TitanImage(Family):
    """Titan Image Generator."""

    name = "titan-image"
    title = "Titan Image Generator"
    ids = ("^amazon[.]titan-image-",)

    operation = "images"
    output_limits = ()
    output_limit_synonyms = ()
    output_limits_of_prompts = ()
    fields = AMAZONS_PICTURES  # ug/model-parameters-titan-image.html

    paints = "textToImageParams"
    pictures_path = ("imageGenerationConfig", "numberOfImages")
    prompt_characters = 512  # ug/model-parameters-titan-image.html
    largest_seed = 2_147_483_646  # ibid.


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return TitanImage
