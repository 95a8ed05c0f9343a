"""Amazon Nova Canvas.

nova/image-gen-req-resp-structure.html
"""

from llm_api.families import Family


class NovaCanvas(Family):
    """Nova Canvas."""

    name = "nova-canvas"
    title = "Nova Canvas"
    ids = ("^amazon[.]nova-canvas-",)

    operation = "images"


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return NovaCanvas
