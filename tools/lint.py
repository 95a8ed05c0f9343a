"""`make lint`: style, types, Terraform's own checks, the policies of every example, checkov."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools.policy_lint import findings, identity_policies, planned, trust_findings, trust_policies
from tools.terraform import ROOT, Terraform, TerraformError

TYPED = (
    "cli/llm_api_cli",
    "lambda_src/llm_api",
    "lambda_src/build.py",
    "local_aws",
    "tools",
    "--exclude",
    "local_aws/tests",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only what takes seconds: ruff, mypy, terraform fmt")
    quick: dict[str, Callable[[], str]] = {
        "ruff": lambda: shell(".venv/bin/ruff", "check", "--quiet", "."),
        "ruff format": lambda: shell(".venv/bin/ruff", "format", "--check", "--quiet", "."),
        "mypy --strict": lambda: shell(".venv/bin/mypy", *TYPED),
        "terraform fmt": lambda: shell("terraform", "fmt", "-check", "-recursive", "-diff"),
    }
    slow = {"terraform validate": validate, "policy lint": policies, "checkov": checkov}
    checks = quick if parser.parse_args().quick else quick | slow
    failed = []
    for name, check in checks.items():
        problem = check()
        print(f"{name}: {'failed' if problem else 'ok'}", flush=True)
        if problem:
            failed.append(name)
            print(problem)
    if failed:
        sys.exit(f"lint: {', '.join(failed)} failed")


def shell(*command: str) -> str:
    """What the command printed if it failed, else nothing."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return f"{result.stdout}{result.stderr}".strip() if result.returncode else ""


def checkov() -> str:
    """Its findings; a file that it can't parse is one that it did not check, though it calls that a success."""
    skipped = [option for folder in (".venv", ".local", "tests") for option in ("--skip-path", folder)]
    command = [".venv-lint/bin/checkov", "--directory", ".", "--framework", "terraform", "--skip-download", "--compact"]
    result = subprocess.run([*command, "--quiet", *skipped], cwd=ROOT, capture_output=True, text=True, check=False)
    failed = result.returncode != 0 or "Parsing errors" in result.stdout
    return f"{result.stdout}{result.stderr}".strip() if failed else ""


def validate() -> str:
    """Every module by itself and every example."""
    problems = []
    folders = [ROOT, *sorted((ROOT / "modules").iterdir()), *sorted((ROOT / "examples").iterdir())]
    with tempfile.TemporaryDirectory() as workspace:
        for folder in folders:
            if not (folder / "main.tf").exists():
                continue
            terraform = Terraform(folder, Path(workspace) / folder.name, {"AWS_REGION": "us-east-1"})
            try:
                terraform.init()
                terraform.validate()
            except TerraformError as error:
                problems.append(str(error))
    return "\n".join(problems)


def policies() -> str:
    """The identity and trust policies that each example would create, planned on local AWS."""
    from local_aws import LocalAws

    problems = []
    with tempfile.TemporaryDirectory() as workspace, LocalAws() as aws:
        settings = {**aws.environment(), "TF_VAR_api_key_sha256": "0" * 64}
        for folder in sorted((ROOT / "examples").iterdir()):
            terraform = Terraform(folder, Path(workspace) / folder.name, settings)
            terraform.init()
            with terraform.resident():
                resources = list(planned(terraform.plan()))
            for address, document in identity_policies(resources):
                problems += [f"{folder.name}: {address}: {finding}" for finding in findings(document)]
            for address, document in trust_policies(resources):
                problems += [f"{folder.name}: {address}: {finding}" for finding in trust_findings(document)]
    return "\n".join(problems)


if __name__ == "__main__":
    main()
