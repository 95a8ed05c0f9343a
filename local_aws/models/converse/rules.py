"""What Converse demands beyond its shapes, and what each family can't do.

https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_aws.models.errors import validation

DOCUMENTS_MAX = 5
IMAGES_MAX = 20

Request = Mapping[str, Any]
Message = Mapping[str, Any]

_USER_FIRST = (
    "A conversation must start with a user message. Try again with a conversation that starts with a user message."
)
_DOCUMENT_NAME = re.compile(r"(?!.*\s\s)[A-Za-z0-9\s\-()\[\]]{1,200}")


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a family's models can do over Converse."""

    system: bool = True
    tools: bool = True
    images: bool = True
    documents: bool = True
    forced_tools: bool = True
    json_schema: bool = False


ABILITIES: Mapping[str, Abilities] = {
    "anthropic": Abilities(json_schema=True),
    "nova": Abilities(),
    "titan-text": Abilities(system=False, tools=False, images=False),
    "llama": Abilities(forced_tools=False),
    "mistral": Abilities(json_schema=True),
    "cohere-command": Abilities(images=False, forced_tools=False),
    "jamba": Abilities(images=False, forced_tools=False),
    "deepseek": Abilities(tools=False, images=False),
    "openai": Abilities(images=False, documents=False, json_schema=True),
    "qwen": Abilities(documents=False, json_schema=True),
    "other": Abilities(documents=False, json_schema=True),
}
"""Chat families, and what they can do; the newest models of each family are meant."""


def check(request: Request, family: str) -> None:
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
    _check_attachments(messages)
    _check_abilities(request, messages, family)
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
        wrong = {"user": ("toolUse", "reasoningContent"), "assistant": ("toolResult", "document")}
        for kind in wrong.get(message["role"], ()):
            if kind in block:
                raise validation(
                    f"The ContentBlock object at messages.{at}.content.{place} has a {kind} field, which a message of "
                    f"the role {message['role']} can't have."
                )


def _check_tools(request: Request, messages: Sequence[Message]) -> None:
    config = request.get("toolConfig") or {}
    declared = [tool["toolSpec"]["name"] for tool in config.get("tools", []) if "toolSpec" in tool]
    if len(set(declared)) != len(declared):
        raise validation("The toolConfig field has two tools with the same name. Give each tool a name of its own.")
    for tool in config.get("tools", []):
        if "toolSpec" in tool and not isinstance(tool["toolSpec"]["inputSchema"].get("json"), Mapping):
            raise validation("The value at toolConfig.tools.0.toolSpec.inputSchema.json is not a JSON schema object.")
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


def _check_attachments(messages: Sequence[Message]) -> None:
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


def _check_abilities(request: Request, messages: Sequence[Message], family: str) -> None:
    can = ABILITIES[family]
    blocks = [block for message in messages for block in message["content"]]
    if request.get("system") and not can.system:
        raise validation(
            "This model doesn't support system messages. Try again without system messages or use a model that "
            "supports system messages."
        )
    if request.get("toolConfig") and not can.tools:
        raise validation("This model doesn't support tool use.")
    choice = (request.get("toolConfig") or {}).get("toolChoice") or {}
    if not can.forced_tools and ("any" in choice or "tool" in choice):
        raise validation(
            f"This model doesn't support the toolConfig.toolChoice.{next(iter(choice))} field. Remove it and try again."
        )
    if any("image" in block for block in blocks) and not can.images:
        raise validation("This model doesn't support the image content block that you provided.")
    if any("document" in block for block in blocks) and not can.documents:
        raise validation("This model doesn't support documents. Try again without documents.")
    if (request.get("outputConfig") or {}).get("textFormat") and not can.json_schema:
        raise validation("This model doesn't support the outputConfig.textFormat field. Remove it and try again.")
