"""Credentials: from the environment, or from the endpoint that SnapStart's functions ask, before they end."""

import datetime
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from llm_api.aws import NoCredentials
from llm_api.aws.credentials import Credentials, source

NOW = 1_795_435_230.0


class Endpoint:
    """What Lambda has at the address."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.tokens: list[str | None] = []
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                endpoint.tokens.append(self.headers["authorization"])
                status, document = endpoint.answers.pop(0)
                body = document if isinstance(document, bytes) else json.dumps(document).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.environment = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{self._server.server_port}/2021-04-23/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "tell-me",
        }
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def gives(self, key: str, seconds: float) -> None:
        end = datetime.datetime.fromtimestamp(NOW + seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        document = {"AccessKeyId": key, "SecretAccessKey": "secret", "Token": "token", "Expiration": end}
        self.answers.append((200, document))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.close()


class Clock:
    def __init__(self) -> None:
        self.seconds = NOW

    def time(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("llm_api.aws.credentials.time.time", made.time)
    return made


def test_they_are_lambdas_own() -> None:
    environment = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": "T"}
    assert source(environment)(1) == Credentials("A", "S", "T")


def test_nothing_else_is_looked_for() -> None:
    # GIVEN what other SDKs would find
    environment = {"AWS_PROFILE": "admin", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "HOME": "/root"}
    # WHEN THEN the message says what is missing
    with pytest.raises(ValueError, match="AWS_ACCESS_KEY_ID"):
        source(environment)


def test_secrets_never_stand_in_a_traceback() -> None:
    assert "S3CR3T" not in repr(Credentials("A", "S3CR3T", "S3CR3T"))


def test_snapstarts_are_fetched_once_and_again_before_they_end(endpoint: Endpoint, clock: Clock) -> None:
    # GIVEN an endpoint that gives credentials for an hour
    current = source(endpoint.environment)
    endpoint.gives("first", 3600)
    endpoint.gives("second", 7200)
    # WHEN they are asked for, again, and five minutes before their end
    found = [current(5).access_key, current(5).access_key]
    clock.seconds += 3301
    found.append(current(5).access_key)
    # THEN new ones were fetched once
    assert found == ["first", "first", "second"]
    assert endpoint.tokens == ["tell-me", "tell-me"]


def test_all_services_share_what_was_fetched(endpoint: Endpoint, clock: Clock) -> None:
    # GIVEN an endpoint that gives credentials once
    endpoint.gives("shared", 3600)
    # WHEN two services ask, each from its own source
    found = [source(endpoint.environment)(5).access_key for _ in range(2)]
    # THEN both have the same, of one fetch
    assert found == ["shared", "shared"]
    assert endpoint.tokens == ["tell-me"]


def test_a_refresh_that_fails_is_tried_again_while_the_old_ones_hold(endpoint: Endpoint, clock: Clock) -> None:
    # GIVEN credentials near their end, and an endpoint that fails
    current = source(endpoint.environment)
    endpoint.gives("first", 3600)
    current(5)
    clock.seconds += 3400
    endpoint.answers.append((500, {}))
    # WHEN they are asked for twice THEN the old ones do, and the endpoint is asked once
    assert [current(5).access_key, current(5).access_key] == ["first", "first"]
    assert endpoint.answers == []
    # AND later it is asked again
    clock.seconds += 60
    endpoint.gives("second", 7200)
    assert current(5).access_key == "second"


@pytest.mark.parametrize(
    "answer", [(403, {}), (200, b"nope"), (200, []), (200, {"AccessKeyId": "A"}), (200, {"Expiration": 5})]
)
def test_an_endpoint_that_gives_none_is_told_without_its_words(
    endpoint: Endpoint, clock: Clock, answer: tuple[int, Any]
) -> None:
    endpoint.answers.append(answer)
    with pytest.raises(NoCredentials):
        source(endpoint.environment)(5)


def test_ended_credentials_are_not_used(endpoint: Endpoint, clock: Clock) -> None:
    # GIVEN credentials that have ended, and an endpoint that fails
    current = source(endpoint.environment)
    endpoint.gives("first", 3600)
    current(5)
    clock.seconds += 3601
    endpoint.answers.append((500, {}))
    # WHEN THEN
    with pytest.raises(NoCredentials):
        current(5)


@pytest.mark.parametrize("host", ["169.254.169.254", "example.com", "127.0.0.1.example.com"])
def test_nobody_else_is_asked_without_tls(host: str) -> None:
    with pytest.raises(ValueError, match="use https"):
        source({"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{host}/x"})


def test_an_endpoint_with_tls_hears_nothing_without_it() -> None:
    # GIVEN an address with https, at which somebody listens
    with socket.create_server(("127.0.0.1", 0)) as listening:
        heard: list[bytes] = []

        def act() -> None:
            taken, _ = listening.accept()
            with taken:
                heard.append(taken.recv(65536))

        thread = threading.Thread(target=act, daemon=True)
        thread.start()
        url = f"https://localhost:{listening.getsockname()[1]}/x"
        # WHEN it is asked
        with pytest.raises(NoCredentials):
            source({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "tell-me"})(5)
        thread.join(5)
    # THEN TLS is begun, and the token isn't told
    assert heard[0][:1] == b"\x16"
    assert b"tell-me" not in heard[0]


def test_who_waits_for_anothers_fetch_waits_no_longer_than_its_own_time() -> None:
    # GIVEN an endpoint that takes connections and is silent, and somebody who waits for it
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        current = source({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url})
        ended: list[str] = []

        def ask(name: str, seconds: float) -> None:
            with pytest.raises(NoCredentials):
                current(seconds)
            ended.append(name)

        first = threading.Thread(target=ask, args=("patient", 4.0))
        first.start()
        taken, _ = listening.accept()
        # WHEN another asks, who has less time
        with taken:
            ask("hurried", 0.1)
            first.join()
    # THEN it is told first
    assert ended == ["hurried", "patient"]
