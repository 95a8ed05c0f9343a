"""AWS's Runtime Interface Emulator around a runtime process, on loopback ports of its own."""

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

PATIENCE_SECONDS = 30


class Emulator:
    """The emulator, and below it a runtime.

    Parameters:
        binary: the emulator's executable.
        command: what starts the runtime, as Lambda would start it.
        task_root: the unpacked package.
        log: a file for what both print; a pipe that nobody drains would stop them.
        environment: variables of the function.
    """

    def __init__(
        self, binary: Path, command: Sequence[str], task_root: Path, log: Path, environment: Mapping[str, str]
    ) -> None:
        self._binary = binary
        self._command = command
        self._task_root = task_root
        self._log = log
        self._environment = environment
        self._port, self._runtime_api_port = _free_ports(2)

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    str(self._binary),
                    "--log-level",
                    "error",
                    "--runtime-interface-emulator-address",
                    f"127.0.0.1:{self._port}",
                    "--runtime-api-address",
                    f"127.0.0.1:{self._runtime_api_port}",
                    *self._command,
                ],
                cwd=self._task_root,
                env={
                    "PATH": os.defpath,
                    "LAMBDA_TASK_ROOT": str(self._task_root),
                    "AWS_LAMBDA_FUNCTION_TIMEOUT": str(PATIENCE_SECONDS),
                    "AWS_REGION": "us-east-1",
                    "AWS_DEFAULT_REGION": "us-east-1",
                    "AWS_ACCESS_KEY_ID": "test",
                    "AWS_SECRET_ACCESS_KEY": "test",
                    "PYTHONDONTWRITEBYTECODE": "1",
                    **self._environment,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(self, *_: object) -> None:
        # On SIGTERM the emulator ends its runtime too.
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def invoke(self, event: object) -> bytes:
        """The payload of a synchronous invocation, complete; the emulator buffers streams.

        The emulator answers as soon as it listens, so that the first call is repeated until it does.
        """
        body = json.dumps(event)
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)) as connection:
                try:
                    connection.request("POST", "/2015-03-31/functions/function/invocations", body)
                    return connection.getresponse().read()
                except ConnectionRefusedError:
                    assert self._process.poll() is None, self.log()
                    time.sleep(0.005)
        raise TimeoutError(f"the emulator does not listen: {self.log()}")

    def log(self) -> str:
        """What the emulator and the runtime have printed."""
        return self._log.read_text()


def _free_ports(count: int) -> list[int]:
    """Ports that nobody uses now, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports
