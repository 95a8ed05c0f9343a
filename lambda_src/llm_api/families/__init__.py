"""What is known of each family of models: one page a family, each fact with its source.

A page is a module named as the registry names the family, hyphens as underscores. It holds a class whose attributes are
the facts, one more for each class of versions that differs, and `of`, which tells by a foundation model's ID which of
them it is. A page is imported when a request needs that family, and no other one is.

Outside of this package nobody compares a family's name: dialects, the meter, the cache and Terraform, which reads
`modules/model-access/families.json`, ask the page.

A fact that AWS or the maker documents stands with the page that does. *Reported* is what a live answer showed that is
shown in public; *presumed* is neither, so what rests on it must not harm where it is wrong. Names of sources:

- ug, api: https://docs.aws.amazon.com/bedrock/latest/userguide/ and …/APIReference/
- nova, nova2: https://docs.aws.amazon.com/nova/latest/userguide/ and …/nova2-userguide/
- an: https://platform.claude.com/docs/en/
- features: ug/conversation-inference-supported-models-features.html
- caching: ug/prompt-caching.html
- structured: ug/structured-output.html
- notebooks: https://github.com/aws-samples/sample-per-model-bedrock
- others are GitHub repositories with the number of an issue or pull request
"""

from importlib import import_module
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from llm_api.registry import Target

Operation = Literal["chat", "embeddings", "images", "rerank", "any"]
"""What the models of a family do; `any` for a container, which does what its owner built it for."""

ToolRoot = Literal["object", "no-union", "bare"]
"""What the root of a tool's schema may hold: all that an object may; no `anyOf`, `oneOf`, `allOf`; or nothing but
`type`, `properties` and `required`."""

Schema = Literal["output_config", "tool"]
"""How an answer is held to a JSON schema: by Converse's `outputConfig.textFormat`, or by a tool that must be called."""

Reasoning = Literal["none", "always", "budget", "adaptive", "levels", "effort", "nested"]
"""How a model is told to think, in Converse's `additionalModelRequestFields` unless said otherwise.

- `none`: it doesn't think, or nothing sets how hard; `always`: it thinks, and nothing sets how hard
- `budget`: `thinking: {type: enabled, budget_tokens}`
- `adaptive`: `thinking: {type: adaptive}`, and the effort in `outputConfig.effort`
- `levels`: `reasoningConfig: {type: enabled, maxReasoningEffort}`
- `effort`: `reasoning_effort`
- `nested`: `reasoning: {effort}`
"""

NativeStream = Literal["", "Claude", "Nova", "TitanText", "Llama", "outputs", "choices"]
"""The class of `llm_api.inference.assembly` that puts InvokeModel's chunks together into one answer; for completions
the list in which they stand."""

Embeds = Literal["", "inputText", "texts"]
"""The field of a body with what is to be embedded, which tells the rest of its format: Titan's or Cohere's."""

Paints = Literal["", "prompt", "textToImageParams"]
"""The field of a body that says what to paint, which tells the rest of its format: Stability's or Amazon's."""

Range = tuple[float, float]
Path = tuple[str, ...]

Counts = tuple[str | None, str | None, str | None, str | None]
"""Paths of input, output, cache read and cache write, names apart by dots; a path through a list is summed."""


def names(text: str) -> frozenset[str]:
    """Words as a set."""
    return frozenset(text.split())


OPENAIS_FIELDS = names(
    "frequency_penalty logit_bias logprobs max_completion_tokens max_tokens messages model n parallel_tool_calls "
    "presence_penalty prompt reasoning reasoning_effort repetition_penalty response_format seed stop stream "
    "stream_options temperature tool_choice tools top_k top_logprobs top_p user"
)
"""Those of OpenAI's chat completions and completions which don't change what a request costs."""

AMAZONS_PICTURES = names(
    "backgroundRemovalParams colorGuidedGenerationParams imageGenerationConfig imageVariationParams inPaintingParams "
    "outPaintingParams taskType textToImageParams virtualTryOnParams"
)
"""Those of Amazon's models that paint."""

AUTO = frozenset({"auto"})
AUTO_OR_ANY = frozenset({"auto", "any"})
ANY_CHOICE = frozenset({"auto", "any", "tool"})


class Family:
    """What is known of a family, or of a class of its versions; here, of a model of which nothing is.

    So each fact here is either what Converse does whatever the model, or the reading that lets a request through: what
    nobody knows is left to Bedrock, whose own 400 reaches the caller.
    """

    __slots__ = ()

    name = ""
    """As the registry names the family."""
    title = ""
    """As people name it."""

    # --- Which models -------------------------------------------------------------------------------------------------

    ids: tuple[str, ...] = ()
    """Patterns of the family's foundation model IDs, in what Python's and Terraform's regular expressions share."""
    profile_only: tuple[str, ...] = ()
    """Patterns of those that Bedrock serves through inference profiles alone: by their own IDs it refuses them."""
    operation: Operation = "chat"
    messages_api = False
    """Whether it takes Anthropic's Messages over InvokeModel, betas among them, and CountTokens counts for it."""
    betas: frozenset[str] = frozenset()
    """Flags of `anthropic_beta` that Bedrock takes for it and that change neither price nor protection."""
    long_output_by_itself = False
    """Whether the beta `output-128k-2025-02-19` changes nothing."""

    # --- Sampling -----------------------------------------------------------------------------------------------------

    temperature: Range | None = (0, 1)
    """The range that Converse takes (api/API_runtime_InferenceConfiguration.html); None where any value is refused."""
    top_p: Range | None = (0, 1)
    """As `temperature`."""
    top_k: Range | None = None
    """None where the family has none."""
    top_k_path: Path = ("top_k",)
    """Where `top_k` stands in Converse's `additionalModelRequestFields`."""
    temperature_with_top_p = True
    """Whether one request may set both."""
    temperature_thinking: Range | None = (0, 1)
    """`temperature` where the model thinks; None where any value is refused."""
    top_p_thinking: Range | None = (0, 1)
    top_k_thinking = True
    """Whether `top_k` is taken where the model thinks."""

    # --- Stop sequences -----------------------------------------------------------------------------------------------

    stops = True
    """Whether Converse takes `stopSequences` for it."""
    most_stops = 2500
    """How many (api/API_runtime_InferenceConfiguration.html)."""
    blank_stops = True
    """Whether a stop sequence may hold nothing but whitespace."""

    # --- Conversation -------------------------------------------------------------------------------------------------

    system = True
    ends_with_assistant = True
    """Whether the last turn may be the assistant's, which the model then goes on with."""
    trailing_whitespace = True
    """Whether the text of such a turn may end in whitespace."""
    images = True
    documents = True

    # --- Tools --------------------------------------------------------------------------------------------------------

    tools = True
    tools_in_streams = True
    tool_choices: frozenset[str] = ANY_CHOICE
    """Of Converse's `toolChoice`: auto, any, tool."""
    tool_choices_thinking: frozenset[str] = ANY_CHOICE
    """The same where the model thinks."""
    tool_root: ToolRoot = "object"
    tool_property = ""
    """A pattern that the names of a tool's parameters must match, if any."""
    strict_tools = True
    """Whether it holds a call's arguments to the tool's schema where `strict` asks for that."""
    tool_call_id = ""
    """A pattern that IDs of calls must match beside Converse's own, if any."""
    unique_call_ids = False
    """Whether no two calls of a conversation may have the same ID."""

    # --- Structured output --------------------------------------------------------------------------------------------

    schema: Schema | None = "output_config"
    """None where nothing holds an answer to a schema."""
    most_union_parameters: int | None = None
    """In all strict schemas of a request together: parameters of more than one type, null included."""
    most_optional_parameters: int | None = None
    """In the same way: parameters that aren't required."""
    most_strict_tools: int | None = None

    # --- Reasoning ----------------------------------------------------------------------------------------------------

    reasoning: Reasoning = "none"
    efforts: tuple[str, ...] = ()
    """Those that the model takes, from the least."""
    thinks_unasked = False
    """Whether it thinks where the request says nothing of it."""
    thinking_off = True
    """Whether it can be kept from thinking: by saying nothing, or where it `thinks_unasked`, by `thinking: {type:
    disabled}` or the effort `none`."""
    signed_thinking = False
    """Whether its thinking is signed, and has to come back as it was beside the calls that it led to."""
    unlimited_effort = ""
    """The effort with which it takes neither a limit on its output nor any sampling."""

    # --- Output -------------------------------------------------------------------------------------------------------

    output_limits: tuple[Path, ...] = (("max_tokens",),)
    """The fields of an InvokeModel body that it obeys; where nobody says which one, each that it may. Reported for open
    weights (notebooks); `max_gen_len` is Llama's alone. Empty where it writes no text."""
    output_limit_synonyms: tuple[Path, ...] = (("max_completion_tokens",),)
    """Fields by which its callers mean the same. They are renamed: which of them it obeys depends on its version."""
    output_limits_of_prompts: tuple[tuple[str, Path], ...] = (("inputs", ("parameters", "max_new_tokens")),)
    """Where the prompt stands in another field than `output_limits` are for -> the field that it obeys then."""

    # --- Cost ---------------------------------------------------------------------------------------------------------

    fields = OPENAIS_FIELDS
    """Fields of its own format of which it is known that they don't change what a request costs."""
    usage_paths: Counts = (
        "usage.prompt_tokens",
        "usage.completion_tokens",
        "usage.prompt_tokens_details.cached_tokens",
        None,
    )
    """Where InvokeModel's answer tells its tokens, beside Bedrock's headers."""
    stream_usage_paths: Counts | None = None
    """Where a chunk does; None where that is as in an answer."""
    stream_usage_places: tuple[str, ...] = ("",)
    """The fields of a chunk within which those paths begin; an empty one is the chunk itself."""
    usage_iterations = False
    """Whether `usage.iterations` tells of further passes, which its totals leave out."""
    cached_within_input = False
    """Whether its input tokens hold those that came out of a cache."""
    json_factor = 2
    """JSON in tools and schemas is written anew for the model, with spaces and indentation: so many times its bytes."""
    image_tokens = 17_000
    """A picture at the highest resolution that a model of the family looks at."""
    blocks_by_name = False
    """Whether its own bodies have Converse's content blocks, which tell their kind by a name and not by `type`."""
    image_field = ""
    """The field of a body beside its messages that holds pictures."""
    context_tokens = 1_000_000
    """The longest that any of its models reads: a compressed document, a video or a recording is presumed as long."""

    # --- Prompt caching -----------------------------------------------------------------------------------------------

    cache_points: frozenset[str] = frozenset()
    """Where a `cachePoint` may stand: tools, system, messages. Elsewhere the call is refused."""
    cache_ttls: tuple[str, ...] = ()
    cache_beside_tools = True
    """Whether one may stand in a turn that calls a tool, or answers one."""
    cache_minimum_tokens = 0
    """The shortest prefix that is kept. A shorter one costs nothing and isn't."""

    # --- Streams of InvokeModel --------------------------------------------------------------------------------------

    tells_its_end = True
    """Whether the last chunk says that it is the last."""
    native_stream: NativeStream = ""
    native_stream_field = ""
    """The field of the body with which the stream is like that; others of the family's bodies get another one."""

    # --- Embeddings ---------------------------------------------------------------------------------------------------

    embeds: Embeds = ""
    texts_at_once = 1
    """Texts that one request may hold."""
    dimensions: tuple[int, ...] = ()
    """The lengths that may be asked for; none where there is one only."""
    dimensions_path: Path = ()
    """Where it is asked for."""

    # --- Pictures -----------------------------------------------------------------------------------------------------

    paints: Paints = ""
    pictures_path: Path = ()
    """Where the number of pictures is asked for; it makes one where there is no such field."""
    prompt_characters = 0
    largest_seed = 0

    # --- Words of its errors ------------------------------------------------------------------------------------------

    overflow: tuple[str, ...] = (
        "input is too long",
        "prompt is too long",
        "maximum context length",
        "context length exceeded",
        "context_length_exceeded",
        "context window",
        "context limit",
        "exceeds the maximum number of tokens",
        "too many input tokens",
    )
    """In lower case: the conversation doesn't fit into the model."""
    filtered: tuple[str, ...] = ("blocked by our content filters", "output blocked by content filtering policy")
    """In lower case: a filter of the model's maker has stopped the request or the answer."""


_known: dict[tuple[str, str], Family] = {}


def model_id(target: "Target") -> str:
    """The most telling ID there is: the foundation model's, else the one that was declared."""
    return target.base_id or target.id or ""


def family_of(target: "Target") -> Family:
    """All that is known of the target's model.

    A family that has no page is answered as a model of which nothing is known.
    """
    return page(target.family, model_id(target))


def page(family: str, identifier: str = "") -> Family:
    """As `family_of`, by the registry's name of the family and the ID of a model, which may be unknown."""
    key = family, identifier
    if key not in _known:
        try:
            of = import_module(f"llm_api.families.{family.replace('-', '_')}").of
        except ModuleNotFoundError:
            of = import_module("llm_api.families.other").of
        _known[key] = of(identifier)()
    return _known[key]
