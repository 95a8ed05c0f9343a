"""DSPy over its `openai/` provider."""

from typing import Any

import checks
import dspy


def lm(key: str = checks.KEY, model: str = checks.MODEL) -> Any:
    return dspy.LM(f"openai/{model}", api_base=f"{checks.URL}/v1", api_key=key, cache=False, num_retries=0)


def plain(key: str = checks.KEY, model: str = checks.MODEL) -> str:
    answer = lm(key, model)(checks.SAY)[0]
    return str(answer["text"] if isinstance(answer, dict) else answer)


checks.run(plain)
