"""`make bench`: measures, writes benchmarks/results.json, prints the table."""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import goals
from benchmarks.measures import cold, warm
from benchmarks.model import StandIn
from benchmarks.samples import tabulated
from benchmarks.sandboxes import Sandboxes
from benchmarks.subjects import ECHO, NAIVE, NAIVE_TABLE, OURS, Subject, ours

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
COLD_ROUNDS = 15
WARM_ROUNDS = 11
WARM_CALLS = 40


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--handler", metavar="FOLDER_OR_ZIP:MODULE.FUNCTION", help="another handler to compare with")
    parser.add_argument("--event", type=Path, metavar="FILE", help="the event, in JSON, that it answers")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the results go")
    arguments = parser.parse_args()
    guest = guest_of(parser, arguments.handler, arguments.event) if arguments.handler else None
    results = measure(guest, lambda line: print(line, flush=True))
    arguments.output.write_text(json.dumps(results, indent=1) + "\n")
    print(goals.table(results))


def guest_of(parser: argparse.ArgumentParser, handler: str, event: Path | None) -> Subject:
    """The handler that the reader brought."""
    code, _, entry_point = handler.rpartition(":")
    path = Path(code)
    if not code or "." not in entry_point or not path.exists():
        parser.error(f"--handler {handler}: name a folder or zip that exists, and module.function in it")
    payload = NAIVE.event if event is None else event.read_bytes()
    return Subject("guest", path.resolve(), entry_point, payload)


def measure(guest: Subject | None, say: Callable[[str], object]) -> dict[str, Any]:
    """Everything, as the document that results.json is."""
    began = time.monotonic()
    mine = ours()
    guests = [guest] if guest is not None else []
    with StandIn() as model:
        sandboxes = Sandboxes(model.url, model.ca_file)
        try:
            say("cold starts")
            starts = cold.measure(sandboxes, [ECHO, NAIVE, mine["native"], mine["native_loop"], *guests], COLD_ROUNDS)
            say("warm calls")
            subjects = [ECHO, NAIVE, NAIVE_TABLE, *(mine[name] for name in goals.WARM), *guests]
            calls = warm.measure(sandboxes, subjects, WARM_ROUNDS, WARM_CALLS)
            interpreter = sandboxes.interpreter
        finally:
            sandboxes.close()
    measures = {
        "cold_start": {name: tabulated(samples) for name, samples in starts.items()},
        "warm_call": {name: tabulated(samples) for name, samples in calls.items()},
        "package_bytes": OURS.stat().st_size,
    }
    return {
        "machine": machine(),
        "versions": {"python": interpreter.version},
        "seconds": round(time.monotonic() - began),
        "measures": measures,
        "ratios": {name: samples.to_json() for name, samples in goals.ratios(starts, calls).items()},
    }


def machine() -> dict[str, Any]:
    """What the numbers were taken on."""
    return {"system": platform.platform(), "processors": os.cpu_count(), "load": [round(x, 1) for x in os.getloadavg()]}


if __name__ == "__main__":
    main()
