"""GLM, as AWS's notebooks saw it live: https://github.com/aws-samples/sample-per-model-bedrock"""

from local_aws.models import openai_chat
from local_aws.models.family import Abilities, Family

# No trace of its reasoning; GLM-5 obeys textFormat (BerriAI/litellm#35655). Caching is answered with 403 (GLM-5).
_GLM = Abilities(images=False, documents=False, structured=True)

FAMILY = Family(
    name="zai",
    ids=r"zai\.[a-z0-9][a-z0-9.:-]*",
    classes=((r"", _GLM),),
    invoke=lambda body, model_id: openai_chat.FORMAT,
)
