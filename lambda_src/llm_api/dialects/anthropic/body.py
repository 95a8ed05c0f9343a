"""The few changes between a body for Anthropic's API and one for Claude on Bedrock.

- `model` and `stream` go, `anthropic_version` is Bedrock's, and what `llm_api.dialects.betas` lets pass of the
  `anthropic-beta` header moves into the body.
- What would change the price, the protection or which model answers is refused: it is the deployment's to decide.
- What Anthropic's own servers do beside the model (fetching, searching, running code, keeping files) does not exist on
  Bedrock and is refused, with what to do instead.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
https://platform.claude.com/docs/en/api/versioning
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from llm_api.dialects import pictures
from llm_api.dialects.betas import Negotiated
from llm_api.dialects.json_body import MAX_MESSAGES, MAX_TOOLS
from llm_api.dialects.lowered import thinking_within
from llm_api.errors import BadRequest
from llm_api.registry import Target

BEDROCK_VERSION = "bedrock-2023-05-31"

KNOWN_VERSIONS = ("2023-06-01", "2026-10-21")
"""Values of the `anthropic-version` header that are answered. Newer models and older ones on Bedrock both know
`bedrock-2023-05-31`; 2026-10-21 only removed fields from it, so each of its requests means the same."""

REFUSED = {
    "billing_policy": "Who pays is the deployment's to decide.",
    "container": "Bedrock runs no containers.",
    "fallback_credit_token": "Fallbacks are declared on the deployment.",
    "fallbacks": "Fallbacks are declared on the deployment, so that no request reaches a model that was not.",
    "inference_geo": "Where a model runs follows from the inference profile that the deployment declared.",
    "mcp_servers": "Bedrock calls no MCP servers. Call them yourself and offer their tools in tools.",
}
"""Fields that are refused -> what to do."""

IGNORED = {"service_tier": ("auto", "standard_only"), "speed": ("standard",)}
"""Fields that are dropped where they ask for what happens anyway. With any other value they change the price."""

SERVER_TOOLS = ("advisor_", "code_execution_", "mcp_toolset", "web_fetch_", "web_search_")
"""Beginnings of the `type` of tools that Anthropic's servers run."""

_OURS = frozenset({"model", "stream", "anthropic_beta", "anthropic_version"})


class ThreadRefused(BadRequest):
    """The request begins or goes on in a thread, which Anthropic's servers keep and Bedrock doesn't.

    Anthropic's SDKs begin one unasked in their tool runner. Told so by `details`, they go on without.
    """

    details: ClassVar[Mapping[str, Any]] = {"error_code": "thread_unsupported_request", "unsupported": ["thread"]}


def check_request(headers: Mapping[str, str], body: Mapping[str, Any], betas: list[str]) -> tuple[str, bool]:
    """The model and whether to stream, out of a request that was checked as far as no model is needed for it.

    Raises:
        BadRequest: a field is missing, malformed, or asks for what Bedrock or this deployment does not offer.
    """
    version = headers.get("anthropic-version")
    if version is not None and version.strip() not in KNOWN_VERSIONS:
        raise BadRequest(f"anthropic-version must be one of {', '.join(KNOWN_VERSIONS)}.")
    model, stream = body.get("model"), body.get("stream")
    if not isinstance(model, str) or not model:
        raise BadRequest("model: a string that is not empty is required.")
    if stream is not None and not isinstance(stream, bool):
        raise BadRequest("stream: must be true or false.")
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise BadRequest("messages: a list is required.")
    if len(messages) > MAX_MESSAGES:
        raise BadRequest(f"messages: at most {MAX_MESSAGES:,} are read.")
    if body.get("thread") is not None or any(beta.startswith("message-threads-") for beta in betas):
        raise ThreadRefused("thread: nothing is kept here. Send the messages themselves.")
    for name, advice in REFUSED.items():
        if body.get(name) is not None:
            raise BadRequest(f"{name}: is not supported. {advice}")
    tier = body.get("service_tier")
    if tier is not None and tier not in IGNORED["service_tier"]:
        raise BadRequest("service_tier: the tier decides the price, so the deployment decides the tier. Leave it out.")
    for name in body:
        if name.startswith("amazon-bedrock-"):
            raise BadRequest(f"{name[:64]}: guardrails are set on the deployment, not by the caller. Leave it out.")
    _check_tools(body.get("tools"))
    _settle_sources(body)
    return model, stream or False


def requested_betas(headers: Mapping[str, str], body: Mapping[str, Any]) -> list[str]:
    """The betas of the `anthropic-beta` header and of the body's `anthropic_beta`, each once.

    Raises:
        BadRequest: `anthropic_beta` is no list of strings.
    """
    named = body.get("anthropic_beta")
    if named is None:
        named = []
    if not isinstance(named, list) or not all(isinstance(beta, str) for beta in named):
        raise BadRequest("anthropic_beta: must be a list of strings.")
    betas = [beta.strip() for beta in [*headers.get("anthropic-beta", "").split(","), *named]]
    return list(dict.fromkeys(beta for beta in betas if beta))


def ignored_fields(body: Mapping[str, Any]) -> list[str]:
    """A warning for each field that was dropped because it asks for what happens anyway."""
    return [
        f"{name} was ignored: Bedrock has no equivalent"
        for name, values in IGNORED.items()
        if isinstance(body.get(name), str) and body[name] in values
    ]


def bedrock_body(body: Mapping[str, Any], negotiated: Negotiated, target: Target) -> dict[str, Any]:
    """The body that Claude on Bedrock gets.

    Raises:
        BadRequest: the speed is not declared for this model, or `max_tokens` is missing, or too large and not lowered.
    """
    native = _native(negotiated)
    most, wanted = target.max_output_tokens, body.get("max_tokens")
    if wanted is None and most is None:
        raise BadRequest("max_tokens: is required.")
    if wanted is None:
        native["max_tokens"] = most
    elif isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 1:
        raise BadRequest("max_tokens: must be an integer of at least 1.")
    elif target.lowers(wanted):
        native = thinking_within({**native, "max_tokens": most}, target)
    elif most is not None and wanted > most:
        raise BadRequest(f"max_tokens: the model {target.alias} may produce at most {most} tokens a request here.")
    if target.prompt_cache is None:
        return native
    from llm_api.dialects.prompt_cache import with_own_marks

    return with_own_marks(native, target)


def count_tokens_body(body: Mapping[str, Any], negotiated: Negotiated) -> dict[str, Any]:
    """CountTokens' document. It wants a whole InvokeModel body, `max_tokens` included, which a count has none of.

    https://docs.aws.amazon.com/bedrock/latest/userguide/count-tokens.html

    Raises:
        BadRequest: see `bedrock_body`.
    """
    native = _native(negotiated)
    thinking = body.get("thinking")
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    # Claude wants more tokens than it may think, also where it is only counted.
    native["max_tokens"] = budget + 1 if isinstance(budget, int) and budget > 0 else 1
    encoded = base64.b64encode(json.dumps(native, ensure_ascii=False).encode()).decode()
    return {"input": {"invokeModel": {"body": encoded}}}


def _native(negotiated: Negotiated) -> dict[str, Any]:
    body, betas = negotiated.body, negotiated.flags
    speed = body.get("speed")
    fast = any(beta.startswith("fast-mode-") for beta in betas)
    if speed is not None and speed not in IGNORED["speed"] and not fast:
        raise BadRequest("speed: it changes the price, so it needs a fast-mode beta that the deployment declared.")
    # What is null is absent, and Bedrock knows few of the names: BerriAI/litellm#22867.
    native = {name: value for name, value in body.items() if name not in _OURS and value is not None}
    for name in IGNORED:
        if not (name == "speed" and fast):
            native.pop(name, None)
    native["anthropic_version"] = BEDROCK_VERSION
    if betas:
        native["anthropic_beta"] = betas
    return native


def _check_tools(tools: Any) -> None:
    if isinstance(tools, list) and len(tools) > MAX_TOOLS:
        raise BadRequest(f"tools: at most {MAX_TOOLS:,} are read.")
    for tool in tools if isinstance(tools, list) else []:
        kind = tool.get("type") if isinstance(tool, dict) else None
        if isinstance(kind, str) and kind.startswith(SERVER_TOOLS):
            raise BadRequest(
                f"tools: {kind[:64]} is run by Anthropic's servers, which Bedrock does not have. Offer your own tool."
            )


def _settle_sources(body: Mapping[str, Any]) -> None:
    """Refuse sources that Bedrock can't reach, and have each image say what its bytes are."""
    for block in _blocks(body):
        source = block.get("source")
        kind = source.get("type") if isinstance(source, dict) else None
        if isinstance(source, dict) and kind == "base64" and block.get("type") == "image":
            _name_type(source)
        if kind == "url":
            raise BadRequest("messages: Bedrock fetches no URLs. Send the content in base64.")
        if kind == "file":
            raise BadRequest("messages: Bedrock keeps no files. Send the content in base64.")


def _name_type(source: dict[str, Any]) -> None:
    """Say of an image what its bytes are: the model refuses one that is not what it is said to be."""
    data = source.get("data")
    found = pictures.kind(data) if isinstance(data, str) else None
    if found is not None:
        source["media_type"] = f"image/{found}"


def _blocks(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every content block, those of tool results and of documents' sources included."""
    waiting = [message.get("content") for message in body["messages"] if isinstance(message, dict)]
    while waiting:
        content = waiting.pop()
        for block in content if isinstance(content, list) else []:
            if isinstance(block, dict):
                yield block
                waiting.append(block.get("content"))
                source = block.get("source")
                waiting.append(source.get("content") if isinstance(source, dict) else None)
