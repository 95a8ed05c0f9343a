"""Functions that stream: what Lambda makes of a response in pieces, of its trailers, and of its ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.lambda_service import FunctionTimeout, InvocationFailed
from local_aws.tests.lambda_support import ARN, Account, zipped

# A streaming loop in its smallest form, so that the Runtime API is tested and not the module's own loop.
STREAM = r"""
import http.client, os, socket, sys
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
while True:
    next_event = http.client.HTTPConnection(host, int(port))
    next_event.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = next_event.getresponse()
    event, request_id = answer.read().decode(), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    out = socket.create_connection((host, int(port)))
    def send(text): out.sendall(text if isinstance(text, bytes) else text.encode())
    def chunk(data): send(b"%x\r\n%s\r\n" % (len(data), data))
    send(f"POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\r\nHost: x\r\n"
         "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
         "Content-Type: application/vnd.awslambda.http-integration-response\r\n"
         "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n")
    chunk(b'{"statusCode": 201, "headers": {"x-a": "b"}}' + bytes(8) + b"one")
    if "wait" in event:
        gate = os.path.join(event.split('"')[3])
        import time
        while not os.path.exists(gate): time.sleep(0.005)
    if "die" in event:
        os._exit(7)
    if "cut" in event:
        out.close()
        continue
    chunk(b"two")
    if "fail" in event:
        send("0\r\nLambda-Runtime-Function-Error-Type: My.Error\r\n"
             "Lambda-Runtime-Function-Error-Body: eyJlcnJvck1lc3NhZ2UiOiAib2ggbm8ifQ==\r\n\r\n")
    else:
        send("0\r\n\r\n")
    out.recv(4096)
    out.close()
"""


def deploy_stream(account: Account, **options: Any) -> None:
    files = {"app.py": "", "stream.py": STREAM, "boot": '#!/bin/sh\nexec "$1" stream.py\n'}
    account.deploy(
        "",
        Code={"ZipFile": zipped(files)},
        Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/boot"}},
        **options,
    )


def test_stream_arrives_as_it_is_written(account: Account, tmp_path: Path) -> None:
    # GIVEN a function that streams one piece, then waits for a file
    deploy_stream(account)
    gate = tmp_path / "gate"

    # WHEN it is invoked
    invocation = account.service.invoke(ARN, json.dumps({"wait": str(gate)}).encode(), streaming=True)

    # THEN prelude and first piece are here while it waits
    assert invocation.prelude == {"statusCode": 201, "headers": {"x-a": "b"}}
    assert invocation.chunks is not None
    assert next(invocation.chunks) == b"one"
    gate.touch()
    assert list(invocation.chunks) == [b"two"]


def test_error_in_the_trailer_ends_the_stream(account: Account) -> None:
    # GIVEN
    deploy_stream(account)

    # WHEN
    invocation = account.service.invoke(ARN, b'"fail"', streaming=True)

    # THEN what came before it is delivered, then it is raised
    assert invocation.chunks is not None
    assert next(invocation.chunks) == b"one"
    assert next(invocation.chunks) == b"two"
    with pytest.raises(InvocationFailed, match=r"My\.Error: oh no"):
        next(invocation.chunks)


@pytest.mark.parametrize(("event", "error_type"), [("die", "Runtime.ExitError"), ("cut", "Runtime.TruncatedResponse")])
def test_stream_that_ends_early(account: Account, event: str, error_type: str) -> None:
    # GIVEN
    deploy_stream(account)

    # WHEN
    invocation = account.service.invoke(ARN, json.dumps(event).encode(), streaming=True)

    # THEN
    assert invocation.chunks is not None
    assert next(invocation.chunks) == b"one"
    with pytest.raises(InvocationFailed) as failed:
        next(invocation.chunks)
    assert failed.value.error_type == error_type
    assert account.service.invoke(ARN, b"{}", streaming=True).prelude is not None


def test_timeout_in_mid_stream(account: Account, tmp_path: Path) -> None:
    # GIVEN a stream that stalls beyond the function's timeout
    deploy_stream(account, Timeout=1)

    # WHEN
    invocation = account.service.invoke(ARN, json.dumps({"wait": str(tmp_path / "never")}).encode(), streaming=True)

    # THEN
    assert invocation.chunks is not None
    assert next(invocation.chunks) == b"one"
    with pytest.raises(FunctionTimeout):
        next(invocation.chunks)


def test_caller_that_hangs_up_does_not_stop_the_function(account: Account, tmp_path: Path) -> None:
    # GIVEN a stream whose caller leaves in the middle
    deploy_stream(account)
    invocation = account.service.invoke(ARN, json.dumps({"wait": str(tmp_path / "gate")}).encode(), streaming=True)
    assert invocation.chunks is not None
    next(invocation.chunks)
    invocation.chunks.close()  # type: ignore[attr-defined]

    # WHEN the function goes on
    (tmp_path / "gate").touch()

    # THEN it ends well, and the same sandbox takes the next event undisturbed
    assert account.service.wait_until_idle()
    pids = [sandbox.pid for sandbox in account.service.sandboxes]
    again = account.service.invoke(ARN, b"{}", streaming=True)
    assert again.chunks is not None
    assert b"".join(again.chunks) == b"onetwo"
    assert [sandbox.pid for sandbox in account.service.sandboxes] == pids


def test_buffered_answer_streams_in_one_chunk(account: Account) -> None:
    # GIVEN
    account.deploy("def handler(e, c): return 'whole'")

    # WHEN
    invocation = account.service.invoke(ARN, b"{}", streaming=True)

    # THEN
    assert invocation.prelude is None
    assert invocation.chunks is not None
    assert list(invocation.chunks) == [b'"whole"']


def test_failure_before_a_stream_begins(account: Account) -> None:
    # GIVEN
    account.deploy("def handler(e, c): raise KeyError('x')")

    # WHEN THEN
    with pytest.raises(InvocationFailed) as failed:
        account.service.invoke(ARN, b"{}", streaming=True)
    assert failed.value.error_type == "KeyError"
