"""Python's wall clock, wrong by so many seconds, in a process that has this folder on its PYTHONPATH.

The monotonic clock is left alone: it has no date that could be wrong.
"""

import datetime
import os
import time

AHEAD_SECONDS = float(os.environ["LOCAL_AWS_CLOCK_AHEAD_SECONDS"])

_time, _gmtime, _localtime = time.time, time.gmtime, time.localtime


class _Datetime(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "_Datetime":
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> "_Datetime":
        return cls.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)


def _wrong() -> float:
    return _time() + AHEAD_SECONDS


time.time = _wrong
time.gmtime = lambda seconds=None: _gmtime(_wrong() if seconds is None else seconds)
time.localtime = lambda seconds=None: _localtime(_wrong() if seconds is None else seconds)
datetime.datetime = _Datetime  # type: ignore[misc]
