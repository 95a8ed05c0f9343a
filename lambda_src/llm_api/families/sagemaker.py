"""A SageMaker endpoint, or an imported model: what its container takes, its owner knows."""

from llm_api.families import OPENAIS_FIELDS, Family


class Container(Family):
    """A SageMaker endpoint."""

    name = "sagemaker"
    title = "a SageMaker endpoint"
    ids = ()

    operation = "any"

    tells_its_end = False

    fields = (OPENAIS_FIELDS | {"min_p"}) - {"prompt"}  # of chats alone: a list of prompts would have as many answers
    cached_within_input = True  # vLLM's and TGI's `prompt_tokens`, as OpenAI's
    json_factor = 4  # presumed: it may be any template


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return Container
