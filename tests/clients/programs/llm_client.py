"""`llm`, Simon Willison's command, as a library: models declared in its `extra-openai-models.yaml`."""

import json
import os
from pathlib import Path
from typing import Any

HOME = Path(os.environ["HOME"], "llm")
HOME.mkdir(exist_ok=True)
os.environ["LLM_USER_PATH"] = str(HOME)

import checks  # noqa: E402
import llm  # noqa: E402

HOME.joinpath("extra-openai-models.yaml").write_text(
    json.dumps(
        [
            {
                "model_id": f"ours-{name}",
                "model_name": name,
                "api_base": f"{checks.URL}/v1",
                "api_key_name": "ours",
                "supports_schema": True,
                "supports_tools": True,
                "vision": True,
            }
            for name in (checks.MODEL, checks.WRONG_MODEL)
        ]
    )
)


def declared(name: str = checks.MODEL) -> Any:
    return llm.get_model(f"ours-{name}")


def plain(key: str = checks.KEY, model: str = checks.MODEL) -> str:
    return str(declared(model).prompt(checks.SAY, key=key, stream=False).text())


def streamed() -> list[str]:
    return list(declared().prompt(checks.COUNT, key=checks.KEY))


def tools() -> str:
    def get_weather(city: str) -> str:
        """The weather of a city."""
        return checks.weather(city)

    return str(declared().chain(checks.WEATHER, tools=[get_weather], key=checks.KEY, stream=False).text())


def structured() -> Any:
    return json.loads(declared().prompt(checks.DESCRIBE, schema=checks.CAR, key=checks.KEY, stream=False).text())


def image() -> str:
    seen = llm.Attachment(content=checks.picture(), type="image/jpeg")
    return str(declared().prompt(checks.LOOK, attachments=[seen], key=checks.KEY, stream=False).text())


checks.run(plain, streamed=streamed, tools=tools, structured=structured, image=image)
