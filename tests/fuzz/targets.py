"""What a caller can reach with bytes of his choice, each as a function of bytes that fails where a promise breaks.

The promises: nothing escapes but an error that the caller is told; what a caller sends is never answered as a fault of
ours; no answer holds the key that came with the request; and whatever a model answers, the caller's stream is one.
"""

import base64
import copy
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from llm_api import entry
from llm_api.errors import ApiError
from llm_api.events import to_request
from llm_api.eventstream import CorruptStream, Decoder, chunk, encode, event, exception

from tests.fuzz.deployment import CANARY, MODEL, Broken, app, ask, check_readable, respond
from tests.fuzz.material import ANSWERS, BODIES, EXCEPTIONS, FITTING, MODELS, ROUTES, STREAMS, VALUES, WORDS

T = TypeVar("T")


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
    fitting = BODIES[FITTING[model] if "invoke" in path else FITTING[last_of(path)]]
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
    right = events == [*told]
    if next(take, 0) % 4 == 3:
        stream, right = stream[: len(stream) * next(take, 0) // 255], False
    wishes = {"tools": None, "tool_choice": None} if choice((False, True)) else {"response_format": None, "text": None}
    status = _told(route, path, model, stream, stream=True, **wishes)
    if right and status != HTTPStatus.OK:
        raise Broken(f"{path}: {status} for a right stream")


def answers(data: bytes) -> None:
    """A model's right whole answer with some of its parts changed, as the bytes say; see `streams`."""
    take = iter(data)

    def choice(options: Sequence[T]) -> T:
        return options[next(take, 0) % len(options)]

    route, path, model, told = choice(ANSWERS)
    document = copy.deepcopy(told)
    for _ in range(next(take, 0) % 6):
        _edit(document, choice)
    answer = json.dumps(document).encode()
    if next(take, 0) % 8 == 7:
        answer = b'{"a":' * 50_000 + answer
    wishes = {"tools": None, "tool_choice": None} if choice((False, True)) else {"response_format": None, "text": None}
    status = _told(route, path, model, answer, stream=False, **wishes)
    if document == told and answer == json.dumps(told).encode() and status != HTTPStatus.OK:
        raise Broken(f"{path}: {status} for a right answer")


def last_of(path: str) -> str:
    """What tells one route from another in `FITTING`."""
    return "chat/completions" if path.endswith("/chat/completions") else path.rpartition("/")[2]


def _told(route: str, path: str, model: str, told: bytes, *, stream: bool, **wishes: Any) -> int:
    """The status that the caller gets when a model answers so.

    Raises:
        Broken: it can't be read, or a fault of ours was logged.
    """
    last = last_of(path)
    name = last if path.startswith("/v1/") or last == "count-tokens" else model.removeprefix("hurried-")
    body = copy.deepcopy(BODIES[0 if name == "claude" and "converse" in path else FITTING[name]])
    if path.startswith("/v1/"):
        body |= {
            "model": model,
            "reasoning_effort": None,
            "reasoning": None,
            "encoding_format": None,
            "dimensions": None,
        }
        body = {name: wishes.get(name, value) for name, value in body.items() if value is not None}
        if "stream_options" in body and not stream:
            del body["stream_options"]
        if stream or "stream" in body:
            body["stream"] = stream
    MODEL.told, MODEL.streams = told, stream or model.startswith("hurried")
    try:
        response, answer = respond(route, path.replace("%s", model), json.dumps(body).encode(), budgets=False)
    finally:
        MODEL.told = None
    faults, MODEL.faults = MODEL.faults, []
    if faults:
        raise Broken(f"{path}: {faults}")
    check_readable(path, response, answer)
    return response.status


def _event(kind: str, document: Any) -> bytes:
    payload = json.dumps(document).encode()
    if kind == "chunk":
        return event(kind, json.dumps({"bytes": base64.b64encode(payload).decode(), "p": "abc"}).encode())
    if kind.endswith("Exception"):
        return encode({":exception-type": kind, ":message-type": "exception"}, payload)
    return event(kind, b"data: " + payload + b"\n\n" if kind == "PayloadPart" else payload)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "answers": answers,
    "bodies": bodies,
    "dialects": dialects,
    "events": events,
    "frames": frames,
    "streams": streams,
}


_TELLING = [at for at, value in enumerate(VALUES) if value in (None, 0, 10**30, "x", "\ud800") or value == [{}]]
_TELLING += [at for at, value in enumerate(VALUES) if value in ([], {"text": "x"}) or value != value]


def _places(document: Any) -> Iterator[list[int]]:
    """What `_edit` has to choose so that it stops at each place of a document."""
    if isinstance(document, dict | list):
        for at, key in enumerate(sorted(document) if isinstance(document, dict) else range(len(document))):
            if isinstance(document[key], dict | list):
                yield [at, 2]
                yield from ([at, 0, *place] for place in _places(document[key]))
            else:
                yield [at]


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
            for number, (_, document) in enumerate(STREAMS[at][3]):
                for place in _places(document):
                    yield from (bytes([at, 1, number, 0, *place, 0, value]) for value in _TELLING)
                yield from (bytes([at, 1, number, *what]) for what in ((3,), (4,), (5, 0, 12), (6, 5, 0), (6, 0, 24)))
        return
    if target == "answers":
        for at in range(len(ANSWERS)):
            yield bytes([at, 0])
            for place in _places(ANSWERS[at][3]):
                yield from (bytes([at, 1, *place, 0, value]) for value in _TELLING)
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
