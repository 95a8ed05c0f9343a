"""`POST /v1/embeddings` over Titan's and Cohere's embedding models.

https://platform.openai.com/docs/api-reference/embeddings/create
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html
"""

import base64
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from llm_api.dialects import Answer, Call, Operation, Payload
from llm_api.dialects.json_body import json_object
from llm_api.dialects.openai.fields import InvalidField, positive_integer, required_text, text
from llm_api.dialects.spoken import spoken_dialects
from llm_api.errors import BadRequest, UpstreamFault
from llm_api.events import Request, Response
from llm_api.families import family_of
from llm_api.model_json import parse_json
from llm_api.registry import Target

MAX_TEXTS = 2048
"""OpenAI's own limit."""

INPUT_TYPES = ("search_document", "search_query", "classification", "clustering")
"""Cohere's embeddings depend on their purpose, for which OpenAI has no field: `input_type` is an addition of ours."""

_FIELDS = frozenset({"input", "model", "dimensions", "encoding_format", "user", "input_type"})


@dataclass(slots=True)
class Embeddings(Call):
    """One request for embeddings."""

    operation: ClassVar[Operation] = "invoke"
    stream_content_type: ClassVar[str] = "application/json"
    portable: ClassVar[bool] = False
    """Vectors of two models can't be compared, so no other family may stand in."""

    model: str
    stream: bool
    texts: list[str]
    dimensions: int | None
    as_base64: bool
    input_type: str | None
    ignored: list[str]

    @classmethod
    def parse(cls, request: Request) -> "Embeddings":
        """Read everything that does not depend on the model.

        Raises:
            BadRequest: the body asks for no embeddings, or for ones of token lists.
        """
        body = json_object(request.body)
        for name, value in body.items():
            if name not in _FIELDS and value is not None:
                raise InvalidField(name[:64], f"{name[:64]!r} is not a field of an embeddings request. Leave it out.")
        encoding = text(body, "encoding_format") or "float"
        if encoding not in ("float", "base64"):
            raise InvalidField("encoding_format", "encoding_format must be float or base64.")
        input_type = text(body, "input_type")
        if input_type is not None and input_type not in INPUT_TYPES:
            raise InvalidField("input_type", f"input_type must be one of {', '.join(INPUT_TYPES)}.")
        return cls(
            model=required_text(body, "model"),
            stream=False,
            texts=_texts(body.get("input")),
            dimensions=positive_integer(body, "dimensions"),
            as_base64=encoding == "base64",
            input_type=input_type,
            ignored=["user was ignored: Bedrock has no equivalent"] if body.get("user") is not None else [],
        )

    def payloads(self, target: Target) -> Sequence[Payload]:
        """See `Call.payloads`. Titan takes one text a request, Cohere 96."""
        family = family_of(target)
        if family.embeds == "inputText":
            if self.input_type is not None:
                raise InvalidField("input_type", f"The model {target.alias} has no input_type: it is Cohere's.")
            return [_payload({"inputText": content, **self._size(target)}) for content in self.texts]
        if family.embeds == "texts":
            purpose = {"input_type": self.input_type or "search_document", **self._size(target)}
            return [_payload({"texts": batch, **purpose}) for batch in _batches(self.texts, family.texts_at_once)]
        raise BadRequest(f"The model {target.alias} makes no embeddings. It answers on {spoken_dialects(target)}.")

    def _size(self, target: Target) -> dict[str, Any]:
        """The field that asks for a length of the vectors; none where the caller doesn't."""
        family = family_of(target)
        if self.dimensions is None:
            return {}
        if not family.dimensions:
            raise InvalidField("dimensions", f"The model {target.alias} has one size only. Leave dimensions out.")
        if self.dimensions not in family.dimensions:
            sizes = ", ".join(map(str, family.dimensions))
            raise InvalidField("dimensions", f"The model {target.alias} makes embeddings of {sizes} dimensions.")
        field: Any = self.dimensions
        for name in reversed(family.dimensions_path):
            field = {name: field}
        return dict(field)

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`."""
        vectors = [vector for answer in answers for vector in _vectors(target, answer)]
        if len(vectors) != len(self.texts):
            raise UpstreamFault("The model sent another number of embeddings than there were texts. Try again.")
        tokens = sum(_tokens(answer) for answer in answers)
        body = {
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": _base64(vector) if self.as_base64 else vector}
                for index, vector in enumerate(vectors)
            ],
            "model": self.model if self.model in (target.alias, target.id) else target.alias,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
        return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())

    def warnings(self, target: Target) -> Sequence[str]:
        """See `Call.warnings`."""
        return self.ignored


def _texts(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts:
        raise InvalidField("input", "input must be a string, or a list of strings that is not empty.")
    if not all(isinstance(entry, str) for entry in texts):
        raise InvalidField(
            "input",
            "input must hold text: Bedrock's models don't read OpenAI's token numbers. LangChain's OpenAIEmbeddings "
            "sends text with check_embedding_ctx_length=False.",
        )
    if not all(entry.strip() for entry in texts):
        raise InvalidField("input", "input holds a blank text, which can't be embedded.")
    if len(texts) > MAX_TEXTS:
        raise InvalidField("input", f"input holds {len(texts)} texts; at most {MAX_TEXTS} are allowed.")
    return texts


def _payload(body: dict[str, Any]) -> Payload:
    return Payload(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), document=body)


def _batches(texts: list[str], size: int) -> list[list[str]]:
    return [texts[start : start + size] for start in range(0, len(texts), size)]


def _vectors(target: Target, answer: Answer) -> list[list[float]]:
    try:
        body = parse_json(answer.body)
        if body.get("amazon-bedrock-guardrailAction") == "INTERVENED":
            raise InvalidField("input", "input was refused by the guardrail of this deployment.")
        if family_of(target).embeds == "inputText":
            vectors = [body["embedding"]]
        else:
            # A list, or a map by type where the model answers so.
            found = body["embeddings"]
            vectors = found["float"] if isinstance(found, dict) else found
        if not all(isinstance(vector, list) and vector for vector in vectors):
            raise ValueError
        # Whole numbers are legal JSON for 1.0.
        numbers = [[float(number) for number in vector] for vector in vectors]
        if not all(math.isfinite(number) for vector in numbers for number in vector):
            raise ValueError
        return numbers
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise UpstreamFault("The model's answer holds no embedding. Try again.") from None


def _tokens(answer: Answer) -> int:
    header = answer.headers.get("x-amzn-bedrock-input-token-count", "")
    if header.isdecimal():
        return int(header)
    body = parse_json(answer.body)
    count = body.get("inputTextTokenCount") if isinstance(body, Mapping) else None
    return count if type(count) is int and count >= 0 else 0


def _base64(vector: list[float]) -> str:
    # Little-endian float32, which is what the SDKs read.
    try:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    except OverflowError:
        raise UpstreamFault("The model's embedding holds a number too large for float32.") from None
