"""`POST /v1/chat/completions` over Converse, for every family that chats; over SageMaker endpoints see `container`.

https://platform.openai.com/docs/api-reference/chat/create
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from llm_api.dialects import Answer, Call, Frame, Operation, Payload
from llm_api.dialects.families import spoken_dialects
from llm_api.dialects.json_body import json_object
from llm_api.dialects.openai.fields import (
    InvalidField,
    boolean,
    check_unsupported,
    items,
    mapping,
    number,
    positive_integer,
    required_text,
)
from llm_api.dialects.openai.formats import (
    JsonSchema,
    Reasoning,
    parse_effort,
    parse_response_format,
    reasoning,
)
from llm_api.dialects.openai.messages import Conversation, converse_messages
from llm_api.dialects.openai.stream import follow, render_chunks
from llm_api.dialects.openai.tools import Tools, parse_tools
from llm_api.dialects.openai.translate import choice_message, finish_reason, usage
from llm_api.errors import BadRequest, UpstreamFault
from llm_api.events import Request, Response
from llm_api.families import family_of
from llm_api.registry import Target


@dataclass(slots=True)
class ChatCompletion(Call):
    """One chat completion.

    Attributes:
        max_tokens: the caller's limit on output tokens, reasoning included, or None.
        one_call: whether `parallel_tool_calls` is false: of several calls in an answer only the first is handed on.
        body: the request as it came, for containers that speak this format themselves.
        objection: why Bedrock can't serve the request where a container might.
        created: Unix time of the request, seconds.
    """

    operation: ClassVar[Operation] = "converse"
    stream_content_type: ClassVar[str] = "text/event-stream"
    pings: ClassVar[bool] = True

    model: str
    stream: bool
    request_id: str
    messages: list[Any]
    tools: Tools
    schema: JsonSchema | None
    effort: str | None
    max_tokens: int | None
    sampling: dict[str, Any]
    one_call: bool
    include_usage: bool
    ignored: list[str]
    created: int
    body: dict[str, Any]
    objection: InvalidField | None = None
    conversations: dict[bool, Conversation] = field(default_factory=dict)

    @classmethod
    def parse(cls, request: Request) -> "ChatCompletion":
        """Read everything that does not depend on the model.

        Raises:
            BadRequest: the body is not a chat completion, or asks for what Bedrock has no equivalent for.
        """
        return cls.read(json_object(request.body), request.id)

    @classmethod
    def read(cls, body: dict[str, Any], request_id: str) -> "ChatCompletion":
        """The same, of a body that is JSON already."""
        ignored, objection = check_unsupported(body)
        stream = boolean(body, "stream") or False
        sampling, too_hot = _sampling(body)
        call = cls(
            model=required_text(body, "model"),
            stream=stream,
            request_id=request_id,
            messages=items(body.get("messages"), "messages"),
            tools=parse_tools(body),
            schema=parse_response_format(body.get("response_format")),
            effort=parse_effort(body.get("reasoning_effort")),
            max_tokens=_max_tokens(body),
            sampling=sampling,
            one_call=boolean(body, "parallel_tool_calls") is False,
            include_usage=_include_usage(body, stream),
            ignored=ignored,
            created=int(time.time()),
            body=body,
            objection=objection or too_hot,
        )
        call._conversation(with_tools=call.tools.offered)
        return call

    def operation_on(self, target: Target) -> Operation:
        """See `Call.operation_on`."""
        return "converse" if target.endpoint is None else "invoke"

    def payloads(self, target: Target) -> Sequence[Payload]:
        """See `Call.payloads`."""
        if target.endpoint is not None and target.endpoint.chats:
            from llm_api.dialects.openai.container import container_payload

            return [container_payload(self.body, self.tools, self._limit(target), stream=self.stream)]
        if family_of(target).operation != "chat" or target.endpoint is not None:
            raise BadRequest(f"The model {target.alias} does not chat. It answers on {spoken_dialects(target)}.")
        if self.objection is not None:
            raise self.objection
        as_tool = self.answers_by_tool(target)
        conversation = self._conversation(with_tools=self.tools.offered)
        if target.family == "titan-text" and (conversation.has_system or conversation.has_images):
            raise BadRequest(f"The model {target.alias} takes neither system messages nor images. Leave them out.")
        body: dict[str, Any] = {"messages": conversation.turns}
        if conversation.system:
            body["system"] = conversation.system
        inference = dict(self.sampling)
        max_tokens = self._limit(target)
        if max_tokens is not None:
            inference["maxTokens"] = max_tokens
        if inference:
            body["inferenceConfig"] = inference
        output: dict[str, Any] = {}
        if self.schema is not None and as_tool:
            body["toolConfig"] = self.schema.tool_config()
        elif self.tools.offered:
            body["toolConfig"] = self.tools.config(target)
        if self.schema is not None and not as_tool:
            output["textFormat"] = self.schema.output_config()
        thinking = self._reasoning(target, max_tokens)
        if thinking.effort is not None:
            output["effort"] = thinking.effort
        if thinking.fields:
            body["additionalModelRequestFields"] = thinking.fields
        if output:
            body["outputConfig"] = output
        return [Payload(body)]

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`."""
        if target.endpoint is not None:
            from llm_api.dialects.openai.container import container_answer

            told = container_answer(target, answers[0], one_call=self.one_call)
            return _json({**self._head(target, "chat.completion"), **told})
        answer = converse_answer(answers[0])
        schema_tool = self.schema.name if self.schema is not None and self.answers_by_tool(target) else None
        message = choice_message(answer["output"]["message"]["content"], schema_tool, self.one_call)
        body = {
            **self._head(target, "chat.completion"),
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "logprobs": None,
                    "finish_reason": finish_reason(str(answer.get("stopReason")), calls="tool_calls" in message),
                }
            ],
            "usage": usage(answer.get("usage")),
        }
        return _json(body)

    def render_stream(self, target: Target, frames: Iterator[Frame | None]) -> Iterator[bytes]:
        """See `Call.render_stream`."""
        head = self._head(target, "chat.completion.chunk")
        if target.endpoint is not None:
            from llm_api.dialects.openai.container import ContainerChunks

            chunks = ContainerChunks(head, one_call=self.one_call, include_usage=self.include_usage)
            return follow(frames, chunks)
        return render_chunks(
            head,
            frames,
            schema_as_tool=self.schema is not None and self.answers_by_tool(target),
            one_call=self.one_call,
            include_usage=self.include_usage,
        )

    def warnings(self, target: Target) -> Sequence[str]:
        """See `Call.warnings`."""
        if target.endpoint is not None:
            from llm_api.dialects.openai.container import container_warnings

            return container_warnings(self.body)
        found = [*self.ignored, *self._conversation(with_tools=self.tools.offered).warnings]
        found += self.tools.warnings(target)
        if self._skips_thinking(target):
            found.append("reasoning_effort was ignored: this turn began without reasoning and can't start it midway")
        return found

    def _conversation(self, *, with_tools: bool) -> Conversation:
        if with_tools not in self.conversations:
            self.conversations[with_tools] = converse_messages(self.messages, with_tools=with_tools)
        return self.conversations[with_tools]

    def _limit(self, target: Target) -> int | None:
        most = target.max_output_tokens
        if most is not None and self.max_tokens is not None and self.max_tokens > most:
            raise InvalidField(
                "max_completion_tokens", f"The model {target.alias} may produce at most {most} tokens a request here."
            )
        return self.max_tokens if self.max_tokens is not None else most

    def answers_by_tool(self, target: Target) -> bool:
        """Whether `target` answers by the arguments of the one tool that it must call."""
        if self.schema is None or self.schema.mechanism(target) != "tool":
            return False
        if self.tools.offered:
            raise InvalidField(
                "response_format",
                f"The model {target.alias} follows a JSON schema or calls tools, not both at once. Leave out one.",
            )
        return True

    def _reasoning(self, target: Target, max_tokens: int | None) -> Reasoning:
        if self.effort is None or self._skips_thinking(target):
            return Reasoning()
        thinking = reasoning(target, self.effort, max_tokens)
        if thinking.fields and target.family == "anthropic" and (self.tools.forced or self.answers_by_tool(target)):
            raise InvalidField(
                "reasoning_effort",
                f"The model {target.alias} can't reason where it is made to call a tool. Leave out "
                "reasoning_effort, or use tool_choice auto.",
            )
        return thinking

    def _skips_thinking(self, target: Target) -> bool:
        # Claude wants the signed thinking that led to a tool's call back with the tool's result. OpenAI's messages
        # have no place for it, so a turn that goes on after a tool goes on without thinking.
        return (
            self.effort not in (None, "none")
            and target.family == "anthropic"
            and self.tools.offered
            and self._conversation(with_tools=True).answers_tools
        )

    def _head(self, target: Target, kind: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self.request_id}",
            "object": kind,
            "created": self.created,
            "model": self.model if self.model in (target.alias, target.id) else target.alias,
        }


def _json(body: Mapping[str, Any]) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())


def _max_tokens(body: Mapping[str, Any]) -> int | None:
    older, newer = positive_integer(body, "max_tokens"), positive_integer(body, "max_completion_tokens")
    if older is not None and newer is not None and older != newer:
        raise InvalidField(
            "max_tokens", "max_tokens and max_completion_tokens differ. Send max_completion_tokens only."
        )
    return newer if newer is not None else older


def _sampling(body: Mapping[str, Any]) -> tuple[dict[str, Any], InvalidField | None]:
    """The fields for Converse, and what it objects to: OpenAI's temperatures go up to 2, and Bedrock's to 1."""
    found: dict[str, Any] = {}
    top_p = number(body, "top_p", 0, 1)
    objection: InvalidField | None = None
    try:
        temperature = number(body, "temperature", 0, 1)
    except InvalidField as too_hot:
        temperature, objection = body["temperature"], too_hot
        if not isinstance(temperature, int | float) or isinstance(temperature, bool) or not 1 < temperature <= 2:
            raise
    if temperature is not None:
        found["temperature"] = temperature
    if top_p is not None:
        found["topP"] = top_p
    stop = body.get("stop")
    if stop is not None:
        sequences = [stop] if isinstance(stop, str) else items(stop, "stop")
        if not all(isinstance(sequence, str) and sequence for sequence in sequences):
            raise InvalidField("stop", "stop must be a string, or a list of strings, none of them empty.")
        if len(sequences) > 4:
            raise InvalidField("stop", "stop holds at most 4 sequences.")
        if sequences:
            found["stopSequences"] = sequences
    return found, objection


def _include_usage(body: Mapping[str, Any], stream: bool) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    options = mapping(options, "stream_options")
    if not stream:
        raise InvalidField("stream_options", "stream_options needs stream to be true.")
    for name in options:
        # include_obfuscation asks for padding against eavesdroppers on the wire's rhythm; the gateway adds none.
        if name not in ("include_usage", "include_obfuscation"):
            raise InvalidField("stream_options", f"{name[:64]!r} is no stream option. Leave it out.")
    return boolean(options, "include_usage", "stream_options") or False


def converse_answer(answer: Answer) -> dict[str, Any]:
    """Converse's answer, which has a message with content.

    Raises:
        UpstreamFault: it has none.
    """
    try:
        parsed = json.loads(answer.body)
        content = parsed["output"]["message"]["content"]
    except (ValueError, TypeError, KeyError, RecursionError):
        content = None
    if not isinstance(content, list):
        raise UpstreamFault("Bedrock's answer is no Converse answer. Try again.")
    return dict(parsed)
