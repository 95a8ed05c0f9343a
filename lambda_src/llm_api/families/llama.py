"""Meta's Llama.

ug/model-parameters-meta.html
"""

import re

from llm_api.families import AUTO, Family, names


class Llama(Family):
    """3.1, 3.3, and one whose ID doesn't tell."""

    name = "llama"
    title = "Llama 3.1, 3.3"
    ids = ("^meta[.]llama",)
    profile_only = ("^meta[.]llama4",)  # notebooks

    images = False  # features
    tools_in_streams = False  # features
    tool_choices = AUTO  # reported: langchain-ai/langchain-aws PR 627
    tool_choices_thinking = AUTO
    strict_tools = False  # structured: not listed
    schema = None  # structured: not listed

    native_stream = "Llama"  # ug/model-parameters-meta.html

    output_limits = (("max_gen_len",),)  # ug/model-parameters-meta.html
    output_limit_synonyms = ()
    # ug/model-customization-import-model.html: an imported one takes OpenAI's chats as well
    output_limits_of_prompts = (("messages", ("max_tokens",)),)

    fields = names("images max_gen_len prompt temperature top_p")  # ug/model-parameters-meta.html
    usage_paths = ("prompt_token_count", "generation_token_count", None, None)  # ibid.
    json_factor = 3  # presumed: its template indents schemas
    image_tokens = 7000  # presumed
    image_field = "images"  # ug/model-parameters-meta.html
    context_tokens = 10_000_000  # Llama 4 Scout's: https://www.llama.com/models/llama-4/


class LlamaWithoutTools(Llama):
    """2, 3, 3.2 of 1B and 3B."""

    title = "Llama 2, 3, 3.2 1B and 3B"

    tools = False  # features


class LlamaWithEyes(Llama):
    """3.2 of 11B and 90B, and 4."""

    title = "Llama 3.2 11B and 90B, 4"

    images = True  # features


_WITHOUT_TOOLS = re.compile(r"llama(2-|3-(?!\d-)|3-2-[13]b)")
_WITH_EYES = re.compile(r"llama(3-2-(11|90)b|4-)")


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`. IDs read `meta.llama3-2-11b-instruct-v1:0`, `meta.llama3-8b-instruct-v1:0`."""
    if _WITH_EYES.search(identifier):
        return LlamaWithEyes
    return LlamaWithoutTools if _WITHOUT_TOOLS.search(identifier) else Llama
