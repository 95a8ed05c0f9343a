"""What a cold start pays for: nothing heavy or rare is imported before it is used."""

import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[3] / "lambda_src"

LATER = [
    "boto3",
    "concurrent.futures.thread",
    "llm_api.dialects.anthropic",
    "llm_api.dialects.bedrock",
    "llm_api.dialects.openai",
    "llm_api.bounds",
    "llm_api.inference.sagemaker",
    "llm_api.metering",
]


def test_the_app_imports_only_what_every_request_needs() -> None:
    # GIVEN a fresh interpreter
    program = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import llm_api.app; "
        "print([name for name in sys.argv[2].split(',') if name in sys.modules])"
    )

    # WHEN the app is imported
    command = [sys.executable, "-c", program, str(PACKAGE), ",".join(LATER)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)

    # THEN what only some requests need is not
    assert result.stdout.strip() == "[]"


def test_the_package_imports_nothing_but_botocore() -> None:
    # GIVEN a fresh interpreter
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules); "
        "import llm_api.app, llm_api.inference.sagemaker, llm_api.dialects.bedrock; "
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)"
    )

    # WHEN all of it is imported
    result = subprocess.run([sys.executable, "-c", program, str(PACKAGE)], capture_output=True, text=True, check=True)

    # THEN botocore, with what it stands on, is the only dependency
    foreign = set(result.stdout.split())
    assert foreign <= {"botocore", "brotli", "certifi", "dateutil", "h2", "jmespath", "llm_api", "six", "urllib3"}
