"""Writes `modules/model-access/families.json`: what Terraform has to know of each family, from the pages that hold it.

python -m tools.families            writes it
python -m tools.families --check    fails where it isn't up to date
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "lambda_src"))

from llm_api import families  # noqa: E402

JSON = ROOT / "modules" / "model-access" / "families.json"
PAGES = sorted(path.stem for path in Path(families.__file__).parent.glob("*.py") if path.stem != "__init__")


def classes(module: str) -> list[type[families.Family]]:
    """The classes of a page, in their order on it: the first is the one for an ID that tells no version."""
    found = vars(import_module(f"llm_api.families.{module}")).values()
    kinds = [value for value in found if isinstance(value, type) and issubclass(value, families.Family)]
    return [kind for kind in kinds if kind is not families.Family]


def rendered() -> str:
    """The file's text."""
    known = {
        kinds[0].name: {
            "ids": list(kinds[0].ids),
            "profile_only": list(kinds[0].profile_only),
            "operation": kinds[0].operation,
            "messages_api": kinds[0].messages_api,
            "prompt_cache": any(kind.cache_points for kind in kinds),
        }
        for kinds in map(classes, PAGES)
    }
    return json.dumps(known, indent=2, sort_keys=True) + "\n"


def tables() -> str:
    """What each class of each family takes, as tables in Markdown."""
    chats = [kind for module in PAGES for kind in classes(module) if kind.operation == "chat" and kind.name != "other"]
    asked = {
        "Chat completions and messages": {
            "models": lambda kind: kind.title,
            "`temperature`, `top_p`": _sampling,
            "stop sequences": lambda kind: "no" if not kind.stops else "yes" if kind.blank_stops else "none blank",
            "system prompt": lambda kind: _yes(kind.system),
            "images": lambda kind: _yes(kind.images),
            "last turn the model's": _last_turn,
        },
        "Tools and schemas": {
            "models": lambda kind: kind.title,
            "`tool_choice`": lambda kind: _listed(kind.tool_choices) if kind.tools else "no tools",
            "root of a tool's schema": lambda kind: _ROOTS[kind.tool_root] if kind.tools else "",
            "`strict`": lambda kind: _yes(kind.strict_tools),
            "JSON schema of an answer": lambda kind: _SCHEMAS[kind.schema],
        },
        "Reasoning and prompt caching": {
            "models": lambda kind: kind.title,
            "reasoning": lambda kind: _REASONING[kind.reasoning],
            "efforts": lambda kind: ", ".join(kind.efforts),
            "can be off": lambda kind: "" if kind.reasoning == "none" else _yes(kind.thinking_off),
            "cache points in": lambda kind: _listed(kind.cache_points),
            "kept": lambda kind: ", ".join(kind.cache_ttls),
        },
    }
    return "\n".join(f"### {title}\n\n{_table(chats, columns)}" for title, columns in asked.items())


Column = Callable[[type[families.Family]], str]

_ROOTS = {
    "object": "any object",
    "no-union": "no `anyOf`, `oneOf`, `allOf`",
    "bare": "`type`, `properties`, `required`",
}
_SCHEMAS = {None: "no", "output_config": "`outputConfig`", "tool": "by a tool"}
_REASONING = {
    "none": "no setting",
    "always": "always",
    "budget": "a budget of tokens",
    "adaptive": "adaptive, `effort`",
    "levels": "`reasoningConfig`",
    "effort": "`reasoning_effort`",
    "nested": "`reasoning.effort`",
}


def _table(kinds: Sequence[type[families.Family]], columns: Mapping[str, Column]) -> str:
    rows = [[column(kind) for column in columns.values()] for kind in kinds]
    lines = [list(columns), *rows]
    head, *body = ["| " + " | ".join(line) + " |\n" for line in lines]
    return head + "|---" * len(columns) + "|\n" + "".join(body)


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _listed(names: frozenset[str]) -> str:
    order = ("auto", "any", "tool", "tools", "system", "messages")
    return ", ".join(sorted(names, key=order.index))


def _sampling(kind: type[families.Family]) -> str:
    if kind.temperature is None and kind.top_p is None:
        return "neither"
    return "both" if kind.temperature_with_top_p else "one of them"


def _last_turn(kind: type[families.Family]) -> str:
    if not kind.ends_with_assistant:
        return "no"
    return "yes" if kind.trailing_whitespace else "no whitespace at its end"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description="Write what Terraform has to know of each family of models.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args(arguments).check:
        JSON.write_text(rendered(), encoding="utf-8")
        return 0
    if JSON.read_text(encoding="utf-8") == rendered():
        return 0
    print(f"{JSON.relative_to(ROOT)} is not what the pages say: run `make docs` and commit it.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
