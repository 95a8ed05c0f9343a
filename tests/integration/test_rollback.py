"""Back from a broken version in one apply, while callers are at it: what the good version has begun it finishes."""

import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lambda_src import build
from local_aws import LocalAws
from local_aws.lambda_service import InvocationFailed, LambdaError
from tests.support import until
from tests.unit.llm_api.proxy_events import proxy_event
from tools.terraform import ROOT, Terraform

CALLERS = 4
PIECES = 20

GOOD = f"""
import time
from llm_api.events import Response

class App:
    must_end = False

    def __init__(self, settings):
        pass

    def warm_up(self):
        pass

    def handle(self, request, deadline):
        return Response(200, {{"content-type": "text/plain"}}, pieces())

def pieces():
    for number in range({PIECES}):
        yield b"%d," % number
        time.sleep(0.05)
"""
BROKEN = "raise ImportError('broken')"
WHOLE = b"".join(b"%d," % number for number in range(PIECES))


def package(path: Path, app: str) -> None:
    """The package as it is, with another app."""
    source, written = zipfile.ZipFile(io.BytesIO(build.build())), io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for entry in source.infolist():
            if Path(entry.filename).name.partition(".")[0] != "app":
                archive.writestr(entry, source.read(entry))
        archive.writestr("llm_api/app.py", app)
    path.write_bytes(written.getvalue())


class Callers:
    """Who calls the alias without a pause, streamed, and what they got: (began, ended, the answer or None)."""

    def __init__(self, aws: LocalAws, arn: str) -> None:
        self.got: list[tuple[float, float, bytes | None]] = []
        self._aws, self._arn = aws, arn
        self._over = threading.Event()

    def since(self, began: float) -> list[bytes | None]:
        return [answer for start, _, answer in self.got if start >= began]

    @contextmanager
    def calling(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._call_on, daemon=True) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _call_on(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            answer = self._call()
            self.got.append((began, time.monotonic(), answer))
            if answer is None:
                time.sleep(0.2)

    def _call(self) -> bytes | None:
        """What came, whole or not; None where nothing did."""
        came = b""
        try:
            event = json.dumps(proxy_event()).encode()
            for piece in self._aws.lambda_service.invoke(self._arn, event, streaming=True).chunks or ():
                came += piece
        except (LambdaError, InvocationFailed):
            return came or None
        return came


def test_a_broken_version_is_left_in_one_apply_and_no_request_of_the_good_one_is_lost(
    local_aws: LocalAws, tmp_path: Path
) -> None:
    filename = tmp_path / "function.zip"
    settings = {**local_aws.environment(), "TF_VAR_filename": str(filename), "TF_VAR_streaming": "true"}
    stack = Terraform(ROOT / "tests/integration/terraform/versions", tmp_path / "stack", settings)
    stack.init()

    # GIVEN a good version, and callers who stream from it without a pause
    with stack.resident():
        try:
            package(filename, GOOD)
            stack.apply()
            callers = Callers(local_aws, stack.outputs()["alias_arn"])
            with callers.calling():
                until(lambda: callers.since(0).count(WHOLE) >= CALLERS)

                # WHEN a broken one takes its place
                package(filename, BROKEN)
                stack.apply()
                broken = time.monotonic()
                until(lambda: None in callers.since(broken))

                # AND the one before is pinned, in one apply
                stack.set(TF_VAR_pinned_version="1")
                stack.apply()
                back = time.monotonic()
                until(lambda: len(callers.since(back)) >= 2 * CALLERS)
        finally:
            stack.destroy()

    # THEN every request since then is answered, whole
    assert set(callers.since(back)) == {WHOLE}
    # AND no stream that the good version began was cut, whenever the alias moved
    assert {answer for _, _, answer in callers.got} == {WHOLE, None}
