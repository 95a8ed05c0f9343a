"""Bedrock's own dialect: InvokeModel and Converse, buffered and streamed, for boto3 and the AWS CLI.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
"""

import json
from collections.abc import Mapping
from typing import Any

from llm_api.dialects.bedrock.calls import Converse, ConverseStream, Invoke, InvokeStream
from llm_api.errors import ApiError
from llm_api.events import Request, Response

NAME = "bedrock"

ROUTES: Mapping[tuple[str, str], type[Any]] = {
    ("POST", "/model/{modelId}/invoke"): Invoke,
    ("POST", "/model/{modelId}/invoke-with-response-stream"): InvokeStream,
    ("POST", "/model/{modelId}/converse"): Converse,
    ("POST", "/model/{modelId}/converse-stream"): ConverseStream,
}


def error(error: ApiError, request: Request) -> Response:
    """See `Dialect.error`. boto3 picks its exception class by `x-amzn-errortype` alone, whatever the status."""
    headers = {
        "content-type": "application/json",
        "x-amzn-errortype": error.code,
        "x-amzn-requestid": request.id,
    }
    return Response(error.status, headers, json.dumps({"message": error.message}).encode())
