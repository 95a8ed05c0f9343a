"""Subjects in local AWS's Lambda sandboxes: a process each, under AWS's own runtime client or our streaming loop."""

import hashlib
import io
import json
import shutil
import subprocess
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.subjects import Subject
from local_aws.credentials import CredentialStore
from local_aws.lambda_service.functions import FunctionArn, FunctionVersion
from local_aws.lambda_service.interpreters import Interpreter, interpreter_for
from local_aws.lambda_service.logs import FunctionLog
from local_aws.lambda_service.packages import PackageFolder
from local_aws.lambda_service.reaper import Reaper
from local_aws.lambda_service.sandbox import Launch, Sandbox
from local_aws.lambda_service.types import InvocationFailed
from local_aws.lambda_service.work import Chunk, Work

RUNTIME = "python3.13"
ROLE = "arn:aws:iam::123456789012:role/bench"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:bench"
TIMEOUT_SECONDS = 60.0
ROOTS = "llm_api/aws/amazon-trust-services.pem"
"""Where the package keeps Amazon's authorities."""

AMAZON_ROOTS = Path(__file__).resolve().parent.parent / "lambda_src" / ROOTS

PRELUDE_END = bytes(8)


class WrongAnswer(Exception):
    """A subject failed, so that its time means nothing."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One invocation.

    Attributes:
        seconds: from the event's hand-over to the answer's last byte.
        first_body_at_ns: when the first bytes after a stream's metadata came, on the machine's monotonic clock.
        body: the answer: buffered the proxy response, streamed metadata, eight NUL bytes and payload.
    """

    seconds: float
    first_body_at_ns: int
    body: bytes


class Running:
    """A subject's sandbox."""

    def __init__(self, subject: Subject, start: Callable[[Callable[[Sandbox], None]], Sandbox]) -> None:
        self.subject = subject
        self._idle = threading.Event()
        self.started = time.perf_counter()
        self._sandbox = start(self._changed)

    @property
    def pid(self) -> int:
        """The process; it stays the same through the exec wrapper."""
        return self._sandbox.pid

    def wait_for_init(self) -> float:
        """Seconds from the process's start until the function was loaded."""
        if not self._sandbox.wait_for_init(TIMEOUT_SECONDS) or self._sandbox.init_failure is not None:
            failure = self._sandbox.init_failure
            raise WrongAnswer(f"{self.subject.name} did not start: {failure.message if failure else 'too slow'}")
        return time.perf_counter() - self.started

    def call(self, event: bytes | None = None) -> Answered:
        """One invocation; returns when the process waits for the next."""
        work = Work(event or self.subject.event, ARN, TIMEOUT_SECONDS)
        self._idle.clear()
        started = time.perf_counter()
        self._sandbox.run(work)
        pieces: list[bytes] = []
        first_body_at_ns = 0
        try:
            for piece in work.pieces():
                if isinstance(piece, Chunk):
                    pieces.append(piece.data)
                    if first_body_at_ns == 0 and not piece.data.endswith(PRELUDE_END):
                        first_body_at_ns = time.monotonic_ns()
        except InvocationFailed as failure:
            raise WrongAnswer(f"{self.subject.name} failed: {failure.message}") from failure
        seconds = time.perf_counter() - started
        if not self._idle.wait(TIMEOUT_SECONDS):
            raise WrongAnswer(f"{self.subject.name} did not ask for its next event")
        body = b"".join(pieces)
        if not _is_fine(body):
            raise WrongAnswer(f"{self.subject.name} answered {body[:500]!r}; its log: {work.log_lines[-3:]}")
        return Answered(seconds, first_body_at_ns, body)

    def cpu_seconds(self) -> float:
        """Processor time of the process so far, in user and kernel mode."""
        # How Linux makes a clock of a process: clock_getcpuclockid(3).
        return time.clock_gettime(~self.pid << 3 | 2)

    def resident_bytes(self) -> int:
        """Memory that the process holds, shared libraries included."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def kill(self) -> None:
        """End the process."""
        self._sandbox.kill()
        self._sandbox.join(10)

    def _changed(self, sandbox: Sandbox) -> None:
        self._idle.set()


class Sandboxes:
    """Starts subjects.

    Parameters:
        endpoint_url: stands for every AWS service.
        ca_file: the authority that signed its certificate. Nobody trusts that one alone: it stands in a store of the
            size that the subject would load on AWS.
    """

    def __init__(self, endpoint_url: str, ca_file: Path) -> None:
        self._endpoint_url = endpoint_url
        self._authority = ca_file.read_bytes()
        self._folder = Path(tempfile.mkdtemp(prefix="bench-sandboxes-"))
        self._all_roots = self._folder / "all-roots.pem"
        self._all_roots.write_bytes(_boto3_roots(self.interpreter) + self._authority)
        self._amazon_roots = self._folder / "amazon-roots.pem"
        self._amazon_roots.write_bytes(AMAZON_ROOTS.read_bytes() + self._authority)
        self._packages = PackageFolder(self._folder / "packages")
        self._credentials = CredentialStore()
        self._reaper = Reaper(self._folder)

    def close(self) -> None:
        """End what still runs and remove what was unpacked."""
        self._reaper.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def interpreter(self) -> Interpreter:
        """The Python that the subjects run on."""
        return interpreter_for(RUNTIME)

    def start(self, subject: Subject) -> Running:
        """A new sandbox of the subject; its process is on its way up."""
        launch = self._launch(subject)
        log = Silent(launch.function, lambda role_arn, action, resource: True)
        return Running(subject, lambda changed: Sandbox(launch, log, self._reaper, changed))

    @contextmanager
    def running(self, subject: Subject, warm_up_calls: int = 0) -> Iterator[Running]:
        """A sandbox that is ready, ended afterwards."""
        sandbox = self.start(subject)
        try:
            sandbox.wait_for_init()
            for _ in range(warm_up_calls):
                sandbox.call()
            yield sandbox
        finally:
            sandbox.kill()

    def _launch(self, subject: Subject) -> Launch:
        code, environment = self._trusting(subject)
        function = FunctionVersion(
            arn=FunctionArn.parse(ARN),
            version="1",
            code=code,
            code_sha256=hashlib.sha256(code).hexdigest(),
            handler=subject.handler,
            runtime=RUNTIME,
            role_arn=ROLE,
            environment=environment,
            timeout_seconds=TIMEOUT_SECONDS,
            memory_size_mb=1024,
            log_group="/aws/lambda/bench",
            reserved_concurrency=None,
            policy=None,
            fingerprint=subject.name,
        )
        return Launch(
            function=function,
            interpreter=self.interpreter,
            task_folder=self._packages.unpack(code),
            scratch_folder=self._folder,
            credentials=self._credentials.issue(ROLE, "bench", 12 * 3600),
            endpoint_url=self._endpoint_url,
        )

    def _trusting(self, subject: Subject) -> tuple[bytes, dict[str, str]]:
        """Code and variables of a subject that trusts the stand-in's authority beside those that it would on AWS."""
        code = _zipped(subject.code)
        if subject.store == "all":
            return code, {**subject.environment, "AWS_CA_BUNDLE": str(self._all_roots)}
        if subject.keeps_roots:
            return _with_entry(code, ROOTS, self._amazon_roots.read_bytes()), dict(subject.environment)
        return code, {**subject.environment, "AWS_CA_BUNDLE": str(self._amazon_roots)}


class Silent(FunctionLog):
    """A log that keeps nothing, so that keeping it is not measured."""

    def write(self, line: str) -> None:
        """Drop the line."""


def _boto3_roots(interpreter: Interpreter) -> bytes:
    """The store that boto3 brings and loads for each client."""
    program = "import botocore, pathlib; print(pathlib.Path(botocore.__file__).with_name('cacert.pem'))"
    asked = subprocess.run([interpreter.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    return Path(asked.stdout.strip()).read_bytes()


def _with_entry(package: bytes, name: str, content: bytes) -> bytes:
    """The same zip, another content in one of its files."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as before, zipfile.ZipFile(changed, "w") as after:
        before.getinfo(name)
        for entry in before.infolist():
            after.writestr(entry, content if entry.filename == name else before.read(entry))
    return changed.getvalue()


@cache
def _zipped(code: Path) -> bytes:
    if code.is_file():
        return code.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(code.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(code))
    return buffer.getvalue()


def _is_fine(body: bytes) -> bool:
    """Whether the answer says 200, in either mode."""
    head, _, _ = body.partition(PRELUDE_END)
    try:
        return bool(json.loads(head)["statusCode"] == 200)
    except (ValueError, KeyError, TypeError):
        return False
