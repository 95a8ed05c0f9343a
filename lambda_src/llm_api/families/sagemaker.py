"""A SageMaker endpoint, or an imported model: what its container takes, its owner knows."""

from llm_api.families import Family


class Container(Family):
    """A SageMaker endpoint."""

    name = "sagemaker"
    title = "a SageMaker endpoint"
    ids = ()

    operation = "any"

    tells_its_end = False


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return Container
