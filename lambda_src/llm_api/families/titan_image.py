"""Amazon Titan Image Generator.

ug/model-parameters-titan-image.html
"""

from llm_api.families import Family


class TitanImage(Family):
    """Titan Image Generator."""

    name = "titan-image"
    title = "Titan Image Generator"
    ids = ("^amazon[.]titan-image-",)

    operation = "images"


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return TitanImage
