"""The stand-in guardrail: one denied topic, on what goes in and what comes out.

https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-converse-api.html
https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-input-tagging-base-inference.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.models.errors import validation
from local_aws.models.reply import BLOCKED, Reply

FORBIDDEN = "forbidden-topic"
"""The words that the stand-in guardrail denies."""


@dataclass(frozen=True, slots=True)
class Guardrail:
    """The guardrail that a call carries.

    Attributes:
        id: its ID or ARN.
        version: a number, or `DRAFT`.
        traced: whether the answer tells what the guardrail saw.
    """

    id: str
    version: str
    traced: bool = False

    @property
    def label(self) -> str:
        return f"{self.id}:{self.version}"

    def trace(self, reply: Reply) -> dict[str, Any]:
        """What the guardrail saw."""
        name = self.id.rpartition("/")[2]
        topic = {"name": FORBIDDEN, "type": "DENY", "action": "BLOCKED"}
        assessment: dict[str, Any] = {"topicPolicy": {"topics": [topic]}} if reply.stop == "guardrail" else {}
        if reply.stop == "guardrail" and reply.usage.total_tokens:
            return {"outputAssessments": {name: [assessment]}, "modelOutput": [BLOCKED]}
        return {"inputAssessment": {name: assessment}}


def from_headers(headers: Mapping[str, str]) -> Guardrail | None:
    """The guardrail of an InvokeModel call.

    Raises:
        ServiceError: it is named by half.
    """
    identifier = headers.get("x-amzn-bedrock-guardrailidentifier", "")
    version = headers.get("x-amzn-bedrock-guardrailversion", "")
    if bool(identifier) != bool(version):
        raise validation("The guardrail identifier and the guardrail version have to be given together.")
    if not identifier:
        return None
    return Guardrail(
        identifier, version, headers.get("x-amzn-bedrock-trace", "").upper() in ("ENABLED", "ENABLED_FULL")
    )


def from_config(config: object) -> Guardrail | None:
    """The guardrail of a Converse call, whose shape was checked before."""
    if not isinstance(config, Mapping) or not config.get("guardrailIdentifier"):
        return None
    traced = config.get("trace") in ("enabled", "enabled_full")
    return Guardrail(str(config["guardrailIdentifier"]), str(config.get("guardrailVersion")), traced)


def invoke_fields(guardrail: Guardrail | None, reply: Reply) -> dict[str, Any]:
    """What an InvokeModel body, or each chunk of it, gets when the call carries a guardrail."""
    if guardrail is None and reply.stop != "guardrail":
        return {}
    fields: dict[str, Any] = {"amazon-bedrock-guardrailAction": "INTERVENED" if reply.stop == "guardrail" else "NONE"}
    if guardrail is not None and guardrail.traced:
        fields["amazon-bedrock-trace"] = {"guardrail": guardrail.trace(reply)}
    return fields
