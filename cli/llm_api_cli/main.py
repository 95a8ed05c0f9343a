"""The command `llm-api`: its groups, and how a failure ends it."""

import sys
from importlib import import_module

import click

from llm_api_cli import __version__
from llm_api_cli.errors import AWS, CliError

GROUPS = {
    "tenants": "llm_api_cli.tenants:tenants",
    "keys": "llm_api_cli.keys:keys",
    "budget": "llm_api_cli.budgets:budget",
    "usage": "llm_api_cli.usage:usage",
    "models": "llm_api_cli.models:models",
    "tail": "llm_api_cli.tail:tail",
    "table": "llm_api_cli.table:table",
    "policy": "llm_api_cli.policy:policy",
    "deployments": "llm_api_cli.deployments:deployments",
    "completion": "llm_api_cli.completion:completion",
}
"""Where each group or command is: imported when it is asked for, so that a completion takes no second."""


class Commands(click.Group):
    """The groups of `GROUPS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(GROUPS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in GROUPS:
            return None
        module, _, attribute = GROUPS[name].partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="llm-api")
def cli() -> None:
    """Runs a deployment of terraform-aws-llm-api: its tenants, keys, budgets, usage, models and logs.

    \b
    Each command finds the deployment by its name and Region, with your AWS credentials:
      export LLM_API_DEPLOYMENT=acme-llm AWS_REGION=eu-central-1
      llm-api usage

    \b
    Exit codes: 0 done, 1 a check found something, 2 wrong usage, 3 not found,
    4 refused (it belongs to Terraform, or exists), 5 AWS refuses or is out of reach.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run a command, and exit with its code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run a command; its exit code."""
    try:
        cli.main(args=arguments, prog_name="llm-api", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        return _failed("stopped; nothing more was done", 130)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except CliError as error:
        return _failed(error.message, error.code)
    except BrokenPipeError:
        sys.stderr.close()  # or Python complains of it at its end
        return 0
    except Exception as error:
        if not type(error).__module__.startswith(("botocore", "boto3")):
            raise
        return _failed(words_of(error), AWS)
    return 0


def _failed(message: str, code: int) -> int:
    print(f"llm-api: {message}", file=sys.stderr)
    return code


def words_of(error: Exception) -> str:
    """What AWS said, and the way on."""
    from botocore.exceptions import ClientError, NoCredentialsError

    if isinstance(error, NoCredentialsError):
        return "There are no AWS credentials. Sign in as you do for the AWS CLI, or give --profile."
    if isinstance(error, ClientError):
        code, operation = error.response["Error"]["Code"], error.operation_name
        if code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"):
            return f"{error}\n`llm-api policy` prints the policy that your user or role needs; {operation} is in it."
    return str(error)
