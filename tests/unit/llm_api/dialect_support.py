"""What the dialects' tests share: requests, targets, answers and streams."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from botocore.session import Session
from botocore.validate import ParamValidator
from llm_api.dialects import Answer, Frame, StreamFault
from llm_api.dialects.openai.chat import ChatCompletion
from llm_api.errors import ApiError
from llm_api.events import Request
from llm_api.eventstream import event
from llm_api.registry import Target

CLAUDE = Target("claude", "us.anthropic.claude-opus-4-6-v1", "anthropic", base_id="anthropic.claude-opus-4-6-v1")
HAIKU = Target(
    "fast",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic",
    base_id="anthropic.claude-haiku-4-5-20251001-v1:0",
)
OLD_CLAUDE = Target("old", "anthropic.claude-3-haiku-20240307-v1:0", "anthropic")
NOVA = Target("nova", "amazon.nova-lite-v1:0", "nova")
NOVA_2 = Target("nova2", "us.amazon.nova-2-lite-v1:0", "nova", base_id="amazon.nova-2-lite-v1:0")
LLAMA = Target("llama", "meta.llama3-1-8b-instruct-v1:0", "llama")
MISTRAL = Target("mistral", "mistral.mistral-large-2407-v1:0", "mistral")
TITAN = Target("titan", "amazon.titan-text-express-v1", "titan-text")
GPT_OSS = Target("oss", "openai.gpt-oss-120b-1:0", "openai")
EMBED = Target("embed", "amazon.titan-embed-text-v2:0", "titan-embed")
ENDPOINT = Target("tuned", None, "sagemaker")

PNG = "iVBORw0KGgo="
PNG_URL = f"data:image/png;base64,{PNG}"

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK = {"type": "function", "function": {"name": "get_time"}}
ANSWER_SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
JSON_FORMAT = {"type": "json_schema", "json_schema": {"name": "reply", "schema": ANSWER_SCHEMA}}

_CONVERSE = Session().get_service_model("bedrock-runtime").operation_model("Converse").input_shape


def post(route: str, body: Any, headers: dict[str, str] | None = None) -> Request:
    """A POST as it reaches the app."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("req-1", "POST", route, route, headers or {}, {}, raw)


def chat(*messages: dict[str, Any], **fields: Any) -> ChatCompletion:
    """A parsed chat completion; one user message where none is given."""
    body = {"model": "m", "messages": list(messages) or [{"role": "user", "content": "Hello"}], **fields}
    return ChatCompletion.parse(post("/v1/chat/completions", body))


def converse_body(call: ChatCompletion, target: Target = CLAUDE) -> dict[str, Any]:
    """What Converse would get, checked against botocore's own model of the operation."""
    (payload,) = call.payloads(target)
    assert isinstance(payload.body, dict)
    document = json.loads(json.dumps(payload.body))
    problems = ParamValidator().validate(_decoded({"modelId": "m", **document}, _CONVERSE), _CONVERSE)
    assert not problems.has_errors(), problems.generate_report()
    return document


def _decoded(value: Any, shape: Any) -> Any:
    """The document as a client of botocore would pass it: blobs as bytes."""
    if shape.type_name == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        return {
            name: _decoded(entry, shape.members[name]) if name in shape.members else entry
            for name, entry in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_decoded(entry, shape.member) for entry in value]
    if shape.type_name == "blob":
        return base64.b64decode(value, validate=True)
    return value


def converse_answer(*content: dict[str, Any], stop: str = "end_turn", usage: dict[str, int] | None = None) -> Answer:
    """Converse's whole answer."""
    body = {
        "output": {"message": {"role": "assistant", "content": list(content)}},
        "stopReason": stop,
        "usage": usage or {"inputTokens": 5, "outputTokens": 7, "totalTokens": 12},
    }
    return Answer(json.dumps(body).encode())


def rendered(call: ChatCompletion, *content: dict[str, Any], target: Target = CLAUDE, **answer: Any) -> Any:
    """The chat completion that a Converse answer becomes."""
    response = call.render(target, [converse_answer(*content, **answer)])
    assert response.status == 200
    assert isinstance(response.body, bytes)
    return json.loads(response.body)


def frame(kind: str, body: Any) -> Frame:
    """One frame of ConverseStream."""
    payload = json.dumps(body).encode()
    return Frame(event(kind, payload), kind, payload)


def chunk_frame(body: Any) -> Frame:
    """One frame of InvokeModelWithResponseStream."""
    inner = base64.b64encode(json.dumps(body).encode()).decode()
    return frame("chunk", {"bytes": inner, "p": "abc"})


def broken(frames: list[Frame | None], error: ApiError) -> Iterator[Frame | None]:
    """The frames, then a fault."""
    yield from frames
    raise StreamFault(error)
