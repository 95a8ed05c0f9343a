"""Makes a fresh machine ready: the project's own environments, and a Terraform that finds its AWS provider.

Runs with any Python from 3.11 on and the standard library alone; `make` calls it before everything else. pip installs
uv, and uv the rest, each package at one version and by its hash. Each step is skipped when its result stands already,
so a second run costs a few milliseconds.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"
OLDEST_PYTHON = (3, 11)
OLDEST_TERRAFORM = (1, 9)
OLDEST_NODE = 20
LAMBDA_PYTHON = "3.13"
"""The default of the function module's `runtime`; its interpreter runs the sandboxes where one is installed."""

PROVIDER_VERSION = os.environ.get("AWS_PROVIDER_VERSION", "5.100.0")
"""A version or a constraint such as `~> 6.0`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lint", action="store_true", help="also prepare checkov's environment")
    parser.add_argument("--fuzz", action="store_true", help="also prepare the fuzzer's environment")
    parser.add_argument(
        "--clients",
        choices=("some", "agents", "all"),
        help="also install the clients that `make test`, `make test AGENTS=1` or `make clients` runs",
    )
    parser.add_argument("--cli", action="store_true", help="install only the operators' command line, llm-api")
    arguments = parser.parse_args()
    if sys.version_info < OLDEST_PYTHON:
        stop(
            f"Python {dotted(OLDEST_PYTHON)} or newer is needed; this is {platform.python_version()}. "
            "Point at another one: make PYTHON=python3.13 …"
        )
    if arguments.cli:
        command_line()
        return
    environment(ROOT / ".venv", ROOT / "requirements/test.txt", sys.executable)
    lambda_environment()
    if arguments.lint:
        environment(ROOT / ".venv-lint", ROOT / "requirements/lint.txt", sys.executable)
    if arguments.fuzz:
        environment(ROOT / ".venv-fuzz", ROOT / "requirements/fuzz.txt", sys.executable)
    if arguments.clients:
        clients(everyone=arguments.clients == "all", agents=arguments.clients != "some")
    terraform()


def command_line() -> None:
    """`llm-api` in an environment of its own, from this repository, with what requirements/cli.txt pins."""
    folder = ROOT / ".venv-cli"
    environment(folder, ROOT / "requirements/cli.txt", sys.executable)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--reinstall-package", "llm-api"]
    run([installer(), "pip", "install", *options, "--python", str(folder / "bin/python"), str(ROOT / "cli")])
    say(f"llm-api is {folder.name}/bin/llm-api")


def environment(folder: Path, requirements: Path, interpreter: str, *, compiled: bool = False) -> None:
    """A virtual environment with exactly the pinned packages, each of which has one of the pinned hashes."""
    if not outdated(folder, requirements):
        return
    say(f"installing {requirements.relative_to(ROOT)} into {folder.name} (once)")
    uv, ready = installer(), uv_environment()
    run([uv, "venv", "--quiet", "--clear", "--python", interpreter, str(folder)], extra=ready)
    options = ["--quiet", "--require-hashes", "--python", str(folder / "bin/python")]
    options += ["--compile-bytecode"] if compiled else []
    run([uv, "pip", "sync", *options, str(requirements)], extra=ready)
    stamp(folder, requirements)


def installer() -> str:
    """uv, of the pinned version, in an environment of its own."""
    folder, requirements = STATE / "uv", ROOT / "requirements/uv.txt"
    if outdated(folder, requirements):
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", str(requirements)])
        stamp(folder, requirements)
    return str(folder / "bin/uv")


def uv_environment() -> dict[str, str]:
    """The environment of uv: it reads no pip.conf, so it is told of the package index and of who signs for that.

    After `installer`.
    """
    listed = run([str(STATE / "uv/bin/python"), "-m", "pip", "config", "list"]).stdout
    told = dict(re.findall(r"^\S+\.(index-url|cert)='(.+)'$", listed, re.MULTILINE))
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    settings = {names[name]: value for name, value in told.items()}
    return {**settings, **os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1"}


def outdated(folder: Path, requirements: Path) -> bool:
    """Whether an environment is missing, or was made of other requirements."""
    made = folder / ".requirements"
    return not (made.exists() and made.read_text() == digest(requirements) and (folder / "bin/python").exists())


def stamp(folder: Path, requirements: Path) -> None:
    """Writes down what an environment was made of."""
    (folder / ".requirements").write_text(digest(requirements))


def digest(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def lambda_environment() -> None:
    """The deployed runtime's Python version for the Lambda sandboxes, where the machine has one."""
    folder, requirements = ROOT / f".venv-lambda-{LAMBDA_PYTHON}", ROOT / "requirements/lambda.txt"
    if not outdated(folder, requirements):
        return
    interpreter = next(interpreters(LAMBDA_PYTHON), None)
    if interpreter is None:
        say(f"no Python {LAMBDA_PYTHON} on this machine: sandboxes run on {platform.python_version()}")
        return
    environment(folder, requirements, interpreter, compiled=True)  # as AWS's own are: it counts in a cold start


def clients(*, everyone: bool, agents: bool) -> None:
    """The clients of tests/clients: Python's in environments of their own, Node.js's where it is new enough.

    Parameters:
        everyone: also those that only `make clients` runs.
        agents: also Codex and Claude Code, 680 MB.
    """
    environment(STATE / "clients/python", ROOT / "requirements/clients.txt", sys.executable)
    if everyone:
        environment(STATE / "clients/python-more", ROOT / "requirements/clients-more.txt", sys.executable)
    node_clients(STATE / "clients/node", ROOT / "tests/clients/node/package-lock.json", agents=agents)


def node_clients(folder: Path, wanted: Path, *, agents: bool) -> None:
    """What package-lock.json pins, with npm; says so and goes on where there can be none."""
    stamped = folder / ".requirements"
    if stamped.exists() and stamped.read_text() == digest(wanted) and (has_agents(folder) or not agents):
        return
    lacking = node_lacks()
    if lacking:
        say(f"{lacking}: the clients that need it are left out")
        return
    say(f"installing tests/clients/node{', Codex and Claude Code among them,' if agents else ''} with npm (once)")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(wanted.parent / name, folder)
    # No package's script runs, but the one by which Claude Code puts its program in place.
    # Where the registry can't be reached, npm would go on trying for half an hour.
    impatient = ["--fetch-retries=1", "--fetch-timeout=60000"]
    few = [] if agents else ["--omit=dev"]
    commands = [["npm", "ci", *few, "--ignore-scripts", "--no-audit", "--no-fund", *impatient, "--prefix", str(folder)]]
    if agents:
        commands.append(["node", str(folder / "node_modules/@anthropic-ai/claude-code/install.cjs")])
    for command in commands:
        done = run(command, check=False)
        if done.returncode:
            shutil.rmtree(folder)
            what = " ".join(command[:2])
            say(f"the clients of Node.js are left out, since `{what}` failed: {done.stderr[-400:].strip()}")
            return
    stamp(folder, wanted)


def has_agents(folder: Path) -> bool:
    return (folder / "node_modules/.bin/codex").exists()


def node_lacks() -> str:
    """Why there can be no clients of Node.js here; nothing where there can."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node.js and npm are not installed"
    version = run(["node", "--version"]).stdout.strip()
    new_enough = int(version.lstrip("v").split(".")[0]) >= OLDEST_NODE
    return "" if new_enough else f"Node.js {OLDEST_NODE} or newer is needed, and this is {version}"


def interpreters(version: str) -> Iterator[str]:
    """Interpreters of this version that start: on the PATH, and where pyenv and uv keep theirs."""
    found = [shutil.which(f"python{version}")]
    for place in ("~/.pyenv/versions", "~/.local/share/uv/python"):
        found += map(str, Path(place).expanduser().glob(f"*{version}*/bin/python{version}"))
    for candidate in filter(None, found):
        ask = [candidate, "-c", "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(ask, capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() == version:
            yield candidate


def terraform() -> None:
    """A CLI configuration under which every `terraform init` of this project finds the pinned AWS provider.

    The provider is installed once, from wherever the machine's own configuration finds it (usually the public
    registry) or else from a filesystem mirror on this machine. The project's configuration then points at that copy,
    so that no later command depends on the network.
    """
    program = shutil.which("terraform")
    if program is None:
        stop("Terraform is needed and was not found: https://developer.hashicorp.com/terraform/install")
    version = json.loads(run([program, "version", "-json"]).stdout)["terraform_version"]
    if tuple(map(int, version.split("-")[0].split(".")[:2])) < OLDEST_TERRAFORM:
        stop(f"Terraform {dotted(OLDEST_TERRAFORM)} or newer is needed; {program} is {version}.")

    scratch = STATE / "terraform"
    installed = scratch / ".terraform/providers"
    configuration = STATE / "terraform.rc"
    wanted = (
        'terraform {\n  required_providers {\n    aws = {\n      source  = "hashicorp/aws"\n'
        f'      version = "{PROVIDER_VERSION}"\n    }}\n  }}\n}}\n'
    )
    asked = scratch / "versions.tf"
    plugins = installed.glob("*/hashicorp/aws/*/*/terraform-provider-aws*")
    if configuration.exists() and asked.exists() and asked.read_text() == wanted and any(plugins):
        return
    say(f"looking for the AWS provider {PROVIDER_VERSION}")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    asked.write_text(wanted)
    init = [program, f"-chdir={scratch}", "init", "-backend=false", "-input=false", "-no-color"]
    attempt = run(init, check=False)
    if attempt.returncode:
        host = registry_host(program, scratch)
        for mirror in mirrors(host):
            configuration.write_text(cli_configuration(mirror))
            attempt = run(init, check=False, extra={"TF_CLI_CONFIG_FILE": str(configuration)})
            if attempt.returncode == 0:
                say(f"the AWS provider comes from the mirror in {mirror}")
                break
        else:
            configuration.unlink(missing_ok=True)
            stop(
                "Terraform finds the AWS provider neither in its registry nor in a mirror on this machine. Name a "
                f"mirror's folder (the one that holds {host}/) in TF_PROVIDER_MIRROR.\n{attempt.stderr.strip()}"
            )
    configuration.write_text(cli_configuration(installed))


def cli_configuration(mirror: Path) -> str:
    return f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'


def registry_host(program: str, folder: Path) -> str:
    """The public registry's name, as Terraform itself writes it."""
    listing = run([program, f"-chdir={folder}", "providers"]).stdout
    match = re.search(r"provider\[([^/\]]+)/", listing)
    if match is None:
        stop(f"`terraform providers` printed no provider:\n{listing}")
    return match.group(1)


def mirrors(host: str) -> Iterator[Path]:
    """Folders laid out as filesystem mirrors: the one named by the user, Terraform's own places, usual prefixes.

    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    home = Path.home()
    if named := os.environ.get("TF_PROVIDER_MIRROR"):
        yield Path(named)
    own = [
        home / ".terraform.d/plugins",
        home / ".local/share/terraform/plugins",
        home / ".terraform.d/plugin-cache",
        Path("/usr/local/share/terraform/plugins"),
        Path("/usr/share/terraform/plugins"),
        home / "Library/Application Support/io.terraform/plugins",
    ]
    if cache := os.environ.get("TF_PLUGIN_CACHE_DIR"):
        own.append(Path(cache))
    yield from (place for place in own if (place / host).is_dir())
    for prefix in ("/opt", "/usr/local", "/usr/share", "/usr/lib", "/srv", "/var/lib"):
        for pattern in (host, f"*/{host}", f"*/*/{host}"):
            yield from (found.parent for found in sorted(Path(prefix).glob(pattern)) if found.is_dir())


def run(
    command: list[str], *, check: bool = True, extra: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """A command with its output kept; Terraform asks an unreachable registry once, not for minutes."""
    patience = {"TF_REGISTRY_DISCOVERY_RETRY": "1", "TF_REGISTRY_CLIENT_TIMEOUT": "15", "CHECKPOINT_DISABLE": "1"}
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **patience, **(extra or {})}
    )
    if check and result.returncode:
        stop(f"`{' '.join(command)}` failed:\n{result.stderr.strip()}")
    return result


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def say(line: str) -> None:
    print(f"setup: {line}", flush=True)


def stop(line: str) -> NoReturn:
    sys.exit(f"setup: {line}")


if __name__ == "__main__":
    main()
