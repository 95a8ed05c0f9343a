"""Claude Code: `claude -p`, over Messages or, with the argument `bedrock`, in its Bedrock mode."""

import os
import sys
from typing import Any

import checks
import commands

BEDROCK = "bedrock" in sys.argv
QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_MAX_RETRIES": "0",
}


def ask(question: str, *options: str, key: str = checks.KEY, model: str = checks.MODEL) -> list[dict[str, Any]]:
    """The conversation, and its result last."""
    models = {"ANTHROPIC_MODEL": model, "ANTHROPIC_DEFAULT_HAIKU_MODEL": model}
    way = (
        {
            "CLAUDE_CODE_USE_BEDROCK": "1",
            "ANTHROPIC_BEDROCK_BASE_URL": checks.URL,
            "AWS_BEARER_TOKEN_BEDROCK": key,
            "AWS_REGION": "us-east-1",
        }
        if BEDROCK
        else {"ANTHROPIC_BASE_URL": checks.URL, "ANTHROPIC_AUTH_TOKEN": key}
    )
    command = ["claude", "-p", question, "--output-format", "stream-json", "--verbose", *options]
    return commands.run(command, {**QUIET, **models, **way})


def plain(key: str = checks.KEY, model: str = checks.MODEL) -> str:
    return str(ask(checks.SAY, key=key, model=model)[-1]["result"])


def agent() -> dict[str, str]:
    """It reads a file and edits it."""
    path = str(commands.NOTES)
    script = commands.script(
        ("Read", {"file_path": path}),
        ("Edit", {"file_path": path, "old_string": "old", "new_string": "new"}),
    )
    lines = ask(script, "--allowedTools", "Read Edit")
    results = [
        str(block["content"])
        for line in lines
        if line["type"] == "user"
        for block in line["message"]["content"]
        if block["type"] == "tool_result"
    ]
    return {"read": results[0], "edited": commands.NOTES.read_text()}


def subagent() -> str:
    """It gives another agent a task, and tells what came of it."""
    given = {"description": "hello", "prompt": "Repeat after me: all is well", "subagent_type": "general-purpose"}
    return str(ask(commands.script(("Agent", given)))[-1]["result"])


def image() -> str:
    """It looks at a picture by its tool for files, and the model tells what came back."""
    lines = ask(commands.script(("Read", {"file_path": os.environ["PICTURE"]})), "--allowedTools", "Read")
    return str(lines[-1]["result"])


checks.run(plain, agent=agent, subagent=subagent, image=image)
