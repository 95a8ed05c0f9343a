"""The deployment that is fuzzed, in process: everybody is let in, and its model says what it is told to."""

import json
from functools import cache

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
from llm_api.ledger import Ledger, Tenant
from llm_api.ledger.budgets import COUNTERS, Amount
from llm_api.ledger.reservations import Reservation
from llm_api.registry import Price, Registry, Target
from llm_api.telemetry import Telemetry

from tests.fuzz.material import HURRIED, MODELS

CANARY = "sk-canary-0123456789-of-the-caller"
PRICE = Price(*[1] * 6)


class Broken(AssertionError):
    """A promise that was not kept."""


class _Everybody(Ledger):
    """Knows every caller as a tenant, with budgets or without, and lets nobody with budgets go on to a model."""

    def __init__(self, settings: Settings, *, budgets: bool) -> None:
        super().__init__(settings)
        limits = dict.fromkeys(COUNTERS, 10**30) if budgets else {}
        self._tenant = Tenant("acme", frozenset({**MODELS, **HURRIED}), budgets=limits, declared=True)

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
        stream: the event stream that it answers with; None where it refuses everything.
        faults: what was logged as a fault of ours.
    """

    stream: bytes | None = None

    def __init__(self) -> None:
        self.faults: list[str] = []

    def ask(self, head: bytes, body: bytes, until: float) -> Answer:
        """See `llm_api.aws.connections.Host`."""
        if self.stream is not None:
            kind, status, told = "content-type: application/vnd.amazon.eventstream", "200 OK", self.stream
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
    settings = Settings(Registry(targets))
    return App(
        settings,
        ledger=_Everybody(settings, budgets=budgets),
        inference=Inference(settings.registry, Clients(bedrock=lambda: bedrock), pause=lambda seconds: None),
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


def check_readable(response: Response, answer: bytes) -> None:
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
                    json.loads(value)
                elif line and name not in ("data", "event", ""):
                    raise Broken(f"a line that is none: {line!r}")
        elif kind == "application/vnd.amazon.eventstream":
            decoder = Decoder()
            for message in decoder.messages(answer):
                json.loads(message.payload)
            if decoder.incomplete:
                raise Broken("half a frame")
        else:
            json.loads(answer)
    except (ValueError, CorruptStream) as error:
        raise Broken(f"{response.status} {kind}: {answer[:300]!r}") from error
