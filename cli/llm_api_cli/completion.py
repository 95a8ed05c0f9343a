"""`llm-api completion`: a shell's completion of this command."""

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a shell's completion script.

    \b
    bash: eval "$(llm-api completion bash)"        in ~/.bashrc
    zsh:  eval "$(llm-api completion zsh)"         in ~/.zshrc
    fish: llm-api completion fish | source         in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from llm_api_cli.main import cli

    of_shell = get_completion_class(shell)
    assert of_shell is not None
    click.echo(of_shell(cli, {}, "llm-api", "_LLM_API_COMPLETE").source())
