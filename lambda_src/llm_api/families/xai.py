"""xAI's Grok, which is called by profiles (notebooks)."""

from llm_api.families import Family


class Grok(Family):
    """Grok 4.6."""

    name = "xai"
    title = "Grok"
    ids = ("^xai[.]",)
    profile_only = ("^xai[.]",)  # notebooks

    # As GPT, whose platform it shares (notebooks): only the defaults pass.
    temperature = None
    top_p = None
    temperature_thinking = None
    top_p_thinking = None
    strict_tools = False  # structured: not listed
    schema = "tool"  # forced tools are taken: notebooks
    reasoning = "nested"  # langchain-ai/langchain-aws PR 1239
    efforts = ("none", "low", "medium", "high", "xhigh")  # ibid.: max is refused
    thinks_unasked = True

    output_limits = (("max_completion_tokens",), ("max_tokens",))  # nobody says which
    output_limit_synonyms = ()


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return Grok
