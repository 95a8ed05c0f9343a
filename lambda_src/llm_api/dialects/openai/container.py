"""Chat completions over a SageMaker endpoint whose container speaks OpenAI's format itself: TGI, vLLM, LMI.

https://huggingface.co/docs/text-generation-inference/messages_api
https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
https://docs.djl.ai/master/docs/serving/serving/docs/lmi/user_guides/chat_input_output_schema.html

The container gets what the caller sent, written anew out of what was checked: nothing that wasn't read here passes, and
what is worth money (how many answers, how long) is ours to set. Its answer is handed on in the same way. Containers
differ in details, which are made even: why an answer ended, where the reasoning stands, arguments that aren't text.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from llm_api.dialects import Answer, Frame, Payload
from llm_api.dialects.openai.fields import CONTAINERS_TAKE, IGNORED, InvalidField
from llm_api.dialects.openai.messages import KNOWN_FIELDS
from llm_api.dialects.openai.stream import Chunks
from llm_api.dialects.openai.translate import completed
from llm_api.errors import ModelFailed, UpstreamFault
from llm_api.eventstream import CorruptStream, chunk
from llm_api.model_json import json_lines, parse_json
from llm_api.registry import Target

if TYPE_CHECKING:
    from llm_api.dialects.openai.tools import Tools

_PASSED = ("reasoning_effort", "response_format", "stop", "temperature", "top_p", *sorted(CONTAINERS_TAKE))

_FINISH_REASONS = {"eos_token": "stop", "stop_sequence": "stop"}
"""TGI's own words -> OpenAI's. Every other reason is OpenAI's already, though vLLM says `stop` beside a forced call."""


def container_payload(body: Mapping[str, Any], tools: "Tools", max_tokens: int | None, *, stream: bool) -> Payload:
    """What the container gets. It isn't told the model's name here, since it serves one and may know it by another.

    Parameters:
        body: the request, already checked.
        max_tokens: the most output tokens, or None where nothing limits them.

    Raises:
        InvalidField: a message holds a file.
    """
    messages = [_message(message, f"messages[{index}]") for index, message in enumerate(body["messages"])]
    sent: dict[str, Any] = {"messages": messages, "stream": stream}
    sent |= {name: body[name] for name in _PASSED if body.get(name) is not None}
    if max_tokens is not None:
        sent["max_tokens"] = max_tokens
    if tools.offered:
        sent["tools"] = [_tool(spec) for spec in tools.specs]
        if tools.named:
            sent["tool_choice"] = {"type": "function", "function": {"name": tools.choice}}
        elif tools.forced:
            sent["tool_choice"] = tools.choice
    if stream:
        sent["stream_options"] = {"include_usage": True}
    return Payload(json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode())


def container_warnings(body: Mapping[str, Any]) -> list[str]:
    """Fields that were not sent on."""
    found = [
        f"{name} was ignored: containers have no equivalent"
        for name, value in body.items()
        if name in IGNORED - CONTAINERS_TAKE and value is not None
    ]
    if any(message.keys() - KNOWN_FIELDS - {"name"} for message in body["messages"]):
        found.append("unknown fields in messages: ignored, containers have no equivalent")
    return found


def _message(message: Mapping[str, Any], path: str) -> dict[str, Any]:
    # Templates of open models know no developer.
    sent: dict[str, Any] = {"role": "system" if message["role"] == "developer" else message["role"]}
    content = message.get("content")
    if content is None:
        content = message.get("refusal")
    if isinstance(content, list):
        content = [_part(part, f"{path}.content[{index}]") for index, part in enumerate(content)]
    sent |= {
        name: value
        for name, value in (
            ("content", content),
            ("name", message.get("name")),
            ("reasoning_content", message.get("reasoning_content")),
            ("tool_call_id", message.get("tool_call_id")),
        )
        if value is not None
    }
    if message.get("tool_calls"):
        sent["tool_calls"] = [_call(call) for call in message["tool_calls"]]
    return sent


def _part(part: Mapping[str, Any], path: str) -> dict[str, Any]:
    if part["type"] == "image_url":
        picture = part["image_url"]
        return {
            "type": "image_url",
            "image_url": {name: picture[name] for name in ("url", "detail") if name in picture},
        }
    if part["type"] == "file":
        raise InvalidField(f"{path}.type", f"{path} is a file, which containers don't read. Send its text.")
    return {"type": "text", "text": part.get("text") or part.get("refusal") or ""}


def _tool(spec: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": spec["name"], "description": spec["description"], "parameters": spec["schema"]}
    return {"type": "function", "function": {**function, **({"strict": True} if spec["strict"] else {})}}


def container_answer(target: Target, answer: Answer, *, one_call: bool) -> dict[str, Any]:
    """`choices` and `usage` of the completion; without `usage` where the container told none.

    Raises:
        UpstreamFault: the container's answer is no chat completion.
    """
    try:
        document = parse_json(answer.body)
        choice = document["choices"][0]
        message = _answered(choice["message"], one_call=one_call)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise UpstreamFault(
            f"The container of model {target.alias!r} answered with what is no chat completion. If it speaks another "
            "format, its endpoint has to be declared without `format` and called through /model/{modelId}/invoke.",
            reason=type(error).__name__,
        ) from None
    choices = [
        {
            "index": 0,
            "message": message,
            "logprobs": choice.get("logprobs"),
            "finish_reason": _finish_reason(choice.get("finish_reason"), calls="tool_calls" in message),
        }
    ]
    told = _usage(document.get("usage"))
    return {"choices": choices, **({} if told is None else {"usage": told})}


def _answered(message: Mapping[str, Any], *, one_call: bool) -> dict[str, Any]:
    content, refusal = _text(message.get("content")), _text(message.get("refusal"))
    answered: dict[str, Any] = {"role": "assistant", "content": content, "refusal": refusal}
    thought = _text(message.get("reasoning_content") or message.get("reasoning"))
    if thought:
        answered["reasoning_content"] = thought
    calls = [_call(call) for call in message.get("tool_calls") or []]
    if calls:
        answered["tool_calls"] = calls[:1] if one_call else calls
    return answered


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    return {
        "id": str(call["id"]),
        "type": "function",
        "function": {"name": _name(function), "arguments": _arguments(function.get("arguments"))},
    }


def _name(function: Mapping[str, Any]) -> str:
    name = _text(function["name"])
    if not name:
        raise TypeError
    return name


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value


def _arguments(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value or {}, ensure_ascii=False)


def _finish_reason(reason: Any, *, calls: bool) -> str:
    return completed(_FINISH_REASONS.get(str(reason), str(reason or "stop")), calls=calls)


def _usage(usage: Any) -> dict[str, Any] | None:
    if not isinstance(usage, dict):
        return None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not _is_count(prompt) or not _is_count(completion):
        return None
    details = {}
    for name in ("prompt_tokens_details", "completion_tokens_details"):
        told = usage.get(name)
        if isinstance(told, dict) and told:
            details[name] = {detail: number for detail, number in told.items() if _is_count(number)}
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion, **details}


def _is_count(value: Any) -> TypeGuard[int]:
    return type(value) is int and value >= 0


class ContainerChunks(Chunks):
    """A container's own chunks as those of this API: its id, model and time, and the usage only for who asks for it."""

    def __init__(self, head: dict[str, Any], *, one_call: bool, include_usage: bool) -> None:
        super().__init__(head, schema_as_tool=False, one_call=one_call, include_usage=include_usage)
        self._told: dict[str, Any] | None = None
        self._named: set[int] = set()

    def translate(self, frame: Frame) -> Iterator[bytes]:
        """The chunks for the whole lines in one frame."""
        try:
            for document in json_lines(chunk(frame.payload)):
                yield from self._translate(document)
        except (CorruptStream, AttributeError, LookupError, TypeError) as error:
            raise UpstreamFault("The container sent what is no chunk of a chat completion.") from error

    def close(self) -> Iterator[bytes]:
        """The usage, which the container may have told before its last words or after them."""
        if self._include_usage and self._told is not None:
            yield self._line({"choices": [], "usage": self._told})

    def _translate(self, document: dict[str, Any]) -> Iterator[bytes]:
        if document.get("error") is not None:
            raise ModelFailed("The container failed while it was answering. Try again.")
        self._told = _usage(document.get("usage")) or self._told
        for choice in document.get("choices") or []:
            if choice.get("index", 0) != 0 or self.finished:
                continue
            yield from self._begin()
            for delta in self._deltas(choice.get("delta") or {}):
                yield self._chunk(delta)
            if choice.get("finish_reason"):
                yield from self._finish(_finish_reason(choice["finish_reason"], calls=bool(self._named)))

    def _deltas(self, delta: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        thought, content = _text(delta.get("reasoning_content") or delta.get("reasoning")), _text(delta.get("content"))
        if thought:
            yield {"reasoning_content": thought}
        if content:
            yield {"content": content}
        calls = delta.get("tool_calls") or []
        for position, call in enumerate([calls] if isinstance(calls, Mapping) else calls):
            index = call.get("index", position)
            if type(index) is not int or not 0 <= index <= len(self._named):
                raise TypeError
            if not (self._one_call and index):
                yield {"tool_calls": [self._part_of_call(index, call)]}

    def _part_of_call(self, index: int, call: Mapping[str, Any]) -> dict[str, Any]:
        function = call.get("function") or {}
        arguments = function.get("arguments")
        told = {} if arguments is None else {"arguments": _arguments(arguments)}
        if index in self._named:
            return {"index": index, "function": told}
        self._named.add(index)
        return {
            "index": index,
            "id": str(call["id"]),
            "type": "function",
            "function": {"name": _name(function), **told},
        }
