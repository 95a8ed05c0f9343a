"""Bedrock's runtime: which operation, which parameters, which guardrail."""

import json
from collections.abc import Mapping
from typing import Any

from llm_api import aws
from llm_api.dialects import Answer, Operation, Payload
from llm_api.inference.wire import (
    CONNECT_TIMEOUT_SECONDS,
    LONGEST_READ_SECONDS,
    Opened,
    let_bytes_pass,
    read_pieces,
    sent,
)
from llm_api.registry import Target


class Bedrock:
    """The client of `bedrock-runtime`."""

    def __init__(self, client: Any = None) -> None:
        self._client = client or aws.create_client(
            "bedrock-runtime",
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=LONGEST_READ_SECONDS,
            # A model may think for minutes without a byte, longer than a NAT gateway keeps a silent connection.
            tcp_keepalive=True,
        )
        let_bytes_pass(self._client)

    @property
    def counts_tokens(self) -> bool:
        """Whether this botocore has CountTokens, which came in 1.40."""
        return hasattr(self._client, "count_tokens")

    def answer(self, target: Target, operation: Operation, payload: Payload, timeout_seconds: float) -> Answer:
        """Call the model and read its whole answer. Blocks; raises what botocore raises."""
        if operation == "invoke":
            response = self._client.invoke_model(**_invoke_parameters(target, payload, timeout_seconds))
            body = response["body"].read()
        elif operation == "converse":
            response = self._client.converse(**_converse_parameters(target, payload, timeout_seconds))
            body = response["raw"]
        else:
            # botocore insists on an `input`; what goes out is the payload's own.
            ours = sent(timeout_seconds, payload.body_bytes())
            response = self._client.count_tokens(modelId=target.base_id, input={"converse": {}}, **ours)
            body = response["raw"]
        headers = response["ResponseMetadata"]["HTTPHeaders"]
        return Answer(body, headers.get("content-type", "application/json"), bedrock_headers(headers))

    def open_stream(self, target: Target, operation: Operation, payload: Payload, timeout_seconds: float) -> Opened:
        """Call the model and return once its status has come. Blocks; raises what botocore raises."""
        if operation == "invoke":
            parameters = _invoke_parameters(target, payload, timeout_seconds)
            response = self._client.invoke_model_with_response_stream(**parameters)
        else:
            response = self._client.converse_stream(**_converse_parameters(target, payload, timeout_seconds))
        return Opened(bedrock_headers(response["ResponseMetadata"]["HTTPHeaders"]), read_pieces(response["raw"]))


def bedrock_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are Bedrock's own, names in lower case."""
    return {name.lower(): value for name, value in headers.items() if name.lower().startswith("x-amzn-bedrock-")}


def _invoke_parameters(target: Target, payload: Payload, timeout_seconds: float) -> dict[str, Any]:
    metadata = {"X-Amzn-Bedrock-Request-Metadata": payload.metadata} if payload.metadata is not None else {}
    parameters = {
        "modelId": target.id,
        "body": payload.body_bytes(),
        "contentType": payload.content_type,
        "accept": payload.accept,
        **sent(timeout_seconds, headers=metadata),
    }
    if payload.trace is not None:
        parameters["trace"] = payload.trace
    if target.guardrail is not None:
        parameters["guardrailIdentifier"] = target.guardrail.id
        parameters["guardrailVersion"] = target.guardrail.version
    return parameters


def _converse_parameters(target: Target, payload: Payload, timeout_seconds: float) -> dict[str, Any]:
    body = dict(payload.body) if isinstance(payload.body, dict) else json.loads(payload.body)
    if target.guardrail is not None:
        theirs = body.get("guardrailConfig")
        # Of the caller's only whether to tell what was seen. A stream that is checked while it is already being read
        # (`streamProcessingMode: async`) would have been read by the time it is stopped.
        trace = {"trace": theirs["trace"]} if isinstance(theirs, dict) and "trace" in theirs else {}
        body["guardrailConfig"] = {
            **trace,
            "guardrailIdentifier": target.guardrail.id,
            "guardrailVersion": target.guardrail.version,
        }
    return {"modelId": target.id, **sent(timeout_seconds, json.dumps(body, separators=(",", ":")).encode())}
