"""Pictures under budgets: paid by the piece where they are made, by their tokens where they are read."""

import base64
import json

import pytest

from tests.unit.llm_api.metered import CONVERSE, FILTERED, PICTURE, PICTURES, Deploy, deploy
from tests.unit.llm_api.model_wire import (
    CONVERSE_ANSWER,
    Reply,
    answer,
    failure,
    whole,
)

__all__ = ["deploy"]


def test_pictures_are_paid_by_the_piece(deploy: Deploy) -> None:
    # GIVEN an image model
    world = deploy()
    body = {"taskType": "TEXT_IMAGE", "imageGenerationConfig": {"numberOfImages": 2}}

    # WHEN it makes two
    world.send("/model/{modelId}/invoke", body, answer({"images": ["a", "b"]}), model="canvas")

    # THEN two are paid, and no tokens
    assert (world.used("tokens"), world.used("usd")) == (0, 80_000_000_000)


def test_a_picture_in_a_message_is_settled_to_its_tokens(deploy: Deploy) -> None:
    # GIVEN a request with a large picture
    world = deploy()
    data = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(200_000)).decode()
    content = [{"image": {"format": "png", "source": {"bytes": data}}}, {"text": "What is it?"}]

    # WHEN it is answered
    body = {**CONVERSE, "messages": [{"role": "user", "content": content}]}
    world.send("/model/{modelId}/converse", body, answer(CONVERSE_ANSWER))

    # THEN what was set aside is a picture's worth, and what is counted is what it used
    assert world.log["reserved_tokens"] < 7000
    assert world.used("tokens") == 7


@pytest.mark.parametrize(
    ("replies", "status", "pictures", "settlement"),
    [
        ((PICTURE,) * 3, 200, 3, "exact"),
        ((FILTERED,) * 3, 400, 3, "stands"),
        ((PICTURE, FILTERED, PICTURE), 200, 3, "stands"),
        ((PICTURE, PICTURE, failure(400, "ValidationException")), 400, 2, "exact"),
        ((PICTURE, PICTURE, failure(500, "InternalServerException")), 502, 3, "stands"),
        ((PICTURE, *(failure(400, "ServiceQuotaExceededException"),) * 2), 429, 1, "exact"),
        ((answer(b"<html>"), PICTURE, PICTURE), 502, 3, "stands"),
    ],
)
def test_pictures_are_settled_one_by_one(
    deploy: Deploy, replies: tuple[Reply, ...], status: int, pictures: int, settlement: str
) -> None:
    # GIVEN a tenant with a budget in dollars
    world = deploy()

    # WHEN three pictures are asked for, which are three requests to the model
    response = world.send("/v1/images/generations", PICTURES, *replies)

    # THEN each that was made is counted at its price; whatever may have to be paid stays reserved, and each request
    assert (response.status, world.log["settlement"]) == (status, settlement)
    assert world.used("usd") == pictures * 80_000_000_000
    assert (world.used("requests"), world.used("tokens")) == (3, 0)


def test_pictures_that_a_budget_has_no_room_for_are_not_made(deploy: Deploy) -> None:
    # GIVEN a budget that two pictures fit into
    world = deploy(usd_per_day="0.2")

    # WHEN three are asked for, and then two
    refused = world.send("/v1/images/generations", PICTURES)
    made = world.send("/v1/images/generations", {**PICTURES, "n": 2}, PICTURE, PICTURE)

    # THEN
    assert (refused.status, made.status) == (429, 200)
    assert json.loads(whole(refused))["error"]["code"] == "insufficient_quota"


def test_url_without_a_bucket_costs_nothing(deploy: Deploy) -> None:
    # GIVEN a deployment without a bucket
    world = deploy()

    # WHEN
    response = world.send("/v1/images/generations", {**PICTURES, "response_format": "url"})

    # THEN it is refused before anything is reserved
    assert json.loads(whole(response))["error"]["param"] == "response_format"
    assert (response.status, world.table.writes, world.wire.received) == (400, 0, [])
