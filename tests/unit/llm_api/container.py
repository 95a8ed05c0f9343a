"""A container on SageMaker that speaks OpenAI's format, and a deployment in front of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from llm_api.eventstream import encode
from llm_api.inference.clients import Clients
from llm_api.registry import Endpoint, Price, Target

from tests.unit.llm_api.metered import World
from tests.unit.llm_api.model_wire import (
    Connection,
    ModelWire,
    Reply,
    stream,
)

TUNED = Target(
    "tuned",
    None,
    "sagemaker",
    endpoint=Endpoint("acme-llama", "adapter-1", "openai"),
    max_output_tokens=100,
    price=Price(input=1_000_000, output=2_000_000),
)
NOVA = Target("nova", "amazon.nova-lite-v1:0", "nova", max_output_tokens=100, price=TUNED.price)
ROUTE = "/v1/chat/completions"
HELLO = [{"role": "user", "content": "Hi"}]
CHAT = {"model": "tuned", "max_tokens": 50, "messages": HELLO}
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
COMPLETION = {
    "id": "cmpl-secret-of-the-container",
    "object": "chat.completion",
    "created": 1,
    "model": "/opt/ml/model",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": USAGE,
    "kv_transfer_params": None,
}
Tenant = Callable[..., World]


def piece(delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk as a container sends it."""
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "/opt", "choices": [choice], **more}


PIECES = [
    piece({"role": "assistant", "content": ""}),
    piece({"content": "Grü"}),
    piece({"content": "ezi"}),
    piece({}, "stop"),
    {"object": "chat.completion.chunk", "choices": [], "usage": USAGE},
]


def part(data: bytes) -> bytes:
    kind = {":event-type": "PayloadPart", ":content-type": "application/octet-stream", ":message-type": "event"}
    return encode(kind, data)


def events(*documents: Any, mark: str = "data: ") -> bytes:
    """Server-sent events."""
    lines = [f"{mark}{json.dumps(document, ensure_ascii=False)}\n\n" for document in documents]
    return "".join([": hello\n\n", *lines, f"{mark}[DONE]\n\n"]).encode()


def streamed(*documents: Any, cut: bool = False, then: Callable[[Connection], object] | None = None) -> Reply:
    return stream(part(events(*documents)), cut=cut, then=then)


def read(body: bytes) -> list[Any]:
    """What OpenAI's SDK reads: every event's data."""
    lines = [line.removeprefix(b"data: ") for line in body.split(b"\n\n") if line.startswith(b"data: ")]
    return [line.decode() if line == b"[DONE]" else json.loads(line) for line in lines]


@pytest.fixture
def tenant(wire: ModelWire, clients: Clients) -> Tenant:
    """Makes a deployment with one tenant, whose budgets are counted."""

    def make(*targets: Target, **budgets: str) -> World:
        return World(wire, clients, *(targets or (TUNED,)), **budgets)

    return make


def sent(call: Any, target: Target = TUNED) -> dict[str, Any]:
    (payload,) = call.payloads(target)
    document: dict[str, Any] = json.loads(payload.body)
    return document
