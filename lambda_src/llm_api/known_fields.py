"""The fields of a model's own format of which it is known that they don't change what a request costs.

For tenants with a budget in tokens or dollars it is a list of what passes, so that a field of tomorrow can't be a way
around a budget. Everybody else's bodies pass as they came. Converse has such a list for all; this one is
of InvokeModel's bodies, and of `additionalModelRequestFields`. Each family's fields are told by its page under
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html.
"""

from collections.abc import Mapping
from typing import Any

from llm_api.dialects import Operation
from llm_api.errors import BadRequest
from llm_api.registry import Target


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OPENAI = _names(
    "frequency_penalty logit_bias logprobs max_completion_tokens max_tokens messages model n parallel_tool_calls "
    "presence_penalty prompt reasoning reasoning_effort repetition_penalty response_format seed stop stream "
    "stream_options temperature tool_choice tools top_k top_logprobs top_p user"
)
_PICTURES = _names(
    "backgroundRemovalParams colorGuidedGenerationParams imageGenerationConfig imageVariationParams inPaintingParams "
    "outPaintingParams taskType textToImageParams virtualTryOnParams"
)

_FIELDS: Mapping[str, frozenset[str]] = {
    "anthropic": _names(
        "anthropic_beta anthropic_version context_management max_tokens max_tokens_to_sample messages metadata "
        "output_config output_format prompt stop_sequences system temperature thinking tool_choice tools top_k "
        "top_p"
    ),
    "nova": _names("inferenceConfig messages reasoningConfig schemaVersion system toolConfig"),
    "titan-text": frozenset({"inputText", "textGenerationConfig"}),
    "titan-embed": _names("dimensions embeddingConfig embeddingTypes inputImage inputText normalize"),
    "titan-image": _PICTURES,
    "nova-canvas": _PICTURES,
    "llama": _names("images max_gen_len prompt temperature top_p"),
    "mistral": _OPENAI | {"random_seed", "safe_prompt"},
    "cohere-command": _names(
        "chat_history documents frequency_penalty k max_tokens message p preamble presence_penalty prompt_truncation "
        "raw_prompting return_prompt search_queries_only seed stop_sequences temperature tool_results tools"
    ),
    "cohere-embed": _names("embedding_types images input_type inputs max_tokens output_dimension texts truncate"),
    "jamba": _OPENAI | {"documents"},
    "deepseek": _OPENAI,
    "stability": _names(
        "aspect_ratio control_strength creativity fidelity grow_mask image mask mode negative_prompt output_format "
        "prompt search_prompt seed select_prompt strength style_preset"
    ),
    "openai": _OPENAI,
    "qwen": _OPENAI,
    # Of chats alone: a list of prompts would have as many answers.
    "sagemaker": (_OPENAI | {"min_p"}) - {"prompt"},
}
_PROMPTS = _names(
    "chat_history images inputImage inputText inputs message messages model preamble prompt raw_prompting "
    "return_prompt schemaVersion stream stream_options system texts toolConfig"
)
"""Of those, what would be a second request beside Converse's own."""

_GUARDRAIL = "amazon-bedrock-guardrailConfig"


def check_fields(target: Target, operation: Operation, document: Mapping[str, Any]) -> None:
    """Let only what is known pass.

    Parameters:
        document: what the model is sent.

    Raises:
        BadRequest: there is another field, or a tool of Bedrock's own; the message names it.
    """
    if operation == "count_tokens":
        return
    additional = document.get("additionalModelRequestFields") if operation == "converse" else None
    for place in (document, document.get("toolConfig"), additional):
        tools = place.get("tools") if isinstance(place, Mapping) else None
        if isinstance(tools, list) and any(isinstance(tool, Mapping) and "systemTool" in tool for tool in tools):
            raise BadRequest(
                "A systemTool has a price of its own and brings text that nobody has counted, and your tenant has a "
                "budget. Leave it out, or offer a tool of your own."
            )
    known = _FIELDS.get(target.family, _OPENAI)
    body: Any = document
    if operation == "converse":
        body, known = additional, known - _PROMPTS
    for name in body if isinstance(body, Mapping) else ():
        if name in known or name == _GUARDRAIL or (name == "speed" and _is_fast(target)):
            continue
        raise BadRequest(
            f"The field {name[:64]!r} is not known to leave the price of model {target.alias!r} as it is, and your "
            "tenant has a budget. Leave it out."
        )


def _is_fast(target: Target) -> bool:
    """Whether Claude's fast mode, which has a price of its own, is declared for the target and so in its price."""
    return any(beta.startswith("fast-mode-") for beta in target.betas)
