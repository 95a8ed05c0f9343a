"""`make fuzz`: coverage-guided fuzzing of what a caller can reach, in an environment of its own.

What breaks a promise is written to `.local/fuzz/TARGET/crash-…`, and printed. Put it into tests/fuzz/corpus/TARGET
under a name that says what it is, and every test run tries it again; then mend the cause.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "lambda_src"))

CORPUS = ROOT / "tests/fuzz/corpus"
FOUND = ROOT / ".local/fuzz"
LONGEST_BYTES = 4096
SLOW_SECONDS = 10


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=2.0, help="for each target (%(default)s)")
    parser.add_argument("--target", help="one of them only")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args()
    if options.worker:
        work(options.target, rest)
        return
    from tests.fuzz.targets import TARGETS, seeds

    failed = []
    for target in [options.target] if options.target else TARGETS:
        folder = FOUND / target / "corpus"
        folder.mkdir(parents=True, exist_ok=True)
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        for at, seed in enumerate(seeds(target)):
            (folder / f"seed-{at:03d}").write_bytes(seed)
        command = [sys.executable, "-m", "tests.fuzz", "--worker", "--target", target, str(folder)]
        limits = [
            f"-max_total_time={round(options.minutes * 60)}",
            f"-max_len={LONGEST_BYTES}",
            f"-timeout={SLOW_SECONDS}",
            f"-artifact_prefix={FOUND / target}/",
            f"-dict={ROOT / 'tests/fuzz/words.dict'}",
            "-print_final_stats=1",
            "-verbosity=1",
        ]
        print(f"{target}: {options.minutes:g} minutes …", flush=True)
        if subprocess.run([*command, str(CORPUS / target), *limits], cwd=ROOT, check=False).returncode:
            failed.append(target)
    if failed:
        sys.exit(f"fuzz: {', '.join(failed)} broke a promise; see {FOUND.relative_to(ROOT)}")


def work(target: str, options: list[str]) -> None:
    """Fuzzes in this process, until libFuzzer ends it."""
    import atheris

    with atheris.instrument_imports(include=["llm_api"]):
        from tests.fuzz.targets import TARGETS

        for module in ("anthropic.messages", "bedrock.calls", "openai.chat", "openai.embeddings"):
            __import__(f"llm_api.dialects.{module}")
    atheris.Setup([sys.argv[0], *options], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
