"""OpenAI's open weights, gpt-oss; and its GPT-5 and GPT-6, which are called by profiles.

ug/model-parameters-openai.html
"""

import re

from llm_api.families import Family


class GptOss(Family):
    """gpt-oss."""

    name = "openai"
    title = "gpt-oss"
    ids = ("^openai[.]gpt-",)
    profile_only = ("^openai[.]gpt-[0-9]",)  # notebooks

    stops = False  # reported: crewAIInc/crewAI#3317, "doesn't support the stopSequences field"
    images = False  # ug/model-parameters-openai.html
    reasoning = "effort"  # ibid.
    efforts = ("low", "medium", "high")  # ibid.; notebooks: none and minimal are refused
    thinks_unasked = True  # ibid.
    thinking_off = False  # ibid.

    output_limits = (("max_completion_tokens",),)  # ibid.; notebooks: GPT-5 refuses max_tokens
    output_limit_synonyms = (("max_tokens",),)


class Gpt(GptOss):
    """GPT-5 and GPT-6, and one whose ID doesn't tell."""

    title = "GPT-5, GPT-6"

    # Reported, Converse too: BerriAI/litellm#42725, notebooks. Only the default passes.
    temperature = None
    top_p = None
    temperature_thinking = None
    top_p_thinking = None
    stops = True  # untried
    images = True  # notebooks
    strict_tools = False  # its card has no structured output
    # Its card has no structured output on Converse; forced choices are taken: langchain-ai/langchain-aws#1278
    schema = "tool"
    reasoning = "nested"  # reported: stdapi-ai/stdapi.ai#283
    efforts = ("none", "low", "medium", "high", "xhigh", "max")  # ibid.
    thinking_off = True


class GptSol(Gpt):
    """Sol 6.1 and 6.2, which think always."""

    title = "GPT Sol 6.1, 6.2"

    efforts = ("low", "medium", "high", "xhigh", "max")  # reported: stdapi-ai/stdapi.ai#283
    thinking_off = False


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    if not re.search(r"gpt-[5-9]", identifier):
        return GptOss
    return GptSol if "sol" in identifier else Gpt
