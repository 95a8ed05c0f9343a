"""Files in S3: signatures that AWS would take, and what a failure becomes."""

import datetime
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from llm_api.deadline import Deadline
from llm_api.errors import NotDelivered
from llm_api.storage import Bucket

from local_aws import sigv4
from local_aws.credentials import Credentials

BUCKET = "acme-images"
PNG = (b"\x89PNG\r\n\x1a\n", "image/png")
LATER = Deadline.after(3600)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function's, and its environment."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")


def test_an_address_is_what_boto3_would_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN one moment for both
    now = datetime.datetime(2026, 11, 25, 12, 0, tzinfo=datetime.UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now)
    monkeypatch.setattr("time.time", now.timestamp)
    client = boto3.Session().client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
    key = "images/t/a b+ü.png"
    expected = client.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": key}, ExpiresIn=900)

    # WHEN
    found = Bucket(BUCKET, 900).address(key)

    # THEN
    assert parse_qs(urlsplit(found).query) == parse_qs(urlsplit(expected).query)
    assert urlsplit(found)[:3] == urlsplit(expected)[:3]


class Store:
    """What speaks HTTP as S3 does, and remembers what it was asked."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.requests: list[sigv4.SignedRequest] = []
        self.silent = threading.Event()
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = list(self.headers.items())
                store.requests.append(sigv4.SignedRequest("PUT", self.path, "", headers, body))
                status = store.statuses.pop(0) if store.statuses else 200
                if status == 0:
                    store.silent.wait(5)
                reply = (
                    b"" if status == 200 else b"<Error><Code>SlowDown</Code><Message>arn:aws:s3:::x</Message></Error>"
                )
                self.send_response(status or 200)
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self.silent.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    made = Store()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", made.url)
    yield made
    made.close()


def test_files_are_put_under_keys_that_nobody_guesses(store: Store) -> None:
    # GIVEN three files of a tenant
    files = Bucket(BUCKET, 60).files_of("marketing", LATER)

    # WHEN
    addresses = files.put([PNG, (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp")])

    # THEN each lies below the role's prefix and the tenant's name, under 128 random bits
    paths = [urlsplit(address).path for address in addresses]
    assert all(path.startswith(f"/{BUCKET}/images/marketing/") for path in paths)
    assert len({path.rpartition("/")[2].partition(".")[0] for path in paths}) == 3
    assert [path.rpartition(".")[2] for path in paths] == ["png", "jpg", "webp"]
    assert all(len(path.rpartition("/")[2].partition(".")[0]) == 32 for path in paths)
    assert sorted(request.raw_path for request in store.requests) == sorted(paths)
    assert files.stored == 3

    # AND each was signed, its content included
    known = Credentials("ASIATEST", "secret", "token", "arn:aws:sts::123456789012:assumed-role/r/s", "123456789012")
    for request in store.requests:
        assert sigv4.verify(request, lambda key: known, service="s3", region="us-west-2") is known
        assert request.header("x-amz-content-sha256") != sigv4.UNSIGNED_PAYLOAD
        assert request.header("content-type") in ("image/png", "image/jpeg", "image/webp")


def test_without_a_declared_tenant_no_name_is_in_the_key(store: Store) -> None:
    # GIVEN a caller who is known by an ARN WHEN THEN
    (address,) = Bucket(BUCKET, 60).files_of(None, LATER).put([PNG])
    assert urlsplit(address).path.count("/") == 3


@pytest.mark.parametrize(("statuses", "sent"), [([503], 2), ([500], 2)])
def test_what_s3_is_too_busy_for_is_put_once_more(store: Store, statuses: list[int], sent: int) -> None:
    # GIVEN
    store.statuses = statuses

    # WHEN THEN
    assert Bucket(BUCKET, 60).files_of("t", LATER).put([PNG])
    assert len(store.requests) == sent


@pytest.mark.parametrize(
    ("statuses", "reason"), [([503, 503], "503 SlowDown"), ([403], "403 SlowDown"), ([404], "404 SlowDown")]
)
def test_a_refusal_says_why_in_the_log_alone(store: Store, statuses: list[int], reason: str) -> None:
    # GIVEN
    store.statuses = list(statuses)
    files = Bucket(BUCKET, 60).files_of("t", LATER)

    # WHEN
    with pytest.raises(NotDelivered) as failed:
        files.put([PNG])

    # THEN S3's own code is there, and none of its words
    assert failed.value.reason == files.failure == f"S3: {reason}"
    assert reason not in failed.value.message
    assert len(store.requests) == len(statuses)


def test_nobody_waits_beyond_the_deadline(store: Store) -> None:
    # GIVEN an S3 that says nothing
    store.statuses = [0]
    files = Bucket(BUCKET, 60).files_of("t", Deadline.after(0.2))

    # WHEN THEN
    with pytest.raises(NotDelivered):
        files.put([PNG])
    assert files.failure == "S3: out of time"
    store.silent.set()


def test_an_s3_out_of_reach_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a port that nobody listens at
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    files = Bucket(BUCKET, 60).files_of("t", LATER)

    # WHEN THEN
    with pytest.raises(NotDelivered):
        files.put([PNG])
    assert files.failure == "S3: NotSent"
