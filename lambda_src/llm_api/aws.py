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
import platform
import threading
import time
from typing import Any

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")

IDLE_SECONDS = 10.0
"""The most that a connection may have been idle when it is used."""

_lock = threading.Lock()
_session: Any = None
_standard_session: Any = None


def create_client(service: str, **config: Any) -> Any:
    """A client of `service` in the function's Region, with botocore's own retries off.

    Parameters:
        config: arguments of `botocore.config.Config`.
    """
    from botocore import __version__ as version
    from botocore.config import Config

    # Who calls, in one piece: botocore would put its own together anew for each request.
    agent = f"Botocore/{version} lang/python#{platform.python_version()} app/llm-api"
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        config["proxies"] = {}  # what botocore would find out by importing `urllib.request`
    # Parameters are put together here, out of what was checked before.
    config |= {"user_agent": agent, "parameter_validation": False}
    only_once = Config(retries={"total_max_attempts": 1, "mode": "standard"}, **config)
    with _lock:  # sessions are not thread-safe, the clients made from them are
        if os.path.isdir(os.path.join(DATA, service)) and not _wants_botocores_data():
            try:
                return _renewing(_own_session().create_client(service, config=only_once))
            except Exception as error:
                # Whatever it is, botocore's own data either mends it or fails in the same way, and then it is raised.
                print(_warning(error), flush=True)
        return _renewing(_botocores_session().create_client(service, config=only_once))


def _renewing(client: Any) -> Any:
    """The client, made to open new connections where its last request was a while ago.

    AWS's hosts give an idle connection up after 5 (S3) to 90 seconds (DynamoDB), what stands between after 350, and a
    frozen environment hears nothing of it. What it sends then is lost without a word on whether it had arrived. SDKs
    send such a request again; what may have been done or paid for is never sent again here, so it would be a failure.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """
    lock = threading.Lock()
    last = time.monotonic()

    def renew(**_: object) -> None:
        nonlocal last
        with lock:  # of several that come after a pause the first closes, before any of them takes a connection
            now = time.monotonic()
            if now - last > IDLE_SECONDS:
                client.close()  # those at work are left alone
            last = now

    client.meta.events.register("before-send", renew)
    return client


def session() -> Any:
    """The session for what takes no client: credentials, the Region, what AWS calls its hosts."""
    with _lock:
        return _botocores_session() if _wants_botocores_data() else _own_session()


def _wants_botocores_data() -> bool:
    session = _own_session()
    return bool(session.get_config_variable("data_path") or session.get_config_variable("use_fips_endpoint"))


def _own_session() -> Any:
    """The session over the data in this package, made on first use."""
    from botocore.session import Session

    global _session
    if _session is None:
        _session = Session()
        _session.register_component("data_loader", _loader())
        _session.register_component("credential_provider", _FromEnvironment(_session))
    return _session


class _FromEnvironment:
    """Credentials in botocore's order. Lambda puts them where it looks first, and only elsewhere the rest is made."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def load_credentials(self) -> Any:
        from botocore.credentials import EnvProvider, create_credential_resolver

        found = EnvProvider().load()
        if found is not None:
            return found
        region = self._session.get_config_variable("region")
        return create_credential_resolver(self._session, region_name=region).load_credentials()


def _botocores_session() -> Any:
    """The session over botocore's own data, made on first use."""
    from botocore.session import Session

    global _standard_session
    if _standard_session is None:
        _standard_session = Session()
    return _standard_session


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
