"""Stability AI's models.

ug/model-parameters-diffusion-3-5-large.html
"""

from llm_api.families import Family, names


class Stability(Family):
    """Stability."""

    name = "stability"
    title = "Stability"
    ids = ("^stability[.]",)

    operation = "images"
    output_limits = ()
    output_limit_synonyms = ()
    output_limits_of_prompts = ()
    fields = names(  # ug/model-parameters-diffusion-3-5-large.html and its siblings
        "aspect_ratio control_strength creativity fidelity grow_mask image mask mode negative_prompt output_format "
        "prompt search_prompt seed select_prompt strength style_preset"
    )

    paints = "prompt"
    prompt_characters = 10_000  # ug/model-parameters-diffusion-3-5-large.html
    largest_seed = 4_294_967_294  # ibid.


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return Stability
