"""llama-index's OpenAILike, which asks `/v1/completions` unless it is told that the model chats."""

from functools import partial
from typing import Any

import checks
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike


def like(key: str = checks.KEY, model: str = checks.MODEL, **switches: Any) -> OpenAILike:
    return OpenAILike(model=model, api_base=f"{checks.URL}/v1", api_key=key, max_retries=0, **switches)


def plain(key: str = checks.KEY, model: str = checks.MODEL, **switches: Any) -> str:
    return like(key, model, **switches).complete(checks.SAY).text


def streamed(**switches: Any) -> list[str]:
    return [text for piece in like(**switches).stream_complete(checks.COUNT) if (text := piece.delta)]


def tools() -> str:
    able = like(is_chat_model=True, is_function_calling_model=True)
    tool = FunctionTool.from_defaults(checks.weather, name="get_weather", description="The weather of a city.")
    return str(able.predict_and_call([tool], user_msg=checks.WEATHER))


def image() -> str:
    seen = ImageBlock(image=checks.picture(), image_mimetype="image/jpeg")
    message = ChatMessage(role="user", blocks=[TextBlock(text=checks.LOOK), seen])
    return str(like(is_chat_model=True).chat([message]).message.content)


def embeddings() -> list[int]:
    able = OpenAILikeEmbedding(model_name="embed", api_base=f"{checks.URL}/v1", api_key=checks.KEY, max_retries=0)
    return [len(vector) for vector in able.get_text_embedding_batch(checks.TEXTS)]


chats = "is_chat_model=True"
checks.run(
    {"": plain, chats: partial(plain, is_chat_model=True)},
    streamed={"": streamed, chats: partial(streamed, is_chat_model=True)},
    tools={"is_chat_model=True, is_function_calling_model=True": tools},
    image={chats: image},
    embeddings=embeddings,
)
