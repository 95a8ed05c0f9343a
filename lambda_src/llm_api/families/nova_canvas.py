"""Amazon Nova Canvas.

nova/image-gen-req-resp-structure.html
"""

from llm_api.families import AMAZONS_PICTURES, Family


class NovaCanvas(Family):
    """Nova Canvas."""

    name = "nova-canvas"
    title = "Nova Canvas"
    ids = ("^amazon[.]nova-canvas-",)

    operation = "images"
    output_limits = ()
    output_limit_synonyms = ()
    output_limits_of_prompts = ()
    fields = AMAZONS_PICTURES  # nova/image-gen-req-resp-structure.html

    paints = "textToImageParams"
    pictures_path = ("imageGenerationConfig", "numberOfImages")
    prompt_characters = 1024  # nova/image-gen-req-resp-structure.html
    largest_seed = 858_993_459  # ibid.


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return NovaCanvas
