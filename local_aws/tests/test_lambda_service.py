"""Functions in sandboxes: real zips under AWS's runtime client, deployed in moto."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from local_aws.lambda_service import (
    FunctionNotFound,
    FunctionTimeout,
    NotPermitted,
    RequestTooLarge,
    ServiceSource,
    Throttled,
)
from local_aws.tests.lambda_support import (
    ACCOUNT_ID,
    ARN,
    ECHO,
    REGION,
    Account,
    is_running,
    wait_for,
    waiting_for,
    zipped,
)


def test_function_sees_its_event_and_its_arn(account: Account) -> None:
    # GIVEN a deployed function
    account.deploy(ECHO)

    # WHEN it is invoked
    answer = account.call({"a": 1})

    # THEN it got the event, and the ARN that was invoked
    assert answer["event"] == {"a": 1}
    assert answer["arn"] == ARN


def test_environment_is_the_functions_own(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN AWS settings and secrets on the host
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "secret")
    monkeypatch.setenv("SOME_SECRET", "secret")

    # WHEN a function with one variable runs
    account.deploy(ECHO, Environment={"Variables": {"COLOUR": "blue"}})
    environment = account.call()["environment"]

    # THEN it has its variable, the role's credentials and the local endpoint, and nothing of the host
    assert environment["COLOUR"] == "blue"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "echo"
    assert not {"AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK", "SOME_SECRET"} & set(environment)


def test_credentials_belong_to_the_deployed_role(account: Account) -> None:
    # GIVEN
    account.deploy(ECHO)

    # WHEN
    environment = account.call()["environment"]

    # THEN
    issued = account.service._credentials.find(environment["AWS_ACCESS_KEY_ID"])
    assert issued is not None
    assert issued.role_arn == account.role.arn
    assert issued.session_token == environment["AWS_SESSION_TOKEN"]


def test_warm_sandbox_is_used_again(account: Account) -> None:
    # GIVEN
    account.deploy(ECHO)

    # WHEN
    pids = {account.call()["pid"] for _ in range(3)}

    # THEN
    assert len(pids) == 1


def test_sandbox_is_frozen_between_invocations(account: Account) -> None:
    # GIVEN a function that was invoked
    account.deploy(ECHO)
    pid = account.call()["pid"]

    # WHEN it has nothing to do
    assert account.service.wait_until_idle()

    # THEN its process is stopped, and runs again for the next event
    wait_for(lambda: Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T")
    assert account.call()["pid"] == pid


def test_one_request_at_a_time_per_sandbox(account: Account, tmp_path: Path) -> None:
    # GIVEN a function that waits for a file
    account.deploy(waiting_for(tmp_path / "gate"))

    # WHEN two invocations run at once
    pids: list[int] = []
    threads = [threading.Thread(target=lambda: pids.append(account.call())) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(account.service.sandboxes) == 2)
    (tmp_path / "gate").touch()
    for thread in threads:
        thread.join()

    # THEN each had a process of its own
    assert len(set(pids)) == 2


def test_reserved_concurrency_throttles(account: Account, tmp_path: Path) -> None:
    # GIVEN a function with room for one invocation, which is running
    account.deploy(waiting_for(tmp_path / "gate"))
    account.backend.get_function("echo").reserved_concurrency = 1
    running = threading.Thread(target=account.call)
    running.start()
    wait_for(lambda: len(account.service.sandboxes) == 1)

    # WHEN THEN a second one is throttled
    with pytest.raises(Throttled, match=r"Rate Exceeded\."):
        account.call()

    # AND once there is room again, it runs
    (tmp_path / "gate").touch()
    running.join()
    assert account.call() > 0


def test_timeout_ends_the_sandbox(account: Account) -> None:
    # GIVEN a function that takes longer than its timeout
    account.deploy("import time\ndef handler(e, c):\n    time.sleep(60 if e else 0)\n    return 1", Timeout=1)
    account.call(0)
    before = {sandbox.pid for sandbox in account.service.sandboxes}

    # WHEN THEN the caller is told
    with pytest.raises(FunctionTimeout, match=r"Task timed out after 1\.00 seconds"):
        account.call(1)

    # AND the next invocation has another process
    assert account.call(0) == 1
    assert before.isdisjoint(sandbox.pid for sandbox in account.service.sandboxes)
    assert any("Task timed out after 1.00 seconds" in line for line in account.log_lines())


def test_crash_is_an_error_and_the_sandbox_is_replaced(account: Account) -> None:
    # GIVEN a function that dies
    account.deploy("import os\ndef handler(e, c):\n    if e: os._exit(3)\n    return 1")

    # WHEN
    invocation = account.service.invoke(ARN, b"1")

    # THEN
    assert invocation.function_error == "Unhandled"
    assert json.loads(invocation.payload)["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in json.loads(invocation.payload)["errorMessage"]
    assert account.call(0) == 1


def test_exception_of_the_handler_is_its_payload(account: Account) -> None:
    # GIVEN
    account.deploy("def handler(e, c):\n    raise ValueError('no such thing')")

    # WHEN
    invocation = account.service.invoke(ARN, b"{}")

    # THEN
    assert invocation.function_error == "Unhandled"
    failure = json.loads(invocation.payload)
    assert (failure["errorType"], failure["errorMessage"]) == ("ValueError", "no such thing")


def test_init_error_is_surfaced(account: Account) -> None:
    # GIVEN a function that cannot be imported
    account.deploy("import nothing_of_that_name\ndef handler(e, c): pass")

    # WHEN
    invocation = account.service.invoke(ARN, b"{}")

    # THEN
    assert invocation.function_error == "Unhandled"
    assert json.loads(invocation.payload)["errorType"] == "Runtime.ImportModuleError"


def test_process_that_dies_in_init_is_surfaced(account: Account) -> None:
    # GIVEN
    account.deploy("import os\nos._exit(9)\ndef handler(e, c): pass")

    # WHEN
    invocation = account.service.invoke(ARN, b"{}")

    # THEN
    assert json.loads(invocation.payload)["errorType"] == "Runtime.ExitError"


def test_event_beyond_6_mb_is_refused(account: Account) -> None:
    # GIVEN
    account.deploy(ECHO)

    # WHEN THEN
    with pytest.raises(RequestTooLarge, match="6291456 bytes"):
        account.service.invoke(ARN, b" " * (6 * 1024 * 1024 + 1))
    assert account.service.sandboxes == []


def test_answer_beyond_6_mb_is_an_error(account: Account) -> None:
    # GIVEN
    account.deploy("def handler(e, c):\n    return 'x' * (6 * 1024 * 1024 + 200)")

    # WHEN
    invocation = account.service.invoke(ARN, b"{}")

    # THEN
    assert invocation.function_error == "Unhandled"
    assert json.loads(invocation.payload)["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_megabyte_on_stdout_does_not_block(account: Account) -> None:
    # GIVEN a function that prints far more than a pipe holds
    account.deploy("def handler(e, c):\n    print('y' * 1000000)\n    return 1")

    # WHEN THEN
    assert account.call() == 1
    assert any(len(line) == 1000000 for line in account.log_lines())


def test_new_code_retires_warm_sandboxes(account: Account) -> None:
    # GIVEN a warm sandbox
    account.deploy("def handler(e, c): return 'old'")
    assert account.call() == "old"

    # WHEN the code is updated
    newer = zipped({"app.py": "def handler(e, c): return 'new'"})
    account.backend.update_function_code("echo", None, {"ZipFile": newer})

    # THEN
    assert account.call() == "new"
    assert account.service.wait_until_idle()
    assert len(account.service.sandboxes) == 1


def test_alias_serves_its_version(account: Account) -> None:
    # GIVEN two published versions, and an alias on the first
    account.deploy("def handler(e, c): return ['one', c.function_version]", Publish=True)
    account.backend.create_alias("live", "echo", "1", "", "")
    account.backend.update_function_code(
        "echo", None, {"ZipFile": zipped({"app.py": "def handler(e, c): return ['two', c.function_version]"})}
    )
    account.backend.publish_version("echo")
    assert account.call(arn=f"{ARN}:live") == ["one", "1"]

    # WHEN the alias moves
    account.backend.update_alias("live", "echo", "2", "", "")

    # THEN it serves the second, and the first is still there under its number
    assert account.call(arn=f"{ARN}:live") == ["two", "2"]
    assert account.call(arn=f"{ARN}:1") == ["one", "1"]


def test_unknown_function_or_alias(account: Account) -> None:
    # GIVEN
    account.deploy(ECHO)

    # WHEN THEN
    with pytest.raises(FunctionNotFound):
        account.call(arn=f"{ARN}:nobody")
    with pytest.raises(FunctionNotFound):
        account.call(arn=ARN.replace("echo", "other"))


def test_output_is_in_the_log_group(account: Account) -> None:
    # GIVEN
    account.deploy(ECHO)

    # WHEN
    account.call()

    # THEN what it printed stands between Lambda's own lines
    lines = account.log_lines()
    assert [line.split()[0] for line in lines] == ["START", "hello", "END", "REPORT"]
    assert "Init Duration" in lines[-1]


def test_nothing_is_logged_where_the_role_may_not(account: Account, denied: set[str]) -> None:
    # GIVEN a role that may not write to a stream
    denied.add("logs:PutLogEvents")
    account.deploy(ECHO)

    # WHEN THEN the function works, and its log is lost
    account.call()
    assert account.log_lines() == []


def test_log_tail_comes_with_the_answer(account: Account) -> None:
    # GIVEN
    account.deploy(ECHO)

    # WHEN
    invocation = account.service.invoke(ARN, b"{}")

    # THEN
    assert b"hello from " + invocation.request_id.encode() in invocation.log_tail


def test_exec_wrapper_gets_the_interpreter_and_its_arguments(account: Account) -> None:
    # GIVEN a wrapper in the package that notes its arguments
    wrapper = '#!/bin/sh\nARGUMENTS="$2 $3 $4" exec "$@"\n'
    account.deploy(
        "",
        Code={"ZipFile": zipped({"app.py": ECHO, "wrap": wrapper})},
        Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrap"}},
    )

    # WHEN
    environment = account.call()["environment"]

    # THEN
    assert environment["ARGUMENTS"] == "-m awslambdaric app.handler"


def test_wrapper_that_may_not_be_executed(account: Account) -> None:
    # GIVEN
    account.deploy(ECHO, Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/missing"}})

    # WHEN
    invocation = account.service.invoke(ARN, b"{}")

    # THEN
    assert json.loads(invocation.payload)["errorType"] == "Runtime.InvalidEntrypoint"


def test_service_needs_a_permission_for_that_source(account: Account) -> None:
    # GIVEN a function that API Gateway may invoke for one API
    account.deploy(ECHO)
    api = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:abc"
    statement = {
        "StatementId": "gateway",
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": f"{api}/*/*/*",
    }
    account.backend.add_permission("echo", None, json.dumps(statement))

    # WHEN THEN that API may, and another may not
    allowed = ServiceSource("apigateway.amazonaws.com", f"{api}/live/POST/v1/messages")
    assert account.service.invoke(ARN, b"{}", source=allowed).function_error is None
    other = ServiceSource("apigateway.amazonaws.com", f"{api.replace('abc', 'xyz')}/live/POST/v1/messages")
    with pytest.raises(NotPermitted, match="lambda:InvokeFunction"):
        account.service.invoke(ARN, b"{}", source=other)


def test_sandboxes_die_with_a_killed_parent(tmp_path: Path) -> None:
    # GIVEN another process with a warm, frozen sandbox
    source = f"""
import sys
sys.path[:0] = {[str(Path(__file__).parents[2])]!r}
from local_aws import moto_patches
from local_aws.credentials import CredentialStore
from local_aws.lambda_service import LambdaService
from local_aws.tests.lambda_support import ECHO, Account
moto_patches.install()
credentials = CredentialStore()
account = Account(LambdaService(credentials, "http://127.0.0.1:9"), credentials)
account.deploy(ECHO)
answer = account.call()
print(answer["pid"], answer["environment"]["HOME"], flush=True)
account.service.wait_until_idle()
sys.stdin.read()
"""
    parent = subprocess.Popen([sys.executable, "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdin is not None
    pid, folder = parent.stdout.readline().split()

    # WHEN it is killed without a chance to clean up
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    parent.stdin.close()

    # THEN the sandbox goes too, with its files
    wait_for(lambda: not is_running(int(pid)))
    wait_for(lambda: not Path(folder).exists())
