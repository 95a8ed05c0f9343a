"""Clients of AWS's services, made by botocore from the service data in this package.

botocore's own data describes every service in every Region, and looking through it is a fifth of a cold start; `data/`
holds the same for the services that are used here (see `service_data.py` beside the package). botocore reads it as if
it were its own, so that endpoints follow the same rules, and its own is used

- for a service that is not in `data/`,
- where the user overrides botocore's data (AWS_DATA_PATH), because theirs would not be seen otherwise,
- under FIPS, where nothing but AWS's own word will do,
- where botocore can't make a client of ours, such as a future one that wants files which don't exist yet.
"""

import json
import os
import threading
from typing import Any

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")

_lock = threading.Lock()
_sessions: dict[bool, Any] = {}


def create_client(service: str, **config: Any) -> Any:
    """A client of `service` in the function's Region, with botocore's own retries off.

    Parameters:
        config: arguments of `botocore.config.Config`.
    """
    from botocore.config import Config

    only_once = Config(retries={"total_max_attempts": 1, "mode": "standard"}, **config)
    with _lock:  # sessions are not thread-safe, the clients made from them are
        if os.path.isdir(os.path.join(DATA, service)) and not _wants_botocores_data():
            try:
                return _session(own_data=True).create_client(service, config=only_once)
            except Exception as error:
                # Whatever it is, botocore's own data either mends it or fails in the same way, and then it is raised.
                print(_warning(error), flush=True)
        return _session(own_data=False).create_client(service, config=only_once)


def _wants_botocores_data() -> bool:
    session = _session(own_data=True)
    return bool(session.get_config_variable("data_path") or session.get_config_variable("use_fips_endpoint"))


def _session(*, own_data: bool) -> Any:
    """A session, made on first use."""
    from botocore.session import Session

    if own_data not in _sessions:
        session = Session()
        if own_data:
            session.register_component("data_loader", _loader())
        _sessions[own_data] = session
    return _sessions[own_data]


def _loader() -> Any:
    from botocore.loaders import Loader

    class OwnData(Loader):
        # Where botocore looks for its own files, after the user's; and what it trusts as its own.
        BUILTIN_DATA_PATH = DATA

    return OwnData()


def _warning(error: Exception) -> str:
    return json.dumps(
        {
            "level": "WARNING",
            "message": "botocore makes no client from this package's service data; its own is used",
            "service": os.environ.get("POWERTOOLS_SERVICE_NAME", "llm-api"),
            "exception_name": type(error).__name__,
        }
    )
