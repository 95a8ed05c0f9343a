"""Sandboxes that are started with something wrong: their disk, their clock, their credentials."""

import json
import time

import pytest

from local_aws.faults import Faults
from local_aws.tests.lambda_support import Account

WRITES = """
import os, tempfile
def handler(event, context):
    print("here")
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"x" * 100)
            file.flush()
    except OSError as error:
        return error.strerror
    return "written"
"""
TELLS_THE_TIME = """
import datetime, time
def handler(event, context):
    utc = datetime.timezone.utc
    now = datetime.datetime.now(utc).timestamp()
    naive = datetime.datetime.utcnow().replace(tzinfo=utc).timestamp()
    broken_down = time.mktime(time.localtime())
    return [time.time(), now, naive, broken_down]
"""
SHOWS_ITS_KEY = """
import os
def handler(event, context):
    return os.environ["AWS_ACCESS_KEY_ID"]
"""


def test_a_full_disk_takes_nothing_and_the_log_is_written_all_the_same(account: Account, faults: Faults) -> None:
    # GIVEN a function that writes to a file, and says so
    account.deploy(WRITES)
    # WHEN its next sandbox has no room
    faults.add("sandbox_full", model="echo")
    # THEN nothing is written there
    assert "No usable temporary directory" in account.call()
    # AND another one has room
    assert account.service.wait_until_idle()
    account.service.end_idle_sandboxes()
    assert account.call() == "written"
    assert account.log_lines().count("here") == 2


@pytest.mark.parametrize("seconds", [-600.0, 600.0])
def test_a_wrong_clock_is_wrong_however_it_is_asked(account: Account, faults: Faults, seconds: float) -> None:
    # GIVEN a sandbox whose clock is wrong
    account.deploy(TELLS_THE_TIME)
    faults.add("sandbox_clock", seconds=seconds)
    # WHEN it tells the time THEN it is off by as much in each way
    for told in account.call():
        assert told - time.time() == pytest.approx(seconds, abs=30)
    # AND the next one is right
    assert account.service.wait_until_idle()
    account.service.end_idle_sandboxes()
    assert account.call()[0] == pytest.approx(time.time(), abs=30)


def test_credentials_expire_when_the_fault_says(account: Account, faults: Faults) -> None:
    # GIVEN a sandbox whose credentials expire in a minute
    account.deploy(SHOWS_ITS_KEY)
    faults.add("sandbox_expires", seconds=60.0)
    # WHEN it runs
    credentials = account.credentials.find(account.call())
    # THEN they are the role's, for that minute
    assert credentials is not None
    assert credentials.role_arn == account.role.arn
    assert not credentials.expired(time.time() + 30)
    assert credentials.expired(time.time() + 60)


def test_a_sandbox_fault_waits_for_its_function(account: Account, faults: Faults) -> None:
    # GIVEN a fault for another function, and one of a model
    account.deploy(WRITES)
    faults.add("sandbox_full", model="another")
    faults.add("stall")
    # WHEN a sandbox starts THEN neither strikes
    assert account.call() == "written"
    assert json.dumps(faults.list()).count("kind") == 2
