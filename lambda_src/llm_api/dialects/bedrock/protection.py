"""What a caller may not bring along, because it would change the price or the protection of a declared model.

Everything else passes, known or not. The fields are those of
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from llm_api.errors import BadRequest
from llm_api.registry import Target

_HEADER_PREFIX = "x-amzn-bedrock-"
_GUARDRAIL_HEADERS = frozenset({f"{_HEADER_PREFIX}guardrailidentifier", f"{_HEADER_PREFIX}guardrailversion"})
_HEADERS = _GUARDRAIL_HEADERS | {f"{_HEADER_PREFIX}{name}" for name in ("accept", "trace", "request-metadata")}
_TRACES = frozenset({"ENABLED", "DISABLED", "ENABLED_FULL"})

_CONVERSE_FIELDS = frozenset(
    {
        "additionalModelRequestFields",
        "additionalModelResponseFieldPaths",
        "guardrailConfig",
        "inferenceConfig",
        "messages",
        "outputConfig",
        "requestMetadata",
        "system",
        "toolConfig",
    }
)

_NOT_ADDITIONAL = (_CONVERSE_FIELDS | {"modelId", "promptVariables", "serviceTier"}) - {"inferenceConfig"}
"""Converse's own fields, which among the additional ones would be a second request that nobody reads. The exception is
where Nova has its `topK`, and where `output_limit` looks."""

_PRICE = "it changes the price of the call. Leave it out."
_TIER_HEADER = f"{_HEADER_PREFIX}service-tier"
_TIER_FIELD = "serviceTier"
_REFUSED_HEADERS = {
    f"{_HEADER_PREFIX}performanceconfig-latency": _PRICE,
}
_REFUSED_FIELDS = {
    "performanceConfig": _PRICE,
    "performanceConfigLatency": _PRICE,
    "service_tier": _PRICE,
    "promptVariables": "prompts of Bedrock's prompt management are not offered here. Send the text itself.",
}
_GUARDRAIL_FIELD = "amazon-bedrock-guardrailConfig"
_MARKS = (
    "whoever marks parts of the input exempts all others from the guardrail. Leave it out, or ask your platform team "
    "to set `input_tags` on the model's guardrail."
)


def check_headers(headers: Mapping[str, str]) -> None:
    """Only headers that are known to change nothing pass.

    Raises:
        BadRequest: there is another of Bedrock's headers; the message names it.
    """
    for name in headers:
        if name in _REFUSED_HEADERS:
            raise BadRequest(f"The header {name} is refused: {_REFUSED_HEADERS[name]}")
        if name.startswith(_HEADER_PREFIX) and name not in _HEADERS and name != _TIER_HEADER:
            raise BadRequest(f"The header {name[:100]} is not known here. Leave it out.")
    trace = headers.get(f"{_HEADER_PREFIX}trace")
    if trace is not None and trace not in _TRACES:
        raise BadRequest(f"The header {_HEADER_PREFIX}trace takes ENABLED, DISABLED or ENABLED_FULL.")


def has_guardrail_headers(headers: Mapping[str, str]) -> bool:
    """Whether the caller asks for a guardrail of InvokeModel."""
    return not _GUARDRAIL_HEADERS.isdisjoint(headers)


def asked_tier(headers: Mapping[str, str]) -> str | None:
    """The service tier that the caller asks InvokeModel for."""
    return headers.get(_TIER_HEADER)


def check_tier(target: Target, field: str, asked: Any) -> None:
    """A caller may name the tier in which the model is called anyway.

    Raises:
        BadRequest: it is another one.
    """
    declared = target.service_tier or "default"
    if asked is not None and asked != declared:
        raise BadRequest(
            f"{field} is refused: it changes the price of the call, and model {target.alias!r} is called in the tier "
            f"{declared!r}. Leave it out, or ask your platform team to set `service_tier`."
        )


def check_guardrail(target: Target, field: str, *, asked: bool) -> None:
    """A guardrail is the deployment's to choose. Where one is declared, it takes the place of what was asked for.

    Raises:
        BadRequest: none is declared for the target.
    """
    if asked and target.guardrail is None:
        raise BadRequest(
            f"{field} is refused: model {target.alias!r} is declared without a guardrail. Leave it out, or ask your "
            "platform team to declare one."
        )


def check_invoke_body(body: Mapping[str, Any]) -> None:
    """Refuse what no target may be asked for over InvokeModel.

    Raises:
        BadRequest: the message names the field.
    """
    _refuse_fields(body)
    if _TIER_FIELD in body:
        raise BadRequest(f"The field {_TIER_FIELD} is refused: {_PRICE}")
    _refuse_s3(body)


def check_invoke_target(body: Mapping[str, Any], target: Target) -> None:
    """Refuse what this target may not be asked for over InvokeModel.

    Raises:
        BadRequest: the message names the field.
    """
    _check_guardrail_field(body, target)
    if target.endpoint is not None:
        check_container_body(body, target)


def check_container_body(body: Mapping[str, Any], target: Target) -> None:
    """Refuse addresses, which a chat's container would open from where it stands: data goes in the body.

    vLLM, SGLang and TGI fetch what a part of a message names, whatever its kind; SGLang reads files too.
    https://docs.vllm.ai/en/latest/features/multimodal_inputs.html

    Raises:
        BadRequest: a message names an address.
    """
    pending: list[Any] = []
    for message in _objects(body.get("messages")):
        parts = message.get("content")
        if isinstance(parts, list):
            pending.extend(part for part in parts if not isinstance(part, str))
        pending.extend(_no_texts({**message, "content": parts if isinstance(parts, dict) else None}))
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(_no_texts(value))
        elif isinstance(value, str) and value[:5].lower() != "data:" and any(mark in value for mark in ":.\\"):
            raise BadRequest(
                f"messages hold an address, which model {target.alias!r} would open from inside its network. Send the "
                "data itself, as a data URL (data:image/png;base64,...)."
            )


_CALLS = frozenset({"function", "tool_calls"})
_TEXTS = frozenset(
    {
        "filename",
        "id",
        "name",
        "reasoning",
        "reasoning_content",
        "refusal",
        "role",
        "text",
        "thinking",
        "title",
        "tool_call_id",
        "type",
    }
)
"""Fields of messages, and of parts of them, that a container takes for text."""


def _no_texts(fields: Mapping[str, Any]) -> Iterator[Any]:
    for name, value in fields.items():
        if name not in _CALLS and not (name in _TEXTS and isinstance(value, str)):
            yield value


def check_converse_body(body: Mapping[str, Any]) -> None:
    """Refuse what no target may be asked for over Converse.

    Raises:
        BadRequest: the message names the field.
    """
    _refuse_fields(body)
    additional = _additional_fields(body)
    _refuse_fields(additional)
    for name in additional:
        if name in _NOT_ADDITIONAL:
            raise BadRequest(
                f"The field {name} is Converse's own: among additionalModelRequestFields it is refused. Send it beside "
                "them."
            )
    for name in body:
        if name not in _CONVERSE_FIELDS and name != _TIER_FIELD:
            raise BadRequest(
                f"The field {name[:100]} is not known here. Converse takes {', '.join(sorted(_CONVERSE_FIELDS))}."
            )
    _refuse_s3(body)


def check_converse_target(body: Mapping[str, Any], target: Target) -> None:
    """Refuse what this target may not be asked for over Converse.

    Raises:
        BadRequest: the message names the field.
    """
    additional = _additional_fields(body)
    tier = body.get(_TIER_FIELD)
    check_tier(target, _TIER_FIELD, tier.get("type") if isinstance(tier, dict) else tier)
    _check_guardrail_field(additional, target)
    if target.guardrail is not None and not target.guardrail.input_tags and _marks_input(body):
        raise BadRequest(f"guardContent is refused: {_MARKS}")


def _check_guardrail_field(fields: Mapping[str, Any], target: Target) -> None:
    """The suffix of input tags, and whether a stream waits for the guardrail."""
    asked = fields.get(_GUARDRAIL_FIELD)
    check_guardrail(target, _GUARDRAIL_FIELD, asked=_GUARDRAIL_FIELD in fields)
    if asked is None or target.guardrail is None:
        return
    if not target.guardrail.input_tags:
        raise BadRequest(f"{_GUARDRAIL_FIELD} is refused: {_MARKS}")
    if not isinstance(asked, dict) or set(asked) - {"tagSuffix"}:
        raise BadRequest(f"{_GUARDRAIL_FIELD} takes tagSuffix here and nothing else.")


def _marks_input(body: Mapping[str, Any]) -> bool:
    """Whether a part of the input is marked as what the guardrail checks, so that it checks nothing else."""
    messages, system = body.get("messages"), body.get("system")
    contents = [message.get("content") for message in _objects(messages)]
    return any("guardContent" in block for blocks in (system, *contents) for block in _objects(blocks))


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _additional_fields(body: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = body.get("additionalModelRequestFields")
    if fields is not None and not isinstance(fields, dict):
        raise BadRequest("additionalModelRequestFields must be an object.")
    return fields or {}


def _refuse_fields(body: Mapping[str, Any]) -> None:
    for name, reason in _REFUSED_FIELDS.items():
        if name in body:
            raise BadRequest(f"The field {name} is refused: {reason}")


def _refuse_s3(document: Any) -> None:
    """Bedrock would read the object with this deployment's role, not with the caller's rights."""
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            if "s3Location" in value:
                raise BadRequest("s3Location is refused: this deployment reads no bucket for you. Send the bytes.")
            pending.extend(child for name, child in value.items() if not _is_free_form(name, value))


def _is_free_form(name: str, parent: Mapping[str, Any]) -> bool:
    """Whether a field holds the caller's own JSON: a tool's schema, its arguments, or its result."""
    if name == "input":
        return "toolUseId" in parent or parent.get("type") == "tool_use"
    return name in ("json", "inputSchema", "input_schema")
