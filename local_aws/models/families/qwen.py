"""Qwen: OpenAI's body on InvokeModel; https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-qwen.html"""

from local_aws.models import openai_chat
from local_aws.models.family import Abilities, Family

# stopSequences are refused on Converse: langgenius/dify-official-plugins#1767. Images on VL alone. Reasoning leaves no
# trace, whatever is asked for. Caching is answered with 403 (32B, Coder, VL).
_QWEN = Abilities(images=False, documents=False, stop_sequences=False, structured=True)
_VL = Abilities(documents=False, stop_sequences=False, structured=True)

FAMILY = Family(
    name="qwen",
    ids=r"qwen\.qwen\d[a-z0-9.:-]*",
    classes=((r"-vl-|arn:", _VL), (r"", _QWEN)),
    invoke=lambda body, model_id: openai_chat.FORMAT,
)
