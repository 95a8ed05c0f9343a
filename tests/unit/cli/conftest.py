"""A deployment as the module leaves it in an account, in moto's memory, and the command line on it."""

import functools
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.loaders import JSONFileLoader
from llm_api_cli.main import run
from moto import mock_aws

REGION = "us-east-1"
NAME = "acme-llm"
TABLE = "acme-llm-tenants"
MODELS = {
    "fast": {
        "id": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "base_id": "anthropic.claude-haiku-4-5-20251001-v1:0",
        "family": "anthropic",
        "fallbacks": ["nova"],
        "max_output_tokens": 4096,
        "price": {"input": 1.1, "output": 5.5},
    },
    "nova": {"id": "amazon.nova-lite-v1:0", "family": "nova", "max_output_tokens": 4096, "price": {"input": 0.06}},
    "open": {"id": "amazon.nova-pro-v1:0", "family": "nova"},
}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    }
)
LEAKED = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Answer]


@pytest.fixture(scope="session", autouse=True)
def _services_are_read_once() -> Iterator[None]:
    """Each command makes a session, as its process would, and each session reads AWS's models from files again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", functools.cache(JSONFileLoader.load_file))
        patch.setattr(JSONFileLoader, "__hash__", lambda _: 0)
        patch.setattr(JSONFileLoader, "__eq__", lambda _, other: isinstance(other, JSONFileLoader))
        yield


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An account with one deployment, whose tenant `marketing` and its key are Terraform's; its table."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("LLM_API_DEPLOYMENT", NAME)
    with mock_aws(config={"lambda": {"use_docker": False}}):
        make_function(NAME, {"LLM_API_TENANTS_TABLE": TABLE, "LLM_API_AUTH": "api_key"})
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        table = Table(dynamodb)
        table.put("tenant#marketing", models={"SS": ["nova"]}, budgets={"M": {"usd_per_month": {"N": "200"}}})
        table.put(f"key#{LEAKED}", tenant={"S": "marketing"})
        yield table


class Table:
    """The tenants table, read and written past the command line: as Terraform and the function do."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put(self, key: str, managed_by: str | None = "terraform", **attributes: Any) -> None:
        owner = {} if managed_by is None else {"managed_by": {"S": managed_by}}
        self._client.put_item(TableName=TABLE, Item={"pk": {"S": key}, **owner, **attributes})

    def get(self, key: str) -> Any:
        return self._client.get_item(TableName=TABLE, Key={"pk": {"S": key}}).get("Item")

    def items(self) -> dict[str, Any]:
        return {item["pk"]["S"]: item for item in self._client.scan(TableName=TABLE)["Items"]}


def make_function(name: str, environment: dict[str, str]) -> None:
    """A function as `modules/function` makes it, as far as it is read."""
    role = boto3.client("iam").create_role(RoleName=f"{name}-{REGION}", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as file:
        file.writestr("handler.py", "")
    functions = boto3.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="handler.handler",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"LLM_API_MODELS": json.dumps(MODELS), **environment}},
        Tags={"llm-api:deployment": name},
        Publish=True,
    )
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


@pytest.fixture
def llm_api(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command as a shell would."""

    def call(*arguments: str, stdin: str = "") -> Answer:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = run(list(arguments))
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return call
