"""Palmyra; https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-palmyra.html"""

from local_aws.models import openai_chat
from local_aws.models.family import Abilities, Family

# Vision refuses system prompts and tools: seen live in AWS's notebooks (aws-samples/sample-per-model-bedrock).
_TEXT = Abilities(images=False, documents=False, structured=True)
_VISION = Abilities(system=False, tools=False, documents=False, structured=True)

FAMILY = Family(
    name="writer",
    ids=r"writer\.[a-z0-9][a-z0-9.:-]*",
    profile_only=r"writer\..*",
    classes=((r"vision", _VISION), (r"", _TEXT)),
    invoke=lambda body, model_id: openai_chat.FORMAT,
)
