"""Both entries under AWS's own Runtime API, as far as AWS publishes it.

The emulator buffers what a runtime streams. That pieces arrive as they are produced is shown in
`tests/unit/llm_api/test_runtime.py`, on a Runtime API that watches every chunk; here AWS judges the protocol.
"""

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lambda_src import build
from tests.conformance.emulator import Emulator
from tests.unit.llm_api.proxy_events import proxy_event
from tools import rie

STAND_IN_APP = '''
from llm_api.events import Response


class App:
    """Answers with the last segment of the path: `stream`, `whole`, `last`, `early-fault` or `late-fault`."""

    must_end = False

    def __init__(self, settings):
        pass

    def warm_up(self):
        pass

    def handle(self, request, deadline):
        headers = {"content-type": "text/plain", "x-request-id": request.id}
        wanted = request.path.rpartition("/")[2]
        self.must_end = wanted == "last"
        bodies = {"stream": stream, "early-fault": early_fault, "late-fault": late_fault, "facts": facts}
        body = bodies[wanted](request, deadline) if wanted in bodies else b"whole"
        return Response(200, headers, body)


def stream(request, deadline):
    for number in range(1000):
        yield b"%d," % number


def early_fault(request, deadline):
    raise RuntimeError("secret")
    yield b""


def late_fault(request, deadline):
    yield b"first"
    raise RuntimeError("secret")


def facts(request, deadline):
    yield b"%d %d" % (len(request.function_request_id), deadline.remaining_seconds() > 20)
'''

MODELS = '{"fast": {"id": "amazon.nova-lite-v1:0", "family": "nova"}}'

Start = Callable[..., Emulator]


@pytest.fixture(scope="module")
def binary() -> Path:
    """AWS's emulator. Where it can't be had the tests are skipped, but never in CI."""
    try:
        return rie.emulator()
    except rie.Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


def unpacked(folder: Path, stand_in: bool) -> Path:
    """The package as Lambda unpacks it, the app replaced by one that calls no model."""
    with zipfile.ZipFile(io.BytesIO(build.build())) as archive:
        archive.extractall(folder)
        for entry in archive.infolist():
            (folder / entry.filename).chmod(entry.external_attr >> 16)
    if stand_in:
        (folder / "llm_api" / "app.py").write_text(STAND_IN_APP)
    return folder


@pytest.fixture
def start(binary: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts the package under the emulator: `streaming` by the exec wrapper, else under AWS's own runtime client."""
    with ExitStack() as stack:

        def run(*, streaming: bool, stand_in: bool = True, **environment: str) -> Emulator:
            root = unpacked(tmp_path / "task", stand_in)
            client = [sys.executable, "-m", "awslambdaric", "llm_api.handler.lambda_handler"]
            command = [str(root / "bootstrap"), *client] if streaming else client
            variables = {"LLM_API_MODELS": MODELS, "LLM_API_STREAMING": str(streaming).lower()} | environment
            return stack.enter_context(Emulator(binary, command, root, tmp_path / "log", variables))

        yield run


def event(wanted: str) -> dict[str, object]:
    return proxy_event(resource=f"/{wanted}", path=f"/{wanted}")


def split(answer: bytes) -> tuple[dict[str, object], bytes]:
    metadata, payload = answer.split(bytes(8), 1)
    return json.loads(metadata), payload


def test_stream_arrives_whole_and_in_order(start: Start) -> None:
    # GIVEN the loop under AWS's Runtime API
    function = start(streaming=True)
    # WHEN it streams a thousand pieces
    metadata, payload = split(function.invoke(event("stream")))
    # THEN they are all there, behind the metadata
    assert metadata["statusCode"] == 200
    assert payload == b"".join(b"%d," % number for number in range(1000))


def test_loop_answers_one_invocation_after_another(start: Start) -> None:
    # GIVEN the loop
    function = start(streaming=True)
    # WHEN it is invoked again and again, whole, streamed, failing and directly
    answers = [function.invoke(event(wanted)) for wanted in ("whole", "late-fault", "stream", "early-fault")]
    direct = function.invoke({"source": "warm-up"})
    last = function.invoke(event("whole"))
    # THEN each has its own answer, and none disturbs the next
    assert split(answers[0])[1] == b"whole"
    assert split(answers[2])[1].endswith(b"999,")
    assert split(answers[3])[0]["statusCode"] == 500
    assert json.loads(direct)["statusCode"] == 400
    assert split(last)[1] == b"whole"


def test_process_that_ends_after_its_answer_has_answered_and_is_replaced(start: Start) -> None:
    # GIVEN the loop, and an app that can't go on once it has answered
    function = start(streaming=True)
    # WHEN it is invoked for that, and again
    last = function.invoke(event("last"))
    next_one = function.invoke(event("whole"))
    # THEN the answer was delivered before the process ended, and another process has taken its place
    assert split(last)[1] == b"whole"
    assert split(next_one)[1] == b"whole"


def test_invocation_knows_its_deadline_and_ids(start: Start) -> None:
    # GIVEN the loop
    function = start(streaming=True)
    # WHEN it is invoked
    _, payload = split(function.invoke(event("facts")))
    # THEN Lambda's request ID and its deadline were understood
    assert payload == b"36 1"


def test_failures_give_nothing_away(start: Start) -> None:
    # GIVEN an app that fails early and late, with a secret in its words
    function = start(streaming=True)
    answers = [function.invoke(event(wanted)) for wanted in ("early-fault", "late-fault")]
    # THEN neither the answers nor the logs hold it
    assert not [answer for answer in answers if b"secret" in answer]
    log = function.log()
    assert log.count('"exception_name": "RuntimeError"') == 2
    assert "secret" not in log


def test_init_error_reaches_the_caller(start: Start) -> None:
    # GIVEN a deployment without its registry
    function = start(streaming=True, LLM_API_MODELS="")
    # WHEN it is invoked
    answer = json.loads(function.invoke(event("whole")))
    # THEN the function error is ours, not a time-out
    assert answer["errorType"] == "ValueError"
    assert "LLM_API_MODELS" in answer["errorMessage"]


def test_handler_under_awss_own_client(start: Start) -> None:
    # GIVEN the same package without the wrapper
    function = start(streaming=False)
    # WHEN it is invoked, twice
    answers = [json.loads(function.invoke(event(wanted))) for wanted in ("whole", "stream")]
    # THEN the answers are proxy responses
    assert answers[0] == {
        "statusCode": 200,
        "headers": {"content-type": "text/plain", "x-request-id": proxy_event()["requestContext"]["requestId"]},
        "body": "whole",
        "isBase64Encoded": False,
    }
    assert answers[1]["body"].endswith("999,")


@pytest.mark.parametrize("streaming", [True, False])
def test_the_real_app_lists_its_models(start: Start, streaming: bool) -> None:
    # GIVEN the package as it is deployed
    function = start(streaming=streaming, stand_in=False, LLM_API_AUTH="iam")
    # WHEN a caller asks which models there are
    listing = proxy_event(
        resource="/v1/models",
        path="/v1/models",
        httpMethod="GET",
        body=None,
        context={"identity": {"userArn": "arn:aws:iam::123456789012:user/somebody"}},
    )
    answer = function.invoke(listing)
    # THEN they are told
    body = split(answer)[1] if streaming else json.loads(answer)["body"]
    assert [model["id"] for model in json.loads(body)["data"]] == ["fast"]
