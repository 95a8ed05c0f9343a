"""Jamba; https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-jamba.html"""

from local_aws.models import openai_chat
from local_aws.models.family import AUTO, Abilities, Family
from local_aws.models.formats import Body, integer_at
from local_aws.models.prompt import Prompt

# The features page: system prompts, documents, tools; no images.
_JAMBA = Abilities(images=False, choices=AUTO)

OUTPUT_TOKENS_MAX = 4096


def _read(body: Body, model_id: str) -> Prompt:
    limit = integer_at(body, "max_tokens", OUTPUT_TOKENS_MAX, high=OUTPUT_TOKENS_MAX)
    return openai_chat.read({**body, "max_tokens": limit}, model_id)


FAMILY = Family(
    name="jamba",
    ids=r"ai21\.jamba-[a-z0-9.-]+-v\d+:\d+",
    classes=((r"", _JAMBA),),
    invoke=lambda body, model_id: openai_chat.format_of(_read),
)
