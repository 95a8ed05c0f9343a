"""Amazon Nova: Micro, Lite, Pro, Premier, and Nova 2.

nova/complete-request-schema.html, nova2/extended-thinking.html
"""

from llm_api.families import Family, names


class Nova(Family):
    """Nova 1, and one whose ID doesn't tell."""

    name = "nova"
    title = "Nova"
    ids = ("^amazon[.]nova-(2-)?(micro|lite|pro|premier)-",)
    # ug/model-card-amazon-nova-premier.html and its like: not in a Region by itself.
    profile_only = ("^amazon[.]nova-(premier|2-)",)

    temperature = (0, 1)  # nova/complete-request-schema.html: from 0.00001; clients send 0
    top_k = (0, 128)  # ibid.
    top_k_path = ("inferenceConfig", "topK")  # ibid.

    tool_root = "bare"  # nova/tool-use-troubleshooting.html; zed-industries/zed#28521: "extraneous key"
    strict_tools = False  # structured: not listed
    schema = "tool"  # structured: not listed; nova/prompting-structured-output.html: by a tool

    cache_points = frozenset({"system", "messages"})  # caching: not in tools
    cache_ttls = ("5m",)  # caching
    cache_beside_tools = False  # reported: langchain-ai/langchain-aws
    cache_minimum_tokens = 1000  # presumed

    native_stream = "Nova"  # nova/using-invoke-api.html

    output_limits = (("inferenceConfig", "maxTokens"),)  # nova/complete-request-schema.html
    output_limit_synonyms = (("inferenceConfig", "max_new_tokens"),)  # ibid.
    output_limits_of_prompts = ()

    fields = names("inferenceConfig messages reasoningConfig schemaVersion system toolConfig")  # ibid.
    usage_paths = (  # nova/using-invoke-api.html
        "usage.inputTokens",
        "usage.outputTokens",
        "usage.cacheReadInputTokenCount",
        "usage.cacheWriteInputTokenCount",
    )
    stream_usage_places = ("metadata",)  # ibid.
    blocks_by_name = True  # ibid.
    image_tokens = 8000  # nova/modalities-image.html: up to some 2,600 in its examples


class NovaMicro(Nova):
    """Nova Micro, which reads text alone."""

    title = "Nova Micro"

    images = False  # nova/what-is-nova.html; notebooks: "doesn't support the image content block"
    documents = False  # ibid.


class Nova2(Nova):
    """Nova 2, which thinks."""

    title = "Nova 2"

    reasoning = "levels"  # nova2/extended-thinking.html
    efforts = ("low", "medium", "high")  # ibid.
    unlimited_effort = "high"  # ibid.: neither maxTokens nor temperature, topP, topK


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    if "nova-2-" in identifier:
        return Nova2
    return NovaMicro if "nova-micro" in identifier else Nova
