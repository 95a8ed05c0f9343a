"""The package is the same bytes on every machine."""

import hashlib
import io
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lambda_src import archive, build, compiled

SOURCES = Path(build.__file__).parent
MAX_BYTES = 300 * 1024


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the sources that a test may change."""
    copy = tmp_path / "lambda_src"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(scope="module")
def compiler() -> str:
    """The interpreter that compiles."""
    found = compiled.compiler()
    if found is None:
        pytest.skip(f"no Python {compiled.COMPILER} on this machine; CI has one")
    return found


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


def test_zip_is_one_that_others_read() -> None:
    # GIVEN a zip with text, nothing, and what doesn't compress
    entries = [
        archive.Entry("größe.txt", 0o100644, b"weit " * 999),
        archive.Entry("empty", 0o100644, b""),
        archive.Entry("noise", 0o100755, hashlib.sha512(b"noise").digest()),
    ]
    # WHEN Python reads it, as Lambda's unpacking would
    read = zipfile.ZipFile(io.BytesIO(archive.written(entries)))
    # THEN checksums are right, and names, modes, dates and contents are what was written
    assert read.testzip() is None
    assert [
        archive.Entry(info.filename, info.external_attr >> 16, read.read(info)) for info in read.infolist()
    ] == entries
    assert {info.date_time for info in read.infolist()} == {(1980, 1, 1, 0, 0, 0)}


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


def test_compiled_files_are_those_of_the_sources_beside_them() -> None:
    # GIVEN the committed package
    package = zipfile.ZipFile(build.ZIP)
    files = {name: package.read(name) for name in package.namelist()}
    sources = {compiled.file_of(name): files[name].decode() for name in files if name.endswith(".py")}
    # THEN each compiled file is for Python 3.13, isn't compared with a clock, and was made of the source in the zip
    found = {name: content for name, content in files.items() if name.endswith(".pyc")}
    assert len(found) > 30
    for name, content in found.items():
        assert content[:8] == b"\xf3\r\r\n\1\0\0\0"
        assert content[8:16] == compiled.source_hash(sources[name]), name


def test_compiled_files_are_what_the_compiler_makes_of_the_sources(compiler: str) -> None:
    # GIVEN the one interpreter that compiles
    # WHEN it compiles everything anew
    # THEN the committed package is the outcome
    assert build.build(anew=True) == build.ZIP.read_bytes(), "run `make package` and commit the zip"


def test_python_takes_the_compiled_files(compiler: str, tmp_path: Path) -> None:
    # GIVEN the package as Lambda unpacks it, its sources unreadable to Python
    with zipfile.ZipFile(build.ZIP) as package:
        package.extractall(tmp_path)
        names = [name for name in package.namelist() if name.endswith(".pyc")]
    for name in names:
        (tmp_path / name.replace("__pycache__/", "").replace(f".{compiled.TAG}.pyc", ".py")).write_text("?")
    # WHEN the runtime's Python imports what stands on the standard library alone
    program = (
        "from llm_api import errors, events, pricing; print(events.__cached__, events.to_request.__code__.co_filename)"
    )
    imported = subprocess.run([compiler, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    # THEN it needs no source
    assert imported.returncode == 0, imported.stderr
    # AND tells the source's place in a traceback
    cached, source = imported.stdout.split()
    assert cached.endswith("llm_api/__pycache__/events.cpython-313.pyc")
    assert source.endswith("llm_api/events.py")


def test_without_the_compiler_current_files_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a machine without that Python
    monkeypatch.setattr(sys.modules["compiled"], "_places", lambda: iter(["/nowhere/python3.13"]))
    # WHEN it builds from the sources that the committed package was built from
    # THEN the package is the same
    assert build.build() == build.ZIP.read_bytes()


def test_without_the_compiler_a_changed_module_stops_the_build(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a machine without that Python, and a change
    monkeypatch.setattr(sys.modules["compiled"], "_places", lambda: iter(()))
    with (sources / "llm_api" / "app.py").open("a") as module:
        module.write("LATER = 1\n")
    # WHEN it builds
    # THEN the build says which file, what is missing and how to get it
    missing = (
        r"^llm_api/app\.py must be compiled .* Python 3\.13\.0, which is not on this machine\. Run `uv python install"
    )
    with pytest.raises(build.NoCompiler, match=missing):
        build.build(sources)
    # AND that nothing may be kept, where that was asked for
    with pytest.raises(build.NoCompiler, match=r"llm_api/errors\.py"):
        build.build(anew=True)


def test_package_stays_small() -> None:
    # GIVEN the package, which every cold start loads
    # THEN it is within its budget
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


def test_prose_stays_behind_and_lines_keep_their_numbers() -> None:
    # GIVEN a program with every kind of prose, and text that only looks like it
    source = (
        '"""Module.\n\nMore."""\n'
        "URL = 'https://example.com/#anchor'  # a comment\n"
        "class Größe:\n"
        '    """Über."""; weite = 1  # é\n'
        "    höhe: int = 2\n"
        '    """Attribute\n    docstring."""\n'
        "    def f(self, a: dict[str, int] | None = None, *, b: int) -> str:\n"
        "        # alone\n"
        '        return """kept # too\n        as it is"""\n'
    )
    # WHEN it is packed
    packed = build.without_prose(source)
    # THEN the prose is gone, the text is not, and each statement is on its line
    assert "Über" not in packed
    assert "docstring" not in packed
    assert "alone" not in packed
    assert "'https://example.com/#anchor'\n" in packed
    assert '"""kept # too\n        as it is"""' in packed
    assert packed.count("\n") == source.count("\n")
    assert packed.splitlines()[9] == " def f(self, a = None, *, b):"


def test_a_class_keeps_a_docstring_that_is_not_empty() -> None:
    # GIVEN a dataclass: without a docstring Python would write one at import, by inspecting its signature
    packed = build.without_prose('class A:\n    """Text."""\n')
    # THEN it still has one
    assert packed == 'class A:\n "."\n'
