"""MiniMax, as AWS's notebooks saw it live: https://github.com/aws-samples/sample-per-model-bedrock"""

from local_aws.models import openai_chat
from local_aws.models.family import Abilities, Family

# Reasoning comes first. Caching is answered with 403 (M2.5).
_MINIMAX = Abilities(images=False, documents=False, structured=True, reasons=True)

FAMILY = Family(
    name="minimax",
    ids=r"minimax\.[a-z0-9][a-z0-9.:-]*",
    classes=((r"", _MINIMAX),),
    invoke=lambda body, model_id: openai_chat.FORMAT,
)
