"""The one path that every request takes: authenticate, parse, resolve, reserve, infer, render, settle, report."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from llm_api.config import Settings
from llm_api.deadline import Deadline
from llm_api.dialects import Call, Delivery, Dialect, Query
from llm_api.errors import ApiError, BadRequest, CredentialsRefused, Internal, NotFound, Unavailable
from llm_api.events import Request, Response, most_body_bytes
from llm_api.exchange import Exchange
from llm_api.inference import Candidate, Inference, Streamed, Terms
from llm_api.ledger import Ledger, Tenant
from llm_api.registry import Registry, Target
from llm_api.routes import dialect_of, error_for_any_client, parser_of
from llm_api.telemetry import Telemetry

if TYPE_CHECKING:
    from llm_api.cache import Cache
    from llm_api.dialects.workflows import Approval, Approve, Execution, Show, Start
    from llm_api.ledger.budgets import Balance
    from llm_api.storage import Bucket
    from llm_api.workflows.executions import Workflows

_FREE_SECONDS = 1.0
"""Work on a request that is refused in the end, and counts as none."""


class App:
    """Answers requests. One for each environment; its clients and what it remembers stay warm between requests.

    Parameters:
        settings: the deployment's.
        ledger, inference, cache, telemetry, workflows: made from the settings unless given.
        clock: seconds, monotonic; the one that deadlines are on.

    Attributes:
        must_end: this environment can answer nothing more. Whoever runs it ends the process, so that Lambda starts
            another: left alive it would go on to refuse, and because that is quickly done, it would be idle and asked
            again before the healthy ones.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        ledger: Ledger | None = None,
        inference: Inference | None = None,
        cache: "Cache | None" = None,
        telemetry: Telemetry | None = None,
        workflows: "Workflows | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._registry = settings.registry
        self._ledger = ledger or Ledger(settings)
        self._inference = inference or Inference(settings.registry)
        self._telemetry = telemetry or Telemetry(
            settings.service, settings.metrics_namespace, by_tenant=settings.metrics_by_tenant
        )
        self._workflows = workflows
        self._clock = clock
        self._bucket: Bucket | None = None
        self.must_end = False
        self._opened_cache = cache

    def warm_up(self) -> None:
        """Make the clients that a request needs; for the environment's start, where Lambda gives a whole CPU."""
        self._inference.warm_up()
        self._ledger.warm_up()
        if self._settings.cache_table is not None:
            self._cache().warm_up()

    def handle(self, request: Request, deadline: Deadline) -> Response:
        """The answer to a request, an error included. Never raises.

        A streamed answer has to be read to its end, or closed: the report on it is written then.
        """
        exchange = Exchange(request, self._clock())
        dialect: Dialect | None = None
        try:
            dialect = dialect_of(request)
            response = self._answer(request, dialect, deadline, exchange)
        except ApiError as error:
            response = self._refusal(error, dialect, exchange)
        except Exception as fault:
            exchange.fault = fault
            response = self._refusal(Internal(), dialect, exchange)
        if isinstance(response.body, bytes):
            if exchange.error is not None:
                self._count_refusal(exchange)
            self._settle(exchange)
        if exchange.hold is not None:
            response.headers.update(exchange.hold.balance.headers(time.time()))
        response.headers["x-request-id"] = request.id
        if exchange.progress.target is not None:
            response.headers["x-llm-model"] = exchange.progress.target.alias
        if exchange.progress.partial and exchange.error is None:
            response.headers["x-llm-partial"] = "true"
        if exchange.lookup is not None:
            response.headers["x-llm-cache"] = exchange.lookup.state
        exchange.status = response.status
        if isinstance(response.body, bytes):
            self._telemetry.report(exchange, self._clock())
        else:
            response.body = self._reported_at_its_end(response.body, exchange)
        return response

    def carry_out(self, order: object, function_request_id: str | None) -> dict[str, Any]:
        """The answer to what a workflow asks around its prompts; see `llm_api.workflows.steps`. Never raises."""
        from llm_api.workflows.steps import Steps

        return Steps(self._settings, self._ledger, self._telemetry, self._clock).carry_out(order, function_request_id)

    def _answer(self, request: Request, dialect: Dialect | None, deadline: Deadline, exchange: Exchange) -> Response:
        parser = parser_of(dialect, request)
        exchange.dialect = dialect.NAME if dialect is not None else None
        tenant = self._ledger.authenticate(request)
        exchange.tenant, exchange.caller, exchange.work_began_at_seconds = tenant.name, tenant, self._clock()
        call: Call | Query = parser.parse(request)
        if isinstance(call, Query):
            return call.respond(
                _Deployment(self._registry, self._ledger, self._open_workflows, tenant, deadline, exchange)
            )
        if call.has_files:
            call.delivery = self._delivery(tenant, deadline, exchange)
        target = self._resolve(call, tenant)
        exchange.model = target.alias
        if call.stream and not self._settings.streaming:
            raise BadRequest("Streaming is off in this deployment (`streaming = false`). Ask for the whole answer.")
        candidates = self._inference.candidates(call, target, _terms(tenant))
        if target.cache is not None:
            exchange.lookup = self._cache().look_up(request, call, candidates[0], tenant, self._inference, deadline)
        candidates = self._reserve(call, candidates, tenant, exchange)
        if call.stream:
            return self._stream(call, candidates, deadline, exchange)
        models = exchange.lookup or self._inference
        answered_by, answers = models.answer(call, candidates, deadline, exchange.progress)
        response = call.render(answered_by, answers)
        return _with_warnings(response, call, answered_by)

    def _open_workflows(self) -> "Workflows":
        """The workflows, made on first use: most deployments have none."""
        if self._workflows is None:
            from llm_api.workflows.executions import Workflows

            self._workflows = Workflows(self._settings.workflows)
        return self._workflows

    def _stream(self, call: Call, candidates: list[Candidate], deadline: Deadline, exchange: Exchange) -> Response:
        models = exchange.lookup or self._inference
        streamed = models.stream(call, candidates, deadline, exchange.progress)
        exchange.streamed = True
        headers = {
            "content-type": call.stream_content_type,
            "cache-control": "no-cache",
            **call.stream_headers(),
            **streamed.headers,
        }
        response = Response(200, headers, _rendered(call, streamed))
        return _with_warnings(response, call, streamed.target)

    def _delivery(self, tenant: Tenant, deadline: Deadline, exchange: Exchange) -> Delivery:
        most_bytes = most_body_bytes(streaming=self._settings.streaming)
        if self._settings.images_bucket is None:
            return Delivery(most_bytes)
        from llm_api.storage import Bucket

        if self._bucket is None:
            self._bucket = Bucket(self._settings.images_bucket, self._settings.images_url_seconds)
        exchange.files = self._bucket.files_of(tenant.name if tenant.declared else None, deadline)
        return Delivery(most_bytes, exchange.files)

    def _resolve(self, call: Call, tenant: Tenant) -> Target:
        target = self._registry.find(call.model, tenant.models)
        if target is None:
            # The same words for another tenant's model, or whoever has a key could ask what there is.
            raise NotFound("There is no such model for you here. GET /v1/models lists those that you may use.")
        return target

    def _cache(self) -> "Cache":
        """The cache, made on first use: most deployments have none."""
        if self._opened_cache is None:
            from llm_api.cache import Cache

            self._opened_cache = Cache(self._settings.cache_table)
        return self._opened_cache

    def _reserve(self, call: Call, candidates: list[Candidate], tenant: Tenant, exchange: Exchange) -> list[Candidate]:
        """Who may answer; of a tenant with budgets, once the most that they may use is set aside."""
        if not tenant.budgets:
            return candidates
        from llm_api.metering import meter

        if exchange.lookup is not None and exchange.lookup.state == "hit":
            exchange.hold = meter.reserve_request(self._ledger, tenant)
            return candidates
        covered, exchange.hold = meter.reserve(self._ledger, tenant, call, candidates)
        return covered

    def _settle(self, exchange: Exchange) -> None:
        """Count what was used, and keep an answer that may be given again."""
        if exchange.hold is not None:
            from llm_api.metering import meter

            meter.settle(self._ledger, exchange.hold, exchange.progress)
        if exchange.lookup is not None and exchange.error is None:
            exchange.lookup.keep()

    def _count_refusal(self, exchange: Exchange) -> None:
        """Count a request that was refused before anything was reserved, if that took long: stalling isn't free."""
        tenant = exchange.caller
        if exchange.hold is not None or tenant is None or not tenant.budgets:
            return
        if isinstance(exchange.error, Unavailable) or self._clock() - exchange.work_began_at_seconds < _FREE_SECONDS:
            return
        from llm_api.metering import meter

        try:
            exchange.hold = meter.reserve_request(self._ledger, tenant)
        except ApiError:
            return  # no room, or the table is out of reach: the answer is a refusal already

    def _refusal(self, error: ApiError, dialect: Dialect | None, exchange: Exchange) -> Response:
        exchange.error = error
        self.must_end = self.must_end or isinstance(error, CredentialsRefused)
        if exchange.fault is None and isinstance(error, Internal):
            exchange.fault = error.__cause__
        response = (dialect.error if dialect is not None else error_for_any_client)(error, exchange.request)
        response.headers.update(error.headers)
        if error.retry_after_seconds is not None:
            response.headers.setdefault("retry-after", str(math.ceil(error.retry_after_seconds)))
        return response

    def _reported_at_its_end(self, body: Iterator[bytes], exchange: Exchange) -> Iterator[bytes]:
        try:
            yield from body
        except Exception as fault:
            exchange.error, exchange.fault = Internal(), fault
            raise
        finally:
            self._settle(exchange)
            self._telemetry.report(exchange, self._clock())


class _Deployment:
    """See `dialects.Deployment`. What was asked for of which execution stands in the exchange."""

    def __init__(
        self,
        registry: Registry,
        ledger: Ledger,
        workflows: "Callable[[], Workflows]",
        tenant: Tenant,
        deadline: Deadline,
        exchange: Exchange,
    ) -> None:
        self.tenant = tenant.name
        self.key_id = tenant.key_id
        self._registry = registry
        self._ledger = ledger
        self._workflows = workflows
        self._caller = tenant
        self._deadline = deadline
        self._exchange = exchange

    def models(self) -> Sequence[Target]:
        return self._registry.aliases(self._caller.models)

    def balance(self) -> "Balance":
        return self._ledger.balance(self._caller)

    def start(self, asked: "Start") -> "Execution":
        self._exchange.workflow = asked.workflow
        if self._caller.budgets:
            from llm_api.metering import meter

            self._exchange.hold = meter.reserve_request(self._ledger, self._caller)
        execution = self._workflows().start(asked, self._caller)
        self._exchange.execution = execution.id
        return execution

    def show(self, asked: "Show") -> "Execution":
        self._exchange.workflow, self._exchange.execution = asked.workflow, asked.execution
        return self._workflows().show(asked, self._caller, self._deadline)

    def approve(self, asked: "Approve") -> "Approval":
        self._exchange.workflow, self._exchange.execution = asked.workflow, asked.execution
        return self._workflows().approve(asked, self._caller, self._deadline)


def _terms(tenant: Tenant) -> Terms:
    """On what terms a tenant may use models."""
    tags = {"tenant": tenant.name} if tenant.declared else {}
    return Terms(tenant.models, tenant.max_output_tokens, tags)


def _rendered(call: Call, streamed: Streamed) -> Iterator[bytes]:
    try:
        yield from call.render_stream(streamed.target, streamed.frames)
    finally:
        streamed.close()


def _with_warnings(response: Response, call: Call, target: Target) -> Response:
    """The answer with the fields that were ignored in its `warning` header (RFC 9111, 5.5: code 199 and a text)."""
    warnings = call.warnings(target)
    if warnings:
        response.headers["warning"] = ", ".join(f'199 - "{_header_text(text)}"' for text in warnings)
    return response


def _header_text(text: str) -> str:
    return "".join(character if " " <= character <= "~" and character not in '"\\' else "?" for character in text)
