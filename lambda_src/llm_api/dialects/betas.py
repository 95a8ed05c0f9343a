"""Which of Anthropic's betas reach a model.

Bedrock refuses a whole request for one flag that it, or this model, doesn't know, and clients send flags unasked. So
each flag is of one of three classes:

- What announces a client, is default by now or only decorates the answer is dropped, with a warning.
- What Bedrock takes and changes neither price nor protection is forwarded where the model's page lists it and the body
  uses it. Elsewhere it is dropped, and so is its field, with a warning.
- All others change the price, the prompt, the protection or who runs a tool, or nobody knows what they do: only those
  pass that the deployment declared for the model. What is declared is always forwarded.

What is dropped can only leave a feature off; what is forwarded can do more. Sources of what Bedrock takes:
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html,
live probes in envoyproxy/ai-gateway#2512, router-for-me/CLIProxyAPI#4750, anthropics/claude-code#49370 and #82549.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from llm_api.errors import BadRequest
from llm_api.families import family_of
from llm_api.registry import Target

DROPPED = frozenset(
    {
        "claude-code-20250219",
        "extended-cache-ttl-2025-04-11",
        "files-api-2025-04-14",
        "message-batches-2024-09-24",
        "model-context-window-exceeded-2025-08-26",
        "oauth-2025-04-20",
        "pdfs-2024-09-25",
        "prompt-caching-2024-07-31",
        "prompt-caching-scope-2026-01-05",
        "redact-thinking-2026-02-12",
        "search-results-2025-06-09",
        "structured-outputs-2025-11-13",
        "structured-outputs-2025-12-15",
        "thinking-token-count-2026-05-13",
        "token-counting-2024-11-01",
        "token-efficient-tools-2025-02-19",
    }
)
"""Flags without which the answer is one that the caller could have got with them."""

_OTHER_NAMES = {"advanced-tool-use-2025-11-20": "tool-search-tool-2025-10-19"}
"""Anthropic's name -> Bedrock's."""

_LONG_OUTPUT = "output-128k-2025-02-19"
"""Without effect from Claude 4 on; on 3.7 it raises the limit."""

_SEARCH = "tool_search_tool_"
_MEMORY = "memory_20250818"


class Negotiated(NamedTuple):
    """What goes out.

    Attributes:
        body: the body without fields that the model doesn't take; the same object where nothing changed.
        flags: what `anthropic_beta` holds.
        warnings: what was dropped.
    """

    body: dict[str, Any]
    flags: list[str]
    warnings: list[str]


class _Forwarded(NamedTuple):
    """A flag that may pass unasked: whether a body uses it, and a body without its field.

    Raises, the second: BadRequest, where the request makes no sense without it.
    """

    uses: Callable[[Mapping[str, Any]], bool]
    without: Callable[[dict[str, Any]], dict[str, Any]]


def negotiate(asked: list[str], body: dict[str, Any], target: Target, *, named: str) -> Negotiated:
    """The flags and the body that `target` takes.

    Parameters:
        asked: the flags, as the caller gave them.
        named: where they stand, for messages: `anthropic-beta` or `anthropic_beta`.

    Raises:
        BadRequest: a flag has to be declared and isn't, or the request makes no sense without one that can't be had.
    """
    page = family_of(target)
    flags: list[str] = []
    warnings: list[str] = []
    for flag in dict.fromkeys(_OTHER_NAMES.get(flag, flag) for flag in asked):
        if flag in target.betas:
            flags.append(flag)
        elif flag in DROPPED or (flag == _LONG_OUTPUT and page.long_output_by_itself):
            body = _plain(flag, body)
            warnings.append(f"{named} {flag} was ignored: nothing depends on it here")
        elif flag in _FORWARDED:
            rule = _FORWARDED[flag]
            if flag not in page.betas:
                body = rule.without(body) if _needs(flag, page) else body
                warnings.append(f"{named} {flag} was ignored: this model does not take it")
            elif rule.uses(body):
                flags.append(flag)
        else:
            declared = ", ".join(sorted(target.betas)) or "none"
            raise BadRequest(
                f"{named}: {flag[:64]} is not declared for the model {target.alias} (declared: {declared}). "
                "Leave it out, or ask whoever runs this deployment to add it to the model's betas."
            )
    return Negotiated(body, flags, warnings)


def settle(body: dict[str, Any], target: Target) -> tuple[dict[str, Any], list[str]]:
    """A native body with the betas of its `anthropic_beta` that pass, and the warnings; the same object where all do.

    Raises:
        BadRequest: see `negotiate`; or `anthropic_beta` is no list of strings.
    """
    asked = body.get("anthropic_beta")
    if asked is None:
        return body, []
    listed = [asked] if isinstance(asked, str) else asked
    if not isinstance(listed, list) or not all(isinstance(beta, str) for beta in listed):
        raise BadRequest("anthropic_beta is a list of strings.")
    settled, flags, warnings = negotiate(listed, body, target, named="anthropic_beta")
    if flags == asked and settled is body:
        return body, warnings
    rest = {name: value for name, value in settled.items() if name != "anthropic_beta"}
    return {**rest, "anthropic_beta": flags} if flags else rest, warnings


def _needs(flag: str, page: Any) -> bool:
    """Whether the flag's field is refused without it. From 4.6 on, Claude takes the effort by itself."""
    return not (flag == "effort-2025-11-24" and page.efforts)


def _plain(flag: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body in the words that came after the beta."""
    if flag.startswith("structured-outputs-") and body.get("output_format") is not None:
        rest = {name: value for name, value in body.items() if name != "output_format"}
        output = body.get("output_config")
        return {**rest, "output_config": {"format": body["output_format"], **_object(output)}}
    if flag.startswith("prompt-caching-scope-"):
        return _without_scope(body)
    return body


def _without_scope(body: dict[str, Any]) -> dict[str, Any]:
    def clean(value: Any) -> Any:
        if isinstance(value, list):
            return [clean(one) for one in value]
        if not isinstance(value, dict):
            return value
        kept = {name: clean(one) if name == "content" else one for name, one in value.items()}
        if isinstance(kept.get("cache_control"), dict):
            kept["cache_control"] = {name: one for name, one in kept["cache_control"].items() if name != "scope"}
        return kept

    inner = {name: clean(body[name]) for name in ("tools", "system", "messages") if name in body}
    cleaned: dict[str, Any] = clean({**body, **inner})
    return cleaned


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tools(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    tools = body.get("tools")
    return [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []


def _is(tool: Mapping[str, Any], kind: str) -> bool:
    return str(tool.get("type")).startswith(kind)


def _with_tools(body: dict[str, Any], tools: list[dict[str, Any]]) -> dict[str, Any]:
    rest = {name: value for name, value in body.items() if name != "tools"}
    return {**rest, "tools": tools} if tools else rest


def _without_management(body: dict[str, Any]) -> dict[str, Any]:
    if any(_is(tool, _MEMORY) for tool in _tools(body)):
        raise BadRequest(f"tools: this model does not take {_MEMORY}. Offer your own tool, or use another model.")
    return {name: value for name, value in body.items() if name != "context_management"}


def _without_effort(body: dict[str, Any]) -> dict[str, Any]:
    output = {name: value for name, value in _object(body.get("output_config")).items() if name != "effort"}
    rest = {name: value for name, value in body.items() if name != "output_config"}
    return {**rest, "output_config": output} if output else rest


def _without_search(body: dict[str, Any]) -> dict[str, Any]:
    if "tools" not in body:
        return body
    if _mentions_reference(body.get("messages")):
        raise BadRequest(
            "messages: this model knows no tool_reference. Begin a new conversation, or use another model."
        )
    kept = [_left(tool, "defer_loading") for tool in _tools(body) if not _is(tool, _SEARCH)]
    return _with_tools(body, kept)


def _mentions_reference(messages: Any) -> bool:
    listed = messages if isinstance(messages, list) else []
    waiting = [message.get("content") for message in listed if isinstance(message, dict)]
    while waiting:
        content = waiting.pop()
        for block in content if isinstance(content, list) else []:
            if isinstance(block, dict):
                if block.get("type") == "tool_reference":
                    return True
                waiting.append(block.get("content"))
    return False


def _without_examples(body: dict[str, Any]) -> dict[str, Any]:
    return _with_tools(body, [_left(tool, "input_examples") for tool in _tools(body)]) if "tools" in body else body


def _left(tool: dict[str, Any], name: str) -> dict[str, Any]:
    return {field: value for field, value in tool.items() if field != name}


_FORWARDED: Mapping[str, _Forwarded] = {
    "context-management-2025-06-27": _Forwarded(
        lambda body: body.get("context_management") is not None or any(_is(tool, _MEMORY) for tool in _tools(body)),
        _without_management,
    ),
    "effort-2025-11-24": _Forwarded(
        lambda body: _object(body.get("output_config")).get("effort") is not None, _without_effort
    ),
    "fine-grained-tool-streaming-2025-05-14": _Forwarded(lambda body: bool(_tools(body)), lambda body: body),
    "interleaved-thinking-2025-05-14": _Forwarded(lambda body: body.get("thinking") is not None, lambda body: body),
    "tool-examples-2025-10-29": _Forwarded(
        lambda body: any("input_examples" in tool for tool in _tools(body)), _without_examples
    ),
    "tool-search-tool-2025-10-19": _Forwarded(
        lambda body: any("defer_loading" in tool or _is(tool, _SEARCH) for tool in _tools(body)), _without_search
    ),
}
