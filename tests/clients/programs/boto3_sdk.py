"""boto3's `bedrock-runtime`, by Converse; embeddings and counts by Bedrock's own paths."""

import json
import os
from typing import Any

import boto3
import checks
from botocore.config import Config

TOOLS = {"tools": [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": checks.CITY}}}]}


def client(key: str = checks.KEY) -> Any:
    os.environ["AWS_BEARER_TOKEN_BEDROCK"] = key
    once = Config(retries={"total_max_attempts": 1})
    return boto3.Session().client("bedrock-runtime", endpoint_url=checks.URL, region_name="us-east-1", config=once)


def asked(*content: Any, **more: Any) -> dict[str, Any]:
    return {"modelId": checks.MODEL, "messages": [{"role": "user", "content": list(content)}], **more}


def text_of(answer: Any) -> str:
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])


def plain(key: str = checks.KEY, model: str = checks.MODEL) -> str:
    return text_of(client(key).converse(**asked({"text": checks.SAY}, modelId=model)))


def streamed() -> list[str]:
    events = client().converse_stream(**asked({"text": checks.COUNT}))["stream"]
    return [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]


def tools() -> str:
    question = asked({"text": checks.WEATHER}, toolConfig=TOOLS)
    first = client().converse(**question)["output"]["message"]
    results = [
        {
            "toolResult": {
                "toolUseId": block["toolUse"]["toolUseId"],
                "content": [{"text": checks.weather(**block["toolUse"]["input"])}],
            }
        }
        for block in first["content"]
        if "toolUse" in block
    ]
    question["messages"] += [first, {"role": "user", "content": results}]
    return text_of(client().converse(**question))


def structured() -> Any:
    schema = {"jsonSchema": {"schema": json.dumps(checks.CAR), "name": "car"}}
    wanted = {"textFormat": {"type": "json_schema", "structure": schema}}
    return json.loads(text_of(client().converse(**asked({"text": checks.DESCRIBE}, outputConfig=wanted))))


def image() -> str:
    seen = {"image": {"format": "jpeg", "source": {"bytes": checks.picture()}}}
    return text_of(client().converse(**asked({"text": checks.LOOK}, seen)))


def embeddings() -> list[int]:
    bodies = [json.dumps({"inputText": text}) for text in checks.TEXTS]
    answers = [json.loads(client().invoke_model(modelId="embed", body=body)["body"].read()) for body in bodies]
    return [len(answer["embedding"]) for answer in answers]


def tokens() -> int:
    counted = {"converse": {"messages": [{"role": "user", "content": [{"text": checks.SAY}]}]}}
    count: int = client().count_tokens(modelId=checks.MODEL, input=counted)["inputTokens"]
    return count


checks.run(
    plain, streamed=streamed, tools=tools, structured=structured, image=image, embeddings=embeddings, tokens=tokens
)
