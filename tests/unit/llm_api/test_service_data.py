"""The service data in the package gives botocore the same endpoints as its own, on old and new versions of it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore import xform_name
from botocore.loaders import Loader
from llm_api import aws

from lambda_src import service_data
from tests.unit.llm_api.conftest import OLDEST_BOTOCORE

ROOT = Path(__file__).resolve().parents[3]
INSTALLED = Path(botocore.__file__).parent

PROGRAM = """
import json, os, sys
import botocore, botocore.session
from llm_api import aws

def described(client, operation, region):
    url, properties = client._ruleset_resolver.construct_endpoint(
        client.meta.service_model.operation_model(operation),
        {},
        {"client_region": region, "client_config": client.meta.config},
    )[:2]
    signer = client._request_signer
    return [client.meta.endpoint_url, url, properties, client.meta.partition, signer.signing_name, signer.region_name]

OPERATIONS = {
    "bedrock-runtime": "Converse",
    "dynamodb": "UpdateItem",
    "sagemaker-runtime": "InvokeEndpoint",
    "stepfunctions": "StartExecution",
}
with open(os.path.join(os.path.dirname(botocore.__file__), "data", "endpoints.json")) as file:
    partitions = json.load(file)["partitions"]
theirs = botocore.session.Session()
differing, compared = [], 0
for region in [name for partition in partitions for name in partition["regions"]] + ["us-unheardof-7"]:
    os.environ["AWS_DEFAULT_REGION"] = region
    aws._session = None
    for service, operation in OPERATIONS.items():
        ours = aws.create_client(service)
        assert service in "".join(map(str, aws._session.get_component("data_loader")._cache))
        compared += 1
        standard = theirs.create_client(service, region_name=region)
        if described(ours, operation, region) != described(standard, operation, region):
            differing.append([service, region])
print(json.dumps({"version": botocore.__version__, "compared": compared, "differing": differing}))
"""


def compared(*folders: Path) -> dict[str, Any]:
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(map(str, [*folders, ROOT / "lambda_src"])),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_every_region_has_the_endpoints_of_the_installed_botocore() -> None:
    # GIVEN every Region that botocore knows, and one that it doesn't
    # WHEN clients are made from our data and from botocore's own
    found = compared()
    # THEN they call, and sign for, the same endpoints
    assert found["version"] == botocore.__version__
    assert found["differing"] == []
    assert found["compared"] > 100


def test_every_region_has_the_endpoints_of_the_oldest_botocore(oldest_botocore: Path) -> None:
    # GIVEN the oldest botocore that a managed runtime may bring
    # WHEN clients are made from our data and from its own
    found = compared(oldest_botocore)
    # THEN they call, and sign for, the same endpoints
    assert found["version"] == OLDEST_BOTOCORE
    assert found["differing"] == []


def test_data_is_the_cut_of_the_installed_botocore() -> None:
    # GIVEN the botocore that the requirements pin
    # THEN the files in the package are cut from it
    assert service_data.committed() == service_data.cut(INSTALLED / "data"), (
        "run `python lambda_src/service_data.py` and commit lambda_src/llm_api/data"
    )


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No session yet, and an environment in which one can be made."""
    monkeypatch.setattr(aws, "_session", None)
    monkeypatch.setattr(aws, "_standard_session", None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    for name in ("AWS_ENDPOINT_URL", "AWS_DATA_PATH", "AWS_USE_FIPS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def loads_endpoints_from(session: Any) -> str:
    loader = session.get_component("data_loader")
    return str(loader.load_data_with_path("endpoints")[1])


def test_botocores_own_data_is_not_read(fresh: pytest.MonkeyPatch) -> None:
    # GIVEN nothing special
    # WHEN a client is made
    aws.create_client("bedrock-runtime")
    # THEN all of its data came from the package
    assert loads_endpoints_from(aws._session).startswith(aws.DATA)
    assert aws._standard_session is None


def test_fips_gets_botocores_own_data(fresh: pytest.MonkeyPatch) -> None:
    # GIVEN a deployment that wants FIPS endpoints
    fresh.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    # WHEN a client is made
    client = aws.create_client("bedrock-runtime")
    # THEN it has one, out of botocore's own data
    assert client.meta.endpoint_url == "https://bedrock-runtime-fips.us-east-1.amazonaws.com"
    assert loads_endpoints_from(aws._standard_session).startswith(str(INSTALLED))


def test_a_users_data_path_is_followed(fresh: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # GIVEN a user's own model of a service, with an operation that AWS doesn't have
    model = service_data.committed()["dynamodb/2012-08-10/service-2"]
    model["operations"]["Foretell"] = {**model["operations"]["GetItem"], "name": "Foretell"}
    folder = tmp_path / "dynamodb" / "2012-08-10"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(model))
    fresh.setenv("AWS_DATA_PATH", str(tmp_path))
    # WHEN a client is made
    client = aws.create_client("dynamodb")
    # THEN it is the user's
    assert hasattr(client, "foretell")


def test_a_service_that_is_not_carried_comes_from_botocore(fresh: pytest.MonkeyPatch) -> None:
    # GIVEN a service outside the package's data
    # WHEN a client of it is made
    client = aws.create_client("sts")
    # THEN botocore's own data made it
    assert aws._session is None
    assert client.meta.service_model.service_name == "sts"


def test_data_that_botocore_refuses_is_replaced_by_its_own(
    fresh: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # GIVEN a botocore that wants a file which our data doesn't have
    (tmp_path / "bedrock-runtime").mkdir()
    fresh.setattr(aws, "DATA", str(tmp_path))
    # WHEN a client is made
    client = aws.create_client("bedrock-runtime")
    # THEN it works all the same, and the log says why starts are slow
    assert client.meta.endpoint_url == "https://bedrock-runtime.us-east-1.amazonaws.com"
    assert json.loads(capsys.readouterr().out)["level"] == "WARNING"


def test_what_the_package_calls_is_in_its_data() -> None:
    # GIVEN the package's source, and all operations of the services whose data it carries
    source = "\n".join(path.read_text() for path in (ROOT / "lambda_src" / "llm_api").rglob("*.py"))
    loader = Loader()
    for service, operations in service_data.OPERATIONS.items():
        known = loader.load_service_model(service, "service-2")["operations"]
        # WHEN it is searched for their methods, called or named
        called = {name for name in known if re.search(rf"""\.{xform_name(name)}\(|"{xform_name(name)}",""", source)}
        # THEN each of them is in the data
        assert called <= operations, service
