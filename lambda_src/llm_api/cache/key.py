"""What makes two requests the same: everything that the answer may depend on, and who may be given it.

In the key is what the model would be sent, as a JSON value: the order of its fields, blanks and escapes make no
difference, and neither does the dialect that it came in. The target is in it with all that shapes its answers, so that
no answer outlives a change of the declaration. Tags for Bedrock's invocation log are not: they change no answer.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from llm_api.cache.entry import VERSION
from llm_api.dialects import Call, Payload
from llm_api.inference import Candidate
from llm_api.ledger import Tenant
from llm_api.registry import Target


def key_of(call: Call, candidate: Candidate, documents: Sequence[Any], tenant: Tenant) -> str:
    """SHA-256 in hexadecimal digits.

    Parameters:
        documents: the JSON of each payload; None where it is none.
    """
    target = candidate.target
    parts = [
        VERSION,
        _for_whom(target, tenant),
        _target(target),
        [call.operation, call.stream],
        [_payload(*each) for each in zip(candidate.payloads, documents, strict=True)],
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _for_whom(target: Target, tenant: Tenant) -> list[str]:
    if target.cache is not None and target.cache.scope == "shared":
        return ["shared"]
    return ["tenant" if tenant.declared else "principal", tenant.name]


def _target(target: Target) -> list[Any]:
    guardrail, endpoint = target.guardrail, target.endpoint
    return [
        target.alias,
        target.id,
        target.family,
        None if guardrail is None else [guardrail.id, guardrail.version, guardrail.input_tags],
        None if endpoint is None else [endpoint.name, endpoint.inference_component, endpoint.format],
        target.max_output_tokens,
    ]


def _payload(payload: Payload, document: Any) -> list[Any]:
    if document is None and isinstance(payload.body, bytes):
        content: list[Any] = ["bytes", hashlib.sha256(payload.body).hexdigest()]
    elif isinstance(payload.body, dict):
        content = ["json", {name: value for name, value in payload.body.items() if name != "requestMetadata"}]
    else:
        content = ["json", document]
    return [content, payload.content_type, payload.accept, payload.trace]
