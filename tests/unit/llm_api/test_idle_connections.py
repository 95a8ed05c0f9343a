"""A connection that was idle for long isn't used again: whoever gave it up meanwhile did so without a word."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from llm_api.aws import connections
from llm_api.aws.hosts import Service

FORGETS_SECONDS = 1.5
"""After so long the other end gives a connection up; we stop using it long before, so that no pause of a busy machine
between our look and our request matters."""

OURS_SECONDS = 0.1


class Endpoint(ThreadingHTTPServer):
    """A DynamoDB that has nothing, counts its connections, and forgets those that were idle, without a word."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections = 0
        self.forgets_seconds = float("inf")

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def handle_one_request(self) -> None:
        self.idle_since = time.monotonic()
        super().handle_one_request()

    def parse_request(self) -> bool:
        if time.monotonic() - self.idle_since > self.server.forgets_seconds:
            self.close_connection = True
            return False
        return super().parse_request()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    with endpoint() as server:
        settings = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def forgetful(server: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called, idle connections are forgotten, by the other end without a word."""

    def begin() -> None:
        server.forgets_seconds = FORGETS_SECONDS
        monkeypatch.setattr(connections, "IDLE_SECONDS", OURS_SECONDS)

    return begin


@pytest.fixture
def client(server: Endpoint) -> Iterator[Service]:
    service = Service("dynamodb")
    yield service
    service._host.close()


def read(client: Service) -> None:
    client.call("DynamoDB_20120810.GetItem", {"TableName": "table", "Key": {"pk": {"S": "key"}}}, 5)


def test_a_connection_is_used_again_at_once_and_not_after_a_while(
    server: Endpoint, client: Service, forgetful: Callable[[], None]
) -> None:
    # GIVEN a client that has just been used
    read(client)
    read(client)
    assert server.connections == 1

    # WHEN it is used after a pause in which the other end has forgotten it, THEN it doesn't notice
    forgetful()
    time.sleep(FORGETS_SECONDS * 1.1)
    read(client)
    assert server.connections == 2


def test_many_at_once_after_a_pause(client: Service, forgetful: Callable[[], None]) -> None:
    # GIVEN a client with several connections
    forgetful()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            # WHEN it is used by as many threads after each pause, THEN each of them gets its answer
            list(pool.map(lambda _: read(client), range(40)))
            time.sleep(FORGETS_SECONDS * 1.1)
