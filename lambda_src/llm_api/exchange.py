"""The request in hand: who asks, what was resolved, set aside, found, answered and spent."""

from typing import TYPE_CHECKING

from llm_api.errors import ApiError
from llm_api.events import Request
from llm_api.inference.progress import Progress

if TYPE_CHECKING:
    from llm_api.cache import Lookup
    from llm_api.ledger import Tenant
    from llm_api.metering.meter import Hold
    from llm_api.storage import TenantFiles


class Exchange:
    """One request in hand. What works on it writes here; telemetry only reads.

    Attributes:
        started_at_seconds: on the monotonic clock.
        dialect: whose route it was; None for an unknown path.
        tenant: who called; None before that is known.
        caller: the same with budgets and rights.
        work_began_at_seconds: when that was known, on the same clock.
        model: the alias that was asked for.
        workflow, execution: what was started, asked for or answered, where it was a workflow's route.
        files: where files of the answer are put; None where there are none, or no place for them.
        hold: what is set aside of the tenant's budgets; None without budgets.
        lookup: the cache's part in it; None where the model's answers aren't kept.
        cache: whether a workflow had the answer in its own cache; None where it has none.
        status: of the answer.
        error: what the caller was told, where it wasn't an answer.
        fault: the exception behind an unforeseen failure.
    """

    def __init__(self, request: Request, started_at_seconds: float) -> None:
        self.request = request
        self.started_at_seconds = started_at_seconds
        self.progress = Progress()
        self.dialect: str | None = None
        self.tenant: str | None = None
        self.caller: Tenant | None = None
        self.work_began_at_seconds = 0.0
        self.model: str | None = None
        self.workflow: str | None = None
        self.execution: str | None = None
        self.files: TenantFiles | None = None
        self.hold: Hold | None = None
        self.lookup: Lookup | None = None
        self.cache: str | None = None
        self.streamed = False
        self.status = 500
        self.error: ApiError | None = None
        self.fault: BaseException | None = None
