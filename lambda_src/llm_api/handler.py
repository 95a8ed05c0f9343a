"""The managed runtime's entry, for deployments with `streaming = false`: one event in, one JSON document out.

https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
"""

from typing import Any, Protocol

from llm_api import entry


class Context(Protocol):
    """What is used of Lambda's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


app = entry.build()
"""Built while Lambda initialises the function, when it has a full CPU. A bad setting fails here and names itself."""


def lambda_handler(event: object, context: Context) -> dict[str, Any]:
    """Answer one invocation with a proxy response. Never raises."""
    return entry.buffered(app, event, context.get_remaining_time_in_millis(), context.aws_request_id)
