"""A server that speaks HTTP as Bedrock and SageMaker do, one scripted reply a request, and the app in front of it."""

import base64
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from llm_api.app import App
from llm_api.cache import Cache
from llm_api.config import Settings
from llm_api.deadline import Deadline
from llm_api.events import Caller, Request, Response
from llm_api.eventstream import event
from llm_api.inference import Inference, Patience
from llm_api.inference.clients import Clients
from llm_api.registry import Registry, Target
from llm_api.telemetry import Telemetry

ANSWER = {"content": [{"type": "text", "text": "Hi"}], "usage": {"input_tokens": 3, "output_tokens": 4}}
CONVERSE_ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7},
    "metrics": {"latencyMs": 21},
}


ANNA = Caller("arn:aws:iam::123456789012:user/anna")


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it reached the server; `path` is still encoded, header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """What a reply can do with the caller's connection."""

    def __init__(self, handler: BaseHTTPRequestHandler, closing: threading.Event) -> None:
        self._handler = handler
        self._closing = closing

    def head(self, status: int, headers: dict[str, str]) -> None:
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def send(self, data: bytes) -> None:
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def chunk(self, data: bytes) -> None:
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def wait(self, seconds: float | None = None) -> bool:
        """Stay silent, at most until the test is over. Whether it is."""
        return self._closing.wait(seconds)

    def hang_up(self) -> None:
        self._handler.close_connection = True


Reply = Callable[[Connection], None]


def answer(body: Any = ANSWER, headers: dict[str, str] | None = None, status: int = 200) -> Reply:
    """A whole answer; `body` is bytes or what JSON is made of."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def reply(connection: Connection) -> None:
        connection.head(
            status, {"content-type": "application/json", "content-length": str(len(data)), **(headers or {})}
        )
        connection.send(data)

    return reply


def failure(status: int, code: str, message: str = "No.", headers: dict[str, str] | None = None) -> Reply:
    """An error as AWS's front end writes it."""
    kind = {"x-amzn-errortype": f"{code}:http://internal.amazon.com/coral/com.amazon.bedrock/"}
    return answer({"message": message}, {**kind, **(headers or {})}, status)


def stream(*pieces: bytes, cut: bool = False, then: Callable[[Connection], object] | None = None) -> Reply:
    """A streamed answer, one HTTP chunk for each piece; `cut` leaves out the last, empty one."""

    def reply(connection: Connection) -> None:
        connection.head(
            200,
            {
                "content-type": "application/vnd.amazon.eventstream",
                "transfer-encoding": "chunked",
                "x-amzn-bedrock-content-type": "application/json",
                "connection": "close",
            },
        )
        connection.send(b"")
        for piece in pieces:
            connection.chunk(piece)
        if then is not None:
            then(connection)
        if not cut:
            connection.send(b"0\r\n\r\n")
        connection.hang_up()

    return reply


HANGS_SECONDS = 60.0
"""Whoever takes longer than that has waited for a server that never answers; less tells of the machine alone."""


def stalled(connection: Connection) -> None:
    """No answer at all."""
    connection.wait()
    connection.hang_up()


def dropped(connection: Connection) -> None:
    """The connection closes without an answer."""
    connection.hang_up()


class ModelWire:
    """The server. `replies` are used up in order; `received` holds what came."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.received: list[Received] = []
        self._closing = threading.Event()
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                wire.received.append(Received(self.path, headers, body))
                wire.replies.pop(0)(Connection(self, wire._closing))

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def reset(self) -> None:
        """Let go of every stalled connection and forget the last test."""
        self._closing.set()
        self._closing = threading.Event()
        self.replies.clear()
        self.received.clear()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()


@dataclass(slots=True)
class Deployment:
    """The app in front of the wire.

    Attributes:
        lines: what was logged, log lines and metrics alternating.
        pauses: the seconds slept before each repeat.
    """

    wire: ModelWire
    clients: Clients
    targets: list[Target]
    settings: dict[str, Any] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)
    cache: Cache | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    app: App = field(init=False)

    def __post_init__(self) -> None:
        settings = Settings(Registry(self.targets), **self.settings)
        self.app = App(
            settings,
            inference=Inference(settings.registry, self.clients, patience=self.patience, pause=self.pauses.append),
            cache=self.cache,
            telemetry=Telemetry("acme-llm", "LlmApi", self._log),
        )

    def call(
        self,
        operation: str,
        body: Any,
        model: str = "fast",
        headers: dict[str, str] | None = None,
        seconds: float = 10.0,
        replies: Iterable[Reply] = (),
        caller: Caller = ANNA,
    ) -> Response:
        """Call one of Bedrock's routes, as API Gateway hands it on."""
        self.wire.replies.extend(replies)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        route = "/model/{modelId}/" + operation
        path = f"/model/{model}/{operation}"
        request = Request("req-1", "POST", route, path, headers or {}, {}, data, caller, "lambda-1")
        return self.app.handle(request, Deadline.after(seconds))

    @property
    def log(self) -> dict[str, Any]:
        """The log line of the last request."""
        return self.lines[-2]

    @property
    def metrics(self) -> dict[str, Any]:
        """The metrics record of the last request."""
        return self.lines[-1]

    def _log(self, text: str) -> None:
        self.lines.extend(json.loads(line) for line in text.splitlines())


def whole(response: Response) -> bytes:
    """The body, read to its end."""
    return response.body if isinstance(response.body, bytes) else b"".join(response.body)


def message_of(response: Response) -> str:
    message: str = json.loads(whole(response))["message"]
    return message


def chunk(document: Any) -> bytes:
    """A `chunk` frame around one of the model's own messages."""
    inner = base64.b64encode(json.dumps(document).encode()).decode()
    return event("chunk", json.dumps({"bytes": inner, "p": "abcdefgh"}).encode())


def named(kind: str, document: Any) -> bytes:
    """One of ConverseStream's frames."""
    return event(kind, json.dumps({**document, "p": "abcd"}).encode())


METRICS = {"inputTokenCount": 3, "outputTokenCount": 2, "invocationLatency": 40, "firstByteLatency": 9}

CLAUDE_STREAM = (
    chunk({"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}}),
    chunk({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}}),
    chunk({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo"}}),
    chunk({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}),
    chunk({"type": "message_stop", "amazon-bedrock-invocationMetrics": METRICS}),
)

CONVERSE_STREAM = (
    named("messageStart", {"role": "assistant"}),
    named("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hello"}}),
    named("contentBlockStop", {"contentBlockIndex": 0}),
    named("messageStop", {"stopReason": "end_turn"}),
    named(
        "metadata",
        {
            "usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8, "cacheReadInputTokens": 2},
            "metrics": {"latencyMs": 33},
        },
    ),
)


def split(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
