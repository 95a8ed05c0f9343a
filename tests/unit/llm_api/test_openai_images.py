"""Pictures over Stability's and Amazon's models."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest
from llm_api.dialects import Answer, Delivery
from llm_api.dialects.openai.errors import error_body
from llm_api.dialects.openai.fields import InvalidField
from llm_api.dialects.openai.images import ASPECT_RATIOS, ImageGeneration
from llm_api.errors import BadRequest, Filtered, NotDelivered, PayloadTooLarge, UpstreamFault
from llm_api.events import Response
from llm_api.families.stability import Stability
from llm_api.registry import Target

from local_aws.models.images import paint
from tests.unit.llm_api.dialect_support import CLAUDE, EMBED, post

CORE = Target("picture", "stability.stable-image-core-v1:1", "stability")
TITAN = Target("titan", "amazon.titan-image-generator-v2:0", "titan-image")
CANVAS = Target("canvas", "amazon.nova-canvas-v1:0", "nova-canvas")

PNG = base64.b64encode(paint("a car", 64, 64)).decode()
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(20)).decode()
ROOMY = Delivery(10_000_000)


class Shelf:
    """Files that were put, and where they are said to be."""

    def __init__(self, *, full: bool = False) -> None:
        self.files: list[tuple[bytes, str]] = []
        self.full = full

    def put(self, files: Sequence[tuple[bytes, str]]) -> Sequence[str]:
        if self.full:
            raise NotDelivered("No room.")
        self.files += files
        return [f"https://shelf.example/{at}" for at, _ in enumerate(files)]


def generation(delivery: Delivery = ROOMY, **fields: Any) -> ImageGeneration:
    call = ImageGeneration.parse(post("/v1/images/generations", {"model": "m", "prompt": "A car", **fields}))
    call.delivery = delivery
    return call


def bodies(call: ImageGeneration, target: Target) -> list[dict[str, Any]]:
    return [json.loads(payload.body_bytes()) for payload in call.payloads(target)]


def answer(**body: Any) -> Answer:
    return Answer(json.dumps(body).encode())


def made(*pictures: str) -> Answer:
    return answer(seeds=[7], finish_reasons=[None] * len(pictures), images=list(pictures))


def document(response: Response) -> Any:
    assert isinstance(response.body, bytes)
    return json.loads(response.body)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"prompt": "A car"}),
        ({"size": "auto", "quality": "standard", "background": "opaque"}, {"prompt": "A car"}),
        ({"size": "1536x1024"}, {"prompt": "A car", "aspect_ratio": "3:2"}),
        ({"size": "2100x900"}, {"prompt": "A car", "aspect_ratio": "21:9"}),
        ({"output_format": "jpeg", "seed": 4}, {"prompt": "A car", "output_format": "jpeg", "seed": 4}),
        ({"negative_prompt": "people"}, {"prompt": "A car", "negative_prompt": "people"}),
    ],
)
def test_what_stability_gets(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    # GIVEN WHEN THEN
    assert bodies(generation(**fields), CORE) == [expected]


def test_stability_makes_one_picture_a_request() -> None:
    # GIVEN three pictures, and a row of seeds that ends at the largest
    # WHEN
    sent = bodies(generation(n=3, seed=Stability.largest_seed), CORE)

    # THEN each has a request and a seed of its own, none of which is 0: that would be any
    assert [body["seed"] for body in sent] == [Stability.largest_seed, 1, 2]


@pytest.mark.parametrize("shape", ASPECT_RATIOS)
def test_every_shape_can_be_asked_for(shape: str) -> None:
    # GIVEN a size of that shape
    across, down = (int(side) * 100 for side in shape.split(":"))

    # WHEN THEN
    assert bodies(generation(size=f"{across}x{down}"), CORE)[0]["aspect_ratio"] == shape


@pytest.mark.parametrize("target", [TITAN, CANVAS])
def test_what_amazons_models_get(target: Target) -> None:
    # GIVEN WHEN
    (body,) = bodies(generation(n=2, size="1280x720", quality="high", negative_prompt="people", seed=9), target)

    # THEN
    assert body == {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "A car", "negativeText": "people"},
        "imageGenerationConfig": {"width": 1280, "height": 720, "quality": "premium", "numberOfImages": 2, "seed": 9},
    }


def test_amazons_models_make_five_pictures_a_request_and_never_the_same_ones() -> None:
    # GIVEN seven pictures without a seed, twice: the models' own seed is always the same
    first, second = (bodies(generation(n=7), CANVAS) for _ in range(2))

    # WHEN THEN
    assert [body["imageGenerationConfig"]["numberOfImages"] for body in first] == [5, 2]
    assert len({body["imageGenerationConfig"]["seed"] for body in first + second}) == 4


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 11}, "n"),
        ({"n": 0}, "n"),
        ({"prompt": ""}, "prompt"),
        ({"size": "large"}, "size"),
        ({"size": "0x100"}, "size"),
        ({"quality": "max"}, "quality"),
        ({"response_format": "svg"}, "response_format"),
        ({"output_format": "gif"}, "output_format"),
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
        ({"background": "transparent"}, "background"),
        ({"output_compression": 50}, "output_compression"),
        ({"partial_images": 2}, "partial_images"),
        ({"stream": True}, "stream"),
        ({"style": "natural"}, "style"),
        ({"frame_count": 4}, "frame_count"),
        ({"svg": {}}, "svg"),
        ({"cfg_scale": 3}, "cfg_scale"),
        ({"negative_prompt": 3}, "negative_prompt"),
    ],
)
def test_what_no_model_can_do_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    # GIVEN WHEN THEN
    with pytest.raises(InvalidField) as refused:
        generation(**fields)
    assert refused.value.param == param
    assert param in refused.value.message


@pytest.mark.parametrize(
    ("target", "fields", "param"),
    [
        (CORE, {"size": "1792x1024"}, "size"),
        (CORE, {"quality": "high"}, "quality"),
        (CORE, {"prompt": "x" * 10_001}, "prompt"),
        (CORE, {"seed": 2**32}, "seed"),
        (TITAN, {"output_format": "webp"}, "output_format"),
        (TITAN, {"prompt": "x" * 513}, "prompt"),
        (TITAN, {"negative_prompt": "x" * 513}, "negative_prompt"),
        (CANVAS, {"prompt": "x" * 1025}, "prompt"),
        (CANVAS, {"seed": 858_993_460}, "seed"),
        (CORE, {"response_format": "url"}, "response_format"),
    ],
)
def test_what_this_model_or_deployment_can_not_do_is_refused_by_name(
    target: Target, fields: dict[str, Any], param: str
) -> None:
    # GIVEN a request that another model, or a deployment with a bucket, could serve WHEN THEN
    with pytest.raises(InvalidField) as refused:
        generation(**fields).payloads(target)
    assert refused.value.param == param


@pytest.mark.parametrize("target", [CLAUDE, EMBED])
def test_a_model_that_makes_no_pictures_says_where_it_answers(target: Target) -> None:
    # GIVEN WHEN THEN
    with pytest.raises(BadRequest, match=r"makes no pictures\. It answers on POST /v1/"):
        generation().payloads(target)


def test_what_changes_nothing_is_ignored_with_a_warning() -> None:
    # GIVEN WHEN
    call = generation(user="u", moderation="low", size="1024x1024")

    # THEN
    assert call.warnings(CANVAS) == [
        "user was ignored: Bedrock has no equivalent",
        "moderation was ignored: Bedrock has no equivalent",
    ]
    # AND a size that is only a shape is told
    assert call.warnings(CORE)[2] == "size was taken for the shape 1:1: the model decides on the pixels"


@pytest.mark.parametrize(("target", "picture", "name"), [(CORE, JPEG, "jpeg"), (TITAN, PNG, "png")])
def test_pictures_come_in_the_answer(target: Target, picture: str, name: str) -> None:
    # GIVEN WHEN
    body = document(generation(n=2).render(target, [made(picture), made(picture)]))

    # THEN the format is what the picture is, whatever was asked for
    assert body["data"] == [{"b64_json": picture}] * 2
    assert body["output_format"] == name
    assert body["created"] > 1_700_000_000


def test_pictures_come_by_url() -> None:
    # GIVEN a place for them
    shelf = Shelf()

    # WHEN
    response = generation(Delivery(10_000_000, shelf), response_format="url").render(CORE, [made(PNG)])

    # THEN
    assert document(response)["data"] == [{"url": "https://shelf.example/0"}]
    assert shelf.files == [(base64.b64decode(PNG), "image/png")]


def test_what_does_not_fit_comes_by_url_with_a_warning() -> None:
    # GIVEN an answer with less room than the picture takes
    call = generation(Delivery(100, Shelf()))

    # WHEN THEN
    assert document(call.render(CORE, [made(PNG)]))["data"] == [{"url": "https://shelf.example/0"}]
    assert "response_format is url instead of b64_json" in call.warnings(CORE)[0]


def test_what_neither_fits_nor_has_a_place_is_too_large() -> None:
    # GIVEN WHEN THEN
    with pytest.raises(PayloadTooLarge, match=r"images = \{\}"):
        generation(Delivery(100)).render(CORE, [made(PNG)])


def test_what_can_not_be_stored_comes_in_the_answer() -> None:
    # GIVEN a place that takes nothing
    call = generation(Delivery(10_000_000, Shelf(full=True)), response_format="url")

    # WHEN THEN what was paid for reaches the caller
    assert document(call.render(CORE, [made(PNG)]))["data"] == [{"b64_json": PNG}]
    assert "response_format is b64_json instead of url" in call.warnings(CORE)[0]


def test_what_can_neither_be_stored_nor_sent_is_no_fault_of_the_callers() -> None:
    # GIVEN WHEN THEN
    with pytest.raises(NotDelivered) as failed:
        generation(Delivery(100, Shelf(full=True))).render(CORE, [made(PNG)])
    assert (failed.value.status, failed.value.retryable) == (502, False)


@pytest.mark.parametrize(
    ("target", "body"),
    [
        (CORE, {"finish_reasons": ["Filter reason: prompt"]}),
        (CORE, {"seeds": [1], "finish_reasons": ["Filter reason: output image"], "images": []}),
        (CANVAS, {"images": [], "error": "All of the generated images have been blocked."}),
        (TITAN, {"images": None, "amazon-bedrock-guardrailAction": "INTERVENED"}),
    ],
)
def test_what_was_withheld_is_a_400_of_its_own(target: Target, body: dict[str, Any]) -> None:
    # GIVEN WHEN THEN
    with pytest.raises(Filtered) as withheld:
        generation().render(target, [answer(**body)])
    assert error_body(withheld.value)["error"] == {
        "message": withheld.value.message,
        "type": "invalid_request_error",
        "param": None,
        "code": "content_policy_violation",
    }
    assert "blocked." not in withheld.value.message


def test_some_that_were_withheld_leave_the_others() -> None:
    # GIVEN two pictures, one of them filtered
    call = generation(n=2)

    # WHEN
    body = document(call.render(CORE, [made(PNG), answer(finish_reasons=["Filter reason: output image"])]))

    # THEN the one that is there is handed on, since it was paid for
    assert body["data"] == [{"b64_json": PNG}]
    assert call.warnings(CORE) == ["n: 1 of 2 pictures were made; the model's filter withheld the others"]


@pytest.mark.parametrize(
    "body",
    [
        {"finish_reasons": ["Inference error"]},
        {"finish_reasons": [None]},
        {"images": []},
        {"images": ["no base64"]},
        {"images": [base64.b64encode(b"<svg/>").decode()]},
        {"images": [7]},
        {"images": 7},
        {},
    ],
)
def test_an_answer_without_a_picture_is_the_upstreams_fault(body: dict[str, Any]) -> None:
    # GIVEN WHEN THEN
    with pytest.raises(UpstreamFault):
        generation().render(CORE, [answer(**body)])


def test_an_answer_that_is_no_object_is_the_upstreams_fault() -> None:
    # GIVEN WHEN THEN
    with pytest.raises(UpstreamFault):
        generation().render(CORE, [Answer(b"[1]")])
