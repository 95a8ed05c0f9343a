"""The handler that everybody writes first: one boto3 client at module level, one call, the answer handed on."""

import json
import time

import boto3

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"

client = boto3.client("bedrock-runtime")


def handler(event, context):
    """Ask the model and return its whole answer."""
    answer = client.invoke_model(modelId=MODEL, body=event["body"])
    return respond(answer["body"].read().decode())


def stream(event, context):
    """Loop over boto3's stream, as its documentation shows; AWS's runtime client can't pass the pieces on."""
    answer = client.invoke_model_with_response_stream(modelId=MODEL, body=event["body"])
    return collect(chunk["chunk"]["bytes"] for chunk in answer["body"])


def converse_stream(event, context):
    """The same over ConverseStream."""
    answer = client.converse_stream(modelId=MODEL, **json.loads(event["body"]))
    return collect(json.dumps(chunk).encode() for chunk in answer["stream"])


def collect(pieces):
    """All pieces in one answer, and when the first one came."""
    collected, first_at = [], None
    for piece in pieces:
        first_at = first_at or time.monotonic_ns()
        collected.append(piece)
    return respond(b"\n".join(collected).decode(), {"x-first-chunk-at": str(first_at)})


def respond(body, headers=None):
    """A proxy response."""
    return {"statusCode": 200, "headers": {"content-type": "application/json", **(headers or {})}, "body": body}
