"""Faults in waiting: for whom, how often, from JSON."""

import threading

import pytest

from local_aws.faults import ERRORS, KINDS, Fault, Faults
from local_aws.models.errors import of_fault


def test_fault_strikes_as_often_as_it_was_told() -> None:
    # GIVEN a fault for two calls
    faults = Faults()
    faults.add("throttle", times=2)
    # WHEN three calls come
    struck = [len(faults.take("any", "converse")) for _ in range(3)]
    # THEN two are struck
    assert struck == [1, 1, 0]


def test_fault_without_end_strikes_until_it_is_cleared() -> None:
    # GIVEN a fault without end
    faults = Faults()
    faults.add("internal", times=None)
    # WHEN it is cleared after three calls
    before = [len(faults.take("m", "invoke")) for _ in range(3)]
    faults.clear()
    # THEN it struck until then
    assert (before, list(faults.take("m", "invoke"))) == ([1, 1, 1], [])


def test_fault_waits_for_its_model_and_operation() -> None:
    # GIVEN a fault for one operation of Claude
    faults = Faults()
    faults.add("throttle", model="claude", operation="converse")
    # WHEN others are called THEN it waits
    assert not faults.take("amazon.nova-lite-v1:0", "converse")
    assert not faults.take("us.anthropic.claude-sonnet-4", "invoke")
    # WHEN it is the one THEN it strikes
    assert faults.take("us.anthropic.claude-sonnet-4", "converse")


def test_fault_of_the_table_spares_models_and_theirs_spare_the_table() -> None:
    # GIVEN a fault of each
    faults = Faults()
    faults.add("table_silent")
    faults.add("stall")
    # WHEN both are called THEN each is struck by its own
    assert [fault.kind for fault in faults.take("m", "converse")] == ["stall"]
    assert [fault.kind for fault in faults.take("a-table", "dynamodb:UpdateItem")] == ["table_silent"]


def test_one_call_takes_one_error_and_every_delay() -> None:
    # GIVEN two errors and a stall
    faults = Faults()
    for kind in ("throttle", "stall", "internal"):
        faults.add(kind)
    # WHEN two calls come THEN the first takes the first error and the stall, the second the second error
    assert [fault.kind for fault in faults.take("m", "invoke")] == ["throttle", "stall"]
    assert [fault.kind for fault in faults.take("m", "invoke")] == ["internal"]


def test_fault_of_a_stream_waits_for_a_stream() -> None:
    # GIVEN a fault that only a stream can have
    faults = Faults()
    faults.add("error_frame_after", frames=1)
    # WHEN a buffered call comes, and then a stream THEN the stream is struck
    assert not faults.take("m", "converse")
    assert faults.take("m", "converse-stream")


def test_fault_that_strikes_once_strikes_one_of_many_at_once() -> None:
    # GIVEN a fault for ten calls
    faults = Faults()
    faults.add("throttle", times=10)
    struck: list[int] = []
    gate = threading.Barrier(8)

    def call() -> None:
        gate.wait()
        struck.extend(len(faults.take("m", "invoke")) for _ in range(50))

    # WHEN eight callers come at once
    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # THEN ten are struck, no more and no fewer
    assert sum(struck) == 10


def test_fault_from_json() -> None:
    # WHEN the control endpoint gets a body
    faults = Faults()
    faults.add_json(b'{"kind": "error_frame_after", "model": "nova", "times": 2, "frames": 3}')
    # THEN the fault waits with what it says
    waiting = faults.list()[0]
    assert {key: waiting[key] for key in ("kind", "model", "times", "frames")} == {
        "kind": "error_frame_after",
        "model": "nova",
        "times": 2,
        "frames": 3,
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[]", "JSON object"),
        (b"{}", "at least a kind"),
        (b'{"kind": "flood"}', "There is no fault 'flood'"),
        (b'{"kind": "stall", "minutes": 1}', "takes the options"),
        (b'{"kind": "stall", "times": 0}', "at least once"),
        (b"nonsense", "Expecting value"),
    ],
)
def test_fault_from_bad_json_says_what_is_wrong(body: bytes, message: str) -> None:
    # WHEN the body is no fault THEN the error says why
    with pytest.raises(ValueError, match=message):
        Faults().add_json(body)


def test_clear_wakes_whoever_a_fault_put_to_sleep() -> None:
    # GIVEN a call asleep for a minute
    faults = Faults()
    asleep = threading.Event()

    def call() -> None:
        asleep.set()
        faults.sleep(60)

    thread = threading.Thread(target=call)
    thread.start()
    asleep.wait()
    # WHEN the faults are cleared until it wakes
    for _ in range(1000):
        faults.clear()
        thread.join(0.01)
        if not thread.is_alive():
            break
    # THEN it woke before its time
    assert not thread.is_alive()


def test_every_error_has_an_answer() -> None:
    # WHEN the kinds are gone through THEN those that promise an exception have one, and no others
    answering = {kind for kind, does in KINDS.items() if does.startswith("answer ") and kind != "not_json"}
    assert answering == ERRORS
    for kind in KINDS:
        error = of_fault(Fault(kind), "some-model", sagemaker=False)
        assert (error is not None) == (kind in ERRORS)
