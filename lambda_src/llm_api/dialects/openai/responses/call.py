"""`POST /v1/responses` and `POST /v1/responses/input_tokens`.

https://platform.openai.com/docs/api-reference/responses/create
https://platform.openai.com/docs/api-reference/responses/input-tokens

A request is read as the chat completion that asks for the same, and goes to models as one. So what holds for chat
(guardrails, budgets, cache, fallbacks, deadlines, what each family takes) holds here, and is written once.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from llm_api.dialects import Answer, Call, Frame, Operation, Payload
from llm_api.dialects.json_body import json_object
from llm_api.dialects.openai.chat import ChatCompletion, converse_answer
from llm_api.dialects.openai.fields import InvalidField
from llm_api.dialects.openai.responses.answers import ContainerFrames, ConverseFrames, follow, of_answer, of_chat
from llm_api.dialects.openai.responses.request import Asked, read
from llm_api.dialects.openai.responses.writer import Writer, encoded
from llm_api.dialects.openai.thoughts import thinker
from llm_api.errors import UpstreamFault
from llm_api.events import Request, Response
from llm_api.model_json import parse_json
from llm_api.registry import Target

_PARAMS = {
    "max_completion_tokens": "max_output_tokens",
    "reasoning_effort": "reasoning.effort",
    "response_format.json_schema": "text.format",
    "response_format": "text.format",
}
"""What a chat completion calls a field -> what it is called here."""

_CHAT_NAMES = re.compile(r"\b(max_completion_tokens|reasoning_effort|response_format)\b")
_MESSAGE = re.compile(r"messages\[(\d+)\](?:\.tool_calls\[(\d+)\])?")
_FUNCTION = re.compile(r"tools\[(\d+)\](?:\.function)?")


class CreateResponse(Call):
    """One response."""

    operation: ClassVar[Operation] = "converse"
    stream_content_type: ClassVar[str] = "text/event-stream"
    pings: ClassVar[bool] = True

    def __init__(self, asked: Asked, request_id: str) -> None:
        self._asked = asked
        self._request_id = request_id
        self._chats: dict[bool, ChatCompletion] = {}
        self._without_effort: set[str] = set()
        first = self._read(with_effort=True)
        self.model, self.stream = first.model, first.stream

    @classmethod
    def parse(cls, request: Request) -> "CreateResponse":
        """Read everything that does not depend on the model.

        Raises:
            BadRequest: the body is no request for a response, or asks for what Bedrock has no equivalent for.
        """
        return cls(read(json_object(request.body)), request.id)

    def operation_on(self, target: Target) -> Operation:
        """See `Call.operation_on`."""
        return self._chat(target).operation_on(target)

    def payloads(self, target: Target) -> Sequence[Payload]:
        """See `Call.payloads`."""
        with self._own_words():
            try:
                return self._chat(target).payloads(target)
            except InvalidField as error:
                # Agents set an effort by the model's name, unasked. An answer without it is one they could have got.
                if error.param != "reasoning_effort":
                    raise
            self._without_effort.add(target.alias)
            return self._chat(target).payloads(target)

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`."""
        writer = self._writer(target)
        if target.endpoint is not None:
            completion = self._chat(target).render(target, answers).body
            events = of_chat(writer, json.loads(completion if isinstance(completion, bytes) else b"".join(completion)))
        else:
            events = of_answer(writer, converse_answer(answers[0]))
        for _ in events:
            pass
        return Response(200, {"content-type": "application/json"}, json.dumps(writer.response).encode())

    def render_stream(self, target: Target, frames: Iterator[Frame | None]) -> Iterator[bytes]:
        """See `Call.render_stream`."""
        writer = self._writer(target)
        if target.endpoint is not None:
            return encoded(follow(writer, frames, ContainerFrames(self._chat(target), writer)))
        return encoded(follow(writer, frames, ConverseFrames(writer)))

    def warnings(self, target: Target) -> Sequence[str]:
        """See `Call.warnings`."""
        found = [*self._asked.warnings, *self._asked.tools.warnings, *self._asked.input.warnings]
        if target.alias in self._without_effort:
            found.append("reasoning.effort was ignored: this model has no such setting")
        return [*found, *(_renamed(warning) for warning in self._chat(target).warnings(target))]

    def _chat(self, target: Target) -> ChatCompletion:
        return self._read(with_effort=target.alias not in self._without_effort)

    def _read(self, *, with_effort: bool) -> ChatCompletion:
        if with_effort not in self._chats:
            body = {**self._asked.chat, "messages": self._asked.input.messages}
            if not with_effort:
                body.pop("reasoning_effort", None)
            with self._own_words():
                self._chats[with_effort] = ChatCompletion.read(body, self._request_id)
        return self._chats[with_effort]

    def _writer(self, target: Target) -> Writer:
        chat = self._chat(target)
        response = {**self._asked.response}
        response["model"] = chat.model if chat.model in (target.alias, target.id) else target.alias
        response["service_tier"] = target.service_tier or "default"
        if response["max_output_tokens"] is None:
            response["max_output_tokens"] = target.max_output_tokens
        return Writer(
            response,
            origin=self._asked.tools.origin,
            model=thinker(target),
            summary=self._asked.summary,
            one_call=chat.one_call,
            schema_as_tool=target.endpoint is None and chat.answers_by_tool(target),
            unwrap=target.endpoint is None and chat.unwraps(target),
        )

    @contextmanager
    def _own_words(self) -> Iterator[None]:
        """Errors name what the caller wrote."""
        try:
            yield
        except InvalidField as error:
            param = self._place(error.param)
            raise InvalidField(param, _renamed(error.message.replace(error.param, param)), word=error.word) from None

    def _place(self, param: str) -> str:
        message = _MESSAGE.match(param)
        if message is not None:
            rest = param[message.end() :].replace(".image_url.url", ".image_url").replace(".file.", ".")
            call = None if message[2] is None else int(message[2])
            return self._asked.input.place(int(message[1]), call) + rest.replace(".function", "")
        function = _FUNCTION.match(param)
        if function is not None and int(function[1]) < len(self._asked.tools.paths):
            return self._asked.tools.paths[int(function[1])] + param[function.end() :]
        if param == "messages":
            return "input"
        return next((ours + param[len(chat) :] for chat, ours in _PARAMS.items() if param.startswith(chat)), param)


class CountInputTokens(Call):
    """How many tokens the input of a response takes."""

    operation: ClassVar[Operation] = "count_tokens"
    stream_content_type: ClassVar[str] = "application/json"

    def __init__(self, response: CreateResponse) -> None:
        self._response = response
        self.model, self.stream = response.model, False

    @classmethod
    def parse(cls, request: Request) -> "CountInputTokens":
        """Read everything that does not depend on the model; see `CreateResponse.parse`."""
        return cls(CreateResponse.parse(request))

    def payloads(self, target: Target) -> Sequence[Payload]:
        """See `Call.payloads`."""
        (payload,) = self._response.payloads(target)
        if not isinstance(payload.body, dict):
            raise InvalidField("model", f"The model {target.alias} is a container, whose tokens nobody counts.")
        counted = ("messages", "system", "toolConfig", "additionalModelRequestFields")
        return [
            Payload({"input": {"converse": {name: payload.body[name] for name in counted if name in payload.body}}})
        ]

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`. A count that is our own estimate says so in `x-llm-estimated`."""
        counted = parse_json(answers[0].body)
        tokens = counted.get("inputTokens") if isinstance(counted, dict) else None
        if isinstance(tokens, bool) or not isinstance(tokens, int):
            raise UpstreamFault("Bedrock's answer is no token count. Try again.")
        headers = {"content-type": "application/json"}
        if answers[0].estimated:
            headers["x-llm-estimated"] = "true"
        return Response(200, headers, json.dumps({"object": "response.input_tokens", "input_tokens": tokens}).encode())

    def warnings(self, target: Target) -> Sequence[str]:
        """See `Call.warnings`."""
        return self._response.warnings(target)


def _renamed(words: str) -> str:
    return _CHAT_NAMES.sub(lambda match: _PARAMS[match[0]], words)
