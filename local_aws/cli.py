"""`python -m local_aws serve`: local AWS in the foreground, until it is told to stop."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from local_aws.server import LocalAws


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="run until SIGTERM or SIGINT")
    serving.add_argument(
        "--env-file",
        type=Path,
        required=True,
        help="written once everything answers: NAME=value lines, for other processes",
    )
    serving.add_argument("--region", default="us-east-1", help="the default Region (every Region is served)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s: %(message)s")
    serve(options.env_file, options.region)


def serve(env_file: Path, region: str) -> None:
    """Serves until a signal; the file appears when all is ready and goes when it ends."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with LocalAws(region=region) as aws:
        settings = {
            **aws.environment(),
            "LOCAL_AWS_CA_FILE": str(aws.ca_file),
            "LOCAL_AWS_GATEWAY_HTTP_URL": aws.gateway_http_url,
            "LOCAL_AWS_GATEWAY_URL": aws.gateway_url,
        }
        partial = env_file.with_name(env_file.name + ".partial")
        partial.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        os.replace(partial, env_file)
        print(f"local AWS answers at {aws.endpoint_url}, its API Gateway at {aws.gateway_url}", file=sys.stderr)
        try:
            stop.wait()
        finally:
            env_file.unlink(missing_ok=True)
