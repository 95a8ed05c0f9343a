"""What a cold start and a warm call pay for, in counts that are the same on every machine: modules, bytes, calls.

The limits stand a little above what is needed now. Whoever reaches one has made every start, or every call, dearer,
and should look for what can be put off before raising it; `make bench` tells what it costs.
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.unit.llm_api.conftest import Deploy
from tests.unit.llm_api.model_wire import ANNA, CLAUDE_STREAM, ModelWire, answer, chunk, stream, whole
from tests.unit.llm_api.proxy_events import proxy_event

PACKAGE = Path(__file__).resolve().parents[3] / "lambda_src"

MAX_MODULES = 40
MAX_SOURCE_BYTES = 262_000
"""Of the package's own source, which each cold start reads and compiles: `/var/task` is read-only."""

MAX_CALLS_OF_A_REQUEST = 190
MAX_CALLS_OF_A_CHUNK = 22

LATER = {
    "concurrent.futures.thread",
    "dataclasses",
    "email.parser",
    "encodings.idna",
    "gzip",
    "html.parser",
    "http.client",
    "llm_api.aws.proxies",
    "llm_api.dialects.anthropic",
    "llm_api.dialects.bedrock",
    "llm_api.dialects.openai",
    "llm_api.eventstream",
    "llm_api.inference.failures",
    "llm_api.inference.sagemaker",
    "llm_api.inference.streams",
    "llm_api.ledger.callers",
    "llm_api.ledger.table",
    "random",
    "shutil",
    "traceback",
    "urllib.parse",
    "urllib.request",
    "zipfile",
}

PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
from llm_api import entry, runtime
entry.build()
built = set(sys.modules) - before
from llm_api.events import Request
from llm_api.routes import dialect_of, parser_of
request = Request("req-1", "POST", "/model/{modelId}/invoke", "/model/fast/invoke")
parser_of(dialect_of(request), request)
native = {name: module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "llm_api"}
print(json.dumps({"built": sorted(built), "native": native}))
"""


ALONE = (sys.executable, "-I", "-S", "-c")
"""Python without anything that was installed: botocore least of all."""

CALL = """
import json, sys
sys.path.insert(0, sys.argv[1])
from llm_api import handler

class Context:
    aws_request_id = "lambda-1"
    def get_remaining_time_in_millis(self):
        return 30_000

print(json.dumps(handler.lambda_handler(json.load(sys.stdin), Context())))
"""


@pytest.fixture(scope="module")
def started() -> dict[str, Any]:
    """What a fresh interpreter holds once the app is built as in Lambda, without tenants; and for a native request."""
    environment = {
        "PATH": os.defpath,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDTEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "LLM_API_MODELS": '{"fast":{"id":"amazon.nova-lite-v1:0","family":"nova"}}',
    }
    result = subprocess.run(
        [*ALONE, PROGRAM, str(PACKAGE)], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_start_imports_only_what_every_request_needs(started: dict[str, Any]) -> None:
    # GIVEN a fresh interpreter
    # WHEN the app is built, clients included
    # THEN what only some requests need, or none, is not there
    assert LATER & set(started["built"]) == set()


def test_a_native_request_stays_within_its_modules(started: dict[str, Any]) -> None:
    # GIVEN the modules of ours that a native request needs, those for the start included
    # THEN there are no more than the budget allows
    assert len(started["native"]) <= MAX_MODULES, sorted(started["native"])


def test_a_native_request_compiles_no_more_than_its_budget(started: dict[str, Any]) -> None:
    # GIVEN their sources
    sizes = {name: Path(file).stat().st_size for name, file in started["native"].items()}
    # THEN Lambda compiles no more than the budget allows
    assert sum(sizes.values()) <= MAX_SOURCE_BYTES, sorted(sizes.items(), key=lambda item: -item[1])


def test_the_package_imports_the_standard_library_alone(started: dict[str, Any]) -> None:
    # GIVEN all that was imported
    packages = {name.partition(".")[0] for name in started["built"]}
    # THEN nothing has to be there beside Python
    assert packages - sys.stdlib_module_names - {"_distutils_hack", "llm_api"} == set()


def test_a_model_is_called_where_nothing_is_installed(wire: ModelWire) -> None:
    # GIVEN a Python with its standard library alone, and a model
    wire.replies.append(answer())
    environment = {
        "PATH": os.defpath,
        "AWS_ENDPOINT_URL": wire.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDTEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "LLM_API_MODELS": '{"fast":{"id":"us.anthropic.claude-haiku-4-5-20251001-v1:0","family":"anthropic"}}',
    }
    event = proxy_event({"identity": {"userArn": ANNA.principal_arn}})
    # WHEN the function is invoked
    result = subprocess.run(
        [*ALONE, CALL, str(PACKAGE)],
        env=environment,
        input=json.dumps(event),
        capture_output=True,
        text=True,
        check=False,
    )
    # THEN the model's answer is there
    assert result.returncode == 0, result.stderr
    response = json.loads(result.stdout.splitlines()[-1])
    assert (response["statusCode"], len(wire.received)) == (200, 1), response


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, in functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_no_module_of_the_package_imports_anything_else() -> None:
    # GIVEN every import in every module THEN it is the standard library's or ours
    for path in (PACKAGE / "llm_api").rglob("*.py"):
        roots = {name.partition(".")[0] for name in imports_of(path)}
        assert roots <= sys.stdlib_module_names | {"llm_api"}, path


def test_one_room_opens_connections_and_knows_nothing_of_the_house() -> None:
    # GIVEN every module but the loop that speaks with Lambda
    for path in (PACKAGE / "llm_api").rglob("*.py"):
        names = imports_of(path)
        if path.parent.name == "aws":
            # THEN what speaks HTTP with AWS stands by itself
            assert {name for name in names if name.startswith("llm_api")} <= {
                "llm_api.aws",
                *(f"llm_api.aws.{module.stem}" for module in path.parent.glob("*.py")),
            }, path
        elif path.name != "runtime.py":
            # AND nothing else does
            assert not {name.partition(".")[0] for name in names} & {"socket", "ssl", "http", "select"}, path


class Calls:
    """Calls of the package's own functions on this thread; generators count once for each step."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(PACKAGE)):
            self.number += 1


@contextmanager
def counting() -> Iterator[Calls]:
    calls, before = Calls(), sys.getprofile()
    sys.setprofile(calls)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def test_a_warm_native_request_stays_within_its_calls(deploy: Deploy) -> None:
    # GIVEN an app that has answered before
    api = deploy()
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    api.call("invoke", body, replies=[answer()])
    # WHEN it answers again
    with counting() as calls:
        response = api.call("invoke", body, replies=[answer()])
    # THEN that took no more calls than the budget allows
    assert response.status == 200
    assert calls.number <= MAX_CALLS_OF_A_REQUEST


def test_a_chunk_of_a_native_stream_stays_within_its_calls(deploy: Deploy) -> None:
    # GIVEN two streams, one of them a hundred chunks longer
    delta = chunk({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "more "}})
    api = deploy()

    def calls_with(more: int) -> int:
        pieces = [*CLAUDE_STREAM[:2], *[delta] * more, *CLAUDE_STREAM[2:]]
        with counting() as calls:
            assert whole(api.call("invoke-with-response-stream", {}, replies=[stream(*pieces)]))
        return calls.number

    calls_with(0)
    # WHEN they are read
    longer = calls_with(100) - calls_with(0)
    # THEN each chunk took no more calls than the budget allows
    assert longer / 100 <= MAX_CALLS_OF_A_CHUNK
