"""The one endpoint that stands for every AWS service.

Who calls is known by the signature's access key. The account's administrator goes straight to the service; a role's or
user's request is verified and evaluated first, and what this page can't evaluate is refused, not passed.
"""

import io
import json
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

from local_aws import service_access, sigv4
from local_aws.access import global_context, principal_of, raise_unless, require
from local_aws.aws_errors import Answer, AwsError
from local_aws.credentials import Credentials, CredentialStore
from local_aws.dynamodb_access import UnknownOperation, checks_for
from local_aws.gateway.wire import RAW_HEADERS
from local_aws.iam import authorize_model_call, guardrail_of, policies_of, tier_of
from local_aws.iam.errors import UnknownPolicyElement, UnknownTarget
from local_aws.journal import Call, Journal
from local_aws.lambda_service import LambdaService, http_api
from local_aws.lost_answers import LostAnswers
from local_aws.models import ModelRequest, ModelResponse, ModelRuntime

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

SCOPE = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")
BEDROCK_MODEL = re.compile(r"/model/([^/]+)/(invoke|invoke-with-response-stream|converse|converse-stream|count-tokens)")
SAGEMAKER_ENDPOINT = re.compile(r"/endpoints/([^/]+)/(invocations|invocations-response-stream)")
SAGEMAKER_OPERATIONS = {"invocations": "sagemaker-invoke", "invocations-response-stream": "sagemaker-stream"}
TABLE_FAILURES = {
    "table_throttled": (
        400,
        "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded.",
    ),
    "table_fails": (500, "InternalServerError", "The request processing has failed: try again."),
}
BUCKET_FAILURES = {"bucket_fails": (503, "SlowDown", "Please reduce your request rate.")}
REASONS = {200: "OK", 202: "Accepted", 204: "No Content", 400: "Bad Request", 403: "Forbidden", 404: "Not Found"}


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """One request to AWS.

    Attributes:
        path: percent-encoded as it was sent, without the query.
        query: as it was sent.
        headers: names in lower case.
        sent_headers: as they came, for the signature.
        service: from the signature's credential scope, such as `bedrock`.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    sent_headers: Sequence[tuple[str, str]]
    body: bytes
    service: str
    region: str

    @property
    def protocol(self) -> str:
        """The protocol in which a refusal is written."""
        if "x-amz-target" in self.headers:
            return "json"
        form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        return "query" if form or self.service == "s3" else "rest-json"


class Endpoint:
    """The WSGI application behind `AWS_ENDPOINT_URL`."""

    def __init__(
        self,
        control_plane: App,
        credentials: CredentialStore,
        lambda_service: LambdaService,
        models: ModelRuntime,
        journal: Journal,
        control_api: App,
    ) -> None:
        self._control_plane = control_plane
        self._administration = LostAnswers(control_plane)
        self._credentials = credentials
        self._lambda_service = lambda_service
        self._models = models
        self._journal = journal
        self._control_api = control_api

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        path = raw_path(environ)
        if path.startswith("/_local_aws/"):
            return self._control_api(environ, start_response)
        scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or SCOPE.search(_presigned(environ))
        if scope is None:
            return self._unsigned(environ, start_response, path)
        access_key_id, _, region, service = scope.groups()
        credentials = self._credentials.find(access_key_id)
        is_ours = _is_model_call(service, path) or http_api.INVOKE_PATH.fullmatch(path) is not None
        if credentials is not None and credentials.is_administrator and not is_ours:
            return self._administration(environ, start_response)
        request = read_request(environ, service, region)
        try:
            if credentials is None or not credentials.is_administrator:
                credentials = _verify(request, self._credentials.find)
            return self._respond(request, credentials, environ, start_response)
        except AwsError as error:
            return send(error.answer(request.protocol), start_response)
        except UnknownPolicyElement as error:
            # Neither a pass nor a refusal: the policy holds what nobody here can judge.
            log.error("a deployed policy can't be evaluated: %s", error)
            return send(AwsError(500, "InternalFailure", str(error)).answer(request.protocol), start_response)

    def _respond(
        self, request: AwsRequest, credentials: Credentials, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        if _is_model_call(request.service, request.path):
            return send_model(self._call_model(request, credentials), start_response)
        if request.service == "lambda":
            query = dict(parse_qsl(request.query))
            arn = http_api.function_arn(request.path, query, request.region, credentials.account_id)
            if arn is not None:
                require(credentials, "lambda:InvokeFunction", arn, request.region)
                answer = http_api.invoke(self._lambda_service, arn, request.headers, request.body)
                return send(answer, start_response)
        if request.service == "sts" and b"Action=GetCallerIdentity" in request.body:
            return send(_caller_identity(credentials), start_response)  # needs no permission, on AWS neither
        if request.service == "bedrock" and request.path.startswith("/model/"):
            # A path that the runtime doesn't know: BerriAI/litellm#13618, aws-amplify/amplify-flutter#5675.
            unknown = {"Output": {"__type": "com.amazon.coral.service#UnknownOperationException"}, "Version": "1.0"}
            return send(
                Answer(200, [("Content-Type", "application/json")], json.dumps(unknown).encode()), start_response
            )
        if not credentials.is_administrator:
            _authorize(request, credentials)
        environ["wsgi.input"] = io.BytesIO(request.body)
        environ["CONTENT_LENGTH"] = str(len(request.body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        target = request.headers.get("x-amz-target", "")
        if target.startswith("DynamoDB_"):
            asked = json.loads(request.body)
            table = str(asked.get("TableName") or ",".join(asked.get("RequestItems") or ()))
            called, operation, failures = table, f"dynamodb:{target.split('.', 1)[1]}", TABLE_FAILURES
        elif request.service == "s3":
            bucket = unquote(request.path).split("/")[1]
            called, operation, failures = bucket, service_access.OBJECT_ACTIONS.get(request.method, ""), BUCKET_FAILURES
        else:
            return self._control_plane(environ, start_response)
        return self._call_store(called, operation, failures, environ, start_response)

    def _call_store(
        self,
        name: str,
        operation: str,
        failures: Mapping[str, tuple[int, str, str]],
        environ: Environ,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        """A function's request to DynamoDB or S3, which a fault may strike."""
        faults = self._models.faults
        struck = faults.take(name, operation)
        for fault in struck:
            if fault.kind in failures:
                raise AwsError(*failures[fault.kind])
        answer = self._control_plane(environ, start_response)
        faults.sleep(sum(fault.seconds for fault in struck))
        return answer

    def _call_model(self, request: AwsRequest, credentials: Credentials) -> ModelResponse:
        model_id, operation = _model_and_operation(request)
        guardrail = guardrail_of(operation, request.headers, request.body)
        call = Call(
            model=model_id,
            operation=operation,
            region=request.region,
            role_arn=credentials.role_arn,
            guardrail=f"{guardrail.identifier}:{guardrail.version}" if guardrail else None,
        )
        try:
            if not credentials.is_administrator:
                try:
                    policies, boundary = policies_of(principal_of(credentials))
                except KeyError as error:
                    raise AwsError(403, "AccessDeniedException", str(error.args[0])) from error
                decision = authorize_model_call(
                    policies,
                    operation,
                    model_id,
                    request.region,
                    credentials.account_id,
                    boundary=boundary,
                    guardrail=guardrail,
                    tier=tier_of(operation, request.headers, request.body),
                    inference_component=request.headers.get("x-amzn-sagemaker-inference-component"),
                    context=global_context(credentials, request.region),
                )
                raise_unless(decision, credentials)
        except UnknownTarget as error:
            self._record(call, 400)
            log.info("no such target: %s", error)
            raise AwsError(400, "ValidationException", "The provided model identifier is invalid.") from error
        except AwsError as error:
            self._record(call, error.status)
            raise
        return self._models.respond(
            ModelRequest(
                region=request.region,
                model_id=model_id,
                operation=operation,  # type: ignore[arg-type]
                headers=request.headers,
                body=request.body,
                role_arn=credentials.role_arn,
            )
        )

    def _record(self, call: Call, status: int) -> None:
        self._journal.record(replace(call, allowed=False, status=status))

    def _unsigned(self, environ: Environ, start_response: StartResponse, path: str) -> Iterable[bytes]:
        if BEDROCK_MODEL.fullmatch(path) or SAGEMAKER_ENDPOINT.fullmatch(path) or "HTTP_X_AMZ_TARGET" in environ:
            token = environ.get("HTTP_AUTHORIZATION", "").startswith("Bearer ")
            message = (
                "Authentication failed: Please make sure your API Key is valid."
                if token
                else "Missing Authentication Token"
            )
            code = "AccessDeniedException" if token else "MissingAuthenticationTokenException"
            # Cognito's user-facing operations are unsigned by design; every other service wants a signature.
            if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("AWSCognito"):
                return send(AwsError(403, code, message).answer("rest-json"), start_response)
        return self._control_plane(environ, start_response)


def _verify(request: AwsRequest, find: Callable[[str], Credentials | None]) -> Credentials:
    """Who signed the request.

    Raises:
        AwsError: nobody known did, or too long ago.
    """
    signed = sigv4.SignedRequest(request.method, request.path, request.query, request.sent_headers, request.body)
    try:
        return sigv4.verify(signed, find)
    except sigv4.SignatureRefused as refused:
        raise AwsError(403, refused.cause.code, refused.message) from refused


def _authorize(request: AwsRequest, credentials: Credentials) -> None:
    """Evaluates a role's or user's request to a control-plane service.

    Raises:
        AwsError: it is denied, or local AWS can't evaluate it.
    """
    target = request.headers.get("x-amz-target", "")
    if target.startswith("DynamoDB_"):
        operation = target.split(".", 1)[1]
        try:
            checks = checks_for(operation, json.loads(request.body), request.region, credentials.account_id)
        except UnknownOperation:
            pass
        else:
            for check in checks:
                require(credentials, check.action, check.resource, request.region, check.context)
            return
    asked = service_access.checks_for(
        request.service, request.method, request.path, request.query, target, request.body
    )
    if asked is not None:
        for check in asked:
            require(credentials, check.action, check.resource, request.region, check.context)
        return
    what = target or f"{request.method} {request.path}"
    raise AwsError(
        403,
        "AccessDeniedException",
        f"User: {credentials.principal_arn} is not authorized to perform: {request.service} {what}. Local AWS does not "
        "know which IAM action this is: teach local_aws/endpoint.py if the role is meant to have it.",
    )


def _caller_identity(credentials: Credentials) -> Answer:
    """Who a session is: moto only knows those that it handed out itself."""
    body = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>{escape(credentials.principal_arn)}</Arn><UserId>{credentials.access_key_id}</UserId>"
        f"<Account>{credentials.account_id}</Account></GetCallerIdentityResult><ResponseMetadata>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
    return Answer(200, [("Content-Type", "text/xml")], body.encode())


def _is_model_call(service: str, path: str) -> bool:
    pattern = {"bedrock": BEDROCK_MODEL, "sagemaker": SAGEMAKER_ENDPOINT}.get(service)
    return pattern is not None and pattern.fullmatch(path) is not None


def _model_and_operation(request: AwsRequest) -> tuple[str, str]:
    if match := BEDROCK_MODEL.fullmatch(request.path):
        return unquote(match[1]), match[2]
    match = SAGEMAKER_ENDPOINT.fullmatch(request.path)
    assert match is not None
    return unquote(match[1]), SAGEMAKER_OPERATIONS[match[2]]


def _presigned(environ: Environ) -> str:
    query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
    return f"Credential={query['X-Amz-Credential']}" if "X-Amz-Credential" in query else ""


def raw_path(environ: Environ) -> str:
    """The path as it was sent, percent-encoded: WSGI's own is decoded, and an ARN's slash would be one of the path."""
    sent = environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ.get("PATH_INFO", "/")
    path = urlsplit(sent).path if sent.startswith("http") else sent.split("?", 1)[0]
    return path or "/"


def read_request(environ: Environ, service: str, region: str) -> AwsRequest:
    """The whole request, body included."""
    sent: Sequence[tuple[str, str]] = environ[RAW_HEADERS]
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = stream.read()
    else:
        body = stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    return AwsRequest(
        method=environ["REQUEST_METHOD"],
        path=raw_path(environ),
        query=environ.get("QUERY_STRING", ""),
        headers={name.lower(): value for name, value in sent},
        sent_headers=sent,
        body=body,
        service=service,
        region=region,
    )


def send(answer: Answer, start_response: StartResponse) -> list[bytes]:
    """Writes a buffered answer."""
    headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
    start_response(f"{answer.status} {REASONS.get(answer.status, 'Status')}", headers)
    return [answer.body]


def send_model(response: ModelResponse, start_response: StartResponse) -> Iterable[bytes]:
    """Writes a model's answer; a stream goes out frame by frame, and is closed when the caller hangs up."""
    headers = list(response.headers)
    status = f"{response.status} {REASONS.get(response.status, 'Status')}"
    if isinstance(response.body, bytes):
        if not any(name.lower() == "content-length" for name, _ in headers):
            headers.append(("Content-Length", str(len(response.body))))
        start_response(status, headers)
        return [response.body]
    start_response(status, headers)
    return _closing(response.body)


def _closing(body: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from body
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
