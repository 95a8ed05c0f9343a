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
    """Answer one invocation with a proxy response.

    Raises:
        SystemExit: the app can't go on. AWS's runtime client gives no chance to end the process once it has delivered
            an answer, so this one is lost, and API Gateway answers 502; the next request finds a new process.
    """
    response = entry.buffered(app, event, context.get_remaining_time_in_millis(), context.aws_request_id)
    if app.must_end:
        raise SystemExit(1)
    return response
