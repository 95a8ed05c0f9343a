"""The stand-in Bedrock and SageMaker runtimes: one request that was already authorised in, one response out."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import uuid4

from local_aws.faults import Fault, Faults
from local_aws.journal import BODY_KEPT_BYTES, Call, Journal
from local_aws.models import catalogue, errors, formats, operations, passthrough
from local_aws.models.catalogue import Model
from local_aws.models.delivery import Delivery
from local_aws.models.errors import ServiceError, validation
from local_aws.models.families import registry
from local_aws.models.guardrails import Known
from local_aws.models.operations import Answer, Situation
from local_aws.models.prompt import Prompt
from local_aws.models.types import STREAMED_OPERATIONS, ModelRequest, ModelResponse, Usage

BODY_BYTES_MAX = 25_000_000
ENDPOINT_BODY_BYTES_MAX = 6_291_456

PACE_SECONDS = 0.003
"""The silence before each frame of a stream where no fault asks for another."""


class ModelRuntime:
    """Answers for every model. It knows no IAM: whoever calls it has verified and authorised the request.

    Parameters:
        faults: what shall go wrong.
        journal: where each call is recorded.
        pace_seconds: the silence between the frames of a stream.
        ended: the foundation models that are past their end of life.
        writer: writes the text instead of the templates; by default the server that LOCAL_AWS_MODEL_URL names.
        guardrails: looks up those that were created here; by default none were.

    Raises:
        ValueError: LOCAL_AWS_MODEL_URL leads off this machine.
    """

    def __init__(
        self,
        faults: Faults,
        journal: Journal,
        *,
        pace_seconds: float = PACE_SECONDS,
        ended: frozenset[str] = catalogue.ENDED,
        writer: Callable[[Prompt], str] | None = None,
        guardrails: Known = lambda identifier, version: None,
    ) -> None:
        self.faults = faults
        self.journal = journal
        self._pace_seconds = pace_seconds
        self._ended = ended
        self._writer = writer or passthrough.from_environment(os.environ)
        self._guardrails = guardrails
        self._declared: dict[str, Model] = {}

    def declare(self, arn: str, model: str) -> None:
        """Say what stands behind an opaque ARN: a foundation model's ID, or a family's name.

        Without it the family is told from each request's body, and Converse takes what any model takes.
        """
        kind = catalogue.resolve(arn, arn.split(":")[3]).kind
        family = catalogue.family_of(model)
        self._declared[arn] = Model(model if family else arn, family or model, kind, is_arn=True)

    def respond(self, call: ModelRequest) -> ModelResponse:
        """Answer one call. An error is a response in AWS's shape."""
        in_sagemaker = call.operation.startswith("sagemaker")
        struck = self.faults.take(call.model_id, call.operation)
        stall = sum(fault.seconds for fault in struck if fault.kind == "stall")
        try:
            answer = self._answer(call, struck)
        except ServiceError as error:
            self.journal.record(self._entry(call, error.status, Usage(), None))
            self.faults.sleep(stall)
            headers, body = errors.rendered(error, sagemaker=in_sagemaker)
            return ModelResponse(error.status, headers, body)
        usage = answer.usage
        streamed = not isinstance(answer.body, bytes)
        entry = self._entry(call, 200, replace(usage, output_tokens=0) if streamed else usage, answer)
        ticket = self.journal.record(replace(entry, complete=not streamed))
        self.faults.sleep(stall)

        def progress(produced: int) -> None:
            self.journal.amend(ticket, output_tokens=min(produced, usage.output_tokens))

        def ended() -> None:
            self.journal.amend(ticket, output_tokens=usage.output_tokens, complete=True)

        delivery = Delivery(struck, self._pace_seconds, self.faults.sleep, progress, ended, in_sagemaker)
        sent = delivery.buffered(answer.body) if isinstance(answer.body, bytes) else delivery.stream(answer.body)
        return ModelResponse(200, [*answer.headers, ("x-amzn-requestid", str(uuid4()))], sent, usage)

    def _answer(self, call: ModelRequest, struck: Sequence[Fault]) -> Answer:
        in_sagemaker = call.operation.startswith("sagemaker")
        for fault in struck:
            error = errors.of_fault(fault, call.model_id, sagemaker=in_sagemaker)
            if error is not None:
                raise error
        if in_sagemaker:
            if len(call.body) > ENDPOINT_BODY_BYTES_MAX:
                raise ServiceError(413, "ValidationError", f"The body is over {ENDPOINT_BODY_BYTES_MAX} bytes.")
            model = Model(call.model_id, "sagemaker", "endpoint")
            answer = operations.endpoint(Situation(call, model, struck, self._writer))
        else:
            answer = self._bedrock(call, struck)
        if any(fault.kind == "not_json" for fault in struck):
            return operations.not_json(answer, call.operation)
        return answer

    def _bedrock(self, call: ModelRequest, struck: Sequence[Fault]) -> Answer:
        if len(call.body) > BODY_BYTES_MAX:
            raise validation(
                "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length "
                f"less than or equal to {BODY_BYTES_MAX}"
            )
        model = self._declared.get(call.model_id) or catalogue.resolve(call.model_id, call.region)
        family = registry.FAMILIES.get(model.family or "")
        if family is not None and family.body_bytes_max is not None and len(call.body) > family.body_bytes_max:
            # The status is Anthropic's; what Bedrock answers in its place is in no report.
            raise validation(f"The request is over {family.body_bytes_max} bytes.")
        now = Situation(call, model, struck, self._writer, self._guardrails)
        catalogue.check_alive(model, self._ended)
        if call.operation == "count-tokens":
            return operations.count_tokens(now)
        catalogue.check_on_demand(model, call.model_id)
        return operations.invoke(now) if call.operation.startswith("invoke") else operations.converse(now)

    def _entry(self, call: ModelRequest, status: int, usage: Usage, answer: Answer | None) -> Call:
        return Call(
            model=call.model_id,
            operation=call.operation,
            region=call.region,
            role_arn=call.role_arn,
            status=status,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            guardrail=answer.guardrail.label if answer and answer.guardrail else None,
            checked=answer.checked if answer and answer.guardrail else "",
            streamed=call.operation in STREAMED_OPERATIONS,
            tags=formats.tags(call.operation, call.headers, call.body),
            trace=call.headers.get("x-amzn-trace-id"),
            headers={name: value for name, value in call.headers.items() if name.startswith("x-amzn-bedrock-")},
            body=call.body.decode("utf-8", "replace") if len(call.body) <= BODY_KEPT_BYTES else "",
        )
