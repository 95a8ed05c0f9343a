"""Every block of code in the documentation is run, and every link leads somewhere."""

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import Api
from tools.terraform import ROOT, STATE, Terraform

PAGES = sorted(
    path
    for path in (
        ROOT / "README.md",
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("docs/decisions/*.md"),
        *ROOT.glob("examples/*/README.md"),
        *ROOT.glob("modules/*/README.md"),
        ROOT / "cli/README.md",
        ROOT / "local_aws/README.md",
        ROOT / "lambda_src/README.md",
        ROOT / "SECURITY.md",
    )
    if path.exists()
)
COMPILED_ONLY = ("from local_aws import", "before-sign")
"""Snippets of local AWS's own interface, which has unit tests, and of callers under IAM, whom `test_auth.py` plays."""

MAKES_PICTURES = "images.generate("
"""What tells a block that is about `examples/images`, and not about the quickstart."""

AGENTS = STATE / "clients/node/node_modules/.bin"
"""Where `make test AGENTS=1` installs Codex and Claude Code, if it can."""

AGENTS_KEEP_QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
}

ELSEWHERE = "terraform_data.elsewhere.output"
"""A value that a block takes from a module that it leaves to the reader."""


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """(page and line, code) of each fenced block in a language, with its indent taken off."""
    for page in PAGES:
        text = page.read_text()
        for match in re.finditer(rf"^( *)```{language}\n(.*?)^\1```", text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, match.start()) + 1
            code = re.sub(rf"^{match[1]}", "", match[2], flags=re.MULTILINE)
            yield f"{page.relative_to(ROOT)}:{line}", code


def identified(language: str) -> list[object]:
    return [pytest.param(code, id=place) for place, code in blocks(language)]


@pytest.fixture
def client_environment(api: Api, tmp_path: Path) -> dict[str, str]:
    """The environment of the quickstart's clients."""
    return environment_of(api, tmp_path)


def environment_of(api: Api, home: Path) -> dict[str, str]:
    """What `.local/endpoint.env` gives a client, and nothing of this process's AWS settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    certificate = dict.fromkeys(
        ("SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "LLM_API_CA_FILE"), api.ca_file
    )
    return {
        **own,
        **certificate,
        **AGENTS_KEEP_QUIET,
        "NODE_EXTRA_CA_CERTS": api.ca_file,
        "PATH": f"{Path(sys.executable).parent}:{AGENTS}:{os.environ['PATH']}",
        "HOME": str(home),
        "LLM_API_URL": api.url,
        "LLM_API_KEY": api.key,
        "URL": api.url,
        "KEY": api.key,
        "FUNCTION": api.outputs.get("function_name", ""),
        "CURL_CA_BUNDLE": api.ca_file,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": api.aws.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


@pytest.mark.parametrize("code", identified("python"))
def test_python_runs_as_it_stands(code: str, api: Api, pictures: Api, tmp_path: Path) -> None:
    if any(mark in code for mark in COMPILED_ONLY):
        compile(code, "snippet", "exec")
        return
    # GIVEN the deployment that the block is about
    deployment = pictures if MAKES_PICTURES in code else api
    client_environment = environment_of(deployment, tmp_path)
    # WHEN the block is run with what `make up` writes
    done = subprocess.run(
        [sys.executable, "-c", code], env=client_environment, capture_output=True, text=True, timeout=60, check=False
    )
    # THEN it succeeds, and prints what it says it prints
    assert done.returncode == 0, done.stderr
    assert done.stdout or "print(" not in code


@pytest.mark.parametrize("code", identified("sh"))
def test_shell_runs_as_it_stands(code: str, client_environment: dict[str, str], tmp_path: Path) -> None:
    # GIVEN the commands of a block, continued lines joined
    commands = re.sub(r"\\\n\s*", "", code).splitlines()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    runnable = []
    for command in commands:
        if command.startswith("terraform apply"):
            break  # what follows calls that deployment, and the examples' own tests do
        # THEN each make target exists; what applies or starts something is run by other tests
        if command.startswith("make "):
            assert command.split()[1] in targets, command
        elif not re.match(r"(terraform|cd|git|set -a|source|python -m local_aws|#|$)", command) and (
            "terraform output" not in command
        ):
            runnable.append(command)
    agent = re.search(r"^(codex|claude) ", "\n".join(runnable), re.MULTILINE)
    if agent and shutil.which(agent[1], path=client_environment["PATH"]) is None:
        pytest.skip(f"{agent[1]} is not installed")
    if runnable:
        # AND the rest runs
        script = "set -euo pipefail\n" + "\n".join(runnable)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=client_environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert '"error"' not in done.stdout


def somebodys_module(code: str, folder: Path) -> set[str]:
    """Writes a block as somebody's module, with the repository as its source; the names of its variables."""
    sources = re.sub(
        r'source\s*=\s*"git::https://example.com/terraform-aws-llm-api.git(//([^?"]+))?(\?[^"]*)?"',
        # Relative, because a module that uses the one beside it may not leave the package that an absolute path makes.
        lambda match: f'source = "{os.path.relpath(ROOT / (match[2] or ""), folder)}"',
        code,
    )
    sources = re.sub(r'source\s*=\s*"(\.\./)+"', f'source = "{os.path.relpath(ROOT, folder)}"', sources)
    present = set(re.findall(r'module "(\w+)"', sources))
    sources = re.sub(r"module\.(\w+)[\w.]*", lambda match: match[0] if match[1] in present else ELSEWHERE, sources)
    declared = set(re.findall(r'variable "(\w+)"', sources))
    used = set(re.findall(r"\bvar\.(\w+)", sources))
    variables = [f'variable "{name}" {{\n  default = null\n}}\n' for name in sorted(used - declared)]
    folder.mkdir()
    (folder / "main.tf").write_text("\n".join([sources, 'resource "terraform_data" "elsewhere" {}', *variables]))
    return declared


@pytest.fixture(scope="module")
def diagnostics(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What Terraform has against each block, by its place; against none of them in particular: under "".

    They are validated together, as modules of one root, since starting the provider takes longer than all of them.
    """
    root = tmp_path_factory.mktemp("blocks")
    found: dict[str, list[str]] = {"": []}
    calls = []
    for number, (place, code) in enumerate(blocks("hcl")):
        found[place] = []
        # Only a root may import.
        imports = re.findall(r"^import \{\n.*?^\}\n", code, re.DOTALL | re.MULTILINE)
        code = functools.reduce(lambda text, block: text.replace(block, ""), imports, code)
        calls += [re.sub(r"\bto( *)= ", rf"to\1= module.block{number}.", block) for block in imports]
        unset = "".join(f"  {name} = null\n" for name in somebodys_module(code, root / f"block{number}"))
        calls.append(f'module "block{number}" {{\n  source = "./block{number}"\n{unset}}}\n')
    (root / "main.tf").write_text("".join(calls))
    stack = Terraform(root, root / "stack", {"AWS_REGION": "us-east-1"})
    stack.init()
    places = {f"block{number}": place for number, place in enumerate([place for place, _ in blocks("hcl")])}
    for diagnostic in stack.diagnostics():
        folder = diagnostic.get("range", {}).get("filename", "").split("/")[0]
        found[places.get(folder, "")].append(f"{diagnostic['summary']}: {diagnostic['detail']}")
    return found


@pytest.mark.parametrize("place", [place for place, _ in blocks("hcl")])
def test_terraform_is_valid(place: str, diagnostics: dict[str, list[str]]) -> None:
    # GIVEN a block as somebody's module, with its variables declared THEN Terraform finds it valid
    assert diagnostics[place] + diagnostics[""] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    # GIVEN the page without its code
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    # WHEN its relative links are followed
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"https?:|#", link)]
    # THEN each file is there
    assert [link for link in links if not (page.parent / link.split("#")[0]).exists()] == []
