"""Back from a broken version in one apply, while callers are at it: what the good version has begun it finishes."""

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lambda_src import build
from local_aws import LocalAws
from local_aws.lambda_service import InvocationFailed, LambdaError
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


def package(path: Path, app: str) -> Path:
    """The package as it is, with another app."""
    source, written = zipfile.ZipFile(io.BytesIO(build.build())), io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for entry in source.infolist():
            if Path(entry.filename).name.partition(".")[0] != "app":
                archive.writestr(entry, source.read(entry))
        archive.writestr("llm_api/app.py", app)
    path.write_bytes(written.getvalue())
    return path


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
    def apply(app: str, **variables: str) -> str:
        filename = package(tmp_path / "function.zip", app)
        settings = {
            **local_aws.environment(),
            "TF_VAR_filename": str(filename),
            "TF_VAR_streaming": "true",
            **variables,
        }
        stack = Terraform(ROOT / "tests/integration/terraform/versions", tmp_path / "stack", settings)
        stack.init()
        stack.apply()
        arn: str = stack.outputs()["alias_arn"]
        return arn

    # GIVEN a good version, and callers who stream from it without a pause
    arn = apply(GOOD)
    callers = Callers(local_aws, arn)
    try:
        with callers.calling():
            until(callers, lambda answers: answers.count(WHOLE) >= CALLERS)

            # WHEN a broken one takes its place
            apply(BROKEN)
            broken = time.monotonic()
            until(callers, lambda answers: None in callers.since(broken))

            # AND the one before is pinned, in one apply
            apply(BROKEN, TF_VAR_pinned_version="1")
            back = time.monotonic()
            until(callers, lambda answers: len(callers.since(back)) >= 2 * CALLERS)
    finally:
        destroy(local_aws, tmp_path)

    # THEN every request since then is answered, whole
    assert set(callers.since(back)) == {WHOLE}
    # AND no stream that the good version began was cut, whenever the alias moved
    assert {answer for _, _, answer in callers.got} == {WHOLE, None}


def until(callers: Callers, condition: Callable[[list[bytes | None]], bool]) -> None:
    """Waits for what the callers are about to get."""
    give_up = time.monotonic() + 60
    while not condition([answer for _, _, answer in callers.got]):
        assert time.monotonic() < give_up, "it did not happen within a minute"
        time.sleep(0.05)


def destroy(aws: LocalAws, folder: Path) -> None:
    settings = {**aws.environment(), "TF_VAR_filename": str(folder / "function.zip"), "TF_VAR_streaming": "true"}
    Terraform(ROOT / "tests/integration/terraform/versions", folder / "stack", settings).destroy()
