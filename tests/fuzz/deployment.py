"""The deployment that is fuzzed, in process: everybody is let in, and its model says what it is told to."""

import json
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from llm_api.app import App
from llm_api.aws.answers import Answer
from llm_api.aws.hosts import Service
from llm_api.config import Settings
from llm_api.deadline import Deadline
from llm_api.errors import OverBudget
from llm_api.events import Caller, Request, Response
from llm_api.eventstream import CorruptStream, Decoder
from llm_api.inference import Inference
from llm_api.inference.bedrock import Bedrock
from llm_api.inference.clients import Clients
from llm_api.inference.sagemaker import SageMaker
from llm_api.ledger import Ledger, Tenant
from llm_api.ledger.budgets import COUNTERS, Amount
from llm_api.ledger.reservations import Reservation
from llm_api.registry import Endpoint, Price, Registry, Target
from llm_api.telemetry import Telemetry
from openai.types import CreateEmbeddingResponse, ImagesResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response as OpenAIResponse
from pydantic import TypeAdapter

from tests.fuzz.material import HURRIED, MODELS
from tests.unit.llm_api.responses_support import judged

CANARY = "sk-canary-0123456789-of-the-caller"
PRICE = Price(*[1] * 6)


CHUNK: TypeAdapter[Any] = TypeAdapter(ChatCompletionChunk)
WHOLE: Mapping[str, TypeAdapter[Any]] = {
    "/v1/chat/completions": TypeAdapter(ChatCompletion),
    "/v1/embeddings": TypeAdapter(CreateEmbeddingResponse),
    "/v1/images/generations": TypeAdapter(ImagesResponse),
    "/v1/responses": TypeAdapter(OpenAIResponse),
}
"""What OpenAI's SDK takes."""


class Broken(AssertionError):
    """A promise that was not kept."""


class _Everybody(Ledger):
    """Knows every caller as a tenant, with budgets or without, and lets nobody with budgets go on to a model."""

    def __init__(self, settings: Settings, *, budgets: bool) -> None:
        super().__init__(settings)
        limits = dict.fromkeys(COUNTERS, 10**30) if budgets else {}
        self._tenant = Tenant("acme", frozenset({**MODELS, **HURRIED, "tuned": ""}), budgets=limits, declared=True)

    def authenticate(self, request: Request) -> Tenant:
        return self._tenant

    def reserve(self, tenant: Tenant, amount: Amount) -> Reservation:
        if min(amount.tokens, amount.picodollars, amount.requests) < 0:
            raise Broken(f"less than nothing is reserved: {amount}")
        raise OverBudget("The budget is spent.", retry_after_seconds=1)


class _Connection:
    """A connection on which an answer comes in pieces. See `llm_api.aws.answers.Reader`."""

    def __init__(self, answer: bytes) -> None:
        self.received = bytearray()
        self._pieces = [answer[at : at + 100] for at in range(0, len(answer), 100)]

    def receive(self, until: float) -> bool:
        if self._pieces:
            self.received += self._pieces.pop(0)
            return True
        return False

    def done(self, *, keep: bool) -> None:
        pass


class _Model:
    """What stands behind the real client, signatures included, so that nothing is sent.

    Attributes:
        told: what it answers with; None where it refuses everything.
        streams: whether that is an event stream.
        faults: what was logged as a fault of ours.
    """

    told: bytes | None = None
    streams: bool = False

    def __init__(self) -> None:
        self.faults: list[str] = []

    def ask(self, head: bytes, body: bytes, until: float) -> Answer:
        """See `llm_api.aws.connections.Host`."""
        if self.told is not None:
            kind = f"content-type: application/{'vnd.amazon.eventstream' if self.streams else 'json'}"
            status, told = "200 OK", self.told
        else:
            kind, status = "x-amzn-errortype: ValidationException", "400 Bad Request"
            told = b'{"message": "That can\'t be understood."}'
        return Answer(
            _Connection(f"HTTP/1.1 {status}\r\n{kind}\r\ncontent-length: {len(told)}\r\n\r\n".encode() + told)
        )

    def log(self, text: str) -> None:
        if '"exception_name"' in text:
            self.faults.append(text)


MODEL = _Model()


@cache
def app(*, budgets: bool) -> App:
    """The app, with the real client and `MODEL` behind it."""
    environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
    service = Service("bedrock-runtime", environment=environment)
    service._host = MODEL  # type: ignore[assignment]
    bedrock = Bedrock(service)
    targets = [
        Target(alias, id, family, max_output_tokens=None if "embed" in family else 1000, price=PRICE)
        for alias, (id, family) in MODELS.items()
    ] + [
        Target(alias, id, family, max_output_tokens=1000, price=PRICE, on_timeout="partial")
        for alias, (id, family) in HURRIED.items()
    ]
    targets.append(Target("tuned", None, "sagemaker", max_output_tokens=9, endpoint=Endpoint("a", format="openai")))
    settings = Settings(Registry(targets))
    return App(
        settings,
        ledger=_Everybody(settings, budgets=budgets),
        inference=Inference(
            settings.registry, Clients(lambda: bedrock, lambda: SageMaker(service)), pause=lambda seconds: None
        ),
        telemetry=Telemetry("fuzz", "Fuzz", MODEL.log),
    )


def ask(route: str, path: str, body: bytes, *, budgets: bool) -> int:
    """One request. The status of its answer."""
    response, answer = respond(route, path, body, budgets=budgets)
    if response.status >= 500:
        raise Broken(f"{path}: {response.status} {answer[:300]!r}")
    if response.status >= 400:
        json.loads(answer)
    return response.status


def respond(route: str, path: str, body: bytes, *, budgets: bool) -> tuple[Response, bytes]:
    """The answer to a request, and the whole of its body."""
    headers = {"authorization": f"Bearer {CANARY}", "x-api-key": CANARY, "content-type": "application/json"}
    request = Request("req-1", "POST", route, path, headers, {}, body, Caller())
    response = app(budgets=budgets).handle(request, Deadline.after(60))
    answer = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    if CANARY.encode() in answer or CANARY in str(response.headers):
        raise Broken(f"{path}: the caller's key is in the answer")
    return response, answer


def check_readable(path: str, response: Response, answer: bytes) -> None:
    """Reads an answer as a client does, to its end.

    Raises:
        Broken: it can't be read.
    """
    kind = response.headers["content-type"]
    try:
        if kind == "text/event-stream":
            for line in answer.decode().splitlines():
                name, _, value = line.partition(": ")
                if name == "data" and value != "[DONE]":
                    strict(value)
                elif line and name not in ("data", "event", ""):
                    raise Broken(f"a line that is none: {line!r}")
            if path.endswith("completions"):
                check_chunks(answer.decode())
            elif path.endswith("responses"):
                judged(answer)
        elif kind == "application/vnd.amazon.eventstream":
            decoder = Decoder()
            for message in decoder.messages(answer):
                json.loads(message.payload)
            if decoder.incomplete:
                raise Broken("half a frame")
        else:
            document = strict(answer) if path.startswith("/v1/") else json.loads(answer)
            if response.status == HTTPStatus.OK and path in WHOLE:
                WHOLE[path].validate_python(document, strict=True)
    except (ValueError, AssertionError, LookupError, CorruptStream) as error:
        raise Broken(f"{path} {response.status} {kind}: {error} {answer[:2000]!r}") from error


def strict(text: str | bytes) -> Any:
    """JSON as everybody but Python reads it, who knows NaN."""
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def check_chunks(wire: str) -> None:
    """Hold what OpenAI says of chunks, one by one and in their order.

    Raises:
        ValueError, AssertionError: they break it.
    """
    *events, end, nothing = wire.replace(": ping\n\n", "").split("\n\n")
    assert not nothing
    if end != "data: [DONE]":
        assert "error" in json.loads(end.removeprefix("data: "))
    finished, calls = False, 0
    for event in events:
        document = json.loads(event.removeprefix("data: "))
        CHUNK.validate_python(document, strict=True)
        for choice in document["choices"]:
            assert not finished, "something follows the reason why it ended"
            finished = choice["finish_reason"] is not None
            for call in choice["delta"].get("tool_calls") or []:
                assert call["index"] <= calls
                if call["index"] == calls:
                    calls += 1
                    assert isinstance(call["id"], str)
                    assert isinstance(call["function"]["name"], str)
    assert finished or end != "data: [DONE]"
