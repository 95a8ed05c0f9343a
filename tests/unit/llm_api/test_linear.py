"""From bytes to the reservation every step is linear in the body, and holds little more than it.

Each of the hard bodies is sent at one size and at a larger one, and what it takes is compared, so that it makes no
difference how fast the machine is, or how busy: calls are counted, of Python's functions and of C's; and since a single
call may do anything, the processor's time is compared as well.
"""

import gc
import io
import json
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from types import FrameType
from typing import Any

import pytest
from llm_api.deadline import Deadline
from llm_api.dialects.json_body import MAX_CONTAINERS, MAX_VALUES, parts_of
from llm_api.entry import buffered
from llm_api.events import Request
from llm_api.registry import Endpoint, Price, Target

from tests.hard_bodies import HARD, SHAPED, WRITTEN, Hard
from tests.unit.llm_api.metered import CANVAS, EMBED, FAST, KEY, NOVA, PAINT, PRICE, Deploy, World, deploy
from tests.unit.llm_api.proxy_events import proxy_event
from tests.unit.llm_api.test_metering import all_routes

__all__ = ["deploy"]

COHERE = Target("cohere", "cohere.embed-v4:0", "cohere-embed", price=Price(input=1, image=1))
TUNED = Target("tuned", None, "sagemaker", max_output_tokens=9, price=PRICE, endpoint=Endpoint("a", format="openai"))
DECLARED = FAST._replace(betas=frozenset({"declared-2026-01-01"}))

SMALL, TWICE = 10_000, 20_000
SHORT, LONG = 50_000, 200_000
TIMED = [name for name in HARD if name not in SHAPED]
COUNTED = [name for name in HARD if name not in WRITTEN]
LIGHT = 40_000
LAMBDAS_BYTES = 5_900_000
"""Of a body: an event has at most 6 MB."""
FIXED_BYTES = 40_000_000
"""Of memory, for so many small values as are read at all."""
ENOUGH_SECONDS = 0.05
"""Of the processor's time, so that its clock and what is the same for every body make no difference."""


@pytest.fixture
def world(deploy: Deploy) -> World:
    """A deployment with a tenant who has room for nothing, so that each request ends at its reservation."""
    return deploy(DECLARED, NOVA, EMBED, CANVAS, PAINT, COHERE, TUNED, requests_per_day="0", tokens_per_minute="1")


def event_of(hard: Hard, size: int) -> tuple[bytes, int]:
    """What Lambda hands over, and how long the body in it is."""
    path = (
        hard.route.replace("{modelId}", hard.model)
        .replace("{name}", "w")
        .replace("{execution}", "marketing-" + "0" * 16)
    )
    body = hard.make(size)
    headers = {"authorization": f"Bearer {KEY}"}
    event = proxy_event(resource=hard.route, path=path, headers=headers, multiValueHeaders=None, body=body.decode())
    return json.dumps(event, ensure_ascii=False).encode(), len(body)


def answer(world: World, payload: bytes) -> dict[str, Any]:
    with redirect_stdout(io.StringIO()):
        response = buffered(world.app, json.loads(payload), 60_000)
    assert response["statusCode"] in (400, 404, 413, 429), response
    return response


class Calls:
    """Calls of any function, Python's or C's."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_call"):
            self.number += 1


@contextmanager
def counting() -> Iterator[Calls]:
    calls, before = Calls(), sys.getprofile()
    sys.setprofile(calls)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def test_every_route_with_a_body_has_hard_ones() -> None:
    # GIVEN all routes that take a body, save those that share their parser with another one
    twins = {"/model/{modelId}/invoke-with-response-stream", "/model/{modelId}/converse-stream"}
    routes = {route for method, route in all_routes() if method == "POST"} - twins

    # THEN each is in the table: a new one has to be put there
    assert routes == {hard.route for hard in HARD.values()}


@pytest.mark.parametrize("name", COUNTED)
def test_twice_the_body_takes_twice_the_calls(world: World, name: str) -> None:
    # GIVEN a hard body, and one of double the size
    numbers = []
    for size in (1000, SMALL, TWICE):
        payload, _ = event_of(HARD[name], size)

        # WHEN each is read, once everything is imported
        with counting() as calls:
            answer(world, payload)
        numbers.append(calls.number)

    # THEN the second took about twice as many calls as the first, or the same
    _, small, twice = numbers
    assert twice <= 2.5 * small + 200


@pytest.mark.parametrize("name", TIMED)
def test_four_times_the_body_takes_four_times_the_time(world: World, name: str) -> None:
    # GIVEN a hard body, and one of four times the size
    answer(world, event_of(HARD[name], 1000)[0])
    long, _ = event_of(HARD[name], LONG)
    took = processor_seconds(world, long)
    if took < ENOUGH_SECONDS:
        return  # so little that nothing is in it that grows faster

    # WHEN both are read, THEN the time is a line's: a square's would be sixteen times as long
    short, _ = event_of(HARD[name], SHORT)
    least = min(processor_seconds(world, short) for _ in range(3))
    took = min(took, *(processor_seconds(world, long) for _ in range(2)))
    assert took < max(ENOUGH_SECONDS, 9 * least)


def processor_seconds(world: World, payload: bytes) -> float:
    gc.collect()
    began = time.thread_time()
    answer(world, payload)
    return time.thread_time() - began


@pytest.mark.parametrize("name", HARD)
def test_a_body_takes_little_more_memory_than_itself(world: World, name: str) -> None:
    # GIVEN a hard body, and how many times as long the longest of its kind is that Lambda hands over and we read
    answer(world, event_of(HARD[name], 1000)[0])
    payload, length = event_of(HARD[name], LIGHT)
    parts, values = parts_of(json.loads(payload)["body"].encode())
    times = min(LAMBDAS_BYTES / length, MAX_CONTAINERS / max(1, parts), MAX_VALUES / max(1, values))

    # WHEN it is read, THEN so many times its memory is at most eight times the longest, and a fixed amount
    if times * memory_of(world, payload) > 8 * times * length + FIXED_BYTES:
        # Or the longest itself takes less than that: lists and objects have limits of their own.
        payload, length = event_of(HARD[name], int(times * LIGHT))
        assert memory_of(world, payload) <= 8 * length + FIXED_BYTES


def memory_of(world: World, payload: bytes) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        answer(world, payload)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_stands_in_a_text_is_no_part_of_the_body() -> None:
    # GIVEN a text of nothing but brackets, commas and escaped quotes, on the border of every piece that is looked at
    for lead in range(8):
        text = "x" * lead + '{[,"\\\\' * MAX_VALUES
        body = json.dumps({"a": [text, {"b": text}]}).encode()

        # WHEN its parts are counted, THEN they are those of JSON alone
        assert parts_of(body) == (3, 4)


@pytest.mark.parametrize(("pattern", "number"), [("{}", MAX_CONTAINERS), ("[]", MAX_CONTAINERS), ("0", MAX_VALUES)])
def test_more_parts_than_a_model_reads_are_refused(world: World, pattern: str, number: int) -> None:
    # GIVEN a body of too many parts
    body = f'{{"messages":[{",".join([pattern] * (number + 1))}]}}'

    # WHEN it is sent
    response = world.app.handle(request_of(body), deadline())

    # THEN it is refused before anything is made of it, and the message says how many there may be
    assert response.status == 400
    assert f"{MAX_CONTAINERS:,}" in str(response.body)


def request_of(body: str) -> Request:
    path = "/model/{modelId}/converse"
    headers = {"authorization": f"Bearer {KEY}"}
    return Request("r", "POST", path, path.replace("{modelId}", "fast"), headers, {}, body.encode())


def deadline() -> Deadline:
    return Deadline.after(60)
