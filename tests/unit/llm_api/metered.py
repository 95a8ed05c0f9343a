"""A deployment with a tenant who has budgets, for the tests of the meter."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from llm_api.app import App
from llm_api.config import Settings
from llm_api.deadline import Deadline
from llm_api.events import Caller, Request, Response
from llm_api.inference import Inference
from llm_api.inference.clients import Clients
from llm_api.ledger import Ledger
from llm_api.registry import Price, Registry, Target
from llm_api.telemetry import Telemetry

from tests.unit.llm_api import dynamo
from tests.unit.llm_api.model_wire import (
    ModelWire,
    Reply,
    answer,
    whole,
)

PRICE = Price(input=1_000_000, output=5_000_000, cache_read=100_000, cache_write=1_250_000)
FAST = Target(
    "fast",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic",
    base_id="anthropic.claude-haiku-4-5-20251001-v1:0",
    max_output_tokens=100,
    price=PRICE,
)
NOVA = Target("nova", "amazon.nova-lite-v1:0", "nova", max_output_tokens=100, price=Price(input=60_000, output=240_000))
EMBED = Target("embed", "amazon.titan-embed-text-v2:0", "titan-embed", price=Price(input=20_000))
CANVAS = Target("canvas", "amazon.nova-canvas-v1:0", "nova-canvas", price=Price(image=40_000_000_000))
PAINT = Target("paint", "stability.sd3-5-large-v1:0", "stability", price=Price(image=80_000_000_000))
RERANK = Target("rerank", "cohere.rerank-v3-5:0", "cohere-rerank", price=PRICE)
KEY = "sk-marketing"
NOW = 1_795_435_230.0
USAGE = "usage#marketing"
PLENTY = {"tokens_per_minute": "1000000", "requests_per_day": "1000", "usd_per_month": "200"}


class World:
    """A deployment with one tenant, in front of a model server and a table."""

    def __init__(self, wire: ModelWire, clients: Clients, *targets: Target, **budgets: str) -> None:
        self.wire = wire
        self.table = dynamo.Table()
        self.seconds = NOW
        self.lines: list[dict[str, Any]] = []
        self.targets = targets or (FAST, NOVA, EMBED, CANVAS, PAINT, RERANK)
        self.add_tenant("marketing", KEY, **(budgets or PLENTY))
        settings = Settings(Registry(self.targets), auth="api_key", tenants_table="acme-tenants")
        self.ledger = Ledger(settings, self.table, now=lambda: self.seconds)
        self.app = App(
            settings,
            ledger=self.ledger,
            inference=Inference(settings.registry, clients, pause=lambda seconds: None),
            telemetry=Telemetry("acme", "LlmApi", self._log),
        )

    def add_tenant(self, name: str, key: str, *, attributes: dict[str, Any] | None = None, **budgets: str) -> None:
        self.table.put(f"key#{hashlib.sha256(key.encode()).hexdigest()}", tenant={"S": name})
        limits = {"M": {budget: {"N": limit} for budget, limit in budgets.items()}}
        models = {"SS": [target.alias for target in self.targets]}
        self.table.put(f"tenant#{name}", models=models, budgets=limits, **(attributes or {}))

    def send(
        self,
        route: str,
        body: Any = None,
        *replies: Reply,
        model: str = "fast",
        method: str = "POST",
        key: str = KEY,
        headers: dict[str, str] | None = None,
        seconds: float = 10,
    ) -> Response:
        self.wire.replies += replies
        path = route.replace("{modelId}", model).replace("{id}", model)
        data = b"" if body is None else json.dumps(body).encode()
        sent = {"authorization": f"Bearer {key}", **(headers or {})}
        request = Request("req-1", method, route, path, sent, {}, data, Caller())
        response = self.app.handle(request, Deadline.after(seconds))
        response.body = whole(response)
        return response

    def used(self, kind: str = "tokens") -> int:
        """What the month has counted; the minute and the day the same."""
        counts = {self.table.number(USAGE, f"{window}_{kind}") for window in ("minute", "day", "month")}
        assert len(counts) == 1
        return counts.pop()

    @property
    def log(self) -> dict[str, Any]:
        return self.lines[-2]

    def _log(self, text: str) -> None:
        self.lines.extend(json.loads(line) for line in text.splitlines())


Deploy = Callable[..., World]


@pytest.fixture
def deploy(wire: ModelWire, clients: Clients) -> Deploy:
    def make(*targets: Target, **budgets: str) -> World:
        return World(wire, clients, *targets, **budgets)

    return make


INVOKE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}], "inferenceConfig": {"maxTokens": 50}}
CHAT = {"model": "fast", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}
CLAUDE_ANSWER = answer({"content": [{"type": "text", "text": "Hi"}], "usage": {"input_tokens": 3, "output_tokens": 4}})
VECTOR = answer({"embedding": [0.5], "inputTextTokenCount": 7})
COUNTED = answer({"inputTokens": 12})
PICTURE = answer({"seeds": [7], "finish_reasons": [None], "images": [base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()]})
FILTERED = answer({"finish_reasons": ["Filter reason: prompt"]})
PICTURES = {"model": "paint", "prompt": "A car", "n": 3}
