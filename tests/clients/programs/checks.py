"""What each client is asked, and how its program in this folder tells what came of it: a line of JSON for each check.

The programs run in the clients' own environments, so this needs the standard library alone. Whether an answer is right
says `tests/clients/judges.py`.
"""

import base64
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

URL = os.environ["LLM_API_URL"]
KEY = os.environ["LLM_API_KEY"]
WRONG_KEY = "sk-of-nobody"
SPENT_KEY = os.environ.get("SPENT_KEY", "")
ONLY = os.environ.get("CHECKS", "").split()
MODEL = os.environ.get("LLM_API_MODEL", "fast")
WRONG_MODEL = "nobody"

SAY = "Repeat after me: Gr\u00fcezi, world"
COUNT = "Repeat after me: one two three four five six"
WEATHER = "What is the weather in Rome?"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "A city."}},
    "required": ["city"],
    "additionalProperties": False,
}
DESCRIBE = "Describe a car as JSON."
CAR = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "seats": {"type": "integer"}},
    "required": ["name", "seats"],
    "additionalProperties": False,
}
SAY_JSON = DESCRIBE + '\nCall the tool json_object with {"name": "Alto", "seats": 7}'
"""Told what to write, since the stand-in for a model does not think: JSON of any shape is asked for as a tool."""

LOOK = "Describe the picture."
TEXTS = ["a lake", "a road"]

Check = Callable[..., Any]


def picture() -> bytes:
    """A small JPEG."""
    return Path(os.environ["PICTURE"]).read_bytes()


def picture_base64() -> str:
    return base64.b64encode(picture()).decode()


def picture_url() -> str:
    return f"data:image/jpeg;base64,{picture_base64()}"


def weather(city: str) -> str:
    """The weather of a city, as the tool tells it."""
    return f"sunny in {city}"


def run(plain: Check | dict[str, Check], /, **checks: Check | dict[str, Check]) -> None:
    """Runs each check and prints what came of it.

    Parameters:
        plain: takes `key` and `model`, asks `SAY` and gives the answer's text; asked again, the last of several, with a
            wrong key, an unknown model and a spent budget.
        checks: by name what gives `judges.py` something to judge; several where a setting of the client decides, by
            what has to be set.
    """
    for name, variants in {"plain": plain, **checks}.items():
        for switch, check in variants.items() if isinstance(variants, dict) else [("", variants)]:
            tell(name, switch, check)
    ask = [*plain.values()][-1] if isinstance(plain, dict) else plain
    tell("401", "", lambda: ask(key=WRONG_KEY))
    tell("404", "", lambda: ask(model=WRONG_MODEL))
    if SPENT_KEY:
        tell("429", "", lambda: ask(key=SPENT_KEY))


def tell(name: str, switch: str, check: Check) -> None:
    """Runs one check, if it is wanted; what it gives or raises is its line."""
    if ONLY and name not in ONLY:
        return
    began = time.monotonic()
    line: dict[str, Any] = {"check": name, "switch": switch}
    try:
        line["value"] = check()
    except Exception as error:
        line["error"] = f"{type(error).__name__}: {error}"[:1000]
        line["status"] = status_of(error)
    line["seconds"] = round(time.monotonic() - began, 2)
    print(json.dumps(line), flush=True)


def status_of(error: BaseException | None) -> int | None:
    """The HTTP status that an exception, or what it was raised from, carries in one of the usual places."""
    while error is not None:
        response = getattr(error, "response", None)
        places = [
            getattr(error, "status_code", None),
            getattr(error, "status", None),
            getattr(error, "code", None),
            getattr(response, "status_code", None),
            response.get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(response, dict) else None,
        ]
        for place in places:
            if isinstance(place, int):
                return place
        error = error.__cause__ or error.__context__
    return None
