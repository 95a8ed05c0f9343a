"""The AWS provider as one process for many Terraform commands.

Terraform starts a provider anew for each command and each `run` of a test, and that start costs more than most of them
do. A provider in debug mode is started once and stays; Terraform is told where it listens.
https://developer.hashicorp.com/terraform/plugin/debugging#running-terraform-with-a-provider-in-debug-mode
"""

import contextlib
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

STATE = Path(__file__).resolve().parent.parent / ".local"

# The shell ends the provider when its own input ends: when we close it, or when we end, however that happens.
PROGRAM = '"$0" -debug < /dev/null & cat > /dev/null; kill $!; wait $!'

READY = re.compile(r"TF_REATTACH_PROVIDERS='(.+)'")
CONFIGURATION = re.compile(r'^provider "aws" \{', re.MULTILINE)


def configured_once(*files: Path) -> bool:
    """Whether these files configure the provider at most once: a process keeps one configuration, its last."""
    return sum(len(CONFIGURATION.findall(file.read_text())) for file in files) < 2


@contextlib.contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The provider for as long as the `with` block lasts: what Terraform's environment needs to find it.

    Parameters:
        folder: the root configuration; the provider reads files by paths relative to it.
        environment: of the provider's process, AWS settings among them.

    Raises:
        OSError: it did not start.
    """
    program = next((STATE / "terraform/.terraform/providers").glob("*/hashicorp/aws/*/*/terraform-provider-aws*"))
    process = subprocess.Popen(
        ["/bin/sh", "-c", PROGRAM, str(program)],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # so that an interrupt from the keyboard leaves it to us
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            said = next((found for line in process.stdout if (found := READY.search(line))), None)
            if said is None:
                raise OSError(f"{program.name} did not start in debug mode")
            yield {"TF_REATTACH_PROVIDERS": said[1]}
        finally:
            process.stdin.close()
