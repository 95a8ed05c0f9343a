"""The Codex CLI, which speaks Responses alone: `codex exec`, with the settings that docs/clients.md gives."""

import json
import os
from pathlib import Path
from typing import Any

import checks
import commands

HOME = Path(os.environ["HOME"], "codex")
SETTINGS = f"""
model_provider = "ours"
approval_policy = "never"
sandbox_mode = "danger-full-access" # the folder is thrown away
check_for_update_on_startup = false
analytics.enabled = false
feedback.enabled = false
history.persistence = "none"
otel.exporter = "none"
features.plugins = false
[model_providers.ours]
name = "ours"
base_url = "{checks.URL}/v1"
env_key = "LLM_API_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
"""
FREEFORM = checks.MODEL == "gpt-5.5"
CODE = checks.MODEL == "gpt-5.6-sol"
HOME.mkdir(exist_ok=True)
HOME.joinpath("config.toml").write_text(SETTINGS)


def ask(question: str, *options: str, key: str = checks.KEY, model: str = checks.MODEL) -> list[dict[str, Any]]:
    """What it did, and the answer last."""
    fixed = ["codex", "exec", "--json", "--ephemeral", "--skip-git-repo-check", "-C", str(commands.WORK), "-m", model]
    lines = commands.run([*fixed, *options, question], {"CODEX_HOME": str(HOME), "LLM_API_KEY": key})
    return [line["item"] for line in lines if line["type"] == "item.completed"]


def plain(key: str = checks.KEY, model: str = checks.MODEL) -> str:
    return str(ask(checks.SAY, key=key, model=model)[-1]["text"])


PATCH = """*** Begin Patch
*** Update File: notes.txt
@@
-the old word
+the new word
*** End Patch
"""


def command(line: str) -> tuple[str, dict[str, Any]]:
    """The call of a tool that runs a command: in code mode a program that does."""
    if CODE:
        return "functions__exec", {"input": f"text(await tools.exec_command({json.dumps({'cmd': line})}))"}
    return "exec_command", {"cmd": line}


def edit() -> tuple[str, dict[str, Any]]:
    """The call of a tool that edits the file, of the kind that the model's name selects."""
    if CODE:
        return "functions__exec", {"input": f"text(await tools.apply_patch({json.dumps(PATCH)}))"}
    return ("apply_patch", {"input": PATCH}) if FREEFORM else command("sed -i s/old/new/ notes.txt")


def agent() -> dict[str, str]:
    """It reads a file and edits it."""
    items = ask(commands.script(command("cat notes.txt"), edit()))
    read = [item["aggregated_output"] for item in items if item["type"] == "command_execution"]
    return {"read": read[0], "edited": commands.NOTES.read_text()}


def subagent() -> str:
    """It gives another agent a task, and looks at what came of it."""
    task = commands.script(("functions__exec", {"input": 'text("all is well")'}))
    given = {"task_name": "hello", "message": task, "fork_turns": "none"}
    asked = commands.script(
        ("collaboration__spawn_agent", given), command("sleep 2"), ("collaboration__list_agents", {})
    )
    return str(ask(asked)[-1]["text"])


def structured() -> Any:
    schema = Path(os.environ["HOME"], "schema.json")
    schema.write_text(json.dumps(checks.CAR))
    return json.loads(ask(checks.DESCRIBE, "--output-schema", str(schema))[-1]["text"])


def image() -> str:
    return str(ask(checks.LOOK, f"--image={os.environ['PICTURE']}")[-1]["text"])


checks.run(plain, agent=agent, structured=structured, image=image, **({"subagent": subagent} if CODE else {}))
