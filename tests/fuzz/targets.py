"""What a caller can reach with bytes of his choice, each as a function of bytes that fails where a promise breaks.

The promises: nothing escapes but an error that the caller is told; what a caller sends is never answered as a fault of
ours; no answer holds the key that came with the request; and whatever a model answers, the caller's stream is one.
"""

import base64
import copy
import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

from llm_api import entry
from llm_api.app import App
from llm_api.budgets import COUNTERS, Amount
from llm_api.config import Settings
from llm_api.deadline import Deadline
from llm_api.errors import ApiError, OverBudget
from llm_api.events import Caller, Request, Response, to_request
from llm_api.eventstream import CorruptStream, Decoder, chunk, encode, event, exception
from llm_api.inference import Inference
from llm_api.inference.bedrock import Bedrock
from llm_api.inference.clients import Clients
from llm_api.ledger import Ledger, Tenant
from llm_api.ledger.reservations import Reservation
from llm_api.registry import Price, Registry, Target
from llm_api.telemetry import Telemetry

T = TypeVar("T")

CANARY = "sk-canary-0123456789-of-the-caller"

PRICE = Price(*[1] * 6)
MODELS: Mapping[str, tuple[str, str]] = {
    "claude": ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic"),
    "nova": ("amazon.nova-lite-v1:0", "nova"),
    "llama": ("us.meta.llama3-3-70b-instruct-v1:0", "llama"),
    "mistral": ("mistral.mistral-large-2402-v1:0", "mistral"),
    "command": ("cohere.command-r-v1:0", "cohere-command"),
    "titan": ("amazon.titan-embed-text-v2:0", "titan-embed"),
    "embed": ("cohere.embed-english-v3", "cohere-embed"),
    "paint": ("stability.sd3-5-large-v1:0", "stability"),
    "canvas": ("amazon.nova-canvas-v1:0", "nova-canvas"),
}
"""Alias -> ID and family: one of each kind of body."""

HURRIED: Mapping[str, tuple[str, str]] = {f"hurried-{name}": MODELS[name] for name in ("claude", "nova")}
"""Those that are read as streams where a whole answer is asked for."""

ROUTES: tuple[tuple[str, str], ...] = (
    ("/model/{modelId}/converse", "/model/%s/converse"),
    ("/model/{modelId}/converse-stream", "/model/%s/converse-stream"),
    ("/model/{modelId}/invoke", "/model/%s/invoke"),
    ("/model/{modelId}/invoke-with-response-stream", "/model/%s/invoke-with-response-stream"),
    ("/v1/chat/completions", "/v1/chat/completions"),
    ("/v1/embeddings", "/v1/embeddings"),
    ("/v1/messages", "/v1/messages"),
    ("/v1/messages/count_tokens", "/v1/messages/count_tokens"),
)


_SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
_PICTURE = "iVBORw0KGgo="

BODIES: tuple[dict[str, Any], ...] = (
    {
        "messages": [
            {
                "role": "user",
                "content": [{"text": "Hello"}, {"image": {"format": "png", "source": {"bytes": _PICTURE}}}],
            },
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "1", "name": "f", "input": {"a": "b"}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "1", "content": [{"text": "c"}]}}]},
        ],
        "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
        "inferenceConfig": {"maxTokens": 5, "temperature": 0.5, "stopSequences": ["x"]},
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": _SCHEMA}}}],
            "toolChoice": {"auto": {}},
        },
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        "requestMetadata": {"a": "b"},
    },
    {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 5,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {"a": "b"}}]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "c"}]},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _PICTURE}},
                ],
            },
        ],
        "tools": [{"name": "f", "input_schema": _SCHEMA}],
        "tool_choice": {"type": "auto"},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "stream": False,
    },
    {
        "model": "claude",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Hello"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_PICTURE}"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": "b"}'}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "c"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": _SCHEMA, "strict": True}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": _SCHEMA}},
        "max_completion_tokens": 5,
        "stop": ["x"],
        "stream": True,
        "stream_options": {"include_usage": True},
        "reasoning_effort": "low",
    },
    {"model": "titan", "input": ["Hello", "world"], "encoding_format": "base64", "dimensions": 256},
    {"inputText": "Hello", "dimensions": 256, "normalize": True},
    {"texts": ["Hello"], "input_type": "search_document", "truncate": "NONE", "embedding_types": ["float"]},
    {"prompt": "Hello", "max_gen_len": 5, "temperature": 0.5, "seed": 1, "output_format": "png"},
    {"message": "Hello", "chat_history": [{"role": "USER", "message": "Hi"}], "max_tokens": 5, "tools": []},
    {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "Hello"},
        "imageGenerationConfig": {"numberOfImages": 2, "quality": "premium", "width": 1024, "height": 1024},
    },
)
"""One right body of each kind."""

_FITTING: Mapping[str, int] = {
    "converse": 0,
    "converse-stream": 0,
    "completions": 2,
    "embeddings": 3,
    "messages": 1,
    "count_tokens": 1,
    "claude": 1,
    "nova": 0,
    "llama": 6,
    "mistral": 6,
    "command": 7,
    "titan": 4,
    "embed": 5,
    "paint": 6,
    "canvas": 8,
}
"""Which of them a route takes or, of InvokeModel, a model."""

Told = tuple[str, Any]
"""An event's type, or an exception's, and its document."""

CONVERSED: Sequence[Told] = (
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "x"}}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Hi"}}),
    ("contentBlockStop", {"contentBlockIndex": 1}),
    ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "1", "name": "f"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"a": "b"}'}}}),
    ("contentBlockStop", {"contentBlockIndex": 2}),
    ("messageStop", {"stopReason": "tool_use"}),
    ("metadata", {"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}, "metrics": {"latencyMs": 5}}),
)
"""A right stream of Converse's."""

SAID: Sequence[Told] = tuple(
    ("chunk", document)
    for document in (
        {
            "type": "message_start",
            "message": {"id": "m", "role": "assistant", "content": [], "usage": {"input_tokens": 1}},
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "x"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "content_block_stop", "index": 1},
        {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "1", "name": "f"}},
        {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
        {"type": "content_block_stop", "index": 2},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 1, "outputTokenCount": 2}},
    )
)
"""A right stream of Claude's over InvokeModel."""

EXCEPTIONS = ("throttlingException", "modelStreamErrorException", "internalServerException", "unheardOfException")

STREAMS: Sequence[tuple[str, str, str, Sequence[Told]]] = (
    ("/model/{modelId}/converse-stream", "/model/%s/converse-stream", "nova", CONVERSED),
    ("/v1/chat/completions", "/v1/chat/completions", "nova", CONVERSED),
    ("/model/{modelId}/converse", "/model/%s/converse", "hurried-nova", CONVERSED),
    ("/model/{modelId}/invoke-with-response-stream", "/model/%s/invoke-with-response-stream", "claude", SAID),
    ("/v1/messages", "/v1/messages", "claude", SAID),
    ("/model/{modelId}/invoke", "/model/%s/invoke", "hurried-claude", SAID),
)
"""Routes that read a model's stream: the route, its path, a model, and what that may say."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**30, -(10**30), 0.5, 1e308, float("nan"), float("inf"), "", "x", "auto", "user",
    "\ud800", "\0", "é" * 300, "data:image/png;base64,!!", "https://example.com/a.png", "=", "{", '{"a":', [], {}, [[]],
    [None], [{}], {"": None}, {"text": "x"}, {"type": "text", "text": 5}, {"bytes": 5}, {"s3Location": {"uri": "s3://b/k"}},
    {"$ref": "#"}, {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, {"type": ["object", 5]}, "1" * 5000,
)  # fmt: skip
"""What stands where something else should."""

WORDS: tuple[str, ...] = tuple(
    line.strip()[1:-1]
    for line in (Path(__file__).parent / "words.dict").read_text().splitlines()
    if line.startswith('"') and line[1:2].isalpha()
)


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


class _Model:
    """What stands behind botocore's real client, so that nothing is sent.

    Attributes:
        stream: the event stream that it answers with; None where it refuses everything.
        faults: what was logged as a fault of ours.
    """

    stream: bytes | None = None

    def __init__(self) -> None:
        self.faults: list[str] = []

    def answer(self, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        if self.stream is not None:
            pieces = [self.stream[at : at + 100] for at in range(0, len(self.stream), 100)]
            raw = SimpleNamespace(stream=lambda **_: iter(pieces), close=lambda: None)
            headers = {"content-type": "application/vnd.amazon.eventstream"}
            return AWSResponse("https://nowhere.invalid/", 200, headers, raw)
        body = b'{"message": "That can\'t be understood."}'
        headers = {"x-amzn-errortype": "ValidationException", "content-type": "application/json"}
        return AWSResponse("https://nowhere.invalid/", 400, headers, SimpleNamespace(stream=lambda **_: iter([body])))

    def log(self, text: str) -> None:
        if '"exception_name"' in text:
            self.faults.append(text)


MODEL = _Model()


@cache
def app(*, budgets: bool) -> App:
    """The app, with botocore's real client and `MODEL` behind it."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    bedrock = Bedrock()
    bedrock._client.meta.events.register("before-send", MODEL.answer)
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


def dialects(data: bytes) -> None:
    """A body on one of the routes, to one of the families, of a tenant with budgets or without."""
    if len(data) < 2:
        return
    route, path = ROUTES[data[0] % len(ROUTES)]
    model = list(MODELS)[data[1] // 2 % len(MODELS)]
    ask(route, path.replace("%s", model), data[2:], budgets=bool(data[1] % 2))


def bodies(data: bytes) -> None:
    """A right body with some of its parts replaced, as the bytes say: JSON always, and nearly what a dialect wants."""
    take = iter(data)

    def choice(options: Sequence[T]) -> T:
        return options[next(take, 0) % len(options)]

    route, path = choice(ROUTES)
    model = choice(list(MODELS))
    budgets = choice((False, True))
    fitting = BODIES[_FITTING[model] if "invoke" in path else _FITTING[path.rpartition("/")[2]]]
    body = copy.deepcopy(choice((fitting,) * len(BODIES) + BODIES))
    if path.startswith("/v1/"):
        body["model"] = model
    for _ in range(1 + next(take, 0) % 6):
        _edit(body, choice)
    ask(route, path.replace("%s", model), json.dumps(body).encode(), budgets=budgets)


def _edit(body: dict[str, Any], choice: Callable[[Sequence[Any]], Any]) -> None:
    """Replaces, adds, removes or repeats one part of a body."""
    place: Any = body
    while True:
        keys: Sequence[Any] = sorted(place) if isinstance(place, dict) else range(len(place))
        if not keys:
            break
        key = choice(keys)
        if not isinstance(place[key], dict | list) or not choice((True, True, False)):
            break
        place = place[key]
    what = choice(("replace", "replace", "add", "remove", "repeat"))
    if what == "add" or not keys:
        if isinstance(place, dict):
            place[choice(WORDS)] = copy.deepcopy(choice(VALUES))
        else:
            place.append(copy.deepcopy(choice(VALUES)))
    elif what == "replace":
        place[key] = copy.deepcopy(choice(VALUES))
    elif what == "remove":
        del place[key]
    elif isinstance(place, list):
        place.extend(copy.deepcopy(place) * 3)


def ask(route: str, path: str, body: bytes, *, budgets: bool) -> int:
    """One request. The status of its answer."""
    response, answer = _respond(route, path, body, budgets=budgets)
    if response.status >= 500:
        raise Broken(f"{path}: {response.status} {answer[:300]!r}")
    if response.status >= 400:
        json.loads(answer)
    return response.status


def _respond(route: str, path: str, body: bytes, *, budgets: bool) -> tuple[Response, bytes]:
    headers = {"authorization": f"Bearer {CANARY}", "x-api-key": CANARY, "content-type": "application/json"}
    request = Request("req-1", "POST", route, path, headers, {}, body, Caller())
    response = app(budgets=budgets).handle(request, Deadline.after(60))
    answer = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    if CANARY.encode() in answer or CANARY in str(response.headers):
        raise Broken(f"{path}: the caller's key is in the answer")
    return response, answer


def events(data: bytes) -> None:
    """An event, as whoever may invoke the function could write it; or one of API Gateway's with a path of any bytes."""
    try:
        sent: object = json.loads(data)
    except (ValueError, RecursionError):
        text = data.decode("utf-8", "replace")
        sent = {
            "resource": "/model/{modelId}/converse",
            "path": f"/live/model/{text}/converse",
            "httpMethod": "POST",
            "headers": {"Authorization": f"Bearer {CANARY}", text[:20]: text},
            "requestContext": {"requestId": "req-1", "path": f"/live/model/{text}/converse"},
            "body": text if len(data) % 2 else base64.b64encode(data).decode(),
            "isBase64Encoded": not len(data) % 2,
        }
    try:
        to_request(sent)
    except ApiError as error:
        if error.status >= 500:
            raise Broken(f"{error.status} for an event: {error.message}") from error
    answer = entry.buffered(app(budgets=False), sent, 60_000)
    if answer["statusCode"] >= 500:
        raise Broken(f"{answer['statusCode']} {answer['body'][:300]}")
    if CANARY in json.dumps(answer):
        raise Broken("the caller's key is in the answer")


def frames(data: bytes) -> None:
    """What comes from a model's side, in pieces of any size: decoded, or corrupt, and nothing else.

    As it is, and as the headers and the payload of a frame whose lengths and checksums are right.
    """
    for sent in (data, _framed(data[1 : 1 + data[0]], data[1 + data[0] :]) if data else b""):
        for size in (1, 7, max(1, len(sent))):
            decoder = Decoder()
            try:
                for at in range(0, len(sent), size):
                    for message in decoder.messages(sent[at : at + size]):
                        chunk(message.payload)
            except CorruptStream:
                continue


def _framed(headers: bytes, payload: bytes) -> bytes:
    lengths = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    body = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
    return body + struct.pack(">I", zlib.crc32(body))


def streams(data: bytes) -> None:
    """A model's right stream with some of its events changed, left out, repeated or damaged, as the bytes say.

    Whatever comes, the caller gets a status or a stream, the stream can be read, and nobody logs a fault of ours.
    """
    take = iter(data)

    def choice(options: Sequence[T]) -> T:
        return options[next(take, 0) % len(options)]

    route, path, model, told = choice(STREAMS)
    events = [(kind, copy.deepcopy(document)) for kind, document in told]
    for _ in range(next(take, 0) % 6):
        at = next(take, 0) % len(events)
        what = choice(("edit", "edit", "edit", "remove", "repeat", "exception", "retell"))
        if what == "edit" and isinstance(events[at][1], dict):
            _edit(events[at][1], choice)
        elif what == "remove" and len(events) > 1:
            del events[at]
        elif what == "repeat":
            events.insert(at, copy.deepcopy(events[at]))
        elif what == "exception":
            events.insert(at, (choice(EXCEPTIONS), {"message": choice(VALUES)}))
        elif what == "retell":
            events[at] = (choice(told)[0], copy.deepcopy(choice(VALUES)))
    stream = b"".join(_event(kind, document) for kind, document in events)
    if next(take, 0) % 4 == 3:
        stream = stream[: len(stream) * next(take, 0) // 255]
    body = copy.deepcopy(BODIES[_FITTING[model.removeprefix("hurried-")]])
    if path.startswith("/v1/"):
        body = {**(BODIES[2] if "chat" in path else body), "model": model, "stream": True}
    MODEL.stream = stream
    try:
        response, answer = _respond(route, path.replace("%s", model), json.dumps(body).encode(), budgets=False)
    finally:
        MODEL.stream = None
    faults, MODEL.faults = MODEL.faults, []
    if faults:
        raise Broken(f"{path}: {faults}")
    _read(response, answer)


def _event(kind: str, document: Any) -> bytes:
    payload = json.dumps(document).encode()
    if kind == "chunk":
        return event(kind, json.dumps({"bytes": base64.b64encode(payload).decode(), "p": "abc"}).encode())
    if kind.endswith("Exception"):
        return encode({":exception-type": kind, ":message-type": "exception"}, payload)
    return event(kind, payload)


def _read(response: Response, answer: bytes) -> None:
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


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "bodies": bodies,
    "dialects": dialects,
    "events": events,
    "frames": frames,
    "streams": streams,
}


def seeds(target: str) -> Iterator[bytes]:
    """Inputs that are right, for a fuzzer to start from."""
    if target == "frames":
        yield event("chunk", b'{"bytes":"e30="}') + exception("modelStreamErrorException", "No.")
        headers = encode({":event-type": "chunk"}, b"")[12:-4]
        yield bytes([len(headers)]) + headers + b'{"bytes":"e30="}'
        return
    if target == "streams":
        for at in range(len(STREAMS)):
            yield bytes([at, 0])
            yield from (bytes([at, 1, place, 0, 1, 0, 0, value]) for place in range(11) for value in (0, 12, 25))
        return
    for at, body in enumerate(BODIES):
        data = json.dumps(body).encode()
        if target == "events":
            proxied = {"resource": "/v1/chat/completions", "path": "/live/v1/chat/completions", "httpMethod": "POST"}
            context = {"requestId": "r", "path": "/live/v1/chat/completions"}
            yield json.dumps({**proxied, "headers": {}, "requestContext": context, "body": data.decode()}).encode()
            continue
        for route in range(len(ROUTES)):
            yield bytes([route, 0, 0, at, 2, 1, 2, 3, 4]) if target == "bodies" else bytes([route, at]) + data
