"""`make clients`: every client of `table.py` against the applied module; prints a table, and writes docs/clients.md."""

import argparse
import datetime
import hashlib
import re
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_aws import LocalAws
from tests.clients.judges import Outcome
from tests.clients.running import missing, run, version
from tests.clients.table import CLIENTS, Client
from tools.terraform import ROOT, STATE, Terraform

PAGE = ROOT / "docs/clients.md"
AT_ONCE = 2
COLUMNS = {
    "plain": "plain",
    "streamed": "streamed",
    "tools": "tools",
    "structured": "schema",
    "json": "JSON",
    "image": "image",
    "embeddings": "embeddings",
    "tokens": "counted",
    "models": "models",
    "401": "401",
    "404": "404",
    "429": "429",
}
"""The page's columns: a check, and what it is called there."""

ALSO = {"completion": "streamed", "parallel": "tools", "agent": "tools", "subagent": "tools"}
"""Checks that are shown in another one's column."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The deployment, and two keys of it."""

    url: str
    ca_file: str
    key: str
    spent_key: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of the clients' names; all clients, and the page, without any")
    wanted = [one.lower() for one in parser.parse_args().only]
    chosen = [one for one in CLIENTS if not wanted or any(part in one.name.lower() for part in wanted)]
    ready = [one for one in chosen if not missing(one)]
    for one in chosen:
        if one not in ready:
            print(f"clients: {one.name} is left out: {missing(one)}")
    with deployed() as deployment, ThreadPoolExecutor(AT_ONCE) as pool:
        found = dict(zip(ready, pool.map(lambda one: tried(one, deployment), ready), strict=True))
    if not wanted:
        write(found)
        print(f"clients: {PAGE.relative_to(ROOT)} is written")
    failed = sum(not one.passed for outcomes in found.values() for one in outcomes.values())
    sys.exit(f"clients: {failed} checks did not pass" if failed else 0)


@contextmanager
def deployed() -> Iterator[Deployed]:
    """`terraform/` on local AWS, with the second tenant's budget used up."""
    key, spent = (f"sk-{secrets.token_urlsafe(24)}" for _ in range(2))
    hashed = {"api_key_sha256": key, "spent_api_key_sha256": spent}
    variables = {f"TF_VAR_{name}": hashlib.sha256(value.encode()).hexdigest() for name, value in hashed.items()}
    with LocalAws() as aws, tempfile.TemporaryDirectory(prefix="clients-", dir=STATE) as folder:
        stack = Terraform(Path(__file__).parent / "terraform", Path(folder) / "stack", aws.environment() | variables)
        stack.init()
        print("clients: applying the module", flush=True)
        with stack.resident():
            stack.apply()
        url = aws.local_url(stack.outputs()["url"]).rstrip("/")
        ready = Deployed(url, str(aws.ca_file), key, spent)
        spend(ready)
        yield ready


def spend(deployment: Deployed) -> None:
    """Uses up the budget of one request a day."""
    first = CLIENTS[0]
    run(first, deployment.url, deployment.spent_key, deployment.ca_file, checks=("plain",))


def tried(client: Client, deployment: Deployed) -> dict[str, Outcome]:
    """Runs one client, and prints its line."""
    outcomes = run(client, deployment.url, deployment.key, deployment.ca_file, spent_key=deployment.spent_key)
    print(f"{client.name} {version(client)}", flush=True)
    for name, one in outcomes.items():
        told = one.switch and f"with {one.switch}"
        print(f"  {name:12}{told or 'yes' if one.passed else f'NO: {one.why}'}", flush=True)
    return outcomes


def cell(outcomes: Mapping[str, Outcome], column: str) -> str:
    """What the page says of a check."""
    found = [one for name, one in outcomes.items() if ALSO.get(name, name) == column]
    if not found:
        return "\u2013"
    if not all(one.passed for one in found):
        return "**no**"
    return "switch" if any(one.switch for one in found) else "yes"


def write(found: Mapping[Client, Mapping[str, Outcome]]) -> None:
    """Puts the tables into the page, between its comments."""
    lines = [f"Run on {datetime.datetime.now(datetime.UTC).date():%d %B %Y}.", ""]
    lines += ["| client | version | what is set |" + "".join(f" {name} |" for name in COLUMNS.values())]
    lines += ["|---|---|---|" + "---|" * len(COLUMNS)]
    for client, outcomes in found.items():
        cells = "".join(f" {cell(outcomes, check)} |" for check in COLUMNS)
        lines.append(f"| {client.name} | {version(client)} | {client.setting} |{cells}")
    lines += ["", "| client | for | switch | because |", "|---|---|---|---|"]
    for client, outcomes in found.items():
        switches: dict[tuple[str, str], list[str]] = {}
        for one in outcomes.values():
            if one.switch and one.passed:
                switches.setdefault((one.switch, client.reasons.get(one.check, "")), []).append(one.check)
        for (switch, reason), checks in switches.items():
            shown = ", ".join(COLUMNS.get(check, check) for check in checks)
            lines.append(f"| {client.name} | {shown} | `{switch}` | {reason} |")
        for one in outcomes.values():
            if not one.passed:
                why = " ".join(one.why.replace("|", "/").split())[:200]
                lines.append(f"| {client.name} | {COLUMNS.get(one.check, one.check)} | none | {why} |")
    text = PAGE.read_text()
    written = re.sub(
        r"(<!-- BEGIN CLIENTS -->\n).*?(<!-- END CLIENTS -->)",
        lambda marks: marks[1] + "\n".join(lines) + "\n" + marks[2],
        text,
        flags=re.DOTALL,
    )
    PAGE.write_text(written)


if __name__ == "__main__":
    main()
