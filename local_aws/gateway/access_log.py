"""The stage's access log, written into the control plane's log group.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
"""

import time
from typing import Any

from local_aws.gateway.exchange import Exchange
from local_aws.gateway.templates import render


def access_log_line(exchange: Exchange, status: int, length: int) -> str:
    """The line that the stage's format makes of a request; `-` stands for what is not known."""
    log = exchange.stage.access_log
    assert log is not None
    variables = exchange.variables()
    context: dict[str, Any] = variables["context"]
    latency = exchange.integration_latency_ms
    context |= {
        "status": str(status),
        "responseLength": str(length),
        "responseLatency": str(int(exchange.elapsed() * 1000)),
        "integrationStatus": exchange.integration_status,
        "integrationLatency": latency,
        "integration": {
            "status": exchange.integration_status,
            "latency": latency,
        },
    }
    return render(log.format, variables, absent="-")


def write_access_log(exchange: Exchange, status: int, length: int) -> None:
    """Writes one event into the stage's log group. Does nothing where the stage has no access log."""
    log = exchange.stage.access_log
    if log is None:
        return
    from moto.logs.models import logs_backends  # moto takes a second to import

    _, _, _, region, account, resource = log.destination_arn.split(":", 5)
    group = resource.removeprefix("log-group:").removesuffix(":*")
    backend = logs_backends[account][region]
    stream = f"local-{exchange.stage.rest_api_id}-{exchange.stage.name}"
    if group not in backend.groups:
        return  # deleted since; API Gateway loses such lines too
    if stream not in backend.groups[group].streams:
        backend.create_log_stream(group, stream)
    event = {"timestamp": int(time.time() * 1000), "message": access_log_line(exchange, status, length)}
    backend.put_log_events(group, stream, [event])
