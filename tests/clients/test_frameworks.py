"""Frameworks and agents that people run, each in its own environment, against the applied quickstart.

`make clients` runs more of them, and more of each.
"""

import pytest

from tests.clients.running import missing, run
from tests.clients.table import CLIENTS, Client
from tests.support import Api


@pytest.mark.parametrize("client", [one for one in CLIENTS if one.everyday], ids=lambda client: client.name)
def test_what_a_client_asks_is_answered(client: Client, api: Api) -> None:
    # GIVEN a client that is installed
    if lacking := missing(client):
        pytest.skip(lacking)

    # WHEN its checks run, with nothing set but the address, the key and the model
    outcomes = run(client, api.url, api.key, api.ca_file, checks=client.everyday)

    # THEN each of them passes, without a switch
    assert {name: one.why or one.switch for name, one in outcomes.items()} == dict.fromkeys(client.everyday, "")
