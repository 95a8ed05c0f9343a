"""`make bench`: measures, writes benchmarks/results.json, the tables and the plots of docs/performance.md.

With a handler of the reader's own, it is compared in the same run; the numbers then go to .local/bench.json, and the
repository's stay as they are.
"""

import argparse
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import goals, report
from benchmarks.measures import cold, crowd, growth, plans, streams, warm
from benchmarks.model import StandIn
from benchmarks.peers import powertools
from benchmarks.samples import tabulated
from benchmarks.sandboxes import Sandboxes
from benchmarks.subjects import BARE, BOTOCORE_IMPORT, ECHO, NAIVE, NAIVE_STREAMS, NAIVE_TABLE, OURS, Subject, ours

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
GUEST_RESULTS = ROOT / ".local" / "bench.json"
COLD_ROUNDS = 15
WARM_ROUNDS = 15
WARM_CALLS = 30
STREAM_ROUNDS = 11
GROWTH_ROUNDS = 9

Say = Callable[[str], object]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--handler", metavar="FOLDER_OR_ZIP:MODULE.FUNCTION", help="another handler to compare with")
    parser.add_argument("--event", type=Path, metavar="FILE", help="the event, in JSON, that it answers")
    parser.add_argument("--package", type=Path, default=OURS, help="the module's package; by default the committed zip")
    parser.add_argument("--output", type=Path, help="where the results go; the docs then stay as they are")
    parser.add_argument("--report", action="store_true", help="measure nothing; write the docs from the results")
    arguments = parser.parse_args()
    if arguments.report:
        report.write(json.loads(RESULTS.read_text()))
        return
    guest = guest_of(parser, arguments.handler, arguments.event) if arguments.handler else None
    results = measure(arguments.package, guest, lambda line: print(f"bench: {line}", flush=True))
    output: Path = (arguments.output or (GUEST_RESULTS if guest else RESULTS)).resolve()
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps(results, indent=1) + "\n")
    if output == RESULTS:
        report.write(results)
    print(report.for_terminal(results))


def guest_of(parser: argparse.ArgumentParser, handler: str, event: Path | None) -> Subject:
    """The handler that the reader brought."""
    code, _, entry_point = handler.rpartition(":")
    path = Path(code)
    if not code or "." not in entry_point or not path.exists():
        parser.error(f"--handler {handler}: name a folder or zip that exists, a colon, and module.function in it")
    payload = NAIVE.event if event is None else event.read_bytes()
    return Subject("guest", path.resolve(), entry_point, payload)


def measure(package: Path, guest: Subject | None, say: Say) -> dict[str, Any]:
    """Everything, as the document that results.json is."""
    began = time.monotonic()
    load = os.getloadavg()
    mine = ours(package)
    guests = [guest] if guest is not None else []
    peers = powertools(say)
    with StandIn() as model:
        sandboxes = Sandboxes(model.url, model.ca_file)
        try:
            say("cold starts")
            ours_cold = [mine["native"], mine["native_loop"], mine["native_all_roots"]]
            subjects = [ECHO, NAIVE, *peers, *ours_cold, BOTOCORE_IMPORT, BARE, *guests]
            starts = cold.measure(sandboxes, subjects, COLD_ROUNDS)
            say("warm calls")
            subjects = [
                ECHO,
                NAIVE,
                NAIVE_TABLE,
                *peers,
                *(mine[name] for name in goals.WARM if name in mine),
                BARE,
                *guests,
            ]
            calls = warm.measure(sandboxes, subjects, WARM_ROUNDS, WARM_CALLS)
            say("streams")
            subjects = [*NAIVE_STREAMS, *(mine[name] for name in goals.STREAMS)]
            flows = streams.measure(sandboxes, model, subjects, STREAM_ROUNDS)
            say("more models, more tenants, longer conversations")
            by_models = growth.by_models(sandboxes, mine["native_loop"], GROWTH_ROUNDS)
            by_tenants = growth.by_tenants(sandboxes, mine["native_tenant"], GROWTH_ROUNDS)
            asked = {"echo": ECHO, "naive": NAIVE, **{name: mine[name] for name in ("native", "openai", "anthropic")}}
            by_history = growth.by_history(sandboxes, asked, GROWTH_ROUNDS)
            say("many at once")
            crowds = crowd.measure(sandboxes, model, mine["native_loop"], mine["native_stream"].event, say)
            interpreter = sandboxes.interpreter
        finally:
            sandboxes.close()
    say("plans")
    planned = plans.measure()
    found = goals.ratios(starts, calls, flows, by_history)
    return {
        "machine": {"system": platform.platform(), "processors": os.cpu_count(), "load_before": round(load[0], 1)},
        "versions": versions(interpreter.executable),
        "seconds": round(time.monotonic() - began),
        "package_bytes": package.stat().st_size,
        "ratios": {name: samples.to_json() for name, samples in found.items()},
        "cold_start": {name: tabulated(samples) for name, samples in starts.items()},
        "warm_call": {name: tabulated(samples) for name, samples in calls.items()},
        "streams": {name: tabulated(samples) for name, samples in flows.items()},
        "concurrency": crowds,
        "growth": {
            "models": {name: tabulated(samples) for name, samples in by_models.items()},
            "tenants": tabulated(by_tenants),
            "history": {name: tabulated(samples) for name, samples in by_history.items()},
            "plans": planned,
            "registry_bytes": growth.registry_bytes(),
        },
    }


def versions(interpreter: Path) -> dict[str, str]:
    """Of what the functions ran on."""
    program = (
        "import awslambdaric, boto3, botocore, platform, ssl, urllib3; "
        "from importlib.metadata import version; "
        "print(platform.python_version(), version('awslambdaric'), boto3.__version__, botocore.__version__, "
        "urllib3.__version__, ssl.OPENSSL_VERSION, sep='|')"
    )
    asked = subprocess.run([interpreter, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    names = ("python", "awslambdaric", "boto3", "botocore", "urllib3", "openssl")
    return dict(zip(names, asked.stdout.strip().split("|"), strict=True))


if __name__ == "__main__":
    main()
