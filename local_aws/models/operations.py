"""What each operation answers, before faults and pace come into it."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from local_aws.faults import MISBEHAVIOUR, Fault
from local_aws.models import catalogue, formats, frames, guardrails, reply, sagemaker
from local_aws.models.catalogue import Model
from local_aws.models.converse import read as converse_in
from local_aws.models.converse import shapes
from local_aws.models.converse import write as converse_out
from local_aws.models.delivery import Frame
from local_aws.models.errors import ServiceError, validation
from local_aws.models.families import registry
from local_aws.models.families.anthropic import claude
from local_aws.models.families.anthropic import read as messages
from local_aws.models.guardrails import Guardrail
from local_aws.models.media import Answerer
from local_aws.models.misbehaviour import misbehaved
from local_aws.models.prompt import Prompt, input_usage
from local_aws.models.reply import Reply
from local_aws.models.types import ModelRequest, Usage

EVENT_STREAM = "application/vnd.amazon.eventstream"
JSON = ("content-type", "application/json")

Writer = Callable[[Prompt], str]
Headers = list[tuple[str, str]]

_ECHOED = ("x-amzn-bedrock-performanceconfig-latency", "x-amzn-bedrock-service-tier")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call will be answered with, before it is known how that goes out.

    Attributes:
        checked: what a guardrail, if there is one, read of the input.
    """

    body: bytes | Iterator[Frame]
    usage: Usage
    headers: Headers = field(default_factory=list)
    guardrail: Guardrail | None = None
    checked: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """One call in its surroundings.

    Attributes:
        model: what the ID stands for.
        struck: the faults that strike the call.
        writer: writes the text instead of the templates.
        known: looks guardrails up.
    """

    call: ModelRequest
    model: Model
    struck: Sequence[Fault] = ()
    writer: Writer | None = None
    known: guardrails.Known = lambda identifier, version: None

    @property
    def streamed(self) -> bool:
        return self.call.operation in ("invoke-with-response-stream", "converse-stream", "sagemaker-stream")

    def _check_length(self, usage: Usage) -> None:
        """Raises ServiceError where the prompt is longer than the model reads (block/goose#7504)."""
        family = registry.FAMILIES.get(self.model.family or "")
        most = family.context(self.model.base_id) if family is not None else None
        if most is not None and b"context-1m-2025-08-07" in self.call.body:
            most = max(most, 1_000_000)  # Claude's beta
        if most is not None and usage.total_tokens > most:
            raise validation("Input is too long for requested model.")

    def reply(self, prompt: Prompt, guardrail: Guardrail | None, checked: str) -> Reply:
        """What the model, or the guardrail in its place, says.

        Parameters:
            checked: what the guardrail reads of the input.

        Raises:
            ServiceError: the prompt is too long, or there is no such guardrail.
        """
        seed = reply.seed_of(self.call.model_id, self.call.body)
        model = self.model.base_id
        usage = input_usage(prompt)
        self._check_length(usage)
        points = {fault.point for fault in self.struck if fault.kind == "guardrail_intervention"}
        rules = guardrails.Policies(()) if guardrail is None else guardrails.policies(guardrail, self.known)
        if "input" in points or rules.deny(checked):
            return reply.blocked(prompt, rules.blocked_input, model=model, seed=seed)
        said = reply.generate(prompt, model=model, seed=seed, writer=self.writer)
        said = misbehaved(said, {fault.kind for fault in self.struck} & MISBEHAVIOUR)
        if "output" in points or rules.deny(said.text):
            return reply.blocked(prompt, rules.blocked_output, model=model, seed=seed, reply=said)
        return said


def invoke(now: Situation) -> Answer:
    """InvokeModel and InvokeModelWithResponseStream."""
    content_type = now.call.headers.get("content-type", "application/json")
    if not content_type.startswith("application/json"):
        raise validation("The provided Content Type is invalid or not supported for this model")
    guardrail = guardrails.from_headers(now.call.headers)
    body = formats.parse(now.call.body)
    family = now.model.family or ("sagemaker" if now.model.kind == "marketplace" else catalogue.sniff(body))
    found = registry.FAMILIES[family]
    if found.media is not None:
        return _media(now, found.media, body, guardrail)
    config = body.pop(guardrails.CONFIG, None)
    if found.invoke is None:
        raise validation("The requested operation is not recognized by the service.")
    chat = found.invoke(body, now.model.base_id)
    with formats.reading():
        prompt = chat.read(body, now.model.base_id)
    checked = guardrails.tagged(prompt.all_text(), config)
    said = now.reply(prompt, guardrail, checked)
    extra = guardrails.invoke_fields(guardrail, said)
    if not now.streamed:
        headers = [JSON, *_echoed(now), *_token_headers(said, always_cache=chat.cache_headers)]
        return Answer(_dumped({**chat.write(said), **extra}), said.usage, headers, guardrail, checked)
    if chat.stream is None:
        raise validation("The model is unsupported for streaming.")
    chunks = (_chunk(at, {**piece.payload, **extra}, piece.tokens) for at, piece in enumerate(chat.stream(said)))
    headers = [("content-type", EVENT_STREAM), ("x-amzn-bedrock-content-type", "application/json"), *_echoed(now)]
    return Answer(chunks, said.usage, headers, guardrail, checked)


def _media(now: Situation, answer: Answerer, body: dict[str, Any], guardrail: Guardrail | None) -> Answer:
    if now.streamed:
        raise validation("The model is unsupported for streaming.")
    with formats.reading():
        result = answer(body, now.model.base_id)
    headers = [JSON, ("x-amzn-bedrock-invocation-latency", str(60 + result.usage.input_tokens))]
    if result.counts_input:
        headers.append(("x-amzn-bedrock-input-token-count", str(result.usage.input_tokens)))
    return Answer(_dumped(result.body), result.usage, headers, guardrail)


def converse(now: Situation) -> Answer:
    """Converse and ConverseStream."""
    body = formats.parse(now.call.body)
    operation = "ConverseStream" if now.streamed else "Converse"
    with formats.reading():
        family = registry.FAMILIES[now.model.family or "opaque"]
        prompt = converse_in.prompt_of(body, family, now.model.base_id, operation)
    guardrail = guardrails.from_config(body.get("guardrailConfig"))
    checked = prompt.marked_text()
    said = now.reply(prompt, guardrail, checked)
    if not now.streamed:
        return Answer(_dumped(converse_out.write(said, guardrail)), said.usage, [JSON], guardrail, checked)
    events = (
        Frame(frames.event(kind, _padded(at, piece.payload)), piece.tokens)
        for at, (kind, piece) in enumerate(converse_out.stream(said, guardrail))
    )
    return Answer(events, said.usage, [("content-type", EVENT_STREAM)], guardrail, checked)


def count_tokens(now: Situation) -> Answer:
    """CountTokens: base model IDs of Claude up to 4.6 only, no profile and no ARN."""
    model_id = now.model.base_id
    counted = now.model.family == "anthropic" and claude.of(model_id).counts_tokens
    if now.model.is_arn or now.model.kind != "foundation" or not counted:
        raise validation("The provided model doesn't support counting tokens")
    request = shapes.check("CountTokens", formats.parse(now.call.body))["input"]
    if "converse" in request:
        raw: Mapping[str, Any] = json.loads(now.call.body)["input"]["converse"]
        with formats.reading():
            prompt = converse_in.prompt_of(raw, registry.FAMILIES["anthropic"], model_id)
    else:
        body = formats.parse(request["invokeModel"]["body"])
        with formats.reading():
            prompt = messages.read(body, model_id)
    return Answer(_dumped({"inputTokens": input_usage(prompt).total_tokens}), Usage(), [JSON])


def endpoint(now: Situation) -> Answer:
    """InvokeEndpoint and InvokeEndpointWithResponseStream of SageMaker."""
    if "echo" in now.call.model_id and not now.streamed:
        kind = now.call.headers.get("content-type", "application/octet-stream")
        return Answer(now.call.body, Usage(), [("content-type", kind), sagemaker.VARIANT])
    try:
        body = formats.parse(now.call.body)
        with formats.reading():
            prompt = sagemaker.read(body)
        said = now.reply(prompt, None, "")
    except ServiceError as error:
        raise sagemaker.container_error(error) from None
    name = now.call.model_id
    if now.streamed:
        kind = sagemaker.stream_type(body, name)
        headers = [("content-type", EVENT_STREAM), ("x-amzn-sagemaker-content-type", kind), sagemaker.VARIANT]
        return Answer(sagemaker.stream(body, name, said), said.usage, headers)
    return Answer(sagemaker.write(body, name, said), said.usage, [JSON, sagemaker.VARIANT])


def _token_headers(said: Reply, *, always_cache: bool) -> Headers:
    """The counts that InvokeModel's own answers carry and no stream does."""
    usage = said.usage
    found = {
        "input-token-count": usage.input_tokens,
        "output-token-count": usage.output_tokens,
        "invocation-latency": said.latency_ms,
    }
    if always_cache or usage.cache_read_tokens or usage.cache_write_tokens:
        found["cache-read-input-token-count"] = usage.cache_read_tokens
        found["cache-write-input-token-count"] = usage.cache_write_tokens
    return [(f"x-amzn-bedrock-{name}", str(number)) for name, number in found.items()]


def _echoed(now: Situation) -> Headers:
    return [(name, now.call.headers[name]) for name in _ECHOED if name in now.call.headers]


def _dumped(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _padded(at: int, payload: Mapping[str, Any]) -> bytes:
    return _dumped({**payload, "p": frames.padding(at)})


def _chunk(at: int, payload: Mapping[str, Any], number: int) -> Frame:
    inner = base64.b64encode(_dumped(payload)).decode()
    return Frame(frames.event("chunk", _padded(at, {"bytes": inner})), number)


def not_json(answer: Answer, operation: str) -> Answer:
    """The same answer, but with a body, or a first and only frame, that is not what was promised."""
    broken = b"<html><body>502 Bad Gateway</body></html>"
    if isinstance(answer.body, bytes):
        return replace(answer, body=broken)
    match operation:
        case "invoke-with-response-stream":
            frame = frames.event("chunk", _padded(0, {"bytes": base64.b64encode(broken).decode()}))
        case "converse-stream":
            frame = frames.event("contentBlockDelta", broken)
        case _:
            frame = frames.event("PayloadPart", broken, "application/octet-stream")
    return replace(answer, body=iter([Frame(frame)]))
