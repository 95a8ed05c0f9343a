"""LangChain's chat models; which, the argument says: `chat`, `responses`, `anthropic` or `aws`."""

import os
import sys
from typing import Any

import checks
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool

WAY = sys.argv[1]


def chat(key: str = checks.KEY, model: str = checks.MODEL, **switch: Any) -> Any:
    if WAY == "anthropic":
        from langchain_anthropic import ChatAnthropic

        return ChatAnthropic(model=model, base_url=checks.URL, api_key=key, max_retries=0)
    if WAY == "aws":
        from langchain_aws import ChatBedrockConverse

        os.environ["AWS_BEARER_TOKEN_BEDROCK"] = key
        return ChatBedrockConverse(
            model=model, base_url=checks.URL, provider="anthropic", region_name="us-east-1", max_retries=0, **switch
        )
    from langchain_openai import ChatOpenAI

    responses = WAY == "responses"
    return ChatOpenAI(model=model, base_url=f"{checks.URL}/v1", api_key=key, max_retries=0, use_responses_api=responses)


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return checks.weather(city)


def plain(key: str = checks.KEY, model: str = checks.MODEL) -> str:
    return str(chat(key, model).invoke(checks.SAY).text)


def streamed(**switch: Any) -> list[str]:
    return [text for chunk in chat(**switch).stream(checks.COUNT) if (text := str(chunk.text))]


def tools() -> str:
    model = chat().bind_tools([get_weather])
    messages: list[Any] = [HumanMessage(checks.WEATHER)]
    first = model.invoke(messages)
    messages.append(first)
    for call in first.tool_calls:
        messages.append(ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]))
    return str(model.invoke(messages).text)


def structured(method: str | None = None) -> Any:
    chosen = {} if method is None else {"method": method}
    schema = {"title": "car", "description": "A car.", **checks.CAR}
    question = checks.SAY_JSON if method == "json_mode" else checks.DESCRIBE
    return chat().with_structured_output(schema, **chosen).invoke(question)


def image() -> str:
    seen = {"type": "image", "base64": checks.picture_base64(), "mime_type": "image/jpeg"}
    return str(chat().invoke([HumanMessage([{"type": "text", "text": checks.LOOK}, seen])]).text)


def embeddings(**switch: Any) -> list[int]:
    from langchain_openai import OpenAIEmbeddings

    model = OpenAIEmbeddings(model="embed", base_url=f"{checks.URL}/v1", api_key=checks.KEY, max_retries=0, **switch)
    return [len(vector) for vector in model.embed_documents(checks.TEXTS)]


def bedrock_embeddings() -> list[int]:
    from langchain_aws import BedrockEmbeddings

    os.environ["AWS_BEARER_TOKEN_BEDROCK"] = checks.KEY
    model = BedrockEmbeddings(model_id="embed", provider="amazon", endpoint_url=checks.URL, region_name="us-east-1")
    return [len(vector) for vector in model.embed_documents(checks.TEXTS)]


more: dict[str, Any] = {}
if WAY == "chat":
    off = "check_embedding_ctx_length=False"
    more = {"embeddings": {"": embeddings, off: lambda: embeddings(check_embedding_ctx_length=False)}}
    more["json"] = lambda: structured("json_mode")
elif WAY == "aws":
    streams = {"": streamed, "disable_streaming=False": lambda: streamed(disable_streaming=False)}
    more = {"streamed": streams, "embeddings": bedrock_embeddings}
checks.run(plain, **{"streamed": streamed, **more}, tools=tools, structured=structured, image=image)
