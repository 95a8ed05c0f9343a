"""`make load`: many callers at once against budgets on local AWS, and the books at the end.

Exits with 1 where a budget was passed, a settled request was not counted to the token, or an answer was neither right
nor what was intended.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from local_aws import LocalAws
from tests.load import stalling
from tests.load.deployment import deployed
from tests.load.run import Size, run
from tools.terraform import TerraformError


def main() -> None:
    size = Size()
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__.split("\n")[0])
    parser.add_argument("--callers", type=int, default=size.callers, help="at work at once (%(default)s)")
    parser.add_argument("--requests", type=int, default=size.requests, help="of all of them together (%(default)s)")
    parser.add_argument("--stalled", type=int, default=size.stalled, help="whose model is silent (%(default)s)")
    parser.add_argument("--sandboxes", type=int, default=size.sandboxes, help="live at once (%(default)s)")
    parser.add_argument("--seed", type=int, default=size.seed, help="of the mix (%(default)s)")
    parser.add_argument("--attackers", type=int, default=50, help="who send bodies that are hard to read (%(default)s)")
    options = vars(parser.parse_args())
    attackers = options.pop("attackers")
    size = Size(**options)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    with LocalAws(max_sandboxes=size.sandboxes) as aws, tempfile.TemporaryDirectory(prefix="llm-api-load-") as folder:
        os.environ.update(aws.environment())
        print("Applying the module on local AWS …", flush=True)
        with deployed(aws, Path(folder) / "stack") as deployment:
            print(f"{size.callers} callers send {size.requests} requests …\n", flush=True)
            report = run(deployment, size)
            print(report.table())
            print(f"\n{attackers} callers stall, beside honest ones …", flush=True)
            stalled = stalling.run(deployment, attackers=attackers)
    print(stalled.text())
    faults = report.faults() + stalled.faults()
    for fault in faults[:50]:
        print(f"NOT AS IT HAS TO BE: {fault}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    try:
        main()
    except TerraformError as error:
        sys.exit(str(error))
