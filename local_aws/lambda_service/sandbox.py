"""One execution environment: a process of the deployed function, its Runtime API, its log; frozen while it is idle.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import fcntl
import os
import resource
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local_aws.credentials import Credentials
from local_aws.lambda_service.functions import FunctionVersion
from local_aws.lambda_service.interpreters import Interpreter
from local_aws.lambda_service.logs import FunctionLog
from local_aws.lambda_service.reaper import Reaper, signal_group
from local_aws.lambda_service.runtime_api import RuntimeApi
from local_aws.lambda_service.work import Failure, TimedOut, Work

TASK_ROOT = "/var/task"
WRONG_CLOCK = Path(__file__).parent / "wrong_clock"
DRAIN_SECONDS = 0.5
PIPE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Launch:
    """What a sandbox is started with.

    Attributes:
        task_folder: the unpacked package; stands for `/var/task`.
        scratch_folder: stands for `/tmp`.
        endpoint_url: the address that stands for every AWS service.
        clock_ahead_seconds: how fast its clock is; a slow one's are negative.
        is_full: whether its disk has no room: no file can take a byte.
    """

    function: FunctionVersion
    interpreter: Interpreter
    task_folder: Path
    scratch_folder: Path
    credentials: Credentials
    endpoint_url: str
    clock_ahead_seconds: float = 0.0
    is_full: bool = False


class Sandbox:
    """A process that takes one invocation at a time.

    Attributes:
        is_dead: the process has ended, or is being ended.
    """

    def __init__(
        self, launch: Launch, log: FunctionLog, reaper: Reaper, on_change: Callable[["Sandbox"], None]
    ) -> None:
        self.launch = launch
        self.is_dead = False
        self.is_idle = False
        self.idle_since = 0.0
        self._log = log
        self._reaper = reaper
        self._on_change = on_change
        self._work: Work | None = None
        self._timer: threading.Timer | None = None
        self._lock = threading.RLock()
        self._drain_lock = threading.Lock()
        self._init_over = threading.Event()
        self._init_failure: Failure | None = None
        self._api = RuntimeApi(self)
        self._started = time.monotonic()
        self._init_seconds: float | None = None
        self._process = subprocess.Popen(
            self._command(),
            cwd=launch.task_folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if launch.is_full:
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (0, 0))
        reaper.watch(self._process.pid)
        self._drainer = threading.Thread(target=self._drain, name="sandbox-log", daemon=True)
        self._drainer.start()
        threading.Thread(target=self._watch, name="sandbox-exit", daemon=True).start()

    @property
    def function(self) -> FunctionVersion:
        """The version that runs here."""
        return self.launch.function

    @property
    def pid(self) -> int:
        """The process ID, which is the process group's too."""
        return self._process.pid

    @property
    def is_finishing(self) -> bool:
        """It has answered, and is about to ask for its next event."""
        work = self._work
        return not self.is_dead and work is not None and work.answered

    def wait_for_init(self, seconds: float) -> bool:
        """Waits until the function is loaded; False where that takes longer.

        The failure, where loading failed, is `init_failure`.
        """
        return self._init_over.wait(seconds)

    @property
    def init_failure(self) -> Failure | None:
        """Why the function could not be loaded."""
        return self._init_failure

    def run(self, work: Work) -> None:
        """Thaws the process and hands it an event; the answer arrives in `work`."""
        with self._lock:
            self.is_idle = False
            if self.is_dead:
                work.post(Failure.of("Runtime.ExitError", f"RequestId: {work.request_id} Error: sandbox has ended"))
                return
            work.init_seconds, self._init_seconds = self._init_seconds, None
            work.start_clock()
            self._work = work
            self._timer = threading.Timer(work.timeout_seconds, self._time_out, [work])
            self._timer.daemon = True
            self._timer.start()
        self._log.write(f"START RequestId: {work.request_id} Version: {self.function.version}")
        signal_group(self.pid, signal.SIGCONT)
        self._api.offer(work)

    def kill(self) -> None:
        """Ends the process; a running invocation fails."""
        self.is_dead = True
        signal_group(self.pid, signal.SIGKILL)

    def join(self, seconds: float) -> None:
        """Waits for the process's end."""
        self._process.wait(seconds)

    # The Runtime API's side.

    def current_work(self) -> Work | None:
        """The invocation that is running."""
        return self._work

    def runtime_is_free(self) -> None:
        """The runtime asks for an event: init, or the invocation, is over. From here on it is frozen."""
        self.wait_for_log()
        if self._work is not None:
            self._work.wait_until_read()
        with self._lock:
            work = self._work
            if work is None:
                self._init_seconds = time.monotonic() - self._started
                self._init_over.set()
                return  # its first event is already on the way
            if self._timer is not None:
                self._timer.cancel()
            if not work.answered:
                # A runtime that asks for the next event without having answered this one.
                unanswered = Failure.of("Runtime.NoResponse", f"RequestId: {work.request_id} Error: no response")
                work.post(work.broken or unanswered)
            self._report(work)
            signal_group(self.pid, signal.SIGSTOP)
            # In this order: the pool, which takes no lock of this sandbox, sees it finishing until it sees it idle.
            self.idle_since = time.monotonic()
            self.is_idle = not self.is_dead
            self._work = None
        self._on_change(self)

    def runtime_failed_init(self, failure: Failure) -> None:
        """The runtime could not load the function; it exits after this."""
        self._init_failure = failure
        self._init_over.set()

    # Threads.

    def _time_out(self, work: Work) -> None:
        with self._lock:
            if self._work is not work:
                return
            self.kill()
        work.log_lines.append(line := f"{work.request_id} Task timed out after {work.timeout_seconds:.2f} seconds")
        self._log.write(line)
        work.post(TimedOut())

    def _drain(self) -> None:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        waiting = select.poll()
        waiting.register(pipe, select.POLLIN)
        begun = b""
        while True:
            waiting.poll()
            with self._drain_lock:
                read = os.read(pipe, PIPE_BYTES)
                *lines, begun = (begun + read).split(b"\n")
                for line in lines if read else [begun] if begun else []:
                    self._take_line(line)
            if not read:
                return

    def _take_line(self, raw: bytes) -> None:
        line = raw.decode("utf-8", "replace")
        work = self._work
        if work is not None:
            work.log_lines.append(line)
        self._log.write(line)

    def _watch(self) -> None:
        status = self._process.wait()
        # Whatever it started in its own group ends with it, or the pipe would stay open.
        signal_group(self.pid, signal.SIGKILL)
        self._reaper.forget(self.pid)
        self._drainer.join(timeout=DRAIN_SECONDS)
        reason = f"signal: {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        if self._work is not None:
            self._work.wait_until_read()
        with self._lock:
            self.is_dead = True
            self.is_idle = False
            work, self._work = self._work, None
            if self._timer is not None:
                self._timer.cancel()
        if not self._init_over.is_set():
            self._init_failure = Failure.of("Runtime.ExitError", f"Error: Runtime exited with error: {reason}")
            self._init_over.set()
        if work is not None:
            message = f"RequestId: {work.request_id} Error: Runtime exited with error: {reason}"
            work.post(Failure.of("Runtime.ExitError", message))
            self._report(work)
        self._api.close()
        if self._process.stdout is not None and not self._drainer.is_alive():
            self._process.stdout.close()
        self._on_change(self)

    def wait_for_log(self) -> None:
        """Waits until what the function has written by now is in the log."""
        assert self._process.stdout is not None
        until = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < until:
            try:
                waiting = int.from_bytes(fcntl.ioctl(self._process.stdout, termios.FIONREAD, bytes(4)), sys.byteorder)
            except (OSError, ValueError):
                return  # the process has ended, and the pipe is closed
            if waiting == 0:
                # The pipe is read under this lock: what left it is in the log once the lock is free.
                with self._drain_lock:
                    return
            time.sleep(0.001)

    def _report(self, work: Work) -> None:
        milliseconds = (time.monotonic() - work.started) * 1000
        lines = [
            f"END RequestId: {work.request_id}",
            f"REPORT RequestId: {work.request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {int(milliseconds) + 1} ms\tMemory Size: {self.function.memory_size_mb} MB\t"
            f"Max Memory Used: {self._peak_memory_mb()} MB"
            + ("" if work.init_seconds is None else f"\tInit Duration: {work.init_seconds * 1000:.2f} ms"),
        ]
        for line in lines:
            self._log.write(line)

    def _peak_memory_mb(self) -> int:
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return 0
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
        return int(peak.split()[1]) // 1024

    # What the process is started with.

    def _command(self) -> list[str]:
        # AWS's own start: the interpreter and its arguments, given to the wrapper where there is one.
        # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
        start = [str(self.launch.interpreter.executable), "-m", "awslambdaric", self.function.handler]
        wrapper = self.function.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
        return [self._mapped(wrapper), *start] if wrapper else start

    def _mapped(self, value: str) -> str:
        if value == TASK_ROOT or value.startswith(TASK_ROOT + "/"):
            return str(self.launch.task_folder) + value.removeprefix(TASK_ROOT)
        return value

    def _environment(self) -> Mapping[str, str]:
        """The function's variables and Lambda's own, and nothing of this process's.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
        """
        function, credentials = self.function, self.launch.credentials
        return {
            **{key: self._mapped(value) for key, value in function.environment.items()},
            "_HANDLER": function.handler,
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_DEFAULT_REGION": function.arn.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size_mb),
            "AWS_LAMBDA_FUNCTION_NAME": function.arn.name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": "Text",
            "AWS_LAMBDA_LOG_GROUP_NAME": self._log.group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self._log.stream,
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_REGION": function.arn.region,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_SESSION_TOKEN": credentials.session_token or "",
            "LAMBDA_TASK_ROOT": str(self.launch.task_folder),
            "LANG": "en_US.UTF-8",
            "PATH": os.defpath,
            "TZ": ":UTC",
            # What follows is not in Lambda: it keeps the function on this machine, and away from the host's own AWS.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.launch.endpoint_url,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "HOME": str(self.launch.scratch_folder),
            "TMPDIR": str(self.launch.scratch_folder),
            # /var/task is read-only in Lambda, so no compiled files appear beside the sources.
            "PYTHONDONTWRITEBYTECODE": "1",
            **self._wrong_clock(),
        }

    def _wrong_clock(self) -> Mapping[str, str]:
        ahead = self.launch.clock_ahead_seconds
        return {"PYTHONPATH": str(WRONG_CLOCK), "LOCAL_AWS_CLOCK_AHEAD_SECONDS": str(ahead)} if ahead else {}
