"""One request to Converse, out of what the dialect has read: each wish as the target's family takes it.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html

What a family takes stands on its page. A wish that it doesn't take goes another way to the same end, is left out with
a warning, or is an error that names the field.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from llm_api.dialects.lowered import lowered
from llm_api.dialects.openai.fields import InvalidField
from llm_api.dialects.openai.formats import JsonObject, JsonSchema, no_schema
from llm_api.dialects.openai.history import turns_for
from llm_api.dialects.openai.messages import Conversation
from llm_api.dialects.openai.reasoning import Reasoning, reasoning, without
from llm_api.dialects.openai.sampling import Sampling
from llm_api.dialects.openai.schemas import Demand, Inexpressible
from llm_api.dialects.openai.stops import MAX_KEPT_CHARACTERS, divide
from llm_api.dialects.openai.tools import Tools
from llm_api.dialects.prompt_cache import settled
from llm_api.families import Family, family_of
from llm_api.registry import Target


class Wishes(NamedTuple):
    """What the caller asks for, whatever the dialect's words.

    Attributes:
        limit_field: the field in which the caller limits the output, for errors.
        max_tokens: the caller's limit on output tokens, reasoning included, or None.
    """

    tools: Tools
    format: JsonSchema | JsonObject | None = None
    effort: str | None = None
    max_tokens: int | None = None
    limit_field: str = "max_completion_tokens"
    sampling: Sampling = Sampling()
    stops: Sequence[str] = ()


class Plan:
    """What goes to Converse, and how to read its answer.

    Attributes:
        answer_tool: the tool whose arguments are the answer, if any.
        kept_stops: the stop sequences that end the answer here.
        unwrap: whether the answer is to be a JSON object that the model was only asked for.
    """

    def __init__(self) -> None:
        self.body: dict[str, Any] = {}
        self.warnings: list[str] = []
        self.answer_tool: str | None = None
        self.kept_stops: tuple[str, ...] = ()
        self.unwrap = False


def plan(wishes: Wishes, conversation: Conversation, target: Target) -> Plan:
    """The request for `target`.

    Raises:
        InvalidField: its family can't do what is asked for.
    """
    return _Planning(wishes, conversation, target).make()


def limit(wishes: Wishes, target: Target) -> int | None:
    """The most output tokens: the caller's own limit, else the deployment's.

    Raises:
        InvalidField: the caller's is beyond the deployment's, which doesn't lower it.
    """
    most = target.max_output_tokens
    if target.lowers(wishes.max_tokens):
        return most
    if most is not None and wishes.max_tokens is not None and wishes.max_tokens > most:
        raise InvalidField(
            wishes.limit_field, f"The model {target.alias} may produce at most {most} tokens a request here."
        )
    return wishes.max_tokens if wishes.max_tokens is not None else most


class _Planning:
    def __init__(self, wishes: Wishes, conversation: Conversation, target: Target) -> None:
        self._wishes = wishes
        self._conversation = conversation
        self._target = target
        self._family: Family = family_of(target)
        self._plan = Plan()
        self._held = Demand()
        self._output: dict[str, Any] = {}

    def make(self) -> Plan:
        max_tokens = limit(self._wishes, self._target)
        self._plan.warnings += lowered(self._target, self._wishes.limit_field, self._wishes.max_tokens)
        thinking = self._thinking(max_tokens)
        choices = self._family.tool_choices_thinking if thinking.thinks else self._family.tool_choices
        body = self._plan.body
        turns, warnings = turns_for(self._conversation, self._family, self._target, thinks=thinking.thinks)
        self._plan.warnings += warnings
        body["messages"] = turns
        if self._conversation.system:
            body["system"] = list(self._conversation.system)
        self._format(choices)
        if self._wishes.tools.offered:
            body["toolConfig"], warnings = self._wishes.tools.config(self._family, self._target, choices, self._held)
            self._plan.warnings += warnings
        inference = self._inference(thinking)
        if max_tokens is not None:
            inference["maxTokens"] = max_tokens
        if inference:
            body["inferenceConfig"] = inference
        if thinking.effort is not None:
            self._output["effort"] = thinking.effort
        if thinking.fields:
            body["additionalModelRequestFields"] = dict(thinking.fields)
        if self._output:
            body["outputConfig"] = self._output
        self._plan.body, warnings = settled(body, self._target)
        self._plan.warnings += warnings
        return self._plan

    def _thinking(self, max_tokens: int | None) -> Reasoning:
        family, effort = self._family, self._wishes.effort
        asked = effort not in (None, "none")
        if asked and family.signed_thinking and self._conversation.answers_tools and not self._conversation.thinks_on:
            # Claude wants the signed thinking that led to a tool's call back with the tool's result.
            self._plan.warnings.append(
                "reasoning_effort was ignored: send thinking_blocks back beside the calls that they led to"
            )
            asked, effort = False, "none" if family.thinking_off else None
        thinking = reasoning(family, self._target, effort, max_tokens)
        if not thinking.thinks or not self._forced() or family.tool_choices_thinking == family.tool_choices:
            return thinking
        if asked:
            raise InvalidField(
                "reasoning_effort",
                f"The model {self._target.alias} can't reason where it is made to call a tool. Leave out "
                "reasoning_effort, or use tool_choice auto.",
            )
        return without(family, self._target)

    def _forced(self) -> bool:
        """Whether the model has to call a tool, the caller's or one that is the answer."""
        if self._wishes.tools.forced:
            return True
        schema = self._wishes.format
        if not isinstance(schema, JsonSchema) or self._family.schema is None:
            return False
        try:
            schema.output_config(self._family)
        except Inexpressible:
            return True
        return False

    def _format(self, choices: frozenset[str]) -> None:
        wanted = self._wishes.format
        if isinstance(wanted, JsonObject):
            self._any_object(choices)
        elif wanted is not None:
            self._schema(wanted, choices)

    def _schema(self, wanted: JsonSchema, choices: frozenset[str]) -> None:
        family, target = self._family, self._target
        try:
            self._output["textFormat"], self._held = wanted.output_config(family)
            return
        except Inexpressible as problem:
            if family.schema is None or not self._can_call(choices):
                raise no_schema(wanted, target, problem) from None
            if self._wishes.tools.offered:
                raise InvalidField(
                    "response_format",
                    f"The model {target.alias} follows this JSON schema or calls tools, not both at once. Leave out "
                    "one.",
                ) from None
        try:
            self._call(wanted.tool(family), choices)
        except Inexpressible as problem:
            raise no_schema(wanted, target, problem) from None

    def _any_object(self, choices: frozenset[str]) -> None:
        from llm_api.dialects.openai.json_answers import INSTRUCTION, TOOL

        if self._can_call(choices) and not self._wishes.tools.offered:
            self._call(TOOL, choices)
            return
        self._plan.unwrap = True
        body = self._plan.body
        if self._family.system:
            body["system"] = [*body.get("system", []), {"text": INSTRUCTION}]
        else:
            *before, last = body["messages"]
            body["messages"] = [*before, {**last, "content": [*last["content"], {"text": INSTRUCTION}]}]

    def _can_call(self, choices: frozenset[str]) -> bool:
        return self._family.tools and not choices.isdisjoint(("any", "tool"))

    def _call(self, tool: dict[str, Any], choices: frozenset[str]) -> None:
        choice: dict[str, Any] = {"tool": {"name": tool["name"]}} if "tool" in choices else {"any": {}}
        self._plan.body["toolConfig"] = {"tools": [{"toolSpec": tool}], "toolChoice": choice}
        self._plan.answer_tool = tool["name"]

    def _inference(self, thinking: Reasoning) -> dict[str, Any]:
        sent, warnings = self._wishes.sampling.for_family(
            self._family, thinks=thinking.thinks, unlimited=thinking.unlimited
        )
        self._plan.warnings += warnings
        stops, self._plan.kept_stops = divide(self._wishes.stops, self._family)
        if any(len(stop) > MAX_KEPT_CHARACTERS for stop in self._plan.kept_stops):
            raise InvalidField(
                "stop", f"stop holds at most {MAX_KEPT_CHARACTERS} characters for the model {self._target.alias}."
            )
        if self._plan.kept_stops:
            self._plan.warnings.append(
                "stop is kept by the gateway: this model doesn't take it, so what it says beyond is counted"
            )
        if stops:
            sent["stopSequences"] = stops
        return sent
