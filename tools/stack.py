"""`make up` and `make down`: a configuration on local AWS, kept running until it is taken down."""

import argparse
import contextlib
import hashlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tools.terraform import ROOT, STATE, Terraform, TerraformError

ENDPOINT = STATE / "endpoint.env"
SERVER = STATE / "local-aws"
APPLIED = SERVER / "applied"
START_SECONDS = 60
API_URL = re.compile(r"https://(?P<api>[a-z0-9-]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.[a-z.]+(?P<path>/.*?|)/?$")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    starting = commands.add_parser("up", help="apply a configuration and keep it running")
    starting.add_argument("example", help="a name in examples/, or a folder's path")
    commands.add_parser("down", help="stop local AWS, with everything in it")
    arguments = parser.parse_args()
    try:
        up(arguments.example) if arguments.command == "up" else down()
    except TerraformError as error:
        sys.exit(str(error))


def up(example: str) -> None:
    """Starts local AWS, applies the example, and writes `.local/endpoint.env` for clients."""
    folder = next((path for path in (ROOT / "examples" / example, Path(example).resolve()) if path.is_dir()), None)
    if folder is None:
        names = ", ".join(sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir()))
        sys.exit(f"up: {example} is neither an example ({names}) nor a folder")
    starts = server_pid() is None
    if starts:
        print("up: starting local AWS", flush=True)
        settings = start_server()
        # What declares no hash of a key has none: its callers sign, or carry a token.
        key = f"sk-{secrets.token_urlsafe(32)}" if takes_a_key(folder) else None
    elif applied_folder() == folder:
        settings, key = variables(SERVER / "settings.env"), variables(ENDPOINT).get("LLM_API_KEY")
    else:
        sys.exit(f"up: local AWS is running already, with {applied_folder()}; take it down first: make down")
    hashed = {} if key is None else {"TF_VAR_api_key_sha256": hashlib.sha256(key.encode()).hexdigest()}
    print(f"up: applying {folder.name}", flush=True)
    stack = Terraform(folder, STATE / "stack", {**settings, **hashed})
    try:
        stack.init()
        stack.apply()
        # Only now: what isn't applied whole is no configuration to go on from.
        write_private(ENDPOINT, endpoint_lines(settings, stack.outputs(), key))
        APPLIED.write_text(str(folder))
    except BaseException:
        if starts:
            stop_server()
        raise
    print(ready(key))


def ready(key: str | None) -> str:
    """What `up` says at its end."""
    file = os.path.relpath(ENDPOINT)
    again = "Changed the configuration? The same command applies it again."
    if "LLM_API_URL" not in variables(ENDPOINT):
        return f"up: ready. No output `url` is an API's address, so {file} has the account's settings alone. {again}"
    if key is None:
        return f"up: ready. The address is in {file}; how callers get in, the example's README says. {again}"
    return (
        f"up: ready. The address and a key are in {file}:\n\n"
        f"  set -a; source {file}; set +a\n"
        '  curl "$LLM_API_URL/v1/models" -H "Authorization: Bearer $LLM_API_KEY"\n\n'
        f"{again}\n"
    )


def down() -> None:
    """Stops the server that `up` started, and with it goes the account that it kept in memory."""
    if server_pid() is None:
        print("down: nothing is running")
    stop_server()
    shutil.rmtree(STATE / "stack", ignore_errors=True)
    ENDPOINT.unlink(missing_ok=True)


def takes_a_key(folder: Path) -> bool:
    """Whether a configuration wants the hash of a caller's key."""
    return any('variable "api_key_sha256"' in file.read_text() for file in folder.glob("*.tf"))


def start_server() -> dict[str, str]:
    """Local AWS as a process of its own; its settings, once it answers."""
    shutil.rmtree(SERVER, ignore_errors=True)
    SERVER.mkdir(parents=True)
    ready = SERVER / "settings.env"
    with (SERVER / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local_aws", "serve", "--env-file", str(ready)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    (SERVER / "pid").write_text(str(process.pid))
    give_up = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > give_up:
            stop_server()
            sys.exit(f"up: local AWS did not start:\n{(SERVER / 'log').read_text()[-2000:]}")
        time.sleep(0.1)
    return variables(ready)


def applied_folder() -> Path | None:
    """The configuration that the running server has, whole."""
    return Path(APPLIED.read_text()) if APPLIED.exists() else None


def variables(file: Path) -> dict[str, str]:
    """What a file of `NAME=value` lines sets."""
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if line)


def server_pid() -> int | None:
    """The process that `up` started, if it still runs and still is that one."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((SERVER / "pid").read_text())
        command = Path(f"/proc/{pid}/cmdline")
        if not command.exists():
            os.kill(pid, 0)
            return pid
        if b"local_aws" in command.read_bytes():
            return pid
    return None


def stop_server() -> None:
    pid = server_pid()
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            if server_pid() is None:
                break
            time.sleep(0.1)
    (SERVER / "pid").unlink(missing_ok=True)


def write_private(path: Path, lines: list[str]) -> None:
    """A file with a key in it, readable by its owner alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")


def endpoint_lines(settings: dict[str, str], outputs: dict[str, object], key: str | None) -> list[str]:
    """`.local/endpoint.env`: where to call, with what, and whom to trust, in each client's own variable.

    Whose output `url` isn't an API's own address, or who has none, is told no address.
    """
    url = API_URL.match(str(outputs.get("url")))
    certificate = settings["LOCAL_AWS_CA_FILE"]
    lines = {
        **({"LLM_API_URL": f"{settings['LOCAL_AWS_GATEWAY_URL']}/_api/{url['api']}{url['path']}"} if url else {}),
        "LLM_API_CA_FILE": certificate,
        **({} if key is None else {"LLM_API_KEY": key, "AWS_BEARER_TOKEN_BEDROCK": key}),
        **({"LLM_API_DEPLOYMENT": str(outputs["function_name"])} if "function_name" in outputs else {}),
        "AWS_ENDPOINT_URL": settings["AWS_ENDPOINT_URL"],
        "AWS_DEFAULT_REGION": settings["AWS_DEFAULT_REGION"],
        "AWS_ACCESS_KEY_ID": settings["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": settings["AWS_SECRET_ACCESS_KEY"],
        # boto3 and the AWS CLI; curl; requests; httpx, openai and anthropic; Node.js.
        "AWS_CA_BUNDLE": certificate,
        "CURL_CA_BUNDLE": certificate,
        "REQUESTS_CA_BUNDLE": certificate,
        "SSL_CERT_FILE": certificate,
        "NODE_EXTRA_CA_CERTS": certificate,
    }
    names = {"role_arn": "LLM_API_ROLE_ARN", "function_name": "LLM_API_FUNCTION", "table_name": "LLM_API_TABLE"}
    lines |= {name: str(outputs[output]) for output, name in names.items() if outputs.get(output)}
    return [f"{name}={value}" for name, value in lines.items()]


if __name__ == "__main__":
    main()
