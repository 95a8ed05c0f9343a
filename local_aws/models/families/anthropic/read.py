"""A request in Claude's Messages format, checked as the model checks it.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models import images, structured
from local_aws.models.errors import validation
from local_aws.models.families.anthropic import claude as rules
from local_aws.models.families.anthropic.claude import Claude
from local_aws.models.formats import Body
from local_aws.models.prompt import CachePoint, Document, Image, Part, Prompt, Text, Tool, ToolResult, ToolUse, Turn

VERSION = "bedrock-2023-05-31"
NEW_VERSION = "2026-10-21"
"""What version 2 of Anthropic's Bedrock client sends; models of the older integration do not take it:
https://platform.claude.com/docs/en/api/claude-on-amazon-bedrock-legacy"""

KEYS = frozenset(
    {
        *("anthropic_version", "anthropic_beta", "max_tokens", "messages", "system", "tools", "tool_choice"),
        *("stop_sequences", "temperature", "top_p", "top_k", "thinking", "metadata", "output_config", "output_format"),
    }
)

_TOOL_KEYS = frozenset(
    {"type", "name", "description", "input_schema", "cache_control", "strict", "eager_input_streaming"}
)
_TOOL_EXTRAS: Mapping[str, str] = {
    "defer_loading": "tool-search-tool-2025-10-19",
    "allowed_callers": "tool-search-tool-2025-10-19",
    "input_examples": "tool-examples-2025-10-29",
}
"""Keys of a tool that a beta brings: anthropics/claude-code#82549."""

IMAGE_SIDE_MAX = 8000
IMAGE_SIDE_MAX_OF_MANY = 2000
MANY_IMAGES = 20
"""https://platform.claude.com/docs/en/build-with-claude/vision"""

PREFILL = "This model does not support assistant message prefill. The conversation must end with a user message."
TRAILING = "messages: final assistant content cannot end with trailing whitespace"

_SIGNATURE = re.compile(r"[0-9a-f]{40}==")
"""As `Reply.signature` makes them."""

_BLOCK_KEYS = {
    "text": "text",
    "image": "source",
    "document": "source",
    "tool_use": "input",
    "tool_result": "tool_use_id",
    "thinking": "thinking",
    "redacted_thinking": "data",
    "search_result": "content",
}


def read(body: Body, model_id: str) -> Prompt:
    """A Messages request."""
    claude = rules.of(model_id)
    version = body.get("anthropic_version")
    if version is None:
        raise validation("anthropic_version: Field required")
    if version not in (VERSION, NEW_VERSION) or (version == NEW_VERSION and claude.arn_versioned):
        raise validation("Invalid API version")
    betas = rules.check_betas(claude, body.get("anthropic_beta"))
    for key in ("model", "stream"):
        if key in body:
            raise validation(f"{key}: Extra inputs are not permitted")
    # Automatic caching: refused by the older integration, BerriAI/litellm#26320.
    known = KEYS if claude.arn_versioned else KEYS | {"cache_control"}
    rules.check_unknown_keys(body, known, betas)
    limit = body.get("max_tokens")
    if limit is None:
        raise validation("max_tokens: Field required")
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise validation("max_tokens: Input should be a valid integer")
    if limit < 1:
        raise validation("max_tokens: Input should be greater than or equal to 1")
    rules.check_limit(claude, limit)
    for key in ("temperature", "top_p"):
        value = body.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1):
            raise validation(f"{key}: range: 0..1")
    rules.check_sampling(claude, body)
    return prompt_of(body, limit, claude, betas)


def prompt_of(body: Body, limit: int, claude: Claude, betas: frozenset[str]) -> Prompt:
    """The prompt of a Messages body whose other fields are in order."""
    turns, system_turns = _turns(body.get("messages"), claude)
    tools, choice, parallel = _tools(body, claude, betas)
    stops = body.get("stop_sequences") or []
    if not isinstance(stops, list) or not all(isinstance(stop, str) for stop in stops):
        raise validation("stop_sequences: Input should be a valid list of strings")
    rules.check_stops(stops)
    config = body.get("output_config")
    effort = config.get("effort") if isinstance(config, Mapping) else None
    # https://platform.claude.com/docs/en/build-with-claude/effort: a beta on Opus 4.5
    if effort is not None and claude.version == (4, 5) and "effort-2025-11-24" not in betas and betas <= rules.BETAS:
        raise validation("output_config.effort: Extra inputs are not permitted")
    rules.check_effort(claude, effort)
    prompt = Prompt(
        turns=turns,
        system=(*_system(body.get("system"), claude), *system_turns),
        tools=tools,
        tool_choice=choice,
        parallel_tools=parallel,
        max_tokens=limit,
        stop_sequences=tuple(stops),
        schema=_schema(body, claude),
        reasons=rules.check_thinking(claude, body.get("thinking"), limit, effort),
    )
    _check_cache_points(prompt, body, claude)
    return prompt


def _check_cache_points(prompt: Prompt, body: Body, claude: Claude) -> None:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html"""
    of_tools = [
        "1h" if tool["cache_control"].get("ttl") == "1h" else "5m"
        for tool in body.get("tools") or []
        if isinstance(tool.get("cache_control"), Mapping)
    ]
    said = [*prompt.system, *(part for turn in prompt.turns for part in turn.parts)]
    rules.check_cache(claude, [*of_tools, *(part.ttl for part in said if isinstance(part, CachePoint))])


def _schema(body: Body, claude: Claude) -> Mapping[str, Any] | None:
    config = body.get("output_config")
    wanted = config.get("format") if isinstance(config, Mapping) else body.get("output_format")
    if not isinstance(wanted, Mapping):
        return None
    if not claude.structured:
        raise validation("output_config.format: Extra inputs are not permitted")
    schema = wanted.get("schema")
    if wanted.get("type") != "json_schema" or not isinstance(schema, Mapping):
        raise validation("output_config.format: a format of type 'json_schema' needs a schema")
    structured.check(schema, "output_config.format.schema")
    return schema


def _system(system: object, claude: Claude) -> tuple[Part, ...]:
    if system is None:
        return ()
    if isinstance(system, str):
        return (Text(system),) if system else ()
    return tuple(_parts(system, "system", claude))


def _turns(messages: object, claude: Claude) -> tuple[tuple[Turn, ...], list[Part]]:
    """The turns, and what messages of the role `system` say, which some models take."""
    if messages is None:
        raise validation("messages: Field required")
    if not isinstance(messages, list):
        raise validation("messages: Input should be a valid list")
    if not messages:
        raise validation("messages: at least one message is required")
    turns: list[Turn] = []
    system: list[Part] = []
    roles = ("user", "assistant", "system") if claude.system_turns else ("user", "assistant")
    for at, message in enumerate(messages):
        if not isinstance(message, Mapping) or message.get("role") not in roles:
            raise validation(f"messages.{at}.role: Input should be 'user' or 'assistant'")
        content = message.get("content")
        if content is None:
            raise validation(f"messages.{at}.content: Field required")
        last_assistant = message["role"] == "assistant" and at == len(messages) - 1
        if last_assistant and not claude.prefill:
            raise validation(PREFILL)
        if not content and not last_assistant:
            raise validation(
                f"messages.{at}: all messages must have non-empty content except for the optional final "
                "assistant message"
            )
        where = f"messages.{at}.content"
        parts = (Text(content),) if isinstance(content, str) else tuple(_parts(content, where, claude))
        if message["role"] == "system":
            system += parts
            continue
        if last_assistant and parts and isinstance(parts[-1], Text) and parts[-1].text != parts[-1].text.rstrip():
            raise validation(TRAILING)
        turns.append(Turn(str(message["role"]), parts))
    _check_tool_ids(turns)
    _check_images(turns, claude)
    return tuple(turns), system


def _check_images(turns: list[Turn], claude: Claude) -> None:
    seen = [part for turn in turns for part in turn.parts if isinstance(part, Image)]
    check_pictures([part.data for part in seen], claude)


def check_pictures(pictures: list[bytes], claude: Claude) -> None:
    """How many images, and how large they are.

    Raises:
        ServiceError: too many, or one too large.
    """
    if pictures and not claude.images:
        raise validation("This model does not support image input.")
    if len(pictures) > claude.images_max:
        raise validation(f"messages: too many images: {len(pictures)} > {claude.images_max}")
    most = IMAGE_SIDE_MAX_OF_MANY if len(pictures) > MANY_IMAGES else IMAGE_SIDE_MAX
    for data in pictures:
        picture = images.inspect(data)
        if picture and max(picture.width or 0, picture.height or 0) > most:
            raise validation(f"At least one of the image dimensions exceed max allowed size: {most} pixels")


def _check_tool_ids(turns: list[Turn]) -> None:
    """Each use of a tool is answered in the next turn, and nothing else is."""
    rules.check_unique(part.id for turn in turns for part in turn.parts if isinstance(part, ToolUse))
    for at, turn in enumerate(turns):
        used = [part.id for part in turns[at - 1].parts if isinstance(part, ToolUse)] if at else []
        answered = [part.id for part in turn.parts if isinstance(part, ToolResult)]
        for identifier in answered:
            if identifier not in used:
                raise validation(
                    f"messages.{at}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {identifier}. "
                    "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                )
        missing = [identifier for identifier in used if identifier not in answered]
        if missing:
            raise validation(
                f"messages.{at - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block "
                "in the next message."
            )


def _parts(content: object, where: str, claude: Claude) -> Iterator[Part]:
    if not isinstance(content, list):
        raise validation(f"{where}: Input should be a valid list")
    for at, block in enumerate(content):
        place = f"{where}.{at}"
        kind = block.get("type") if isinstance(block, Mapping) else None
        if not isinstance(kind, str) or kind not in _BLOCK_KEYS:
            expected = ", ".join(f"'{name}'" for name in _BLOCK_KEYS)
            raise validation(
                f"{place}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {expected}"
            )
        if _BLOCK_KEYS[kind] not in block:
            raise validation(f"{place}.{kind}.{_BLOCK_KEYS[kind]}: Field required")
        yield from _part(kind, block, place)
        cache = block.get("cache_control")
        if isinstance(cache, Mapping):
            if "scope" in cache and claude.arn_versioned:  # BerriAI/litellm#22867
                raise validation(f"{place}.{kind}.cache_control.ephemeral.scope: Extra inputs are not permitted")
            yield CachePoint("1h" if cache.get("ttl") == "1h" else "5m")


def _part(kind: str, block: Mapping[str, Any], place: str) -> Iterator[Part]:
    match kind:
        case "text":
            if not isinstance(block["text"], str):
                raise validation(f"{place}.text.text: Input should be a valid string")
            if not block["text"]:
                raise validation("messages: text content blocks must be non-empty")
            yield Text(block["text"])
        case "image" | "document":
            source = block["source"]
            if not isinstance(source, Mapping) or source.get("type") not in ("base64", "text", "content"):
                raise validation(f"{place}.{kind}.source: Input should be a source of type 'base64'")
            data = _decoded(source, f"{place}.{kind}.source.base64")
            if kind == "image":
                check_picture(data, str(source.get("media_type")), f"{place}.image.source.base64")
            name = str(block.get("title") or "document")
            form = "txt" if source["type"] == "text" else str(source.get("media_type", "")).rpartition("/")[2]
            yield Image(data) if kind == "image" else Document(name, form, data)
        case "thinking":
            check_signature(block.get("signature"), place)
        case "tool_use":
            yield ToolUse(str(block.get("id")), str(block.get("name")), block["input"])
        case "tool_result":
            yield ToolResult(str(block["tool_use_id"]), _result_text(block.get("content")), bool(block.get("is_error")))
        case "search_result":
            yield Text(_result_text(block["content"]))
        case _:
            return


def check_picture(data: bytes, media_type: str, place: str) -> None:
    """The bytes are what their type says: BerriAI/litellm#24900, NousResearch/hermes-agent#55429.

    Raises:
        ServiceError: they are not.
    """
    found = images.inspect(data)
    kind = f"image/{found.format}" if found else None
    if kind is None:
        raise validation(f"{place}: Could not process image")
    if kind != media_type:
        raise validation(
            f"{place}: The image was specified using the {media_type} media type, but the image appears to be a "
            f"{kind} image"
        )


def check_signature(signature: object, place: str) -> None:
    """Thinking comes back as it went out: https://platform.claude.com/docs/en/build-with-claude/extended-thinking.

    Raises:
        ServiceError: no model here signed it.
    """
    if not isinstance(signature, str):
        raise validation(f"{place}.thinking.signature: Field required")
    if not _SIGNATURE.fullmatch(signature):
        raise validation(f"{place}: Invalid `signature` in `thinking` block")


def _decoded(source: Mapping[str, Any], place: str) -> bytes:
    data = source.get("data", "")
    if source["type"] != "base64":
        return str(data).encode()
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise validation(f"{place}: invalid base64 data") from None


def _result_text(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return " ".join(str(block.get("text", f"[{block.get('type')}]")) for block in content if isinstance(block, Mapping))


def _tools(body: Body, claude: Claude, betas: frozenset[str]) -> tuple[tuple[Tool, ...], str, bool]:
    declared = body.get("tools") or []
    if not isinstance(declared, list):
        raise validation("tools: Input should be a valid list")
    tools = [_tool(at, tool, claude, betas) for at, tool in enumerate(declared)]
    structured.check_totals([tool["input_schema"] for tool in declared if tool.get("strict")])
    choice = body.get("tool_choice") or {"type": "auto"}
    if not isinstance(choice, Mapping) or choice.get("type") not in ("auto", "any", "none", "tool"):
        raise validation(
            "tool_choice: Input tag does not match any of the expected tags: 'auto', 'any', 'tool', 'none'"
        )
    if choice["type"] in ("any", "tool") and not tools:
        raise validation("tool_choice: tool_choice may only be specified while providing tools")
    kind = str(choice["type"])
    rules.check_choice(claude, kind, body.get("thinking"))
    if kind == "tool":
        if choice.get("name") not in [tool.name for tool in tools]:
            raise validation(f"Tool '{choice.get('name')}' not found in provided tools")
        kind = f"tool:{choice['name']}"
    return tuple(tools), kind, not choice.get("disable_parallel_tool_use", False)


def _tool(at: int, tool: object, claude: Claude, betas: frozenset[str]) -> Tool:
    if not isinstance(tool, Mapping) or not tool.get("name"):
        raise validation(f"tools.{at}.custom.name: Field required")
    schema = tool.get("input_schema")
    kind = tool.get("type") or "custom"
    if kind != "custom":
        rules.check_typed_tool(claude, at, str(kind), betas)
        return Tool(str(tool["name"]), str(tool.get("description", "")), schema or {})
    if schema is None:
        raise validation(f"tools.{at}.custom.input_schema: Field required")
    for key in tool:
        known = key in _TOOL_KEYS or _TOOL_EXTRAS.get(key) in betas or not betas <= rules.BETAS
        if not known or (key == "strict" and not claude.structured):
            raise validation(f"tools.{at}.custom.{key}: Extra inputs are not permitted")
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        raise validation(f"tools.{at}.custom.input_schema.type: Input should be 'object'")
    rules.check_tool_root(at, schema)
    if tool.get("strict"):
        structured.check(schema, f"tools.{at}.custom", strict_tool=True)
    return Tool(str(tool["name"]), str(tool.get("description", "")), schema)
