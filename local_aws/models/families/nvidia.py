"""Nemotron, as AWS's notebooks saw it live: https://github.com/aws-samples/sample-per-model-bedrock"""

from local_aws.models import openai_chat
from local_aws.models.family import Abilities, Family

# No trace of its reasoning. Caching is answered with 403. Nano 12B VL sees.
_NEMOTRON = Abilities(documents=False, structured=True)

FAMILY = Family(
    name="nvidia",
    ids=r"nvidia\.[a-z0-9][a-z0-9.:-]*",
    classes=((r"", _NEMOTRON),),
    invoke=lambda body, model_id: openai_chat.FORMAT,
)
