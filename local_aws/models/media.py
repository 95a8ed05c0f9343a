"""Models that answer with vectors, scores or images instead of text.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html and its siblings
`-titan-embed-mm`, `-embed-v3`, `-embed-v4`, `-titan-image`, `-diffusion-3-5-large`; Rerank 3.5 answers as `-rerank`
says.
"""

import base64
import binascii
import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.models import tokens
from local_aws.models.errors import validation
from local_aws.models.formats import (
    Body,
    allow_only,
    integer_at,
    list_at,
    malformed,
    number_at,
    objects_at,
    strings_at,
    text_at,
)
from local_aws.models.guardrails import FORBIDDEN
from local_aws.models.images import inspect, paint
from local_aws.models.types import Usage

TITAN_TOKENS_MAX = 8192
TITAN_CHARACTERS_MAX = 50_000
TITAN_IMAGE_TOKENS_MAX = 256
TITAN_IMAGE_BYTES_MAX = 25_000_000
TITAN_IMAGE_SIDE_MAX = 2048
NOVA_EMBED_SCHEMA = "nova-multimodal-embed-v1"
COHERE_3_CHARACTERS_MAX = 2048

_ASPECTS = ("16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21")


@dataclass(frozen=True, slots=True)
class Result:
    """A body, what it used, and whether AWS tells the input tokens in a header."""

    body: dict[str, Any]
    usage: Usage
    counts_input: bool = False


Answerer = Callable[[Body, str], Result]
"""From a request's body and the model's ID to a result."""


def vector(text: str, dimensions: int, *, normalize: bool = True) -> list[float]:
    """A text's vector. Texts that share words point in similar directions, so that a search over them works."""
    sums = [0.0] * dimensions
    for word in text.lower().split() or [""]:
        digest = hashlib.sha256(word.encode()).digest()
        for at in range(0, 32, 4):
            place = int.from_bytes(digest[at : at + 3], "big") % dimensions
            sums[place] += 1.0 if digest[at + 3] & 1 else -1.0
    length = math.sqrt(sum(value * value for value in sums)) or 1.0
    scale = length if normalize else 1.0
    return [round(value / scale, 6) for value in sums]


def _embedded_text(body: Body, tokens_max: int = TITAN_TOKENS_MAX, characters_max: int = TITAN_CHARACTERS_MAX) -> str:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html"""
    text = text_at(body, "inputText")
    count = tokens.count(text)
    if count > tokens_max:
        raise validation(f"Too many input tokens. Max input tokens: {tokens_max}, request input token count: {count}")
    if len(text) > characters_max:
        raise malformed(f"#/inputText: expected maxLength: {characters_max}, actual: {len(text)}")
    return text


def _titan_embed_image(body: Body) -> Result:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html"""
    allow_only(body, frozenset({"inputText", "inputImage", "embeddingConfig"}))
    if body.get("inputText") is None and body.get("inputImage") is None:
        raise malformed("#: required key [inputText] or [inputImage] not found")
    config = body.get("embeddingConfig") or {}
    allow_only(config, frozenset({"outputEmbeddingLength"}))
    length = integer_at(config, "outputEmbeddingLength", 1024)
    if length not in (256, 384, 1024):
        raise malformed(f"#/embeddingConfig/outputEmbeddingLength: {length} is not a valid enum value")
    text = "" if body.get("inputText") is None else _embedded_text(body, TITAN_IMAGE_TOKENS_MAX)
    image = body.get("inputImage")
    if image is not None:
        _check_titan_picture(image)
    count = tokens.count(text) + tokens.REPLY_OVERHEAD if text else 0
    found = {"embedding": vector(f"{text} {image or ''}", length), "inputTextTokenCount": count, "message": None}
    return Result(found, Usage(count), counts_input=True)


def _check_titan_picture(image: object) -> None:
    try:
        data = base64.b64decode(str(image), validate=True)
    except (binascii.Error, ValueError):
        raise malformed("#/inputImage: the image is not base64") from None
    picture = inspect(data)
    if picture is None or len(data) > TITAN_IMAGE_BYTES_MAX:
        raise validation("Invalid input image. Check its format and size and try again.")
    if max(picture.width or 0, picture.height or 0) > TITAN_IMAGE_SIDE_MAX:
        raise validation(f"The image has more than {TITAN_IMAGE_SIDE_MAX} pixels on a side.")


def nova_embed(body: Body, model_id: str) -> Result:
    """One text at a time; https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html"""
    allow_only(body, frozenset({"schemaVersion", "taskType", "singleEmbeddingParams"}))
    if body.get("schemaVersion", NOVA_EMBED_SCHEMA) != NOVA_EMBED_SCHEMA:
        raise malformed(f"#/schemaVersion: expected {NOVA_EMBED_SCHEMA}")
    if body.get("taskType") != "SINGLE_EMBEDDING":
        raise malformed("#/taskType: expected SINGLE_EMBEDDING")
    params = body.get("singleEmbeddingParams")
    if not isinstance(params, Mapping):
        raise malformed("#: required key [singleEmbeddingParams] not found")
    text_at(params, "embeddingPurpose")
    dimensions = integer_at(params, "embeddingDimension", 3072)
    if dimensions not in (256, 384, 1024, 3072):
        raise malformed(f"#/singleEmbeddingParams/embeddingDimension: {dimensions} is not a valid enum value")
    text = params.get("text")
    if not isinstance(text, Mapping):
        raise malformed("#/singleEmbeddingParams: the stand-in embeds text alone")
    text_at(text, "truncationMode")
    value = text_at(text, "value")
    count = tokens.count(value) + tokens.REPLY_OVERHEAD
    found = {"embeddings": [{"embeddingType": "TEXT", "embedding": vector(value, dimensions)}]}
    return Result(found, Usage(count), counts_input=True)


def titan_embed(body: Body, model_id: str) -> Result:
    if "embed-image" in model_id:
        return _titan_embed_image(body)
    if "v2" not in model_id and "v1" in model_id:
        allow_only(body, frozenset({"inputText"}))
        text = _embedded_text(body)
        count = tokens.count(text) + tokens.REPLY_OVERHEAD
        values: dict[str, Any] = {"embedding": vector(text, 1536), "inputTextTokenCount": count}
        return Result(values, Usage(count), counts_input=True)
    allow_only(body, frozenset({"inputText", "dimensions", "normalize", "embeddingTypes"}))
    text = _embedded_text(body)
    dimensions = integer_at(body, "dimensions", 1024)
    if dimensions not in (256, 512, 1024):
        raise malformed(f"#/dimensions: {dimensions} is not a valid enum value")
    kinds = strings_at(body, "embeddingTypes") or ("float",)
    if not set(kinds) <= {"float", "binary"}:
        raise malformed("#/embeddingTypes: expected float or binary")
    found = vector(text, dimensions, normalize=bool(body.get("normalize", True)))
    by_type: dict[str, Any] = {}
    if "float" in kinds:
        by_type["float"] = found
    if "binary" in kinds:
        by_type["binary"] = [int(value > 0) for value in found]
    count = tokens.count(text) + tokens.REPLY_OVERHEAD
    answer: dict[str, Any] = {"embeddingsByType": by_type, "inputTextTokenCount": count}
    if "float" in kinds:
        answer["embedding"] = found
    return Result(answer, Usage(count), counts_input=True)


def cohere_embed(body: Body, model_id: str) -> Result:
    version_4 = "v4" in model_id
    extra = {"inputs", "output_dimension", "max_tokens"} if version_4 else set()
    allow_only(body, frozenset({"input_type", "texts", "images", "truncate", "embedding_types", *extra}))
    kind = text_at(body, "input_type")
    allowed = {"search_document", "search_query", "classification", "clustering", *(set() if version_4 else {"image"})}
    if kind not in allowed:
        raise malformed(f"#/input_type: {kind} is not a valid enum value")
    sides = ("NONE", "LEFT", "RIGHT") if version_4 else ("NONE", "START", "END")
    if body.get("truncate", "NONE") not in sides:
        raise malformed(f"#/truncate: {body['truncate']} is not a valid enum value")
    given = [name for name in ("texts", "images", "inputs") if body.get(name)]
    if len(given) > 1:
        raise malformed(f"#: only one of [{given[0]}] and [{given[1]}] is permitted")
    if not version_4:
        _check_cohere_3(body)
    items, count = _embedded_items(body)
    if len(items) > 96:
        raise malformed(f"#/texts: expected maximum item count: 96, found: {len(items)}")
    dimensions = integer_at(body, "output_dimension", 1536 if version_4 else 1024)
    if dimensions not in (256, 512, 1024, 1536):
        raise malformed(f"#/output_dimension: {dimensions} is not a valid enum value")
    vectors = [vector(item, dimensions) for item in items]
    kinds = strings_at(body, "embedding_types")
    if not set(kinds) <= {"float", "int8", "uint8", "binary", "ubinary"}:
        raise malformed("#/embedding_types: expected float, int8, uint8, binary or ubinary")
    answer: dict[str, Any] = {
        "id": hashlib.sha256("\n".join(items).encode()).hexdigest()[:32],
        "response_type": "embeddings_by_type" if kinds else "embeddings_floats",
        "embeddings": {one: [_as_type(v, one) for v in vectors] for one in kinds} if kinds else vectors,
        "texts": list(strings_at(body, "texts")),
    }
    return Result(answer, Usage(count), counts_input=True)


def _check_cohere_3(body: Body) -> None:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html"""
    if len(strings_at(body, "images")) > 1:
        raise malformed("#/images: expected maximum item count: 1")
    for at, text in enumerate(strings_at(body, "texts")):
        if len(text) > COHERE_3_CHARACTERS_MAX:
            raise malformed(f"#/texts/{at}: expected maxLength: {COHERE_3_CHARACTERS_MAX}, actual: {len(text)}")


def _embedded_items(body: Body) -> tuple[list[str], int]:
    texts = list(strings_at(body, "texts"))
    count = sum(tokens.count(text) + tokens.REPLY_OVERHEAD for text in texts)
    for image in strings_at(body, "images"):
        count += _image_tokens(image)
        texts.append(image)
    for item in objects_at(body, "inputs") if body.get("inputs") else []:
        joined = []
        for part in item.get("content", []):
            if part.get("type") == "image_url":
                url = str(part.get("image_url", {}).get("url"))
                count += _image_tokens(url)
                joined.append(url)
            else:
                count += tokens.count(str(part.get("text", "")))
                joined.append(str(part.get("text", "")))
        texts.append("\n".join(joined))
    if not texts:
        raise malformed("#: required key [texts] not found")
    return texts, count


def _image_tokens(url: str) -> int:
    head, _, data = url.partition("base64,")
    if not head.startswith("data:image/"):
        raise malformed("#/images: expected a data URI")
    picture = inspect(base64.b64decode(data + "=" * (-len(data) % 4)))
    return tokens.count_image(picture.width, picture.height) if picture else tokens.IMAGE_TOKENS_UNKNOWN


def _as_type(values: list[float], kind: str) -> list[float] | list[int]:
    match kind:
        case "int8":
            return [round(value * 127) for value in values]
        case "uint8":
            return [round(value * 127) + 128 for value in values]
        case "binary" | "ubinary":
            packed = [sum((values[at + bit] > 0) << (7 - bit) for bit in range(8)) for at in range(0, len(values), 8)]
            return [byte - 128 for byte in packed] if kind == "binary" else packed
        case _:
            return values


def rerank(body: Body, model_id: str) -> Result:
    allow_only(body, frozenset({"query", "documents", "top_n", "api_version", "max_tokens_per_doc"}))
    query = text_at(body, "query")
    if model_id.startswith("cohere.") and integer_at(body, "api_version", 0, low=0) < 2:
        raise malformed("#/api_version: 0 is not greater or equal to 2")
    documents = [one if isinstance(one, str) else str(one.get("text", one)) for one in list_at(body, "documents")]
    wanted = set(query.lower().split())
    scored = []
    for at, document in enumerate(documents):
        words = document.lower().split()
        hits = sum(word.strip(".,;:!?") in wanted for word in words)
        scored.append((round(min(0.99, (hits + 0.05) / (len(wanted) + 1)), 6), at))
    scored.sort(key=lambda pair: (-pair[0], pair[1]))
    top = integer_at(body, "top_n", len(documents))
    return Result({"results": [{"index": at, "relevance_score": score} for score, at in scored[:top]]}, Usage())


_BLOCKED = (
    "This request has been blocked by our content filters. Our filters automatically flagged this prompt because it "
    "may conflict our AUP or AWS Responsible AI Policy. Please adjust your text prompt to submit a new request."
)

_TASKS = {
    "TEXT_IMAGE": "textToImageParams",
    "INPAINTING": "inPaintingParams",
    "OUTPAINTING": "outPaintingParams",
    "IMAGE_VARIATION": "imageVariationParams",
    "COLOR_GUIDED_GENERATION": "colorGuidedGenerationParams",
    "BACKGROUND_REMOVAL": "backgroundRemovalParams",
    "VIRTUAL_TRY_ON": "virtualTryOnParams",
}


def amazon_image(body: Body, model_id: str) -> Result:
    """Titan Image Generator and Nova Canvas."""
    allow_only(body, frozenset({"taskType", "imageGenerationConfig", *_TASKS.values()}))
    task = text_at(body, "taskType")
    canvas = "nova-canvas" in model_id
    if task not in _TASKS or (task == "VIRTUAL_TRY_ON" and not canvas):
        raise malformed(f"#/taskType: {task} is not a valid enum value")
    parameters = body.get(_TASKS[task])
    if not isinstance(parameters, Mapping):
        raise malformed(f"#: required key [{_TASKS[task]}] not found")
    text = str(parameters.get("text", ""))
    if task == "TEXT_IMAGE":
        text = text_at(parameters, "text")
    limit = 1024 if canvas else 512
    if len(text) > limit:
        raise malformed(f"#/{_TASKS[task]}/text: expected maxLength: {limit}, actual: {len(text)}")
    if FORBIDDEN in text:
        raise validation(_BLOCKED)
    config = body.get("imageGenerationConfig") or {}
    allow_only(config, frozenset({"quality", "numberOfImages", "height", "width", "cfgScale", "seed"}))
    number = integer_at(config, "numberOfImages", 1, high=5)
    # https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html
    least, seed_max = (320, 858_993_459) if canvas else (256, 2_147_483_646)
    width, height = (integer_at(config, side, 1024, low=least, high=4096) for side in ("width", "height"))
    number_at(config, "cfgScale", low=1.1, high=10)
    seed = integer_at(config, "seed", 0, low=0, high=seed_max)
    fine = config.get("quality") == "premium"
    images = [_encoded(f"{text}|{seed}|{at}", width, height, fine=fine) for at in range(number)]
    return Result({"images": images, "error": None}, Usage())


def stability(body: Body, model_id: str) -> Result:
    allowed = {"prompt", "negative_prompt", "aspect_ratio", "seed", "output_format"}
    if "core" not in model_id:
        allowed |= {"mode", "image", "strength"}
    allow_only(body, frozenset(allowed))
    text = text_at(body, "prompt")
    if len(text) > 10_000:
        raise malformed(f"#/prompt: expected maxLength: 10000, actual: {len(text)}")
    _check_stability_mode(body)
    aspect = str(body.get("aspect_ratio", "1:1"))
    if aspect not in _ASPECTS:
        raise malformed(f"#/aspect_ratio: {aspect} is not a valid enum value")
    if body.get("output_format", "png") not in ("png", "jpeg", "webp"):
        raise malformed(f"#/output_format: {body['output_format']} is not a valid enum value")
    seed = integer_at(body, "seed", 0, low=0, high=4_294_967_294)
    seed = seed or int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    across, down = (int(side) for side in aspect.split(":"))
    width = round(1024 * math.sqrt(across / down) / 64) * 64
    height = round(1024 * math.sqrt(down / across) / 64) * 64
    if FORBIDDEN in text:
        return Result({"finish_reasons": ["Filter reason: prompt"]}, Usage())
    return Result(
        {"seeds": [seed], "finish_reasons": [None], "images": [_encoded(f"{text}|{seed}", width, height)]}, Usage()
    )


def _check_stability_mode(body: Body) -> None:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-diffusion-3-5-large.html"""
    if body.get("mode") != "image-to-image":
        return
    for name in ("image", "strength"):
        if body.get(name) is None:
            raise malformed(f"#: required key [{name}] not found")
    if body.get("aspect_ratio") is not None:
        raise malformed("#: extraneous key [aspect_ratio] is not permitted")


def _encoded(prompt: str, width: int, height: int, *, fine: bool = False) -> str:
    return base64.b64encode(paint(prompt, width, height, fine=fine)).decode()
