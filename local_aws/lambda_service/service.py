"""The Lambda service: invokes what is deployed in the control plane.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import atexit
import contextlib
import json
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.credentials import CredentialStore
from local_aws.faults import LAUNCH, Faults
from local_aws.lambda_service.functions import FunctionVersion, resolve
from local_aws.lambda_service.interpreters import Interpreter, interpreter_for
from local_aws.lambda_service.logs import Authorize, FunctionLog
from local_aws.lambda_service.packages import PackageFolder
from local_aws.lambda_service.permissions import ServiceSource, check_permission
from local_aws.lambda_service.pool import SandboxPool
from local_aws.lambda_service.reaper import Reaper
from local_aws.lambda_service.sandbox import Launch, Sandbox
from local_aws.lambda_service.types import (
    INIT_LIMIT_SECONDS,
    REQUEST_LIMIT_BYTES,
    FunctionNotFound,
    FunctionTimeout,
    Invocation,
    InvocationFailed,
    RequestTooLarge,
)
from local_aws.lambda_service.work import Chunk, FailedWithPayload, Failure, Head, Work

HTTP_STREAM_TYPE = "application/vnd.awslambda.http-integration-response"
PRELUDE_END = b"\0" * 8
PRELUDE_LIMIT_BYTES = 16 * 1024
ROLE_SESSION_SECONDS = 12 * 3600
LOG_TAIL_BYTES = 4096
SWEEP_SECONDS = 15.0
MAX_SANDBOXES = 24
DEFAULT_RUNTIME = "python3.13"


@dataclass(frozen=True, slots=True)
class _Started:
    """An invocation that a sandbox is working on."""

    sandbox: Sandbox
    work: Work


class LambdaService:
    """Runs functions in sandboxes that live as long as the service.

    Args:
        endpoint_url: what the functions see as AWS.
        authorize: decides what a function's role may do with its log; None: everything.
        max_sandboxes: how many processes may live at once; further invocations wait for one. A limit of this machine,
            not of Lambda.
        faults: what shall be wrong with sandboxes that are started.

    Attributes:
        folder: what every sandbox runs in.
    """

    def __init__(
        self,
        credentials: CredentialStore,
        endpoint_url: str,
        authorize: Authorize | None = None,
        max_sandboxes: int = MAX_SANDBOXES,
        faults: Faults | None = None,
    ) -> None:
        self._credentials = credentials
        self._endpoint_url = endpoint_url
        self._authorize: Authorize = authorize or (lambda role_arn, action, resource: True)
        self._faults = faults or Faults()
        self.folder = Path(tempfile.mkdtemp(prefix="local-aws-lambda-"))
        self._packages = PackageFolder(self.folder / "packages")
        self._reaper = Reaper(self.folder)
        self._pool = SandboxPool(self._launch, max_sandboxes)
        self._closed = threading.Event()
        threading.Thread(target=self._sweep, name="lambda-sweep", daemon=True).start()
        atexit.register(self.close)

    def invoke(
        self, function_arn: str, event: bytes, *, streaming: bool = False, source: ServiceSource | None = None
    ) -> Invocation:
        """Invokes a function, version or alias and waits for its answer, or for the head of its stream.

        Args:
            function_arn: with or without a qualifier (version number, alias, `$LATEST`).
            event: the JSON document, at most 6 MB.
            streaming: as `InvokeWithResponseStream` does it. A function that answers buffered is streamed in one chunk.
            source: the service on whose behalf the call is made, which the function's policy must allow; None: not
                checked.

        Raises:
            FunctionNotFound, NotPermitted, Throttled, RequestTooLarge: before anything runs.
            FunctionTimeout: nothing, or only part of an answer, came in the function's time, streamed or buffered.
            InvocationFailed: streamed only: the function failed before its stream began. (Buffered, the failure is the
                invocation's `function_error` and payload.)
        """
        if len(event) > REQUEST_LIMIT_BYTES:
            raise RequestTooLarge(
                f"Request must be smaller than {REQUEST_LIMIT_BYTES} bytes for the InvokeFunction operation"
            )
        function = resolve(function_arn)
        if source is not None:
            check_permission(function, source)
        work = Work(event, str(function.arn), function.timeout_seconds)
        try:
            started = self._start(function, work)
            return self._stream(started) if streaming else self._buffered(started)
        except FailedWithPayload as failed:
            if streaming:
                raise
            return Invocation(
                work.request_id,
                payload=failed.payload,
                function_error="Unhandled",
                executed_version=function.version,
                log_tail=_tail(work),
            )

    def interpreter(self, function_arn: str) -> Interpreter:
        """The Python that runs a deployed function, and whether it is the deployed runtime's version."""
        return interpreter_for(resolve(function_arn).runtime)

    @property
    def python_version(self) -> str:
        """The Python that functions on the module's default runtime run under, e.g. "3.13"."""
        return interpreter_for(DEFAULT_RUNTIME).version

    @property
    def sandboxes(self) -> list[Sandbox]:
        """The live sandboxes, for tests and for the curious."""
        return self._pool.sandboxes

    def wait_until_idle(self, seconds: float = 600.0) -> bool:
        """Waits until no invocation runs and what they logged is in the log groups; False where that takes longer."""
        return self._pool.wait_until_idle(seconds)

    def end_idle_sandboxes(self) -> None:
        """Ends those that run nothing, as Lambda may at any time; the next invocation starts another."""
        self._pool.retire_idle(lambda function: False)

    def close(self) -> None:
        """Ends every sandbox and removes the unpacked packages. May be called twice."""
        if self._closed.is_set():
            return
        self._closed.set()
        atexit.unregister(self.close)
        self._pool.close()
        self._reaper.close()

    def _launch(self, function: FunctionVersion) -> Sandbox:
        scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=self.folder))
        struck = {fault.kind: fault for fault in self._faults.take(function.arn.name, LAUNCH)}
        expires = struck["sandbox_expires"].seconds if "sandbox_expires" in struck else ROLE_SESSION_SECONDS
        launch = Launch(
            function=function,
            interpreter=interpreter_for(function.runtime),
            task_folder=self._packages.unpack(function.code),
            scratch_folder=scratch,
            credentials=self._credentials.issue(function.role_arn, function.arn.name, expires),
            endpoint_url=self._endpoint_url,
            clock_ahead_seconds=struck["sandbox_clock"].seconds if "sandbox_clock" in struck else 0.0,
            is_full="sandbox_full" in struck,
        )
        return Sandbox(launch, FunctionLog(function, self._authorize), self._reaper, self._pool.changed)

    def _start(self, function: FunctionVersion, work: Work) -> _Started:
        try:
            sandbox = self._pool.acquire(function)
            if not sandbox.wait_for_init(INIT_LIMIT_SECONDS):
                # Init beyond 10 seconds is started again within the invocation, on the function's own time.
                # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
                sandbox.kill()
                sandbox = self._pool.acquire(function)
                if not sandbox.wait_for_init(function.timeout_seconds):
                    sandbox.kill()
                    raise FunctionTimeout(work.request_id, function.timeout_seconds)
        except OSError as error:
            # The wrapper is missing or may not be executed: what AWS calls an invalid entry point.
            raise FailedWithPayload(Failure.of("Runtime.InvalidEntrypoint", f"Error: {error}")) from error
        if sandbox.init_failure is not None:
            sandbox.kill()
            raise FailedWithPayload(sandbox.init_failure)
        sandbox.run(work)
        return _Started(sandbox, work)

    def _buffered(self, started: _Started) -> Invocation:
        work = started.work
        payload = b"".join(piece.data for piece in work.pieces() if isinstance(piece, Chunk))
        started.sandbox.wait_for_log()
        return Invocation(
            work.request_id,
            payload=payload,
            executed_version=started.sandbox.function.version,
            log_tail=_tail(work),
        )

    def _stream(self, started: _Started) -> Invocation:
        work = started.work
        pieces = work.pieces()
        head = next(pieces)
        assert isinstance(head, Head)
        chunks = (piece.data for piece in pieces if isinstance(piece, Chunk))
        prelude: dict[str, Any] | None = None
        if head.content_type.split(";")[0].strip() == HTTP_STREAM_TYPE:
            prelude, rest = _prelude(chunks)
        else:
            rest = b""
        return Invocation(
            work.request_id,
            executed_version=started.sandbox.function.version,
            prelude=prelude,
            chunks=_with_first(rest, chunks),
        )

    def _sweep(self) -> None:
        while not self._closed.wait(SWEEP_SECONDS):
            self._pool.retire_idle(_is_deployed)


def _prelude(chunks: Iterator[bytes]) -> tuple[dict[str, Any], bytes]:
    """Splits a stream's HTTP prelude (JSON, eight NUL bytes) from what has come of its payload."""
    begun = b""
    for chunk in chunks:
        begun += chunk
        head, separator, rest = begun.partition(PRELUDE_END)
        if separator and len(head) <= PRELUDE_LIMIT_BYTES:
            with contextlib.suppress(ValueError):
                prelude = json.loads(head)
                if isinstance(prelude, dict):
                    return prelude, rest
        if separator or len(begun) > PRELUDE_LIMIT_BYTES + len(PRELUDE_END):
            break
    message = "the stream has no JSON prelude that ends with eight NUL bytes within its first 16 KB"
    raise FailedWithPayload(Failure.of("Runtime.InvalidStreamPrelude", message))


def _with_first(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _tail(work: Work) -> bytes:
    return "\n".join(work.log_lines).encode()[-LOG_TAIL_BYTES:]


def _is_deployed(function: FunctionVersion) -> bool:
    try:
        return resolve(str(function.arn)).fingerprint == function.fingerprint
    except FunctionNotFound:
        return False


__all__ = ["InvocationFailed", "LambdaService", "ServiceSource"]
