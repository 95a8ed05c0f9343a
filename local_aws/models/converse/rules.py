"""What Converse demands beyond its shapes, and what each class of models can't do.

https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local_aws.models import structured
from local_aws.models.errors import ServiceError, validation
from local_aws.models.family import Abilities
from local_aws.models.formats import malformed

DOCUMENTS_MAX = 5
DOCUMENT_BYTES_MAX = 4_500_000
IMAGES_MAX = 20
CACHE_POINTS_MAX = 4

Request = Mapping[str, Any]
Message = Mapping[str, Any]

_USER_FIRST = (
    "A conversation must start with a user message. Try again with a conversation that starts with a user message."
)
_DOCUMENT_NAME = re.compile(r"(?!.*\s\s)[A-Za-z0-9\s\-()\[\]]{1,200}")


def check(request: Request, can: Abilities) -> None:
    """Check what the shapes don't say.

    Raises:
        ServiceError: ValidationException, in AWS's words where they are known.
    """
    messages: Sequence[Message] = [m for m in request.get("messages") or [] if m["role"] != "system"]
    if not messages:
        raise validation(_USER_FIRST)
    _check_roles(messages)
    for at, message in enumerate(request.get("messages") or []):
        _check_content(at, message)
    _check_tools(request, messages)
    _check_attachments(messages, can)
    _check_abilities(request, messages, can)
    _check_fields(request, can)
    _check_schemas(request, can)
    _check_sampling(request, can)
    _check_cache(request, can)
    guardrail = request.get("guardrailConfig") or {}
    if bool(guardrail.get("guardrailIdentifier")) != bool(guardrail.get("guardrailVersion")):
        raise validation("The guardrail identifier and the guardrail version have to be given together.")


def _check_roles(messages: Sequence[Message]) -> None:
    if messages[0]["role"] != "user":
        raise validation(_USER_FIRST)
    for before, after in itertools.pairwise(messages):
        if before["role"] == after["role"]:
            raise validation(
                "A conversation must alternate between user and assistant roles. Make sure the conversation alternates "
                "between user and assistant roles and try again."
            )


def _check_content(at: int, message: Message) -> None:
    if not message["content"]:
        raise validation(
            f"The content field in the Message object at messages.{at} is empty. Add a ContentBlock object to the "
            "content field and try again."
        )
    for place, block in enumerate(message["content"]):
        if "text" in block and not block["text"].strip():
            raise validation(
                f"The text field in the ContentBlock object at messages.{at}.content.{place} is blank. Add text to the "
                "text field, and try again."
            )
        wrong = {"user": ("toolUse", "reasoningContent"), "assistant": ("toolResult", "document", "image")}
        for kind in wrong.get(message["role"], ()):
            if kind in block:
                raise validation(
                    f"The ContentBlock object at messages.{at}.content.{place} has a {kind} field, which a message of "
                    f"the role {message['role']} can't have."
                )


def _check_root(where: str, schema: object) -> None:
    """An object, with properties that are one, if there are any: block/goose#5064, maximhq/bifrost#1720."""
    if not isinstance(schema, Mapping):
        raise validation(f"The value at {where} is not a JSON schema object.")
    if schema.get("type") != "object":
        raise validation(f"The value at {where}.type must be one of the following: object.")
    if "properties" in schema and not isinstance(schema["properties"], Mapping):
        raise validation(f"The value at {where}.properties is not a JSON object.")


def _check_tools(request: Request, messages: Sequence[Message]) -> None:
    config = request.get("toolConfig") or {}
    declared = [tool["toolSpec"]["name"] for tool in config.get("tools", []) if "toolSpec" in tool]
    if len(set(declared)) != len(declared):
        raise validation("The toolConfig field has two tools with the same name. Give each tool a name of its own.")
    for at, tool in enumerate(config.get("tools", [])):
        if "toolSpec" in tool:
            _check_root(f"toolConfig.tools.{at}.toolSpec.inputSchema.json", tool["toolSpec"]["inputSchema"].get("json"))
    forced = (config.get("toolChoice") or {}).get("tool")
    if forced and forced["name"] not in declared:
        raise validation(f"Tool '{forced['name']}' of toolConfig.toolChoice is not among toolConfig.tools.")
    used_any = any(kind in block for m in messages for block in m["content"] for kind in ("toolUse", "toolResult"))
    if used_any and not config:
        raise validation("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
    expected: list[str] = []
    for at, message in enumerate(messages):
        given = [block["toolResult"]["toolUseId"] for block in message["content"] if "toolResult" in block]
        if len(given) > len(expected):
            raise validation(
                f"The number of toolResult blocks at messages.{at}.content exceeds the number of toolUse blocks of "
                "previous turn."
            )
        missing = [identifier for identifier in expected if identifier not in given]
        if missing:
            raise validation(
                f"Expected toolResult blocks at messages.{at}.content for the following Ids: {', '.join(missing)}"
            )
        expected = [block["toolUse"]["toolUseId"] for block in message["content"] if "toolUse" in block]


def _check_attachments(messages: Sequence[Message], can: Abilities) -> None:
    for at, message in enumerate(messages):
        papers = [block["document"] for block in message["content"] if "document" in block]
        if len(papers) > DOCUMENTS_MAX:
            raise validation(
                f"The number of documents in messages.{at} exceeds the maximum of {DOCUMENTS_MAX}. "
                "Send fewer and try again."
            )
        if sum("image" in block for block in message["content"]) > IMAGES_MAX:
            raise validation(
                f"The number of images in messages.{at} exceeds the maximum of {IMAGES_MAX}. Send fewer and try again."
            )
        if papers and not any("text" in block for block in message["content"]):
            raise validation(
                "A text block has to be included in a message with documents. Add a text block and try again."
            )
        if len({paper["name"] for paper in papers}) != len(papers):
            raise validation("Found duplicate document names. Give each document a name of its own and try again.")
        for paper in papers:
            size = len(paper["source"].get("bytes") or b"")
            if size > DOCUMENT_BYTES_MAX and paper.get("format") not in can.free_documents:
                raise validation(
                    f"The document {paper['name']} is over the maximum of {DOCUMENT_BYTES_MAX} bytes. Send a smaller "
                    "one and try again."
                )
            if not _DOCUMENT_NAME.fullmatch(paper["name"]):
                raise validation(
                    "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, "
                    "parentheses, and square brackets. The name can't contain more than one consecutive whitespace "
                    "character."
                )
        for block in message["content"]:
            source = (block.get("image") or block.get("document") or {}).get("source") or {}
            if "s3Location" in source:
                raise validation("The S3 location can't be read. The stand-in models take bytes only.")


def _check_abilities(request: Request, messages: Sequence[Message], can: Abilities) -> None:
    blocks = [block for message in messages for block in message["content"]]
    config = request.get("toolConfig") or {}
    if request.get("system") and not can.system:
        raise validation(
            "This model doesn't support system messages. Try again without system messages or use a model that "
            "supports system messages."
        )
    if config and not can.tools:
        raise validation("This model doesn't support tool use.")
    choice = next(iter(config.get("toolChoice") or {"auto": {}}))
    if choice not in can.choices:
        raise validation(
            f"This model doesn't support the toolConfig.toolChoice.{choice} field. Remove "
            f"toolConfig.toolChoice.{choice} and try again."
        )
    for tool in config.get("tools", []):
        if "systemTool" in tool and tool["systemTool"]["name"] not in can.system_tools:
            raise validation("This model doesn't support the systemTool field. Remove systemTool and try again.")
    images = sum("image" in block for block in blocks)
    if images and not can.images:
        raise validation(
            "This model doesn't support the image content block that you provided. Update the content block and try "
            "again."
        )
    if can.images_max is not None and images > can.images_max:
        raise validation(f"The number of images exceeds the maximum of {can.images_max}. Send fewer and try again.")
    if any("document" in block for block in blocks) and not can.documents:
        raise validation("This model doesn't support documents. Try again without documents.")
    if (request.get("inferenceConfig") or {}).get("stopSequences") and not can.stop_sequences:
        raise validation("This model doesn't support the stopSequences field. Remove stopSequences and try again.")
    if messages[-1]["role"] == "assistant" and not can.prefill:
        raise validation(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def _check_fields(request: Request, can: Abilities) -> None:
    """Converse passes the additional fields on; a body that is closed refuses what it does not know."""
    fields = request.get("additionalModelRequestFields")
    if fields is None:
        return
    if not isinstance(fields, Mapping):
        raise validation("The value at additionalModelRequestFields is not a JSON object.")
    for key in fields:
        if can.fields is not None and key not in can.fields:
            raise malformed(f"#: extraneous key [{key}] is not permitted")


def _check_schemas(request: Request, can: Abilities) -> None:
    strict = []
    for at, tool in enumerate((request.get("toolConfig") or {}).get("tools", [])):
        if "toolSpec" not in tool:
            continue
        schema = tool["toolSpec"]["inputSchema"]["json"]
        if can.schema_root == "bare":
            for key in schema:
                if key not in ("type", "properties", "required"):
                    where = f"#/toolConfig/tools/{at}/toolSpec/inputSchema/json"
                    raise malformed(f"{where}: extraneous key [{key}] is not permitted")
        elif can.schema_root == "unions" and any(word in schema for word in ("oneOf", "anyOf", "allOf")):
            raise validation(
                f"The model returned the following errors: tools.{at}.custom.input_schema: input_schema does not "
                "support oneOf, allOf, or anyOf at the top level"
            )
        if tool["toolSpec"].get("strict"):
            if not can.structured:
                raise validation("This model doesn't support the strict field. Remove strict and try again.")
            structured.check(schema, f"tools.{at}.custom", strict_tool=True, closed=False)
            strict.append(schema)
    if can.schema_root == "unions":
        structured.check_totals(strict)
    if (request.get("outputConfig") or {}).get("textFormat") and not can.structured:
        raise validation("This model doesn't support the outputConfig.textFormat field. Remove it and try again.")


def _check_sampling(request: Request, can: Abilities) -> None:
    inference = request.get("inferenceConfig") or {}
    for name in ("temperature", "topP"):
        if can.sampling == "default" and inference.get(name, 1) != 1:  # BerriAI/litellm#42725
            raise validation(
                f"The model returned the following errors: Unsupported value: '{name}' does not support "
                f"{inference[name]} with this model. Only the default (1) value is supported."
            )


def _check_cache(request: Request, can: Abilities) -> None:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html"""
    points = list(_cache_points(request))
    if points and not can.cache:
        raise ServiceError(
            403,
            "AccessDeniedException",
            "You invoked an unsupported model or your request did not allow prompt caching.",
        )
    if len(points) > CACHE_POINTS_MAX:
        raise validation(
            f"A maximum of {CACHE_POINTS_MAX} blocks with cache_control may be provided. Found {len(points)}."
        )
    for (_, before), (place, ttl) in itertools.pairwise([("", "1h"), *points]):
        if place.split("/")[0] not in can.cache:
            raise malformed(f"#/{place}: extraneous key [cachePoint] is not permitted")
        if ttl not in can.cache_ttls:
            raise validation(f"This model doesn't support a cachePoint with a ttl of {ttl}.")
        if (before, ttl) == ("5m", "1h"):
            raise validation("A cachePoint with a ttl of 1h has to stand before those with a ttl of 5m.")


def _cache_points(request: Request) -> Iterator[tuple[str, str]]:
    """Where each point stands, and how long it is kept, in the order in which models read."""
    for at, tool in enumerate((request.get("toolConfig") or {}).get("tools", [])):
        if "cachePoint" in tool:
            yield f"tools/{at}", tool["cachePoint"].get("ttl", "5m")
    for at, block in enumerate(request.get("system") or []):
        if "cachePoint" in block:
            yield f"system/{at}", block["cachePoint"].get("ttl", "5m")
    for at, message in enumerate(request["messages"]):
        for block in message["content"]:
            if "cachePoint" in block:
                yield f"messages/{at}", block["cachePoint"].get("ttl", "5m")
