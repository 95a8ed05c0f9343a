"""DeepSeek.

ug/model-parameters-deepseek.html
"""

from llm_api.families import Family


class DeepSeek(Family):
    """V3, and one whose ID doesn't tell."""

    name = "deepseek"
    title = "DeepSeek V3"
    ids = ("^deepseek[.]",)
    profile_only = ("^deepseek[.]r1",)  # notebooks

    images = False  # features
    reasoning = "effort"  # reported: langchain-ai/langchain-aws#1259
    efforts = ("high",)  # ibid.

    native_stream = "choices"  # ug/model-parameters-deepseek.html
    native_stream_field = "prompt"


class DeepSeekR1(DeepSeek):
    """R1, which always thinks and has no tools."""

    title = "DeepSeek R1"

    most_stops = 10  # ug/model-parameters-deepseek.html
    tools = False  # reported: langchain-ai/langchain-aws#447
    strict_tools = False
    schema = None  # structured: not listed
    reasoning = "always"
    efforts = ()
    thinks_unasked = True
    thinking_off = False


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return DeepSeekR1 if "deepseek.r1" in identifier else DeepSeek
