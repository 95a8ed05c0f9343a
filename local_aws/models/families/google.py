"""Gemma, as AWS's notebooks saw it live: https://github.com/aws-samples/sample-per-model-bedrock"""

from local_aws.models import openai_chat
from local_aws.models.family import Abilities, Family
from local_aws.models.formats import Body
from local_aws.models.prompt import Prompt

# Gemma 3 chats and sees; its tools were not tried. Both names of the output limit are obeyed.
_GEMMA = Abilities(documents=False, structured=True)


def _read(body: Body, model_id: str) -> Prompt:
    return openai_chat.read(body, model_id, ("max_completion_tokens", "max_tokens"))


FAMILY = Family(
    name="google",
    ids=r"google\.[a-z0-9][a-z0-9.:-]*",
    classes=((r"", _GEMMA),),
    invoke=lambda body, model_id: openai_chat.format_of(_read),
)
