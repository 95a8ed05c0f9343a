"""A handler as its readers know it: a route of AWS Lambda Powertools' resolver, one boto3 client, the answer handed on.

https://docs.aws.amazon.com/powertools/python/latest/core/event_handler/api_gateway/
"""

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"

app = APIGatewayRestResolver()
client = boto3.client("bedrock-runtime")


@app.post("/model/<model>/invoke")
def invoke(model):
    """Ask the model and return its whole answer."""
    answer = client.invoke_model(modelId=MODEL, body=app.current_event.body)
    return Response(200, "application/json", answer["body"].read().decode())


def handler(event, context):
    """Answer by the route."""
    return app.resolve(event, context)
