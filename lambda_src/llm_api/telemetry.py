"""What is told about a request: one log line and one metrics record, both JSON on standard output.

Fields are named as AWS's Powertools name them where both have them, so that people's queries work. The metrics record
is CloudWatch's embedded metric format
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html),
which costs no call. Neither ever holds a prompt, an answer or a key, whole or in part.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llm_api.errors import BudgetSpent, OverBudget
from llm_api.exchange import Exchange
from llm_api.families import family_of
from llm_api.inference.usage import Usage
from llm_api.metering.prices import cost
from llm_api.registry import PICODOLLARS_PER_USD

if TYPE_CHECKING:
    from llm_api.cache import Lookup
    from llm_api.metering.meter import Hold
    from llm_api.registry import Target

_UNITS = {
    "Requests": "Count",
    "Errors": "Count",
    "Throttles": "Count",
    "Attempts": "Count",
    "InputTokens": "Count",
    "OutputTokens": "Count",
    "Latency": "Milliseconds",
    "ModelLatency": "Milliseconds",
    "TimeToFirstToken": "Milliseconds",
    "Cost": "None",
    "BrokenStreams": "Count",
    "BudgetRefusals": "Count",
    "BudgetUsed": "Percent",
    "ModelEnded": "Count",
    "CacheHits": "Count",
    "CacheMisses": "Count",
}

_OF_THE_WHOLE = frozenset({"BrokenStreams", "BudgetRefusals", "BudgetUsed", "ModelEnded"})
"""Metrics without dimensions but the deployment's, and only while there is something to tell: CloudWatch bills each
metric for each set of dimensions, in the hours in which a value came. Whose it was, the log line says."""

_OPERATIONS = {"embeddings": "embeddings", "images": "generate_content", "rerank": "rerank"}
"""What the models do that don't chat, in OpenTelemetry's words."""


_COUNTED_AS: dict[str, dict[str, int]] = {
    "hit": {"CacheHits": 1, "CacheMisses": 0},
    "miss": {"CacheHits": 0, "CacheMisses": 1},
}
"""Both of either, so that the average of CacheHits is the share of hits."""


class Telemetry:
    """Writes reports.

    Parameters:
        service: the deployment's name.
        namespace: of the metrics in CloudWatch.
        write: takes text that ends in a newline; replaced in tests.
        by_tenant: whether each tenant has metrics of its own, which CloudWatch charges for one by one.
    """

    def __init__(
        self,
        service: str,
        namespace: str,
        write: Callable[[str], object] | None = None,
        *,
        by_tenant: bool = False,
    ) -> None:
        self._service = service
        self._namespace = namespace
        self._by_tenant = by_tenant
        self._write = write or _write_to_stdout
        self._cold_start = True

    def report(self, exchange: Exchange, now_seconds: float) -> None:
        """Write the two lines of a request that is over.

        Parameters:
            now_seconds: on the monotonic clock.
        """
        line = self._log_line(exchange, now_seconds)
        metrics = self._metrics(exchange, line)
        self._cold_start = False
        self._write(f"{json.dumps(line)}\n{json.dumps(metrics)}\n")

    def _log_line(self, exchange: Exchange, now_seconds: float) -> dict[str, Any]:
        progress, error = exchange.progress, exchange.error
        level, message = _headline(exchange)
        line: dict[str, Any] = {
            "level": level,
            "message": message,
            "timestamp": _timestamp(),
            "service": self._service,
            "cold_start": self._cold_start,
            "function_request_id": exchange.request.function_request_id,
            "xray_trace_id": _trace_id(),
            "request_id": exchange.request.id,
            "route": f"{exchange.request.method} {exchange.request.route}",
            "dialect": exchange.dialect,
            "tenant": exchange.tenant,
            "key_id": None if exchange.caller is None else exchange.caller.key_id,
            "model": exchange.model,
            "workflow": exchange.workflow,
            "execution": exchange.execution,
            "status": exchange.status,
            "streamed": exchange.streamed,
            "latency_ms": _milliseconds(now_seconds - exchange.started_at_seconds),
            "attempts": progress.attempts,
            "fallback": progress.fallback,
            "cache": exchange.cache,
        }
        if progress.target is not None:
            line |= {"model": progress.target.alias, "family": progress.target.family}
            if progress.fallback:
                line["model_asked_for"] = exchange.model
        if progress.usage is not None:
            line |= {
                "input_tokens": progress.usage.input_tokens,
                "output_tokens": progress.usage.output_tokens,
                "cache_read_tokens": progress.usage.cache_read_tokens,
                "cache_write_tokens": progress.usage.cache_write_tokens,
                "tokens_estimated": progress.usage.estimated,
            }
            if progress.target is not None and progress.target.price is not None:
                for_an_hour = exchange.hold is not None and exchange.hold.caches_for_an_hour
                spent = cost(progress.target.price, progress.usage, cached_for_an_hour=for_an_hour)
                if exchange.hold is not None and exchange.hold.used is not None:
                    spent = exchange.hold.used.picodollars
                line["cost_usd"] = spent / PICODOLLARS_PER_USD
        if exchange.files is not None:
            line |= {"files_stored": exchange.files.stored, "storage_failure": exchange.files.failure}
        if exchange.hold is not None:
            line |= _settlement(exchange.hold)
        if exchange.lookup is not None:
            line |= _of_the_cache(exchange.lookup)
        if progress.model_latency_ms is not None:
            line["model_latency_ms"] = progress.model_latency_ms
        if exchange.streamed and progress.first_token_at_seconds is not None:
            line["time_to_first_token_ms"] = _milliseconds(
                progress.first_token_at_seconds - exchange.started_at_seconds
            )
        if progress.partial:
            line["partial"] = True
        if progress.ended_by is not None:
            line["stream_ended_by"] = progress.ended_by
        if progress.ended_model is not None:
            line["ended_model"] = progress.ended_model
        if progress.guardrail_intervened:
            line["guardrail"] = "intervened"
        if error is not None:
            line |= {"error": error.code, "error_type": type(error).__name__, **error.log_fields}
            if error.reason is not None:
                line["reason"] = error.reason
        if exchange.fault is not None:
            line |= _location(exchange.fault)
        if progress.target is not None:
            line["gen_ai"] = _gen_ai(progress.target, exchange.model, progress.usage)
        return {name: value for name, value in line.items() if value is not None}

    def _metrics(self, exchange: Exchange, line: dict[str, Any]) -> dict[str, Any]:
        over_budget = isinstance(exchange.error, OverBudget | BudgetSpent)
        values = {
            "Requests": 1,
            "Errors": int(exchange.status >= 500 or "stream_ended_by" in line or exchange.fault is not None),
            "Throttles": int(exchange.status == 429 and not over_budget),
            "Attempts": line["attempts"],
            "InputTokens": line.get("input_tokens"),
            "OutputTokens": line.get("output_tokens"),
            "Latency": line["latency_ms"],
            "ModelLatency": line.get("model_latency_ms"),
            "TimeToFirstToken": line.get("time_to_first_token_ms"),
            "Cost": line.get("cost_usd"),
            "BrokenStreams": 1 if "stream_ended_by" in line else None,
            "BudgetRefusals": 1 if over_budget else None,
            "BudgetUsed": line.get("budget_used_percent"),
            "ModelEnded": 1 if "ended_model" in line else None,
            **_COUNTED_AS.get(line.get("cache", ""), {}),
        }
        known = {name: value for name, value in values.items() if value is not None}
        dimensions = [["service"], ["service", "model"]] if "model" in line else [["service"]]
        tenant = {"tenant": exchange.tenant} if self._by_tenant and exchange.tenant is not None else {}
        if tenant:
            dimensions.append(["service", "tenant"])
        directives = [self._directive(dimensions, [name for name in known if name not in _OF_THE_WHOLE])]
        if rare := [name for name in known if name in _OF_THE_WHOLE]:
            directives.append(self._directive([["service"]], rare))
        return {
            "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives},
            "service": self._service,
            **({"model": line["model"]} if "model" in line else {}),
            **tenant,
            "request_id": exchange.request.id,
            **known,
        }

    def _directive(self, dimensions: list[list[str]], names: list[str]) -> dict[str, Any]:
        return {
            "Namespace": self._namespace,
            "Dimensions": dimensions,
            "Metrics": [{"Name": name, "Unit": _UNITS[name]} for name in names],
        }


def _headline(exchange: Exchange) -> tuple[str, str]:
    """Level and message."""
    if exchange.error is not None:
        serious = exchange.status >= 500 or exchange.fault is not None
        return "ERROR" if serious else "WARNING", f"request failed: {exchange.error.code}"
    if exchange.progress.ended_by is not None:
        return "WARNING", f"stream ended early: {exchange.progress.ended_by}"
    if exchange.files is not None and exchange.files.failure is not None:
        return "WARNING", "request, but its files could not be stored"
    return "INFO", "request"


def _settlement(hold: "Hold") -> dict[str, Any]:
    """What was set aside, what became of it, and whether the bound on a request's use was none."""
    reserved = hold.reservation.amount
    line: dict[str, Any] = {
        "reserved_tokens": reserved.tokens,
        "reserved_usd": reserved.picodollars / PICODOLLARS_PER_USD,
        "settlement": hold.settlement,
        **hold.balance.log_fields(),
    }
    if hold.failure is not None:
        line["settlement_failure"] = getattr(hold.failure, "reason", None) or type(hold.failure).__name__
    if hold.used is not None and (hold.used.tokens > reserved.tokens > 0):
        line["tokens_beyond_reservation"] = hold.used.tokens - reserved.tokens
    return line


def _gen_ai(target: "Target", asked_for: str | None, usage: Usage | None) -> dict[str, Any]:
    """OpenTelemetry's attributes of a model call, as one object: CloudWatch and collectors name its leaves with dots.

    An ARN is told by its alias. Input tokens are all of them here, cached ones included.
    https://opentelemetry.io/docs/specs/semconv/gen-ai/aws-bedrock/
    """
    identifier = target.id if target.id is not None and not target.id.startswith("arn:") else target.alias
    attributes: dict[str, Any] = {
        "provider": {"name": "aws.bedrock" if target.endpoint is None else "aws.sagemaker"},
        "operation": {"name": _OPERATIONS.get(family_of(target).operation, "chat")},
        "request": {"model": asked_for},
        "response": {"model": identifier},
    }
    if usage is not None:
        everything = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        attributes["usage"] = {"input_tokens": everything, "output_tokens": usage.output_tokens}
    return attributes


def _of_the_cache(lookup: "Lookup") -> dict[str, Any]:
    """Whether the answer was kept, where, and if it is now, or why not."""
    return {
        "cache": lookup.state,
        "cache_level": lookup.level,
        "cache_kept": lookup.kept,
        "cache_reason": lookup.why,
        "cache_failure": lookup.failure,
    }


def _write_to_stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _timestamp() -> str:
    now = time.time()
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now)) + f",{int(now % 1 * 1000):03d}+0000"


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _trace_id() -> str | None:
    """The trace's root, out of `Root=1-…;Parent=…;Sampled=…`."""
    parts = dict(part.partition("=")[::2] for part in os.environ.get("_X_AMZN_TRACE_ID", "").split(";"))
    return parts.get("Root")


def _location(fault: BaseException) -> dict[str, Any]:
    """What failed and where. Never an exception's own words: they may quote a prompt."""
    import traceback

    frames = traceback.extract_tb(fault.__traceback__)
    return {
        "exception_name": type(fault).__name__,
        "stack_trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
