"""What the stand-ins say: an advert where one is asked for, JSON where a schema is given, else a sensible echo."""

import json
import re
from collections.abc import Callable

from local_aws.models import adverts, schemas
from local_aws.models.prompt import Document, Image, Prompt, Text, ToolResult, ToolUse, Turn

ECHO_MAX = 4000
"""Characters of the question that are repeated."""

WORDS_MAX = 2_000_000

_TEXT_FORMATS = frozenset({"txt", "md", "csv", "html"})
_REPEAT = re.compile(r"^\s*(?:repeat after me|repeat exactly|say exactly)\s*:\s?(.*)\Z", re.I | re.S)
_COUNT_TO = re.compile(r"\bcount (?:from 1 )?to (\d{1,6})\b", re.I)
_WORDS = re.compile(r"\b(?:write|give me|produce) (\d{1,7}) words\b", re.I)
_HARNESS = re.compile(r"<(system-reminder|environment_context)>.*?</\1>\s*", re.S)
"""What agents put into a message beside the user's words: Claude Code the one, Codex the other."""

_SCRIPTED = re.compile(r"^Call the tool (\S+) with (\{.*\})$", re.M)
_STORY = (
    "the",
    "road",
    "winds",
    "past",
    "the",
    "lake",
    "while",
    "evening",
    "settles",
    "softly",
    "on",
    "seven",
    "seats",
)


def text_of(prompt: Prompt, writer: Callable[[Prompt], str] | None = None) -> str:
    """The answer's text.

    Parameters:
        writer: a real model that the user runs on this machine; None for the templates.
    """
    turn = _last_user_turn(prompt)
    if prompt.schema is not None:
        return json.dumps(schemas.instance(prompt.schema, schemas.Hints(_words_of(turn))), ensure_ascii=False)
    if writer is not None:
        return writer(prompt)
    results = [part for part in turn.parts if isinstance(part, ToolResult)]
    if results:
        return _from_results(prompt, results)
    question = _words_of(turn)
    repeated = _REPEAT.match(question)
    if repeated and repeated.group(1):
        return repeated.group(1)
    if match := _COUNT_TO.search(question):
        return ", ".join(str(number) for number in range(1, int(match.group(1)) + 1))
    if match := _WORDS.search(question):
        wanted = min(int(match.group(1)), WORDS_MAX)
        return " ".join(_STORY[i % len(_STORY)] for i in range(wanted))
    pictures = [part.describe() for part in turn.parts if isinstance(part, Image)]
    papers = [part for part in turn.parts if isinstance(part, Document)]
    if adverts.ASKS_FOR_ADVERT.search(question):
        return adverts.write("\n".join([question, *(_readable(paper) for paper in papers)]), pictures)
    return _echo(prompt, question, pictures, papers)


def tool_calls(prompt: Prompt) -> list[tuple[str, dict[str, object]]]:
    """The tools that the answer calls, with their input; empty where it is no time for tools.

    Left to itself, the model calls each tool with whose name the question shares a word, once for each place or
    person that the question names; never right after a tool's result.

    A question with lines such as `Call the tool NAME with {"path": "a.txt"}` is a script: one line a step, the next one
    after the result of the one before.
    """
    turn = _last_user_turn(prompt)
    if not prompt.tools or prompt.tool_choice == "none":
        return []
    script = _script(prompt)
    if script is not None:
        return script
    forced = prompt.tool_choice.removeprefix("tool:") if prompt.tool_choice.startswith("tool:") else None
    question = _words_of(turn)
    if forced is not None:
        chosen = [tool for tool in prompt.tools if tool.name == forced]
    elif prompt.tool_choice == "auto" and any(isinstance(part, ToolResult) for part in turn.parts):
        return []
    else:
        chosen = [tool for tool in prompt.tools if _calls_for(tool.name, question)]
        if prompt.tool_choice == "any" and not chosen:
            chosen = [prompt.tools[0]]
    calls: list[tuple[str, dict[str, object]]] = []
    for tool in chosen:
        subjects = schemas.names(question) if len(chosen) == 1 and prompt.parallel_tools else []
        for subject in subjects[:4] if len(subjects) > 1 else [None]:
            hints = schemas.Hints(question if subject is None else f'"{subject}"')
            value = schemas.instance({"type": "object", **tool.schema}, hints)
            calls.append((tool.name, value if isinstance(value, dict) else {}))
    return calls if prompt.parallel_tools else calls[:1]


def _script(prompt: Prompt) -> list[tuple[str, dict[str, object]]] | None:
    """The step of a script that it is time for; none at its end; None where there is no script."""
    at, lines = next(
        (
            (at, found)
            for at, turn in reversed(list(enumerate(prompt.turns)))
            if (found := _SCRIPTED.findall(turn.text()))
        ),
        (0, []),
    )
    if not lines:
        return None
    done = sum(isinstance(part, ToolUse) for turn in prompt.turns[at:] for part in turn.parts)
    return [(name, json.loads(value)) for name, value in lines[done : done + 1]]


def thoughts(prompt: Prompt) -> str:
    """What a model that reasons says to itself."""
    words = len(_last_user_turn(prompt).text().split())
    return f"The request has {words} words. I answer it directly and keep to what it says."


def _calls_for(name: str, question: str) -> bool:
    spoken = set(re.findall(r"[a-z]+", question.lower()))
    parts = re.findall(r"[a-z]+", re.sub(r"([A-Z])", r" \1", name).lower())
    return name.lower() in question.lower() or any(len(part) > 3 and part in spoken for part in parts)


def _last_user_turn(prompt: Prompt) -> Turn:
    return next((turn for turn in reversed(prompt.turns) if turn.role == "user"), Turn("user", ()))


def _words_of(turn: Turn) -> str:
    """A message without what an agent puts around the user's words."""
    return _HARNESS.sub("", turn.text())


def _from_results(prompt: Prompt, results: list[ToolResult]) -> str:
    names = {part.id: part.name for turn in prompt.turns for part in turn.parts if isinstance(part, ToolUse)}
    said = [
        f"{names.get(result.id, 'the tool')} {'failed with' if result.error else 'says'}: {result.text}"
        for result in results
    ]
    return "Here is what I found. " + " ".join(said)


def _readable(paper: Document) -> str:
    return paper.data.decode("utf-8", "replace") if paper.format in _TEXT_FORMATS else ""


def _echo(prompt: Prompt, question: str, pictures: list[str], papers: list[Document]) -> str:
    shown = question if len(question) <= ECHO_MAX else question[:ECHO_MAX] + "\u2026"
    sentences = [f"You asked: {shown}" if shown.strip() else "You asked nothing in words."]
    sentences += [f"I see {picture}." for picture in pictures]
    for paper in papers:
        sentences.append(f"I read the document {paper.name} ({paper.format}, {len(paper.data)} bytes).")
    instructions = " ".join(part.text for part in prompt.system if isinstance(part, Text))
    if instructions:
        sentences.append(f"My instructions are: {instructions[:ECHO_MAX]}")
    if len(prompt.turns) > 1:
        sentences.append(f"This is message {len(prompt.turns)} of our conversation.")
    return "\n".join(sentences)
