"""Amazon Titan Text.

ug/model-parameters-titan-text.html
"""

from llm_api.families import Family, names


class TitanText(Family):
    """Titan Text."""

    name = "titan-text"
    title = "Titan Text"
    ids = ("^amazon[.]titan-(text|tg1)-",)

    system = False  # features
    images = False  # features
    tools = False  # features
    strict_tools = False
    schema = None

    native_stream = "TitanText"  # ug/model-parameters-titan-text.html

    output_limits = (("textGenerationConfig", "maxTokenCount"),)  # ug/model-parameters-titan-text.html
    output_limit_synonyms = ()
    output_limits_of_prompts = ()

    fields = names("inputText textGenerationConfig")  # ug/model-parameters-titan-text.html
    usage_paths = ("inputTextTokenCount", "results.tokenCount", None, None)  # ibid.
    stream_usage_paths = ("inputTextTokenCount", "totalOutputTextTokenCount", None, None)  # ibid.


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return TitanText
