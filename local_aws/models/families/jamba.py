"""Jamba; https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-jamba.html"""

from local_aws.models import openai_chat
from local_aws.models.family import AUTO, Abilities, Family

# The features page: system prompts, documents, tools; no images.
_JAMBA = Abilities(images=False, choices=AUTO)

FAMILY = Family(
    name="jamba",
    ids=r"ai21\.jamba-[a-z0-9.-]+-v\d+:\d+",
    classes=((r"", _JAMBA),),
    invoke=lambda body, model_id: openai_chat.FORMAT,
)
