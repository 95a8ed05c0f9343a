"""The stand-in guardrail, on what goes in and what comes out.

Of a guardrail that was created here its words, and its topics by their names, are looked for; of any other one topic.
No filter is judged, nothing is masked.

https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-converse-api.html
https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-tagging.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.models.errors import validation
from local_aws.models.reply import BLOCKED, Reply

CONFIG = "amazon-bedrock-guardrailConfig"

FORBIDDEN = "forbidden-topic"
"""The words that a guardrail denies which nobody created here."""


@dataclass(frozen=True, slots=True)
class Policies:
    """What a guardrail's version denies, and what it says then.

    Attributes:
        phrases: denied wherever they stand, in small letters.
    """

    phrases: tuple[str, ...] = (FORBIDDEN,)
    blocked_input: str = BLOCKED
    blocked_output: str = BLOCKED

    def deny(self, text: str) -> bool:
        """Whether the text is one that may not pass."""
        small = text.lower()
        return any(phrase in small for phrase in self.phrases)


def policies_of(configuration: Mapping[str, Any]) -> Policies:
    """The policies in what CreateGuardrail was given."""
    topics = configuration.get("topicPolicyConfig", {}).get("topicsConfig", ())
    words = configuration.get("wordPolicyConfig", {}).get("wordsConfig", ())
    phrases = [*(topic["name"] for topic in topics), *(word["text"] for word in words)]
    return Policies(
        tuple(phrase.lower() for phrase in phrases),
        configuration["blockedInputMessaging"],
        configuration["blockedOutputsMessaging"],
    )


Known = Callable[[str, str], Mapping[str, Any] | None]
"""What a guardrail's version (ID or ARN, and number) was created with; None where nobody created it here."""


def policies(guardrail: "Guardrail", known: Known) -> Policies:
    """What a call's guardrail denies.

    Raises:
        ServiceError: it has no such version.
    """
    try:
        configuration = known(guardrail.id, guardrail.version)
    except LookupError:
        raise validation("The guardrail identifier or version provided in the request does not exist.") from None
    return Policies() if configuration is None else policies_of(configuration)


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


def tagged(text: str, config: object) -> str:
    """What a guardrail reads of an InvokeModel request's text: all, or what stands in tags with the request's suffix.

    Parameters:
        config: the body's field that names the suffix.

    Raises:
        ServiceError: the suffix is none.
    """
    suffix = config.get("tagSuffix") if isinstance(config, Mapping) else None
    if suffix is None:
        return text
    if not re.fullmatch(r"[A-Za-z0-9]{1,20}", str(suffix)):
        raise validation("The tag suffix has to be alphanumeric, of 1 to 20 characters.")
    tag = f"amazon-bedrock-guardrails-guardContent_{suffix}"
    return "\n".join(re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)) or text


def invoke_fields(guardrail: Guardrail | None, reply: Reply) -> dict[str, Any]:
    """What an InvokeModel body, or each chunk of it, gets when the call carries a guardrail."""
    if guardrail is None and reply.stop != "guardrail":
        return {}
    fields: dict[str, Any] = {"amazon-bedrock-guardrailAction": "INTERVENED" if reply.stop == "guardrail" else "NONE"}
    if guardrail is not None and guardrail.traced:
        fields["amazon-bedrock-trace"] = {"guardrail": guardrail.trace(reply)}
    return fields
