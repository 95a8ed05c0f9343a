"""Bedrock's own dialect: InvokeModel and Converse, buffered and streamed, and CountTokens, for AWS's SDKs.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
"""

import json
from collections.abc import Mapping

from llm_api.errors import ApiError
from llm_api.events import Request, Response

NAME = "bedrock"

ROUTES: Mapping[tuple[str, str], str] = {
    ("POST", "/model/{modelId}/invoke"): "llm_api.dialects.bedrock.calls:Invoke",
    ("POST", "/model/{modelId}/invoke-with-response-stream"): "llm_api.dialects.bedrock.calls:InvokeStream",
    ("POST", "/model/{modelId}/converse"): "llm_api.dialects.bedrock.calls:Converse",
    ("POST", "/model/{modelId}/converse-stream"): "llm_api.dialects.bedrock.calls:ConverseStream",
    ("POST", "/model/{modelId}/count-tokens"): "llm_api.dialects.bedrock.count:CountTokens",
}


def error(error: ApiError, request: Request) -> Response:
    """See `Dialect.error`. boto3 picks its exception class by `x-amzn-errortype` alone, whatever the status."""
    headers = {
        "content-type": "application/json",
        "x-amzn-errortype": error.code,
        "x-amzn-requestid": request.id,
    }
    return Response(error.status, headers, json.dumps({"message": error.message}).encode())
