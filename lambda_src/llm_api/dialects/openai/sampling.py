"""How the model picks its words: `temperature` and `top_p`, as far as its family takes them.

Clients send both with every request, mostly at values that say nothing. What a family refuses is left out, and the
caller is told, unless it was 1: OpenAI's default, which is the same as nothing.
"""

from typing import Any, NamedTuple

from llm_api.families import Family


class Sampling(NamedTuple):
    """What the caller asks for.

    Attributes:
        temperature, top_p: None where nothing is asked for.
    """

    temperature: float | None = None
    top_p: float | None = None

    def for_family(self, family: Family, *, thinks: bool, unlimited: bool) -> tuple[dict[str, Any], list[str]]:
        """Fields of Converse's `inferenceConfig`, and warnings.

        Parameters:
            thinks: whether the model thinks on this request.
            unlimited: whether it thinks so hard that it takes no sampling at all.
        """
        temperature_range = family.temperature_thinking if thinks else family.temperature
        top_p_range = family.top_p_thinking if thinks else family.top_p
        sent: dict[str, Any] = {}
        warnings: list[str] = []
        for name, field, value, taken in (
            ("temperature", "temperature", self.temperature, temperature_range),
            ("top_p", "topP", self.top_p, top_p_range),
        ):
            if value is None:
                continue
            if not unlimited and taken is not None and taken[0] <= value <= taken[1]:
                sent[field] = value
            elif value != 1:
                warnings.append(f"{name} was ignored: {_why(taken, thinks or unlimited)}")
        if len(sent) == 2 and not family.temperature_with_top_p:
            # Of the two the one goes that says less.
            spared = "temperature" if sent["temperature"] == 1 and sent["topP"] != 1 else "topP"
            if sent.pop(spared) != 1:
                warnings.append("top_p was ignored: this model takes it or temperature, not both")
        return sent, warnings


def _why(taken: tuple[float, float] | None, thinks: bool) -> str:
    while_it_thinks = " while it thinks" if thinks else ""
    if taken is None or thinks:
        return f"this model doesn't take it{while_it_thinks}"
    return f"this model takes {taken[0]:g} to {taken[1]:g}"
