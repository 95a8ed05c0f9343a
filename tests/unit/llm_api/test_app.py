"""The one path: who may do what, on which route, and how each dialect says no."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from llm_api.app import App
from llm_api.config import Settings
from llm_api.deadline import Deadline
from llm_api.dialects import Frame
from llm_api.errors import Throttled
from llm_api.events import Caller, Request, Response
from llm_api.inference import Inference
from llm_api.inference.clients import Clients
from llm_api.ledger import Ledger, Tenant
from llm_api.registry import Registry, Target
from llm_api.telemetry import Telemetry

from tests.unit.llm_api.conftest import FAST, Deploy
from tests.unit.llm_api.model_wire import (
    CLAUDE_STREAM,
    CONVERSE_ANSWER,
    CONVERSE_STREAM,
    ModelWire,
    answer,
    failure,
    stream,
    whole,
)

NOVA = Target("nova", "amazon.nova-lite-v1:0", "nova")
EMBED = Target("embed", "amazon.titan-embed-text-v2:0", "titan-embed")


class Marketing(Ledger):
    """A ledger that knows everybody as one tenant, who may use `fast` and `embed`."""

    def authenticate(self, request: Request) -> Tenant:
        return Tenant("marketing", frozenset({"fast", "embed"}))


@pytest.fixture
def app(wire: ModelWire, clients: Clients) -> App:
    settings = Settings(Registry([FAST, NOVA, EMBED]))
    return App(
        settings,
        ledger=Marketing(settings),
        inference=Inference(settings.registry, clients, pause=lambda seconds: None),
        telemetry=Telemetry("acme", "LlmApi", lambda text: None),
    )


def send(app: App, method: str, route: str, body: Any = None, path: str | None = None) -> Response:
    data = b"" if body is None else json.dumps(body).encode()
    request = Request("req-1", method, route, path or route, {}, {}, data, Caller())
    return app.handle(request, Deadline.after(10))


def json_of(response: Response) -> Any:
    return json.loads(whole(response))


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("POST", "/{proxy+}"),
        ("GET", "/"),
        ("GET", "/model/{modelId}/invoke"),
        ("POST", "/v1/nothing"),
        ("DELETE", "/v1/models"),
        ("GET", "/v1/messages"),
    ],
)
def test_an_unknown_route_is_not_found(app: App, method: str, route: str) -> None:
    # GIVEN a path or method that is not in the contract
    # WHEN it is called
    response = send(app, method, route)

    # THEN the caller gets a 404 with the request's ID
    assert response.status == 404
    assert response.headers["x-request-id"] == "req-1"


def test_a_path_of_no_dialect_is_refused_in_a_shape_for_all(app: App) -> None:
    # GIVEN a path that no SDK owns
    # WHEN any of them meets it
    response = send(app, "POST", "/{proxy+}", path="/v2/chat")

    # THEN OpenAI's `error`, Anthropic's `type` and `request_id`, and Bedrock's `message` and header are all there
    message = "There is no POST /v2/chat here."
    body = json_of(response)
    assert body["type"] == "error"
    assert body["message"].startswith(message)
    assert body["request_id"] == "req-1"
    assert body["error"] == {
        "type": "not_found_error",
        "message": body["message"],
        "param": None,
        "code": "ResourceNotFoundException",
    }
    assert response.headers["x-amzn-errortype"] == "ResourceNotFoundException"


def test_a_model_that_the_tenant_may_not_use_is_none_to_it(app: App, wire: ModelWire) -> None:
    # GIVEN a declared model outside the tenant's
    # WHEN it is called, and another that nobody declared
    response = send(app, "POST", "/model/{modelId}/converse", {}, "/model/nova/converse")
    unknown = send(app, "POST", "/model/{modelId}/converse", {}, "/model/unheard-of/converse")

    # THEN it is refused before any call, and nothing tells the two apart
    assert response.status == unknown.status == 404
    assert (response.body, response.headers) == (unknown.body, unknown.headers)
    assert wire.received == []


def test_the_list_of_models_is_the_tenants(app: App) -> None:
    # GIVEN a tenant with two models of three
    # WHEN it asks what there is
    response = send(app, "GET", "/v1/models")

    # THEN it sees its own
    assert [model["id"] for model in json_of(response)["data"]] == ["embed", "fast"]


def test_one_model_of_another_tenant_is_not_found(app: App) -> None:
    # GIVEN a model outside the tenant's
    # WHEN it asks for it
    response = send(app, "GET", "/v1/models/{id}", path="/v1/models/nova")

    # THEN there is none
    assert response.status == 404


def test_openais_client_is_answered_over_converse(app: App, wire: ModelWire) -> None:
    # GIVEN a chat completion
    body = {"model": "fast", "messages": [{"role": "user", "content": "Hi"}]}
    wire.replies.append(answer(CONVERSE_ANSWER))

    # WHEN it is asked for
    response = send(app, "POST", "/v1/chat/completions", body)

    # THEN Converse gave the answer
    assert json_of(response)["choices"][0]["message"]["content"] == "Hi"
    assert wire.received[0].path.endswith("/converse")
    assert response.headers["x-llm-model"] == "fast"


def test_openais_client_is_streamed_to(app: App, wire: ModelWire) -> None:
    # GIVEN a streamed chat completion
    body = {"model": "fast", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    wire.replies.append(stream(*CONVERSE_STREAM))

    # WHEN it is asked for
    response = send(app, "POST", "/v1/chat/completions", body)

    # THEN ConverseStream's frames became its events
    events = whole(response)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert b'"content":"Hello"' in events.replace(b": ", b":")
    assert events.endswith(b"data: [DONE]\n\n")


def test_anthropics_client_is_streamed_to(app: App, wire: ModelWire) -> None:
    # GIVEN a streamed message
    body = {"model": "fast", "stream": True, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    wire.replies.append(stream(*CLAUDE_STREAM))

    # WHEN it is asked for
    response = send(app, "POST", "/v1/messages", body)

    # THEN Claude's own messages became its events
    events = whole(response)
    assert b"event: message_start" in events
    assert b"event: message_stop" in events


def test_several_embeddings_are_several_calls(app: App, wire: ModelWire) -> None:
    # GIVEN a model that takes one text a request
    texts = [f"text {number}" for number in range(20)]
    wire.replies += [answer({"embedding": [0.5], "inputTextTokenCount": 2})] * 20

    # WHEN twenty are embedded
    response = send(app, "POST", "/v1/embeddings", {"model": "embed", "input": texts, "encoding_format": "float"})

    # THEN twenty calls were made, and their tokens add up
    assert response.status == 200
    assert len(wire.received) == 20
    assert json_of(response)["usage"]["prompt_tokens"] == 40


def test_of_several_calls_one_failure_is_the_answer(app: App, wire: ModelWire) -> None:
    # GIVEN three texts, of which one is refused
    wire.replies += [answer({"embedding": [0.5]}), failure(400, "ValidationException", "Too long."), answer()]

    # WHEN they are embedded
    response = send(app, "POST", "/v1/embeddings", {"model": "embed", "input": ["a", "b", "c"]})

    # THEN the caller learns why
    assert response.status == 400
    assert json_of(response)["error"]["message"] == "Too long."


COUNT = {"model": "claude", "messages": [{"role": "user", "content": "Hi"}]}
CLAUDE = Target("claude", "us.anthropic.claude-x", "anthropic", base_id="anthropic.claude-x")


def count(deploy: Deploy, target: Target, *replies: Any) -> tuple[Response, ModelWire]:
    api = deploy(target)
    api.wire.replies += replies
    request = Request(
        "req-1",
        "POST",
        "/v1/messages/count_tokens",
        "/v1/messages/count_tokens",
        {},
        {},
        json.dumps({**COUNT, "model": target.alias}).encode(),
        Caller("arn:aws:iam::1:user/a"),
    )
    return api.app.handle(request, Deadline.after(10)), api.wire


def test_tokens_are_counted_by_the_base_model(deploy: Deploy) -> None:
    # GIVEN a profile, which CountTokens does not take
    # WHEN tokens are counted
    response, wire = count(deploy, CLAUDE, answer({"inputTokens": 12}))

    # THEN the foundation model behind it counts
    assert json_of(response) == {"input_tokens": 12}
    assert wire.received[0].path == "/model/anthropic.claude-x/count-tokens"
    assert set(wire.received[0].json["input"]) == {"invokeModel"}


@pytest.mark.parametrize(
    "refusal",
    [
        failure(403, "AccessDeniedException", "User: x is not authorized to perform: bedrock:CountTokens"),
        failure(400, "ValidationException", "The provided model doesn't support counting tokens."),
        failure(404, "ResourceNotFoundException", "No such operation."),
    ],
)
def test_where_nobody_counts_there_is_an_estimate(deploy: Deploy, refusal: Any) -> None:
    # GIVEN a deployment, model or Region without CountTokens
    # WHEN tokens are counted
    response, wire = count(deploy, CLAUDE, refusal)

    # THEN there is a number all the same
    assert response.status == 200
    assert json_of(response)["input_tokens"] > 0
    assert len(wire.received) == 1


def test_a_model_that_was_not_counted_once_is_not_asked_again(deploy: Deploy) -> None:
    # GIVEN a deployment whose role may not count
    api = deploy(CLAUDE)
    api.wire.replies.append(failure(403, "AccessDeniedException"))
    request = Request(
        "r", "POST", "/v1/messages/count_tokens", "/v1/messages/count_tokens", {}, {}, json.dumps(COUNT).encode(),
        Caller("arn:aws:iam::1:user/a"),
    )  # fmt: skip

    # WHEN tokens are counted twice
    for _ in range(2):
        assert api.app.handle(request, Deadline.after(10)).status == 200

    # THEN Bedrock was asked once
    assert len(api.wire.received) == 1


def test_a_wrong_request_is_not_estimated(deploy: Deploy) -> None:
    # GIVEN a request that Claude refuses
    # WHEN its tokens are counted
    response, _ = count(deploy, CLAUDE, failure(400, "ValidationException", "messages: roles must alternate"))

    # THEN the caller learns so
    assert response.status == 400


def test_each_dialect_refuses_in_its_own_shape(app: App) -> None:
    # GIVEN three routes and one mistake
    # WHEN it is made on each
    bedrock = send(app, "POST", "/model/{modelId}/invoke", {}, "/model/nope/invoke")
    openai = send(
        app, "POST", "/v1/chat/completions", {"model": "nope", "messages": [{"role": "user", "content": "x"}]}
    )
    anthropic = send(
        app, "POST", "/v1/messages", {"model": "nope", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}
    )

    # THEN each SDK reads its own
    assert bedrock.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert set(json_of(bedrock)) == {"message"}
    assert json_of(openai)["error"].keys() == {"message", "type", "param", "code"}
    assert json_of(anthropic)["error"]["type"] == "not_found_error"
    assert [response.status for response in (bedrock, openai, anthropic)] == [404, 404, 404]


def test_a_stream_that_our_own_code_breaks_is_reported_and_raised(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a fault in rendering, after the first piece
    def broken(_: object, target: Target, frames: Iterator[Frame | None]) -> Iterator[bytes]:
        yield b"first"
        raise ZeroDivisionError

    monkeypatch.setattr("llm_api.dialects.bedrock.calls.Converse.render_stream", broken)
    api = deploy()
    response = api.call("converse-stream", {}, replies=[stream(*CONVERSE_STREAM)])

    # WHEN it is read
    with pytest.raises(ZeroDivisionError):
        whole(response)

    # THEN the line is out, as an error with its place
    assert (api.log["level"], api.log["exception_name"]) == ("ERROR", "ZeroDivisionError")


def test_what_the_caller_writes_cannot_break_a_header(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a warning about a field whose name holds a quote and a line's end
    monkeypatch.setattr(
        "llm_api.dialects.bedrock.calls.Converse.warnings", lambda call, target: ['a"b\r\nset-cookie: x', "ü"]
    )

    # WHEN it is given
    response = deploy().call("converse", {}, replies=[answer(CONVERSE_ANSWER)])

    # THEN the header is one line of ASCII
    assert response.headers["warning"] == '199 - "a?b??set-cookie: x", 199 - "?"'


def test_retry_after_is_in_whole_seconds(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a refusal for a fraction of a second
    def refuse(*_: object) -> Tenant:
        raise Throttled("Slow down.", retry_after_seconds=0.2)

    monkeypatch.setattr(Marketing, "authenticate", refuse)

    # WHEN it is told
    response = send(app, "POST", "/model/{modelId}/invoke", {}, "/model/fast/invoke")

    # THEN it is rounded up, as the header demands
    assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize(("code", "ends"), [("ExpiredTokenException", True), ("AccessDeniedException", False)])
def test_an_environment_that_can_sign_nothing_more_says_so(app: App, wire: ModelWire, code: str, ends: bool) -> None:
    # GIVEN a model that refuses the environment's signature, or only what the role may do
    wire.replies += [failure(403, code)]
    body = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}

    # WHEN it is called
    send(app, "POST", "/model/{modelId}/converse", body, "/model/fast/converse")

    # THEN whoever runs the app knows whether to go on
    assert app.must_end == ends
