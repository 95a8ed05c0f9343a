"""The package is the same bytes on every machine."""

import io
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lambda_src import build

SOURCES = Path(build.__file__).parent
ROOT = SOURCES.parent
MAX_BYTES = 1_000_000


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the sources that a test may change."""
    copy = tmp_path / "lambda_src"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def built_elsewhere(sources: Path, cwd: Path, umask: int, timezone: str, hash_seed: str) -> bytes:
    output = cwd / "out" / "package.zip"
    subprocess.run(
        [sys.executable, str(sources / "build.py"), "--output", str(output)],
        cwd=cwd,
        env={
            "PATH": os.environ["PATH"],
            "TZ": timezone,
            "PYTHONHASHSEED": hash_seed,
            "LC_ALL": "C",
            "HOME": os.environ["HOME"],
        },
        umask=umask,
        check=True,
        capture_output=True,
    )
    return output.read_bytes()


def test_machine_leaves_no_trace(sources: Path, tmp_path: Path) -> None:
    # GIVEN two machines that differ in clock, time zone, umask, folder, modes and leftovers
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    first = built_elsewhere(sources, here, 0o022, "UTC", "1")
    for number, path in enumerate(sorted(sources.rglob("*"))):
        if path.is_file():
            path.chmod(0o600)
        os.utime(path, (10**9 + number, 10**9 + number))
    leftovers = sources / "llm_api" / "__pycache__"
    leftovers.mkdir()
    (leftovers / "app.cpython-313.pyc").write_bytes(b"compiled")
    (sources / "llm_api" / ".app.py.swp").write_bytes(b"an editor's")
    # WHEN both build
    second = built_elsewhere(sources, there, 0o077, "Asia/Tokyo", "2")
    # THEN the zips are the same
    assert first == second == build.build(SOURCES)


def test_committed_zip_is_what_the_sources_give() -> None:
    # GIVEN the zip in the repository
    committed = build.ZIP
    # THEN it was built from these sources
    assert committed.exists(), "run `make package` and commit lambda_src/dist/llm_api.zip"
    assert committed.read_bytes() == build.build(), "the sources changed: run `make package` and commit the zip"


def test_each_file_is_the_source_as_it_is() -> None:
    # GIVEN the package as a reviewer unzips it
    with zipfile.ZipFile(io.BytesIO(build.build())) as package:
        assert package.testzip() is None
        files = {name: package.read(name) for name in package.namelist()}
    # THEN each file is the repository's, byte for byte
    assert files == {name: (SOURCES / name).read_bytes() for name in files}
    # AND nothing is compiled, so that any Python runs the source that is read
    assert not [name for name in files if name.endswith((".pyc", ".so"))]


def test_nothing_in_the_zip_depends_on_who_builds_it() -> None:
    # GIVEN what a zip says of each entry beside its content
    entries = zipfile.ZipFile(io.BytesIO(build.build())).infolist()
    # THEN it is the same everywhere: stored, not by some zlib; the first date there is; Unix; in order
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.create_system for entry in entries} == {build.UNIX}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644, 0o100755}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)


def test_other_pythons_build_the_same(sources: Path, tmp_path: Path) -> None:
    # GIVEN the Pythons of the sandboxes, where `make setup` made some; CI has each version build
    interpreters = sorted(ROOT.glob(".venv-lambda-*/bin/python"))
    if not interpreters:
        pytest.skip("one Python on this machine")
    for interpreter in interpreters:
        # WHEN one builds
        output = tmp_path / "package.zip"
        build_script = [str(interpreter), "-I", "-S", str(sources / "build.py")]
        subprocess.run([*build_script, "--output", str(output)], check=True, capture_output=True)
        # THEN the zip is the same
        assert output.read_bytes() == build.build(), interpreter


def test_bootstrap_can_be_executed() -> None:
    # GIVEN the package
    package = zipfile.ZipFile(io.BytesIO(build.build()))
    # THEN Lambda may execute the wrapper, and nothing else
    executable = [entry.filename for entry in package.infolist() if (entry.external_attr >> 16) & stat.S_IXUSR]
    assert executable == ["bootstrap"]
    assert stat.S_IMODE(package.getinfo("bootstrap").external_attr >> 16) == 0o755


def test_package_holds_the_package_only() -> None:
    # GIVEN the package
    names = zipfile.ZipFile(io.BytesIO(build.build())).namelist()
    # THEN it has both entries, and no test and no build script
    assert {"llm_api/handler.py", "llm_api/runtime.py"} < set(names)
    assert all(name == "bootstrap" or name.startswith("llm_api/") for name in names)


def test_package_stays_small() -> None:
    # GIVEN the package, uncompressed
    # THEN Lambda fetches little
    assert len(build.build()) <= MAX_BYTES


def test_stray_file_stops_the_build(sources: Path) -> None:
    # GIVEN a leftover that would make one machine's zip differ
    (sources / "llm_api" / "app.py.orig").write_text("old")
    # THEN the build says which, and what to do
    with pytest.raises(build.Stray, match=r"llm_api/app\.py\.orig.*Remove it"):
        build.build(sources)


def test_check_names_the_command_to_run(tmp_path: Path) -> None:
    # GIVEN a zip that is not what the sources give
    outdated = tmp_path / "llm_api.zip"
    outdated.write_bytes(b"older")
    # WHEN it is checked
    checked = subprocess.run(
        [sys.executable, str(SOURCES / "build.py"), "--check", "--output", str(outdated)],
        capture_output=True,
        text=True,
        check=False,
    )
    # THEN it fails and says how to mend that, and the zip is untouched
    assert checked.returncode == 1
    assert "make package" in checked.stderr
    assert outdated.read_bytes() == b"older"


def test_check_passes_on_a_fresh_zip(tmp_path: Path) -> None:
    # GIVEN a zip that was just built
    fresh = tmp_path / "llm_api.zip"
    fresh.write_bytes(build.build())
    # THEN the check passes
    command = [sys.executable, str(SOURCES / "build.py"), "--check", "--output", str(fresh)]
    assert subprocess.run(command, check=False).returncode == 0
