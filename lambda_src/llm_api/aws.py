"""The environment's one botocore session, which every client is made from.

Making a session reads botocore's endpoint data, more than a megabyte of JSON, so it is made once and on first use.
"""

import threading
from typing import Any

_lock = threading.Lock()
_session: Any = None


def create_client(service: str, **config: Any) -> Any:
    """A client of `service` in the function's Region, with botocore's own retries off.

    Parameters:
        config: arguments of `botocore.config.Config`.
    """
    import botocore.session
    from botocore.config import Config

    global _session
    with _lock:  # sessions are not thread-safe, the clients made from them are
        if _session is None:
            _session = botocore.session.get_session()
        only_once = Config(retries={"total_max_attempts": 1, "mode": "standard"}, **config)
        return _session.create_client(service, config=only_once)
