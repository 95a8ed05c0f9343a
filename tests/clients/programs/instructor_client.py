"""instructor over `openai`: answers parsed into classes, in each of its modes."""

from typing import Any

import checks
import instructor
import openai
import pydantic


class Car(pydantic.BaseModel):
    """What a structured answer is parsed into."""

    name: str
    seats: int


def ask(mode: instructor.Mode, question: str, kind: Any, key: str = checks.KEY, model: str = checks.MODEL) -> Any:
    raw = openai.OpenAI(base_url=f"{checks.URL}/v1", api_key=key, max_retries=0)
    messages: Any = [{"role": "user", "content": question}]
    chosen = instructor.from_openai(raw, mode=mode).chat.completions
    return chosen.create(model=model, messages=messages, response_model=kind, max_retries=0)


def plain(key: str = checks.KEY, model: str = checks.MODEL) -> Any:
    return ask(instructor.Mode.TOOLS, checks.SAY, None, key, model).choices[0].message.content


def structured() -> Any:
    by_tool = ask(instructor.Mode.TOOLS, checks.DESCRIBE, Car).model_dump()
    return by_tool and ask(instructor.Mode.JSON_SCHEMA, checks.DESCRIBE, Car).model_dump()


def json_object() -> Any:
    return ask(instructor.Mode.JSON, checks.SAY_JSON, Car).model_dump()


checks.run(plain, structured=structured, json=json_object)
