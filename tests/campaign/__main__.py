"""`make campaign`: every fault that is known, one after the other, against the module on local AWS.

Exits with 1 where an answer was neither right nor the right error, a budget isn't exact, a sandbox was leaked, a file
was written or memory grew.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from local_aws import LocalAws
from tests.campaign.run import Size, run
from tests.load.deployment import deployed
from tools.terraform import TerraformError


def main() -> None:
    size = Size()
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__.split("\n")[0])
    parser.add_argument("--requests", type=int, default=size.requests, help="of all callers together (%(default)s)")
    parser.add_argument("--callers", type=int, default=size.callers, help="at work at once (%(default)s)")
    parser.add_argument("--seed", type=int, default=size.seed, help="of everything that is sent (%(default)s)")
    options = parser.parse_args()
    size = Size(**vars(options))
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    with LocalAws() as aws, tempfile.TemporaryDirectory(prefix="llm-api-campaign-") as folder:
        os.environ.update(aws.environment())
        print("Applying the module on local AWS …", flush=True)
        with deployed(aws, Path(folder) / "stack") as deployment:
            report = run(deployment, size, lambda name: print(f"  {name} …", flush=True))
    print(f"\n{report.table()}")
    faults = report.faults()
    for fault in faults[:50]:
        print(f"NOT AS IT HAS TO BE: {fault}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    try:
        main()
    except TerraformError as error:
        sys.exit(str(error))
