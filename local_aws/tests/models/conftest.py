"""The stand-in models behind a small HTTP server, so that the real boto3 can decode what they answer."""

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

import boto3
import pytest
from botocore.config import Config
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request

from local_aws.faults import Faults
from local_aws.journal import Journal
from local_aws.models import ModelRequest, ModelRuntime

BEDROCK = re.compile(r"/model/([^/]+)/([a-z-]+)")
ENDPOINT = re.compile(r"/endpoints/([^/]+)/(invocations(?:-response-stream)?)")
SAGEMAKER = {"invocations": "sagemaker-invoke", "invocations-response-stream": "sagemaker-stream"}


class QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class Server:
    """The runtime over HTTP, without any check of signatures."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.journal = Journal()
        self.runtime = ModelRuntime(self.faults, self.journal, pace_seconds=0)
        self._http = make_server("127.0.0.1", 0, self._wsgi, threaded=True, request_handler=QuietHandler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.faults.clear()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _wsgi(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        raw = environ["REQUEST_URI"]
        if match := BEDROCK.fullmatch(raw):
            operation = match.group(2)
        else:
            match = ENDPOINT.fullmatch(raw)
            assert match, raw
            operation = SAGEMAKER[match.group(2)]
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = ModelRequest("us-east-1", unquote(match.group(1)), operation, headers, request.get_data())
        response = self.runtime.respond(call)
        if isinstance(response.body, bytes):
            start(f"{response.status} X", [*response.headers, ("content-length", str(len(response.body)))])
            return [response.body]
        start(f"{response.status} X", response.headers)
        return response.body


@pytest.fixture(scope="session")
def _server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def server(_server: Server) -> Server:
    _server.faults.clear()
    _server.journal.clear()
    _server.runtime._pace_seconds = 0
    return _server


def client(server: Server, service: str) -> Any:
    config = Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5)
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=config,
    )


@pytest.fixture(scope="session")
def _clients(_server: Server) -> dict[str, Any]:
    return {service: client(_server, service) for service in ("bedrock-runtime", "sagemaker-runtime")}


@pytest.fixture
def bedrock(server: Server, _clients: dict[str, Any]) -> Any:
    """boto3's client of Bedrock's runtime; it doesn't retry."""
    return _clients["bedrock-runtime"]


@pytest.fixture
def sagemaker(server: Server, _clients: dict[str, Any]) -> Any:
    """boto3's client of SageMaker's runtime; it doesn't retry."""
    return _clients["sagemaker-runtime"]


Invoke = Callable[..., tuple[dict[str, Any], dict[str, str]]]


@pytest.fixture
def invoke(bedrock: Any) -> Invoke:
    """InvokeModel: the answer's body and headers."""

    def call(model: str, body: dict[str, Any], **options: Any) -> tuple[dict[str, Any], dict[str, str]]:
        answer = bedrock.invoke_model(modelId=model, body=json.dumps(body), **options)
        return json.loads(answer["body"].read()), answer["ResponseMetadata"]["HTTPHeaders"]

    return call


@pytest.fixture
def chunks(bedrock: Any) -> Callable[..., list[dict[str, Any]]]:
    """InvokeModelWithResponseStream: the payload of each chunk."""

    def call(model: str, body: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        answer = bedrock.invoke_model_with_response_stream(modelId=model, body=json.dumps(body), **options)
        return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]

    return call
