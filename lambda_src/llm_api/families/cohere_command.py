"""Cohere's Command R and R+.

ug/model-parameters-cohere-command-r-plus.html
"""

from llm_api.families import AUTO, Family, names


class Command(Family):
    """Command R, R+, and one whose ID doesn't tell."""

    name = "cohere-command"
    title = "Command R, R+"
    ids = ("^cohere[.]command-",)

    top_p = (0.01, 0.99)  # ug/model-parameters-cohere-command-r-plus.html
    top_k = (0, 500)  # ibid.
    top_k_path = ("k",)
    most_stops = 4  # presumed
    images = False  # features
    tool_choices = AUTO  # reported: langchain-ai/langchain-aws
    tool_choices_thinking = AUTO
    strict_tools = False  # structured: not listed
    schema = None  # structured: not listed

    output_limits = (("max_tokens",),)  # ug/model-parameters-cohere-command-r-plus.html
    output_limit_synonyms = ()
    output_limits_of_prompts = ()

    fields = names(  # ug/model-parameters-cohere-command-r-plus.html
        "chat_history documents frequency_penalty k max_tokens message p preamble presence_penalty prompt_truncation "
        "raw_prompting return_prompt search_queries_only seed stop_sequences temperature tool_results tools"
    )
    usage_paths = ("meta.billed_units.input_tokens", "meta.billed_units.output_tokens", None, None)  # ibid.
    stream_usage_places = ("response",)  # ibid.
    json_factor = 4  # presumed: its template writes schemas as code


class OldCommand(Command):
    """Command and Command Light, which take a prompt."""

    title = "Command, Command Light"

    tools = False  # features
    system = False  # features


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return OldCommand if "command-text" in identifier or "command-light" in identifier else Command
