"""Palmyra; https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-palmyra.html"""

from local_aws.models import openai_chat
from local_aws.models.family import Abilities, Family
from local_aws.models.formats import Body, integer_at, malformed, strings_at
from local_aws.models.prompt import Prompt

# Vision refuses system prompts and tools: seen live in AWS's notebooks (aws-samples/sample-per-model-bedrock).
_TEXT = Abilities(images=False, documents=False, structured=True)
_VISION = Abilities(system=False, tools=False, documents=False, structured=True)

OUTPUT_TOKENS_MAX = 8192
OUTPUT_TOKENS_DEFAULT = 16
STOPS_MAX = 4


def _read(body: Body, model_id: str) -> Prompt:
    limit = integer_at(body, "max_tokens", OUTPUT_TOKENS_DEFAULT, high=OUTPUT_TOKENS_MAX)
    if len(strings_at(body, "stop")) > STOPS_MAX:
        raise malformed(f"#/stop: expected maximum item count: {STOPS_MAX}")
    return openai_chat.read({**body, "max_tokens": limit}, model_id)


FAMILY = Family(
    name="writer",
    ids=r"writer\.[a-z0-9][a-z0-9.:-]*",
    profile_only=r"writer\..*",
    classes=((r"vision", _VISION), (r"", _TEXT)),
    invoke=lambda body, model_id: openai_chat.format_of(_read),
)
