"""One question in the wire form of every dialect, and answers read as their SDKs would."""

import base64
import http.client
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.eventstream import EventStreamBuffer

from tests.support import Api

SENTENCE = "Repeat after me: one two three four five six seven eight nine ten eleven twelve"
TEXT = SENTENCE.removeprefix("Repeat after me: ")

Event = dict[str, Any]


def _converse(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"text": text}]}]}


def _native(text: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 200, "messages": messages}


def _chat(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def _responses(text: str) -> dict[str, Any]:
    return {"input": text}


def _messages(text: str) -> dict[str, Any]:
    return {"max_tokens": 200, "messages": [{"role": "user", "content": text}]}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one dialect asks for a text.

    Attributes:
        path: the route, with the model's name where it belongs into the path.
        streamed_path: the route of the streamed answer.
        body: the question; the model's name and `stream` are added where the dialect has them there.
    """

    name: str
    path: str
    streamed_path: str
    body: Callable[[str], dict[str, Any]]

    def request(self, model: str, text: str = SENTENCE, *, stream: bool) -> tuple[str, dict[str, Any]]:
        """Path and body."""
        path = (self.streamed_path if stream else self.path).replace("MODEL", model)
        body = self.body(text)
        if "MODEL" not in self.path:
            body |= {"model": model, "stream": stream}
        return path, body

    def text(self, body: bytes) -> str:
        """The answer's text, of a whole answer."""
        answer = json.loads(body)
        found: str
        match self.name:
            case "converse":
                found = answer["output"]["message"]["content"][0]["text"]
            case "chat":
                found = answer["choices"][0]["message"]["content"]
            case "responses":
                found = next(item for item in answer["output"] if item["type"] == "message")["content"][0]["text"]
            case _:
                found = answer["content"][0]["text"]
        return found


CONVERSE = Dialect("converse", "/model/MODEL/converse", "/model/MODEL/converse-stream", _converse)
INVOKE = Dialect("invoke", "/model/MODEL/invoke", "/model/MODEL/invoke-with-response-stream", _native)
CHAT = Dialect("chat", "/v1/chat/completions", "/v1/chat/completions", _chat)
RESPONSES = Dialect("responses", "/v1/responses", "/v1/responses", _responses)
MESSAGES = Dialect("messages", "/v1/messages", "/v1/messages", _messages)

DIALECTS = (CONVERSE, INVOKE, CHAT, RESPONSES, MESSAGES)


@dataclass(slots=True)
class Stream:
    """A streamed answer on the wire.

    Attributes:
        events: what has been read so far, decoded: `{"event": …, …}` of each frame or server-sent event.
    """

    dialect: Dialect
    response: http.client.HTTPResponse
    events: list[Event] = field(default_factory=list)
    comments: int = 0
    raw: bytes = b""
    _buffer: EventStreamBuffer = field(default_factory=EventStreamBuffer)
    _text: bytes = b""

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return {name.lower(): value for name, value in self.response.getheaders()}

    def read_more(self) -> bool:
        """Reads the next piece, waiting for it; False at the end."""
        piece = self.response.read1(65536)
        self.raw += piece
        if self.dialect in (CONVERSE, INVOKE):
            self._buffer.add_data(piece)
            self.events += [_frame(message.headers, message.payload) for message in self._buffer]
        else:
            *whole, self._text = (self._text + piece).split(b"\n\n")
            for block in whole:
                if block.startswith(b":"):
                    self.comments += 1
                else:
                    self.events.append(_server_sent(block))
        return bool(piece)

    def read_to_the_end(self) -> list[Event]:
        """All events."""
        while self.read_more():
            pass
        return self.events

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(_text_of(event) for event in self.events)


@contextmanager
def streaming(api: Api, dialect: Dialect, model: str, text: str = SENTENCE) -> Iterator[Stream]:
    """A streamed answer whose status and headers have come. The connection is severed at the end of the block."""
    path, body = dialect.request(model, text, stream=True)
    address = urlsplit(api.url)
    context = ssl.create_default_context(cafile=api.ca_file)
    connection = http.client.HTTPSConnection(address.hostname or "", address.port, context=context, timeout=30)
    headers = {"content-type": "application/json", "authorization": f"Bearer {api.key}"}
    try:
        connection.request("POST", address.path + path, json.dumps(body).encode(), headers)
        yield Stream(dialect, connection.getresponse())
    finally:
        connection.close()


def _frame(headers: Mapping[str, Any], payload: bytes) -> Event:
    kind = headers.get(":exception-type") or headers[":event-type"]
    document = json.loads(payload)
    if kind == "chunk":
        document = json.loads(base64.b64decode(document["bytes"]))
    return {"event": kind, "exception": ":exception-type" in headers, **document}


def _server_sent(block: bytes) -> Event:
    lines = dict(line.split(": ", 1) for line in block.decode().splitlines())
    if lines["data"] == "[DONE]":
        return {"event": "[DONE]"}
    return {"event": lines.get("event", "data"), **json.loads(lines["data"])}


def _text_of(event: Event) -> str:
    if event["event"] == "response.output_text.delta":
        return str(event["delta"])
    choices = event.get("choices")
    if choices:
        return choices[0]["delta"].get("content") or ""
    delta = event.get("delta")
    return delta.get("text", "") if isinstance(delta, dict) else ""
