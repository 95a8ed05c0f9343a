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
from llm_api.dialects.json_body import MAX_MESSAGES, json_object
from llm_api.dialects.lowered import lowered
from llm_api.dialects.openai.converse import Plan, Wishes, limit, plan
from llm_api.dialects.openai.fields import (
    InvalidField,
    boolean,
    check_unsupported,
    items,
    mapping,
    number,
    positive_integer,
    required_text,
    text,
)
from llm_api.dialects.openai.formats import parse_response_format
from llm_api.dialects.openai.messages import Conversation, converse_messages
from llm_api.dialects.openai.reasoning import parse_effort
from llm_api.dialects.openai.sampling import Sampling
from llm_api.dialects.openai.stream import follow, render_chunks
from llm_api.dialects.openai.thoughts import own_thoughts, thinker
from llm_api.dialects.openai.tools import parse_tools
from llm_api.dialects.openai.translate import choice_message, finish_reason, usage
from llm_api.dialects.spoken import spoken_dialects
from llm_api.errors import UpstreamFault
from llm_api.events import Request, Response
from llm_api.families import family_of
from llm_api.model_json import parse_json
from llm_api.registry import Target


@dataclass(slots=True)
class ChatCompletion(Call):
    """One chat completion.

    Attributes:
        wishes: what is asked of the model.
        one_call: whether `parallel_tool_calls` is false: of several calls in an answer only the first is handed on.
        body: the request as it came, for containers that speak this format themselves.
        objection: why Bedrock can't serve the request where a container might.
        created: Unix time of the request, seconds.
        remarks: what has to be said of the answer, for the `warning` header.
    """

    operation: ClassVar[Operation] = "converse"
    stream_content_type: ClassVar[str] = "text/event-stream"
    pings: ClassVar[bool] = True

    model: str
    stream: bool
    request_id: str
    conversation: Conversation
    wishes: Wishes
    one_call: bool
    include_usage: bool
    ignored: list[str]
    created: int
    body: dict[str, Any]
    objection: InvalidField | None = None
    remarks: list[str] = field(default_factory=list)
    plans: list[tuple[Target, Plan]] = field(default_factory=list)

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
        messages = items(body.get("messages"), "messages", MAX_MESSAGES)
        tools = parse_tools(body)
        max_tokens, limit_field = _max_tokens(body)
        return cls(
            model=required_text(body, "model"),
            stream=stream,
            request_id=request_id,
            conversation=converse_messages(messages, with_tools=tools.offered),
            wishes=Wishes(
                tools=tools,
                format=parse_response_format(body.get("response_format"), messages),
                effort=parse_effort(body.get("reasoning_effort")),
                max_tokens=max_tokens,
                limit_field=limit_field,
                sampling=sampling,
                stops=_stops(body),
            ),
            one_call=boolean(body, "parallel_tool_calls") is False,
            include_usage=_include_usage(body, stream),
            ignored=ignored,
            created=int(time.time()),
            body=body,
            objection=objection or too_hot,
        )

    def operation_on(self, target: Target) -> Operation:
        """See `Call.operation_on`."""
        return "converse" if target.endpoint is None else "invoke"

    def payloads(self, target: Target) -> Sequence[Payload]:
        """See `Call.payloads`."""
        tier = text(self.body, "service_tier")
        if tier not in (None, "auto", "default", target.service_tier):
            raise InvalidField(
                "service_tier",
                f"service_tier of the model {target.alias} is {target.service_tier or 'default'}: the tier decides the "
                "price, so the deployment decides the tier. Leave it out.",
            )
        if target.endpoint is not None and target.endpoint.chats:
            from llm_api.dialects.openai.container import container_payload

            most = limit(self.wishes, target)
            return [container_payload(self.body, self.wishes.tools, most, stream=self.stream)]
        if family_of(target).operation != "chat" or target.endpoint is not None:
            raise InvalidField(
                "model", f"The model {target.alias} does not chat. It answers on {spoken_dialects(target)}."
            )
        if self.objection is not None:
            raise self.objection
        return [Payload(self._plan(target).body)]

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`."""
        if target.endpoint is not None:
            from llm_api.dialects.openai.container import container_answer

            told = container_answer(target, answers[0], one_call=self.one_call)
            return _json({**self._head(target, "chat.completion"), **told})
        answer = converse_answer(answers[0])
        planned = self._plan(target)
        content = answer["output"]["message"]["content"]
        message, stopped = choice_message(
            content, planned.answer_tool, self.one_call, planned.kept_stops, model=thinker(target)
        )
        reason = finish_reason(str(answer.get("stopReason")), calls="tool_calls" in message)
        if planned.unwrap and message["content"]:
            self._unwrap(message)
        body = {
            **self._head(target, "chat.completion"),
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "logprobs": None,
                    "finish_reason": "stop" if stopped else reason,
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
        planned = self._plan(target)
        return render_chunks(
            head,
            frames,
            schema_as_tool=planned.answer_tool is not None,
            one_call=self.one_call,
            include_usage=self.include_usage,
            stops=planned.kept_stops,
            unwrap=planned.unwrap,
            model=thinker(target),
        )

    def warnings(self, target: Target) -> Sequence[str]:
        """See `Call.warnings`."""
        if target.endpoint is not None:
            from llm_api.dialects.openai.container import container_warnings

            below = lowered(target, self.wishes.limit_field, self.wishes.max_tokens)
            return [*container_warnings(self.body), *below]
        return [*self.ignored, *self.conversation.warnings, *self._plan(target).warnings, *self.remarks]

    def answers_by_tool(self, target: Target) -> bool:
        """Whether `target` answers by the arguments of the one tool that it must call."""
        return self._plan(target).answer_tool is not None

    def unwraps(self, target: Target) -> bool:
        """Whether `target` is only asked in words for a JSON object, and may wrap it in others."""
        return self._plan(target).unwrap

    def _plan(self, target: Target) -> Plan:
        for planned_for, planned in self.plans:
            if planned_for is target:
                return planned
        planned = plan(self.wishes, self._conversation_for(target), target)
        self.plans.append((target, planned))
        return planned

    def _conversation_for(self, target: Target) -> Conversation:
        if not self.conversation.thinks:
            return self.conversation
        messages = own_thoughts(self.body["messages"], thinker(target))
        return converse_messages(messages, with_tools=self.wishes.tools.offered)

    def _unwrap(self, message: dict[str, Any]) -> None:
        from llm_api.dialects.openai.json_answers import unwrapped

        message["content"], found = unwrapped(message["content"])
        if not found:
            self.remarks.append("the answer is no JSON object, though the model was asked for one")

    def _head(self, target: Target, kind: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self.request_id}",
            "object": kind,
            "created": self.created,
            "model": self.model if self.model in (target.alias, target.id) else target.alias,
        }


def _json(body: Mapping[str, Any]) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())


def _max_tokens(body: Mapping[str, Any]) -> tuple[int | None, str]:
    """The caller's limit, and the field that holds it."""
    older, newer = positive_integer(body, "max_tokens"), positive_integer(body, "max_completion_tokens")
    if older is not None and newer is not None and older != newer:
        raise InvalidField(
            "max_tokens", "max_tokens and max_completion_tokens differ. Send max_completion_tokens only."
        )
    return (newer, "max_completion_tokens") if newer is not None else (older, "max_tokens")


def _sampling(body: Mapping[str, Any]) -> tuple[Sampling, InvalidField | None]:
    """What is asked for, and what Converse objects to: OpenAI's temperatures go up to 2, and Bedrock's to 1."""
    top_p = number(body, "top_p", 0, 1)
    objection: InvalidField | None = None
    try:
        temperature = number(body, "temperature", 0, 1)
    except InvalidField as too_hot:
        temperature, objection = body["temperature"], too_hot
        if not isinstance(temperature, int | float) or isinstance(temperature, bool) or not 1 < temperature <= 2:
            raise
    return Sampling(temperature, top_p), objection


def _stops(body: Mapping[str, Any]) -> list[str]:
    stop = body.get("stop")
    if stop is None:
        return []
    sequences = [stop] if isinstance(stop, str) else items(stop, "stop")
    if not all(isinstance(sequence, str) and sequence for sequence in sequences):
        raise InvalidField("stop", "stop must be a string, or a list of strings, none of them empty.")
    if len(sequences) > 4:
        raise InvalidField("stop", "stop holds at most 4 sequences.")
    return list(dict.fromkeys(sequences))


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
    parsed = parse_json(answer.body)
    try:
        content = parsed["output"]["message"]["content"]
    except (TypeError, KeyError):
        content = None
    if not isinstance(content, list):
        raise UpstreamFault("Bedrock's answer is no Converse answer. Try again.")
    return dict(parsed)
