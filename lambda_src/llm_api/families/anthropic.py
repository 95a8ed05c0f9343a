"""Claude.

ug/model-parameters-anthropic-claude-messages.html, an/about-claude/models/overview
"""

import re

from llm_api.families import AUTO, Family, names

_VERSION = re.compile(r"claude-(?:([a-z]+)-)?v?(\d{1,2})(?:[-.:](\d{1,2}))?(?!\d)(?:-([a-z]+))?")


class Claude(Family):
    """Claude whose version isn't known, as behind an application profile: what passes with most of today's."""

    name = "anthropic"
    title = "Claude, version unknown"
    ids = ("^anthropic[.]",)
    profile_only = ("^anthropic[.]claude-(3-7|[a-z]+-[0-9])",)  # notebooks; those before are past their end
    messages_api = True

    top_k = (0, 500)  # ug/model-parameters-anthropic-claude-messages.html
    temperature_with_top_p = False  # ibid., Sonnet and Haiku 4.5; aws-samples/bedrock-access-gateway#208: Opus 4.1
    temperature_thinking = (1, 1)  # ibid. -extended-thinking: "may only be set to 1"; theopenco/llmgateway#1726
    top_p_thinking = (0.95, 1)  # ibid.
    top_k_thinking = False  # ibid.

    most_stops = 8191  # ibid.; Converse's own number is lower
    blank_stops = False  # reported, Converse too: "must contain non-whitespace", BerriAI/litellm#3286

    trailing_whitespace = False  # reported, both APIs: aws/aws-sdk-net#4015, langchain-ai/langchain-aws#532

    tool_choices_thinking = AUTO  # an/build-with-claude/extended-thinking: no forced tool use beside thinking
    tool_root = "no-union"  # reported: trycua/cua#3303, "does not support oneOf, allOf, or anyOf at the top level"
    tool_property = "[a-zA-Z0-9_.-]{1,64}"  # presumed
    unique_call_ids = True  # reported: anthropics/claude-code#20631, "ids must be unique"

    most_union_parameters = 16  # an/build-with-claude/structured-outputs
    most_optional_parameters = 24  # ibid.
    most_strict_tools = 20  # ibid.

    reasoning = "adaptive"
    efforts = ("low", "medium", "high", "max")
    signed_thinking = True  # an/build-with-claude/extended-thinking

    cache_points = frozenset({"tools", "system", "messages"})  # caching
    cache_ttls = ("5m",)
    cache_minimum_tokens = 4096

    native_stream = "Claude"  # an/build-with-claude/streaming
    native_stream_field = "messages"

    output_limits = (("max_tokens",),)  # ug/model-parameters-anthropic-claude-messages.html
    output_limit_synonyms = ()
    output_limits_of_prompts = (("prompt", ("max_tokens_to_sample",)),)  # ug/…-anthropic-claude-text-completion.html

    fields = names(  # ug/model-parameters-anthropic-claude-messages.html, -text-completion.html
        "anthropic_beta anthropic_version context_management max_tokens max_tokens_to_sample messages metadata "
        "output_config output_format prompt stop_sequences system temperature thinking tool_choice tools top_k top_p"
    )
    usage_paths = (  # ibid.
        "usage.input_tokens",
        "usage.output_tokens",
        "usage.cache_read_input_tokens",
        "usage.cache_creation_input_tokens",
    )
    stream_usage_places = ("message", "")  # an/build-with-claude/streaming
    usage_iterations = True  # an/build-with-claude/compaction
    image_tokens = 5000  # an/build-with-claude/vision: up to 4,784 from Opus 4.7 on


class Claude2(Claude):
    """Claude 2 and Instant, which know prompts and no tools."""

    title = "Claude 2, Instant"

    temperature_with_top_p = True
    images = False  # features
    tools = False  # features
    strict_tools = False
    schema = None
    reasoning = "none"
    efforts = ()
    cache_points = frozenset()
    cache_ttls = ()


class Claude3(Claude):
    """Claude 3 and the first 3.5 Sonnet."""

    title = "Claude 3, 3.5"

    temperature_with_top_p = True
    strict_tools = False  # structured: from 4.5
    schema = "tool"  # structured: from 4.5
    reasoning = "none"
    efforts = ()
    cache_points = frozenset()  # caching: 3.5 from Sonnet v2
    cache_ttls = ()


class Claude35(Claude3):
    """The second 3.5 Sonnet, which caches."""

    title = "Claude 3.5 Sonnet v2"

    cache_points = Claude.cache_points  # caching
    cache_ttls = ("5m",)
    cache_minimum_tokens = 1024


class Claude35Haiku(Claude35):
    """3.5 Haiku, which sees nothing."""

    title = "Claude 3.5 Haiku"

    images = False  # features
    cache_minimum_tokens = 2048  # presumed


class Claude37(Claude35):
    """3.7 Sonnet, the first that thinks."""

    title = "Claude 3.7"

    reasoning = "budget"  # ug/claude-messages-extended-thinking.html
    top_p_thinking = None  # ibid.


class Claude4(Claude37):
    """Opus 4 and Sonnet 4."""

    title = "Claude 4"

    top_p_thinking = (0.95, 1)

    # ug/model-parameters-anthropic-claude-messages-request-response.html
    betas = frozenset(
        {
            "context-management-2025-06-27",
            "fine-grained-tool-streaming-2025-05-14",
            "interleaved-thinking-2025-05-14",
        }
    )
    long_output_by_itself = True  # ibid.: output-128k is 3.7's alone


class Claude41(Claude4):
    """Opus 4.1."""

    title = "Claude 4.1"

    temperature_with_top_p = False  # aws-samples/bedrock-access-gateway#208


class Claude45(Claude41):
    """Opus, Sonnet and Haiku 4.5."""

    title = "Claude 4.5"

    strict_tools = True  # structured
    schema = "output_config"  # structured
    cache_ttls = ("5m", "1h")  # caching
    cache_minimum_tokens = 4096  # caching; Sonnet 4.5 1,024 in newer copies


class Claude45Sonnet(Claude45):
    """Sonnet 4.5, which searches tools."""

    title = "Claude Sonnet 4.5"

    betas = Claude4.betas | {"tool-search-tool-2025-10-19"}  # ibid.


class Claude45Opus(Claude45Sonnet):
    """Opus 4.5, the first with an effort."""

    title = "Claude Opus 4.5"

    betas = Claude45Sonnet.betas | {"effort-2025-11-24", "tool-examples-2025-10-29"}  # ibid.


class Claude46(Claude45):
    """Opus and Sonnet 4.6."""

    title = "Claude 4.6"

    betas = frozenset()  # reported, at odds: anthropics/claude-code#49370; so what isn't listed is not sent

    ends_with_assistant = False  # reported: anomalyco/opencode#29760, "must end with a user message"
    reasoning = "adaptive"  # ug/claude-messages-adaptive-thinking.html
    efforts = ("low", "medium", "high", "max")  # an/build-with-claude/effort


class Claude47(Claude46):
    """Opus 4.7 and 4.8: without any sampling, as all that came later."""

    title = "Claude Opus 4.7, 4.8"

    # an/about-claude/models: deprecated; reported: refused with any value (Mintplex-Labs/anything-llm#5822, notebooks).
    temperature = None
    top_p = None
    top_k = None
    temperature_thinking = None
    top_p_thinking = None
    efforts = ("low", "medium", "high", "xhigh", "max")  # an/build-with-claude/effort


class Claude5(Claude47):
    """Opus 5, which thinks unless it is told not to; Sonnet 5 by Anthropic's pages, too."""

    title = "Claude Opus 5, Sonnet 5"

    thinks_unasked = True  # an/about-claude/models; a notebook saw none on Sonnet 5
    cache_minimum_tokens = 512  # caching; Sonnet 5 1,024


class Claude5Sealed(Claude47):
    """Fable 5, Mythos 5: their thinking can't be turned off."""

    title = "Claude Fable 5, Mythos 5"

    thinking_off = False  # ug/model-parameters-anthropic-claude-messages-adaptive-thinking.html
    cache_minimum_tokens = 512  # caching


class Claude55(Claude47):
    """Sonnet 5.5 and Haiku 5.5."""

    title = "Claude Sonnet 5.5, Haiku 5.5"

    cache_minimum_tokens = 512  # caching: Sonnet 5.5


class Claude55Sealed(Claude55):
    """Opus 5.5, Fable 5.1, Mythos 5.1: they think always and can't be made to call a tool."""

    title = "Claude Opus 5.5, Fable 5.1, Mythos 5.1"

    tool_choices = AUTO  # an/about-claude/models/whats-new-opus-5-5; reported: stdapi-ai/stdapi.ai#284
    thinks_unasked = True  # an/about-claude/models
    thinking_off = False  # reported: ikcore/gaise, "thinking.type.disabled is not supported"


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`.

    IDs read `anthropic.claude-3-7-sonnet-20250219-v1:0` up to version 3, and `anthropic.claude-opus-4-6-v1` from 4 on.
    """
    match = _VERSION.search(identifier)
    if match is None:
        return Claude
    tier = match[1] or match[4]
    version = int(match[2]), int(match[3] or 0)
    if version >= (5, 1):
        return Claude55 if tier in ("sonnet", "haiku") else Claude55Sealed
    if version >= (5, 0):
        return Claude5 if tier in ("opus", "sonnet", "haiku") else Claude5Sealed
    if version == (4, 5):
        return {"opus": Claude45Opus, "sonnet": Claude45Sonnet}.get(str(tier), Claude45)
    if version == (3, 5):
        if tier == "haiku":
            return Claude35Haiku
        return Claude3 if "20240620" in identifier else Claude35
    for since, claude in (
        ((4, 7), Claude47),
        ((4, 6), Claude46),
        ((4, 5), Claude45),
        ((4, 1), Claude41),
        ((4, 0), Claude4),
        ((3, 7), Claude37),
        ((3, 0), Claude3),
    ):
        if version >= since:
            return claude
    return Claude2
