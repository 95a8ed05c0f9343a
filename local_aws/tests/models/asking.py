"""Requests straight to the stand-ins, without a client's own checks, and what became of them."""

import json
from typing import Any

from local_aws.faults import Faults
from local_aws.journal import Journal
from local_aws.models import ModelRequest, ModelRuntime

FAULTS = Faults()
JOURNAL = Journal()
RUNTIME = ModelRuntime(FAULTS, JOURNAL, pace_seconds=0, ended=frozenset())

SONNET_4 = "us.anthropic.claude-sonnet-4-20250514-v1:0"
OPUS_41 = "us.anthropic.claude-opus-4-1-20250805-v1:0"
HAIKU_45 = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
OPUS_45 = "us.anthropic.claude-opus-4-5-20251101-v1:0"
SONNET_46 = "us.anthropic.claude-sonnet-4-6"
OPUS_47 = "us.anthropic.claude-opus-4-7"
OPUS_5 = "us.anthropic.claude-opus-5"
OPUS_55 = "us.anthropic.claude-opus-5-5"
FABLE_51 = "us.anthropic.claude-fable-5-1"
NOVA = "amazon.nova-lite-v1:0"
NOVA_2 = "us.amazon.nova-2-lite-v1:0"

HI = {"role": "user", "content": [{"text": "Hi"}]}
PROPERTIES = {"city": {"type": "string"}}
SCHEMA = {"type": "object", "properties": PROPERTIES, "required": ["city"]}
CLOSED = {**SCHEMA, "additionalProperties": False}


def ask(model: str, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The status, and the answer's body."""
    call = ModelRequest("us-east-1", model, operation, {}, json.dumps(body).encode())  # type: ignore[arg-type]
    response = RUNTIME.respond(call)
    assert isinstance(response.body, bytes)
    return response.status, json.loads(response.body)


def converse(**fields: Any) -> dict[str, Any]:
    """A Converse request."""
    return {"messages": [HI], **fields}


def tools(schema: Any = SCHEMA, choice: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """The `toolConfig` of one tool."""
    tool = {"toolSpec": {"name": "get_weather", "inputSchema": {"json": schema}, **spec}}
    return {"toolConfig": {"tools": [tool], **({"toolChoice": choice} if choice else {})}}


def text_format(schema: dict[str, Any]) -> dict[str, Any]:
    """The `outputConfig` of an answer by schema."""
    structure = {"jsonSchema": {"schema": json.dumps(schema), "name": "answer"}}
    return {"outputConfig": {"textFormat": {"type": "json_schema", "structure": structure}}}


def claude(**fields: Any) -> dict[str, Any]:
    """A body in Claude's Messages format."""
    messages = [{"role": "user", "content": "Hi"}]
    return {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 3000, "messages": messages, **fields}


def native(schema: Any = SCHEMA, **extra: Any) -> dict[str, Any]:
    """`tools` of a Messages body."""
    return {"tools": [{"name": "get_weather", "input_schema": schema, **extra}]}


def chat(**fields: Any) -> dict[str, Any]:
    """A body in OpenAI's chat format."""
    return {"messages": [{"role": "user", "content": "Hi"}], **fields}
