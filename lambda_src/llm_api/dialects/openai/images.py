"""`POST /v1/images/generations` over the text-to-image models of Stability and Amazon.

https://platform.openai.com/docs/api-reference/images/create
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-diffusion-3-5-large.html and its siblings
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-image.html
https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html
"""

import base64
import json
import math
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from llm_api.dialects import Answer, Call, Delivery, Operation, Payload
from llm_api.dialects.json_body import json_object
from llm_api.dialects.openai.fields import (
    InvalidField,
    Refusals,
    check_unsupported,
    positive_integer,
    required_text,
    text,
)
from llm_api.dialects.spoken import spoken_dialects
from llm_api.errors import BadRequest, Filtered, NotDelivered, PayloadTooLarge, UpstreamFault
from llm_api.events import Request, Response
from llm_api.families import family_of
from llm_api.model_json import parse_json
from llm_api.registry import Target

MAX_IMAGES = 10
"""OpenAI's own limit."""

AMAZON_IMAGES_PER_REQUEST = 5

ASPECT_RATIOS = ("1:1", "16:9", "9:16", "21:9", "9:21", "3:2", "2:3", "5:4", "4:5")
"""The shapes that Stability's models make; how many pixels a picture has, they decide themselves."""

_TRANSLATED = frozenset(
    {"model", "n", "negative_prompt", "output_format", "prompt", "quality", "response_format", "seed", "size"}
)
"""`seed` and `negative_prompt` are additions of ours."""

_IGNORED = frozenset({"moderation", "safety_identifier", "user"})
_REFUSED: Refusals = {
    "background": (("auto", "opaque"), "No model here makes transparent pictures. Leave it out."),
    "complexity": ((), "No model here makes SVG. Leave it out."),
    "frame_count": ((), "No model here makes animations. Leave it out."),
    "frame_duration_ms": ((), "No model here makes animations. Leave it out."),
    "output_compression": ((100,), "No model here lets the caller choose. Leave it out or send 100."),
    "partial_images": ((0,), "Pictures come whole. Leave it out or send 0."),
    "stream": ((False,), "Pictures come whole. Leave it out or send false."),
    "style": (("vivid",), "Say in the prompt what the picture should look like."),
    "svg": ((), "No model here makes SVG. Leave it out."),
}

_QUALITIES = {"standard": "standard", "low": "standard", "medium": "standard", "high": "premium", "hd": "premium"}
"""What Amazon's models call them."""

_SIZE = re.compile(r"([1-9]\d{1,4})x([1-9]\d{1,4})", re.ASCII)
_FORMATS = ("png", "jpeg", "webp")
_MAGIC = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"RIFF", "webp"))


@dataclass(slots=True)
class ImageGeneration(Call):
    """One request for pictures.

    Attributes:
        number: how many.
        size: width and height in pixels; None where the model decides.
        quality, output_format, negative_prompt, seed: as asked for, or None.
        as_url: whether the caller asked for addresses instead of base64.
        created: Unix time of the request, seconds.
        remarks: for the answer's `warning` header.
    """

    operation: ClassVar[Operation] = "invoke"
    stream_content_type: ClassVar[str] = "application/json"
    has_files: ClassVar[bool] = True

    model: str
    stream: bool
    prompt: str
    number: int
    size: tuple[int, int] | None
    quality: str | None
    output_format: str | None
    negative_prompt: str | None
    seed: int | None
    as_url: bool
    created: int
    remarks: list[str]
    delivery: Delivery = field(default=Delivery(0), repr=False)

    @classmethod
    def parse(cls, request: Request) -> "ImageGeneration":
        """Read everything that does not depend on the model.

        Raises:
            BadRequest: the body asks for no pictures, or for ones that no model here makes.
        """
        body = json_object(request.body)
        remarks, _ = check_unsupported(body, _TRANSLATED, _IGNORED, _REFUSED, frozenset(), "an image request")
        number = positive_integer(body, "n") or 1
        if number > MAX_IMAGES:
            raise InvalidField("n", f"n is {number}; at most {MAX_IMAGES} are allowed.")
        return cls(
            model=required_text(body, "model"),
            stream=False,
            prompt=required_text(body, "prompt"),
            number=number,
            size=_size(body),
            quality=_choice(body, "quality", ("auto", *_QUALITIES)),
            output_format=_choice(body, "output_format", _FORMATS),
            negative_prompt=text(body, "negative_prompt") or None,
            seed=_seed(body),
            as_url=_choice(body, "response_format", ("b64_json", "url")) == "url",
            created=int(time.time()),
            remarks=remarks,
        )

    def payloads(self, target: Target) -> Sequence[Payload]:
        """See `Call.payloads`. Stability makes one picture a request, Amazon's models five."""
        family = family_of(target)
        if not family.paints:
            raise BadRequest(f"The model {target.alias} makes no pictures. It answers on {spoken_dialects(target)}.")
        if self.as_url and self.delivery.files is None:
            raise InvalidField(
                "response_format",
                "This deployment has no place for pictures that are fetched by URL. Ask for b64_json, or have the "
                "deployment's owner declare one: `images = {}`.",
            )
        most = family.prompt_characters
        for name, words in (("prompt", self.prompt), ("negative_prompt", self.negative_prompt or "")):
            if len(words) > most:
                raise InvalidField(
                    name, f"{name} has {len(words)} characters; the model {target.alias} takes at most {most}."
                )
        if (self.seed or 0) > family.largest_seed:
            raise InvalidField("seed", f"seed is at most {family.largest_seed} for the model {target.alias}.")
        of_one = self._of_stability if family.paints == "prompt" else self._of_amazon
        bodies = of_one(target, family.largest_seed)
        return [Payload(json.dumps(body).encode()) for body in bodies]

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`.

        Raises:
            Filtered: the model's filter left nothing.
            UpstreamFault: there is nothing for another reason.
            NotDelivered, PayloadTooLarge: there are pictures, and no way to the caller for them.
        """
        pictures, reasons = _made(answers)
        if not pictures:
            raise _nothing(target, reasons)
        if len(pictures) < self.number:
            why = "the model's filter withheld the others" if any(map(_is_filter, reasons)) else "the others failed"
            self.remarks.append(f"n: {len(pictures)} of {self.number} pictures were made; {why}")
        return Response(200, {"content-type": "application/json"}, self._delivered(target, pictures))

    def warnings(self, target: Target) -> Sequence[str]:
        """See `Call.warnings`."""
        if self.size is None or family_of(target).paints != "prompt":
            return self.remarks
        return [*self.remarks, f"size was taken for the shape {_shape(self.size)}: the model decides on the pixels"]

    def _of_stability(self, target: Target, largest_seed: int) -> list[dict[str, Any]]:
        if self.quality not in (None, "auto", "standard"):
            raise InvalidField("quality", f"The model {target.alias} has one quality only. Leave quality out.")
        body: dict[str, Any] = {"prompt": self.prompt}
        if self.negative_prompt is not None:
            body["negative_prompt"] = self.negative_prompt
        if self.output_format is not None:
            body["output_format"] = self.output_format
        if self.size is not None:
            if _shape(self.size) not in ASPECT_RATIOS:
                raise InvalidField(
                    "size",
                    f"The model {target.alias} makes pictures of the shapes {', '.join(ASPECT_RATIOS)}; "
                    f"{self.size[0]}x{self.size[1]} is {_shape(self.size)}.",
                )
            body["aspect_ratio"] = _shape(self.size)
        if self.seed is None:
            return [body] * self.number
        # 0 would mean any, so the row of seeds starts anew at 1.
        seeds = [(self.seed + at - 1) % largest_seed + 1 if at else self.seed for at in range(self.number)]
        return [{**body, "seed": seed} for seed in seeds]

    def _of_amazon(self, target: Target, largest_seed: int) -> list[dict[str, Any]]:
        if self.output_format not in (None, "png"):
            raise InvalidField("output_format", f"The model {target.alias} makes PNG only. Leave output_format out.")
        parameters = {"text": self.prompt}
        if self.negative_prompt is not None:
            parameters["negativeText"] = self.negative_prompt
        config: dict[str, Any] = {}
        if self.quality in _QUALITIES:
            config["quality"] = _QUALITIES[self.quality]
        if self.size is not None:
            config |= {"width": self.size[0], "height": self.size[1]}
        # Without a seed these models use a fixed one, and the same prompt would give the same picture each time.
        seeds = largest_seed + 1
        first = random.randrange(seeds) if self.seed is None else self.seed
        batches = range(0, self.number, AMAZON_IMAGES_PER_REQUEST)
        return [
            {
                "taskType": "TEXT_IMAGE",
                "textToImageParams": parameters,
                "imageGenerationConfig": {
                    **config,
                    "numberOfImages": min(AMAZON_IMAGES_PER_REQUEST, self.number - start),
                    "seed": (first + start) % seeds,
                },
            }
            for start in batches
        ]

    def _delivered(self, target: Target, pictures: Sequence[str]) -> bytes:
        """The body, with the pictures in it or with their addresses."""
        body = self._body(pictures, "b64_json", pictures)
        fits = len(body) <= self.delivery.most_bytes
        if fits and not self.as_url:
            return body
        if self.delivery.files is None:
            raise PayloadTooLarge(
                f"The answer of {len(body):,} bytes is larger than this deployment sends in one piece. Ask for fewer "
                "or smaller pictures, or have the deployment's owner declare `images = {}`, so that they are fetched "
                "by URL."
            )
        decoded = [base64.b64decode(picture) for picture in pictures]
        try:
            addresses = self.delivery.files.put([(data, f"image/{_format(data)}") for data in decoded])
        except NotDelivered:
            if not fits:
                raise
            self.remarks.append("response_format is b64_json instead of url: the pictures could not be stored")
            return body
        if not self.as_url:
            self.remarks.append("response_format is url instead of b64_json: the answer would have been too large")
        return self._body(addresses, "url", pictures)

    def _body(self, entries: Sequence[str], name: str, pictures: Sequence[str]) -> bytes:
        body = {
            "created": self.created,
            "data": [{name: entry} for entry in entries],
            "output_format": _format(base64.b64decode(pictures[0][:16])),
        }
        return json.dumps(body).encode()


def _choice(body: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str | None:
    value = text(body, name)
    if value is not None and value not in choices:
        raise InvalidField(name, f"{name} must be one of {', '.join(choices)}.")
    return value


def _size(body: Mapping[str, Any]) -> tuple[int, int] | None:
    value = text(body, "size")
    if value is None or value == "auto":
        return None
    match = _SIZE.fullmatch(value)
    if match is None:
        raise InvalidField("size", "size must be auto, or width and height in pixels, such as 1024x1024.")
    return int(match[1]), int(match[2])


def _seed(body: Mapping[str, Any]) -> int | None:
    value = body.get("seed")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidField("seed", "seed must be an integer of at least 0.")
    return value


def _shape(size: tuple[int, int]) -> str:
    divisor = math.gcd(*size)
    across, down = size[0] // divisor, size[1] // divisor
    # 21:9 isn't in lowest terms, and is what everybody calls it.
    return {(7, 3): "21:9", (3, 7): "9:21"}.get((across, down), f"{across}:{down}")


def _made(answers: Sequence[Answer]) -> tuple[list[str], list[str]]:
    """The pictures in base64, and why others are missing."""
    pictures: list[str] = []
    reasons: list[str] = []
    try:
        for answer in answers:
            body = parse_json(answer.body)
            for picture in body.get("images") or ():
                _format(base64.b64decode(picture, validate=True))
                pictures.append(picture)
            told = [*(body.get("finish_reasons") or ()), body.get("error")]
            reasons += [str(reason) for reason in told if reason]
            if body.get("amazon-bedrock-guardrailAction") == "INTERVENED":
                reasons.append("Filter reason: guardrail")
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise _unreadable() from None
    return pictures, reasons


def _is_filter(reason: str) -> bool:
    return reason != "Inference error"


def _nothing(target: Target, reasons: Sequence[str]) -> BadRequest | UpstreamFault:
    if not any(map(_is_filter, reasons)):
        return UpstreamFault(f"The model {target.alias} made no picture. Try again.", reason=", ".join(set(reasons)))
    where = next((reason.partition(": ")[2][:40] for reason in reasons if reason.startswith("Filter reason: ")), "")
    return Filtered(
        f"The model {target.alias} or its guardrail withheld every picture{f' ({where})' if where else ''}. Say it in "
        "other words."
    )


def _format(data: bytes) -> str:
    """What a picture is by its first bytes, whatever was asked for."""
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    raise _unreadable()


def _unreadable() -> UpstreamFault:
    return UpstreamFault("The model's answer holds no picture that can be read. Try again.")
