"""The process of the streaming runtime: bootstrap, start, end."""

import json
import os
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_src import build
from tests.unit.llm_api.fake_runtime_api import PATIENCE_SECONDS, FakeRuntimeApi
from tests.unit.llm_api.proxy_events import proxy_event

APP = """
from llm_api.events import Response

class App:
    must_end = False

    def __init__(self, settings):
        self.settings = settings

    def warm_up(self):
        pass

    def handle(self, request, deadline):
        return Response(200, {"content-type": "text/plain"}, iter([b"from ", request.id.encode()]))
"""


@pytest.fixture
def task_root(tmp_path: Path) -> Path:
    """The unpacked package, with an app that calls no model."""
    root = tmp_path / "task"
    ignored = shutil.ignore_patterns("__pycache__", "dist", "build.py")
    shutil.copytree(Path(build.__file__).parent, root, ignore=ignored)
    (root / "llm_api" / "app.py").write_text(APP)
    return root


def environment(lambda_api: FakeRuntimeApi, **changes: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "AWS_LAMBDA_RUNTIME_API": lambda_api.address,
        "LLM_API_MODELS": '{"fast": {"id": "amazon.nova-lite-v1:0", "family": "nova"}}',
        "PYTHONDONTWRITEBYTECODE": "1",
    } | changes


def finished(process: "subprocess.Popen[str]") -> tuple[int, str]:
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, output


def started(command: list[str], cwd: Path, variables: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command, cwd=cwd, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["/var/runtime/bootstrap.py"], id="managed runtime"),
        pytest.param(["-m", "awslambdaric", "llm_api.handler.lambda_handler"], id="module"),
        pytest.param(["-X", "importtime", "/var/runtime/bootstrap.py"], id="interpreter options"),
    ],
)
@pytest.mark.parametrize("root_is_named", [True, False])
def test_bootstrap_starts_the_loop(
    lambda_api: FakeRuntimeApi, task_root: Path, tmp_path: Path, arguments: list[str], root_is_named: bool
) -> None:
    # GIVEN the package, started as Lambda starts a wrapper, from a folder with a decoy of the same name
    (tmp_path / "llm_api").mkdir()
    (tmp_path / "llm_api" / "__init__.py").write_text("raise SystemExit('the decoy was imported')")
    variables = environment(lambda_api, PYTHONPATH="/var/runtime")
    if root_is_named:
        variables["LAMBDA_TASK_ROOT"] = str(task_root)
    lambda_api.send(proxy_event(context={"requestId": "gateway-1"}))
    lambda_api.refuse(500)
    # WHEN it runs until the Runtime API ends it
    process = started([str(task_root / "bootstrap"), sys.executable, *arguments], tmp_path, variables)
    # THEN the event was answered by the package's own code
    assert lambda_api.posted().answer()[1] == b"from gateway-1"
    code, output = finished(process)
    assert code == 1
    assert json.loads(output)["exception_name"] == "RuntimeApiFailed"


def test_process_ends_with_its_last_answer_where_the_app_can_not_go_on(
    lambda_api: FakeRuntimeApi, task_root: Path
) -> None:
    # GIVEN an app that finds, at an event, that AWS takes its credentials no longer
    (task_root / "llm_api" / "app.py").write_text(
        APP.replace("        return", "        self.must_end = True\n        return")
    )
    lambda_api.send(proxy_event(context={"requestId": "gateway-1"}))
    lambda_api.send(proxy_event(context={"requestId": "gateway-2"}))
    process = started([str(task_root / "bootstrap"), sys.executable], task_root, environment(lambda_api))
    # WHEN it has answered THEN that answer is whole, and the process is gone without asking for another event
    assert lambda_api.posted().answer()[1] == b"from gateway-1"
    assert finished(process)[0] == 1


def test_bootstrap_keeps_the_rest_of_the_search_path(lambda_api: FakeRuntimeApi, task_root: Path) -> None:
    # GIVEN a runtime that keeps its SDK on PYTHONPATH
    (task_root / "llm_api" / "app.py").write_text("import os\nraise ValueError(os.environ['PYTHONPATH'])")
    variables = environment(lambda_api, PYTHONPATH="/var/runtime:/opt/python", LAMBDA_TASK_ROOT=str(task_root))
    # WHEN it starts
    process = started([str(task_root / "bootstrap"), sys.executable], task_root, variables)
    # THEN the package comes first and the rest is still there
    assert json.loads(lambda_api.posted().body())["errorMessage"] == f"{task_root}:/var/runtime:/opt/python"
    finished(process)


def test_bootstrap_without_an_interpreter_says_what_it_is_for(task_root: Path) -> None:
    # GIVEN somebody who runs the wrapper by hand
    code, output = finished(started([str(task_root / "bootstrap")], task_root, {"PATH": os.defpath}))
    # THEN they are told
    assert code == 64
    assert "AWS_LAMBDA_EXEC_WRAPPER" in output


def test_bad_setting_is_reported_as_an_init_error(lambda_api: FakeRuntimeApi, task_root: Path) -> None:
    # GIVEN a deployment whose registry is missing
    variables = environment(lambda_api, LLM_API_MODELS="")
    # WHEN the function starts
    process = started([str(task_root / "bootstrap"), sys.executable], task_root, variables)
    posted = lambda_api.posted()
    # THEN Lambda is told which setting, the log too, and the process ends
    assert posted.path == "/2018-06-01/runtime/init/error"
    assert posted.headers["lambda-runtime-function-error-type"] == "ValueError"
    assert "LLM_API_MODELS" in json.loads(posted.body())["errorMessage"]
    code, output = finished(process)
    assert code == 1
    line = json.loads(output)
    assert line["level"] == "ERROR"
    assert "LLM_API_MODELS" in line["message"]


def test_package_that_can_not_be_imported_is_an_init_error(lambda_api: FakeRuntimeApi, task_root: Path) -> None:
    # GIVEN a package with a broken module
    (task_root / "llm_api" / "app.py").write_text("import a_module_that_is_not_there")
    process = started([str(task_root / "bootstrap"), sys.executable], task_root, environment(lambda_api))
    # THEN Lambda is told, and does not wait
    assert "a_module_that_is_not_there" in json.loads(lambda_api.posted().body())["errorMessage"]
    assert finished(process)[0] == 1


def test_log_lines_leave_the_process_at_once(lambda_api: FakeRuntimeApi, task_root: Path) -> None:
    # GIVEN an app that prints, into the pipe from which Lambda reads
    (task_root / "llm_api" / "app.py").write_text(
        APP.replace("        return", "        print('logged')\n        return")
    )
    lambda_api.send(proxy_event())
    process = started([str(task_root / "bootstrap"), sys.executable], task_root, environment(lambda_api))
    # WHEN the process waits for its next event
    lambda_api.posted().body()
    # THEN its line is out already, not only when the process ends
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], PATIENCE_SECONDS / 4)
    assert readable
    assert process.stdout.readline() == "logged\n"
    lambda_api.refuse(500)
    finished(process)
