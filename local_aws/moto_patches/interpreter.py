"""moto's interpreter of state machines: JSONata, Bedrock, the role that calls it, and how failures travel."""

import importlib
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.loaders import Loader
from botocore.model import ServiceModel
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType, MapRunFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.catch.catch_outcome import CatchOutcome
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import iteration_worker
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_dynamodb import (
    StateTaskServiceDynamoDB,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.utils import camel_to_snake_case

from local_aws import executions, expressions
from local_aws.moto_patches.patching import Patch, gap

_EXEC = "moto.stepfunctions.parser.asl.component.state.exec"
CALLERS = (
    f"{_EXEC}.state_task.lambda_eval_utils",
    f"{_EXEC}.state_map.item_reader.eval.resource_eval_s3",
    f"{_EXEC}.state_task.service.state_task_service_aws_sdk",
    f"{_EXEC}.state_task.service.state_task_service_dynamodb",
    f"{_EXEC}.state_task.service.state_task_service_sfn",
    f"{_EXEC}.state_task.service.state_task_service_sns",
    f"{_EXEC}.state_task.service.state_task_service_sqs",
)
"""Where moto calls AWS for a state; what isn't here stays moto's own, which reaches nothing."""

SDK_NAMES = {"bedrockruntime": "bedrock-runtime"}
ERROR_NAMES = {"bedrockruntime": "BedrockRuntime", "s3": "S3"}

_loader = Loader()  # keeps what it has read


@gap
def expressions_are_evaluated(patch: Patch) -> None:
    """JSONata has no evaluator in moto, and its variables would be written into the expression unescaped."""

    def make(_: Any) -> Any:
        def _eval_body(self: StringJSONata, env: Any) -> None:
            store = env.variable_store
            variables = {**store._outer_scope, **store._inner_scope, "states": plain_states(env)}
            try:
                env.stack.append(expressions.evaluate(self.expression, variables))
            except expressions.EvaluationError as error:
                failure = _query_failure(env, str(error))
                env.event_manager.add_event(
                    context=env.event_history_context,
                    event_type=failure.event_type,
                    event_details=failure.event_details,
                )
                raise FailureEventException(failure_event=failure) from error

        return _eval_body

    patch.replace(StringJSONata, "_eval_body", make)


@gap
def failing_outputs_are_caught(patch: Patch) -> None:
    """States.QueryEvaluationError in a state's Output ends the execution, past the state's own Catch."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def _eval_state_output(self: ExecutionState, env: Any) -> None:
            try:
                original(self, env)
            except FailureEventException as error:
                if not self.catch:
                    raise
                output = self._construct_error_output_value(failure_event=error.failure_event)
                env.states.set_error_output(output)
                env.states.set_result(output)
                self._handle_catch(env=env, failure_event=error.failure_event)
                if env.stack[-1] != CatchOutcome.Caught:
                    raise

        return _eval_state_output

    patch.replace(ExecutionState, "_eval_state_output", make)


@gap
def states_call_as_their_role(patch: Patch) -> None:
    """A state's calls go to moto's own port, with keys of nobody: no role is ever evaluated."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
            running = executions.current()
            if running is None or state_credentials is None:
                return original(region, service, state_credentials)
            return running.client(service, region, state_credentials.role_arn)

        return boto_client_for

    for name in CALLERS:
        patch.replace(importlib.import_module(name), "boto_client_for", make)


@gap
def bedrock_runtime_is_known(patch: Patch) -> None:
    """aws-sdk:bedrockruntime has another name in boto3, and in the names of its errors."""
    patch.replace(StateTaskService, "_SERVICE_NAME_SFN_TO_BOTO_OVERRIDES", lambda known: {**known, **SDK_NAMES})
    patch.replace(state_task_service_aws_sdk, "_SERVICE_ERROR_NAMES", lambda known: {**known, **ERROR_NAMES})


@gap
def arguments_change_case(patch: Patch) -> None:
    """States write `StateMachineArn` where boto3 takes and gives `stateMachineArn`: moto passes both as they are."""

    def into(_: Any) -> Any:
        def _normalise_parameters(
            self: StateTaskService,
            parameters: dict[str, Any],
            boto_service_name: str | None = None,
            service_action_name: str | None = None,
        ) -> None:
            shape = _operation(self, boto_service_name, service_action_name).input_shape
            if shape is not None:
                self._to_boto_request(parameters, shape)

        return _normalise_parameters

    def out_of(_: Any) -> Any:
        def _normalise_response(
            self: StateTaskService,
            response: Any,
            boto_service_name: str | None = None,
            service_action_name: str | None = None,
        ) -> None:
            shape = _operation(self, boto_service_name, service_action_name).output_shape
            if shape is not None and isinstance(response, dict):
                self._from_boto_response(response, shape)
                told = json.loads(json.dumps(response, default=str))
                response.clear()
                response.update(told)

        return _normalise_response

    patch.replace(StateTaskService, "_normalise_parameters", into)
    patch.replace(StateTaskService, "_normalise_response", out_of)


@gap
def errors_of_states_leave_their_branch(patch: Patch) -> None:
    """A branch or item that fails with an error of Step Functions' own, such as States.Timeout, is no failure."""

    def make(original: Any) -> Any:
        def error_name(error_name: str | None) -> Any:
            try:
                return StatesErrorName(typ=StatesErrorNameType.from_name(str(error_name)))
            except ValueError:
                return original(error_name)

        return error_name

    for module in (branches_decl, iteration_worker):
        patch.replace(module, "CustomErrorName", make)


@gap
def tables_are_not_blamed(patch: Patch) -> None:
    """Whatever fails in a task of DynamoDB, its arguments or its time, is called an error of DynamoDB."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def _from_error(self: StateTaskServiceDynamoDB, env: Any, ex: Exception) -> FailureEvent:
            if isinstance(ex, FailureEventException | TimeoutError):
                return super(StateTaskServiceDynamoDB, self)._from_error(env=env, ex=ex)
            failure: FailureEvent = original(self, env, ex)
            return failure

        return _from_error

    patch.replace(StateTaskServiceDynamoDB, "_from_error", make)


@gap
def invoke_model_is_integrated(patch: Patch) -> None:
    """states:::bedrock:invokeModel, with its requests and answers in S3, is not supported."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def state_task_service_for(service_name: str) -> Any:
            if service_name == "bedrock":
                return BedrockTask()  # type: ignore[no-untyped-call]
            return original(service_name)

        return state_task_service_for

    patch.replace(state_task_factory, "state_task_service_for", make)


@gap
def failures_are_only_tolerated(patch: Patch) -> None:
    """A Distributed Map succeeds however many of its items fail, and asks no permission to start them."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def _map_run(self: DistributedIterationComponent, env: Any, eval_input: Any) -> None:
            record = eval_input.map_run_record
            denied = _denied(env)
            if denied is not None:
                raise FailureEventException(failure_event=_failure(env, StatesErrorNameType.StatesPermissions, denied))
            original(self, env, eval_input)
            items = env.stack[-1]
            failed = sum(item is None for item in items)
            count, percentage = record.tolerated_failure_count, record.tolerated_failure_percentage
            tolerated = failed <= count or (bool(items) and 100 * failed / len(items) <= percentage)
            if failed and not tolerated:
                cause = "The specified tolerated failure threshold was exceeded"
                kind = StatesErrorNameType.StatesExceedToleratedFailureThreshold
                raise FailureEventException(failure_event=_failure(env, kind, cause))

        return _map_run

    patch.replace(DistributedIterationComponent, "_map_run", make)


class BedrockTask(StateTaskServiceAwsSdk):
    """`bedrock:invokeModel`: https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrock.html."""

    def _get_sfn_resource_type(self) -> str:
        return "bedrock"

    @staticmethod
    def _normalise_service_error_name(service_name: str) -> str:
        return "Bedrock"

    def _normalise_parameters(self, parameters: dict[str, Any], *_: Any, **__: Any) -> None:
        return None

    def _normalise_response(self, response: Any, *_: Any, **__: Any) -> None:
        return None

    def _eval_service_task(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: dict[str, Any], state_credentials: Any
    ) -> None:
        running = executions.current()
        if running is None or self.resource.api_action != "invokeModel":
            raise ValueError(f"Local AWS does not integrate {self.resource.resource_arn}.")

        def client(service: str) -> Any:
            return running.client(service, resource_runtime_part.region, state_credentials.role_arn)

        given = normalised_parameters
        if "Input" in given:
            body = client("s3").get_object(**_place(given["Input"]["S3Uri"]))["Body"].read()
        else:
            body = json.dumps(given["Body"]).encode()
        options = {
            "GuardrailIdentifier": "guardrailIdentifier",
            "GuardrailVersion": "guardrailVersion",
            "Trace": "trace",
        }
        answer = client("bedrock-runtime").invoke_model(
            modelId=given["ModelId"],
            body=body,
            contentType=given.get("ContentType", "application/json"),
            accept=given.get("Accept", "application/json"),
            **{sdk: given[name] for name, sdk in options.items() if name in given},
        )
        told = answer["body"].read()
        if "Output" in given:
            client("s3").put_object(**_place(given["Output"]["S3Uri"]), Body=told)
            result: dict[str, Any] = {"Body": given["Output"]["S3Uri"], "ContentType": answer["contentType"]}
        else:
            result = {"Body": json.loads(told), "ContentType": answer["contentType"]}
        env.stack.append(result)


def plain_states(env: Any) -> Mapping[str, Any]:
    """`$states` of an environment, in JSON's types."""
    data: Mapping[str, Any] = json.loads(json.dumps(env.states._states_data, default=str))
    return {key: value for key, value in data.items() if key in ("input", "context") or value is not None}


def _operation(task: StateTaskService, service_name: str | None, action: str | None) -> Any:
    service = ServiceModel(_loader.load_service_model(task._get_boto_service_name(service_name), "service-2"))
    names = {camel_to_snake_case(name): name for name in service.operation_names}
    return service.operation_model(names[task._get_boto_service_action(action)])


def _place(uri: str) -> dict[str, str]:
    parts = urlsplit(uri)
    return {"Bucket": parts.netloc, "Key": parts.path.lstrip("/")}


def _denied(env: Any) -> str | None:
    """Why the role may not start a map's items; None where it may."""
    running = executions.current()
    machine = env.states.context_object.context_object_data["StateMachine"]["Id"]
    if running is None:
        return None
    return running.refusal(env.aws_execution_details.role_arn, "states:StartExecution", machine)


def _query_failure(env: Any, cause: str) -> FailureEvent:
    error = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    return FailureEvent(
        env=env,
        error_name=error,
        event_type=HistoryEventType.EvaluationFailed,
        event_details=EventDetails(  # type: ignore[typeddict-item]
            evaluationFailedEventDetails=EvaluationFailedEventDetails(cause=cause, error=error.error_name)
        ),
    )


def _failure(env: Any, kind: StatesErrorNameType, cause: str) -> FailureEvent:
    error = StatesErrorName(typ=kind)
    return FailureEvent(
        env=env,
        error_name=error,
        event_type=HistoryEventType.MapRunFailed,
        event_details=EventDetails(  # type: ignore[typeddict-item]
            mapRunFailedEventDetails=MapRunFailedEventDetails(cause=cause, error=error.error_name)
        ),
    )
