"""Runs a client's program in its own environment, with telemetry off and a closed port for a way out."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.clients.judges import Outcome, best, judge
from tests.clients.table import Client
from tools.terraform import ROOT, STATE

HERE = Path(__file__).parent
INSTALLED = STATE / "clients"
PICTURE = ROOT / "examples/quickstart/suv.jpg"
PATIENCE_SECONDS = 300
NOWHERE = "http://127.0.0.1:9"

QUIET = {
    "AI_SDK_LOG_WARNINGS": "false",
    "AWS_EC2_METADATA_DISABLED": "true",
    "DSPY_CACHEDIR": os.devnull,
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "NODE_NO_WARNINGS": "1",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
}
"""What else a client would fetch or send by itself."""


def missing(client: Client) -> str:
    """What a client lacks to run here; nothing where it can."""
    folder = INSTALLED / client.environment
    if client.environment == "node":
        if shutil.which("node") is None:
            return "Node.js is not installed"
        return "" if (folder / "node_modules" / client.package).exists() else "it is not there (make test AGENTS=1)"
    return "" if (folder / "bin/python").exists() else f"{folder.relative_to(ROOT)} is not there (make clients)"


def version(client: Client) -> str:
    """The pinned version."""
    if client.environment == "node":
        locked = json.loads((HERE / "node/package-lock.json").read_text())["packages"]
        return str(locked[f"node_modules/{client.package}"]["version"])
    name = {"python": "clients", "python-more": "clients-more"}[client.environment]
    pinned = (ROOT / f"requirements/{name}.txt").read_text()
    found = re.search(rf"^{re.escape(client.package)}(?:\[.*\])?==(\S+)", pinned, re.MULTILINE)
    assert found, f"{client.package} is not in requirements/{name}.txt"
    return found[1]


def run(
    client: Client, url: str, key: str, ca_file: str, *, spent_key: str = "", checks: tuple[str, ...] = ()
) -> dict[str, Outcome]:
    """What came of a client's checks, by their names.

    Parameters:
        spent_key: a key whose budget is used up; without one nothing is checked about it.
        checks: those to run; all of them if empty.
    """
    with tempfile.TemporaryDirectory(prefix="client-", dir=STATE) as home:
        done = subprocess.run(
            command(client),
            env={
                **environment(url, key, client.model, ca_file, home),
                "SPENT_KEY": spent_key,
                "CHECKS": " ".join(checks),
            },
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"check"')]
    outcomes = best([judge(line) for line in lines])
    if done.returncode or not outcomes:
        outcomes["plain"] = Outcome("plain", "", f"the program ended with {done.returncode}: {done.stderr[-1000:]}")
    return outcomes


def command(client: Client) -> list[str]:
    """How a program is started. Those of Node.js have to stand beside the packages that they import."""
    program, *arguments = client.program.split()
    if program.endswith(".mjs"):
        beside = INSTALLED / "node/programs"
        shutil.copytree(HERE / "programs", beside, dirs_exist_ok=True)
        return ["node", str(beside / program), *arguments]
    own = INSTALLED / client.environment / "bin/python"
    # The programs of commands need no package of Python's.
    return [str(own) if own.exists() else sys.executable, str(HERE / "programs" / program), *arguments]


def environment(url: str, key: str, model: str, ca_file: str, home: str) -> dict[str, str]:
    """The deployment, a home of its own, and nothing of this machine's settings for AWS or models."""
    away = re.compile(r"AWS_|OPENAI_|ANTHROPIC_|CLAUDE|CODEX|LITELLM_|LANG|SSL_|.*_proxy$", re.IGNORECASE)
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE)
    trust = ("SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CODEX_CA_CERTIFICATE")
    return {
        **{name: value for name, value in os.environ.items() if not away.match(name)},
        **QUIET,
        **proxies,
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
        **dict.fromkeys(trust, ca_file),
        "PATH": f"{INSTALLED / 'node/node_modules/.bin'}:{os.environ['PATH']}",
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "LLM_API_URL": url,
        "LLM_API_KEY": key,
        "LLM_API_MODEL": model,
        "PICTURE": str(PICTURE),
    }
