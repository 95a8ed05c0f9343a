"""Where services are is what botocore's rules say, and requests are what boto3 sends."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader
from llm_api.aws import hosts
from llm_api.aws.hosts import SERVICES, Service, address_of
from llm_api.config import Settings
from llm_api.dialects import Payload
from llm_api.inference.bedrock import Bedrock
from llm_api.inference.sagemaker import SageMaker
from llm_api.registry import Endpoint, Guardrail, Target

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "secret"}
PARTITIONS = Loader().load_data("partitions")
REGIONS = [
    region for partition in PARTITIONS["partitions"] for region in partition["regions"] if not region.endswith("global")
] + ["us-unheardof-7", "eu-unheardof-1"]
THEIR_NAMES = {"states": "stepfunctions"}
BUCKET = "acme-images"


@pytest.mark.parametrize("dual_stack", [False, True])
@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize("name", SERVICES)
def test_every_region_has_the_host_that_botocore_says(name: str, fips: bool, dual_stack: bool) -> None:
    # GIVEN botocore's rules for a service
    theirs = THEIR_NAMES.get(name, name)
    rules = EndpointProvider(Loader().load_service_model(theirs, "endpoint-rule-set-1"), PARTITIONS)
    wrong, compared = {}, 0
    for region in REGIONS:
        # WHEN its address is asked for in each Region of each partition, and in two that nobody knows yet
        asked: dict[str, Any] = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
        if name == "s3":
            asked["Bucket"] = BUCKET
        try:
            expected = rules.resolve_endpoint(**asked).url
        except EndpointProviderError:
            continue  # no such endpoint in that partition
        environment = {
            "AWS_REGION": region,
            "AWS_USE_FIPS_ENDPOINT": str(fips).lower(),
            "AWS_USE_DUALSTACK_ENDPOINT": str(dual_stack).lower(),
        }
        found = address_of(name, environment, BUCKET if name == "s3" else None)
        compared += 1
        if f"{found.scheme}://{found.authority}" != expected:
            wrong[region] = (found.authority, expected)
    # THEN it is what they say
    assert wrong == {}
    assert compared > 35


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_signed_for_by_the_name_that_botocore_has(name: str) -> None:
    metadata = Loader().load_service_model(THEIR_NAMES.get(name, name), "service-2")["metadata"]
    assert SERVICES[name].signed_as == metadata.get("signingName", metadata["endpointPrefix"])
    assert SERVICES[name].variable == metadata["serviceId"].upper().replace(" ", "_")


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "http://127.0.0.1:4566"),
        ({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_DYNAMODB": "https://B:8443/"}, "https://b:8443"),
        ({"AWS_ENDPOINT_URL": "https://[::1]:8443/base/"}, "https://[::1]:8443/base"),
        (
            {"AWS_ENDPOINT_URL": "http://a", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            "https://dynamodb.eu-west-1.amazonaws.com",
        ),
        ({"AWS_ENDPOINT_URL_S3": "http://a"}, "https://dynamodb.eu-west-1.amazonaws.com"),
    ],
)
def test_the_environment_may_name_another_place(environment: dict[str, str], url: str) -> None:
    found = address_of("dynamodb", {"AWS_REGION": "eu-west-1", **environment})
    assert f"{found.scheme}://{found.authority}{found.path}" == url


def test_a_bucket_below_a_named_place_is_a_path() -> None:
    found = address_of("s3", {"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_S3": "http://a:1/x"}, BUCKET)
    assert (found.authority, found.path) == ("a:1", f"/x/{BUCKET}")


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"AWS_REGION": ""}, "AWS_REGION"),
        ({"AWS_REGION": "us-east-1/../x"}, "AWS_REGION"),
        ({"AWS_ENDPOINT_URL": "ftp://a"}, "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "http://user:secret@a"}, "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "http://a?x=1"}, "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "http://a:99999"}, "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "a"}, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
        ({"AWS_USE_FIPS_ENDPOINT": "yes"}, "AWS_USE_FIPS_ENDPOINT"),
        ({"AWS_CA_BUNDLE": "/nowhere/ca.pem"}, "AWS_CA_BUNDLE"),
        ({"AWS_BEARER_TOKEN_BEDROCK": "b"}, "AWS_BEARER_TOKEN_BEDROCK"),
        ({"AWS_ACCESS_KEY_ID": ""}, "AWS_ACCESS_KEY_ID"),
        ({"HTTPS_PROXY": "https://proxy:3128"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "socks5://proxy:1080"}, "HTTPS_PROXY"),
        ({"HTTP_PROXY": "http://proxy:3128", "AWS_ENDPOINT_URL": "http://bedrock.internal"}, "NO_PROXY"),
    ],
)
def test_what_can_not_be_used_is_refused_at_the_start_by_its_name(environment: dict[str, str], named: str) -> None:
    # GIVEN an environment with one thing wrong
    whole = {"AWS_REGION": "eu-west-1", **KEYS, **environment}
    # WHEN a client is made, as it is while Lambda starts the function, THEN the message names it
    with pytest.raises(ValueError, match=named) as refused:
        Service("bedrock-runtime", environment=whole)
    assert "secret" not in str(refused.value)


def test_a_bearer_token_stops_the_start_of_the_whole_function(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a function whose environment holds a key of Bedrock's own
    from llm_api.app import App

    for name, value in {"AWS_REGION": "us-east-1", **KEYS, "AWS_BEARER_TOKEN_BEDROCK": "bedrock-api-key-x"}.items():
        monkeypatch.setenv(name, value)
    app = App(Settings.from_environment({"LLM_API_MODELS": '{"fast":{"id":"amazon.nova-lite-v1:0","family":"nova"}}'}))
    # WHEN it starts THEN it says what to do, and never uses the key
    with pytest.raises(ValueError, match="Remove the variable") as refused:
        app.warm_up()
    assert "bedrock-api-key-x" not in str(refused.value)


class Recorder:
    """Answers everything with an empty object, and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                recorder.requests.append((self.command, self.path, headers, body))
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.close()


ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1"
TARGET = Target("fast", ARN, "anthropic", guardrail=Guardrail("gr-1", "3"))
TUNED = Target("tuned", None, "sagemaker", endpoint=Endpoint("acme-llama", "adapter-1"))
INVOKE = Payload(b'{"a":1}', trace="ENABLED", metadata='{"team":"a"}')
GUARDED = {"guardrailIdentifier": "gr-1", "guardrailVersion": "3"}
INVOKED = {
    "modelId": ARN,
    "body": b'{"a":1}',
    "contentType": "application/json",
    "accept": "application/json",
    "trace": "ENABLED",
    "requestMetadata": '{"team":"a"}',
    **GUARDED,
}
TUNED_ASKED = {
    "EndpointName": "acme-llama",
    "Body": b'{"a":1}',
    "ContentType": "application/json",
    "Accept": "application/json",
    "InferenceComponentName": "adapter-1",
}

UNCOMPARED = {"content-length", "user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "x-amz-date", "authorization"}


def _models(url: str, operation: str) -> None:
    environment = {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": url, **KEYS}
    if operation.startswith("invoke_endpoint"):
        client, target = SageMaker(Service("sagemaker-runtime", environment=environment)), TUNED
    else:
        client, target = Bedrock(Service("bedrock-runtime", environment=environment)), TARGET  # type: ignore[assignment]
    kind: Any = "invoke" if operation.startswith("invoke") else "converse"
    payload = INVOKE if kind == "invoke" else Payload(b'{"messages":[]}')
    if operation.endswith("stream"):
        client.start_stream(target, kind, payload, 5).headers(time.monotonic() + 5)
    else:
        client.answer(target, kind, payload, 5)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("invoke_model", INVOKED),
        ("invoke_model_with_response_stream", INVOKED),
        ("converse", {"modelId": ARN, "messages": [], "guardrailConfig": GUARDED}),
        ("converse_stream", {"modelId": ARN, "messages": [], "guardrailConfig": GUARDED}),
        ("invoke_endpoint", TUNED_ASKED),
        ("invoke_endpoint_with_response_stream", TUNED_ASKED),
    ],
)
def test_a_request_to_a_model_is_what_boto3_sends(
    recorder: Recorder, operation: str, parameters: dict[str, Any]
) -> None:
    # GIVEN what boto3 sends for an operation
    recorder.requests.clear()
    service = "sagemaker-runtime" if "endpoint" in operation else "bedrock-runtime"
    theirs = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=recorder.url,
        aws_access_key_id="AKIDTEST",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )
    getattr(theirs, operation)(**parameters)
    theirs.close()
    # WHEN we ask for the same
    _models(recorder.url, operation)
    # THEN it is the same request, but for what tells who sent it and when
    (method, path, headers, body), ours = recorder.requests
    expected = {name: value for name, value in headers.items() if name not in UNCOMPARED}
    found = {name: value for name, value in ours[2].items() if name not in UNCOMPARED}
    assert (ours[0], ours[1], found) == (method, path, expected)
    assert json.loads(ours[3]) == json.loads(body)


def test_an_operation_of_a_json_protocol_is_what_boto3_sends(recorder: Recorder) -> None:
    # GIVEN what boto3 sends
    recorder.requests.clear()
    theirs = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=recorder.url,
        aws_access_key_id="AKIDTEST",
        aws_secret_access_key="secret",
    )
    theirs.get_item(TableName="t", Key={"pk": {"S": "ä"}}, ConsistentRead=True)
    theirs.close()
    # WHEN we ask for the same
    environment = {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": recorder.url, **KEYS}
    asked = {"TableName": "t", "Key": {"pk": {"S": "ä"}}, "ConsistentRead": True}
    Service("dynamodb", environment=environment).call("DynamoDB_20120810.GetItem", asked, 5)
    # THEN it is the same
    (method, path, headers, body), ours = recorder.requests
    expected = {name: value for name, value in headers.items() if name not in UNCOMPARED}
    found = {name: value for name, value in ours[2].items() if name not in UNCOMPARED}
    assert (ours[0], ours[1], found) == (method, path, expected)
    assert json.loads(ours[3]) == json.loads(body)


def test_circles_of_functions_can_be_seen(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN an invocation that is traced
    recorder.requests.clear()
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe;Parent=53995c3f42cd8ad8;Sampled=1\r\nx: y")
    environment = {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": recorder.url, **KEYS}
    # WHEN AWS is asked
    hosts.Service("dynamodb", environment=environment).call("DynamoDB_20120810.GetItem", {}, 5)
    # THEN the trace goes along, as far as a header can hold it
    trace = recorder.requests[0][2]["x-amzn-trace-id"]
    assert trace == "Root=1-5759e988-bd862e3fe;Parent=53995c3f42cd8ad8;Sampled=1x:y"
