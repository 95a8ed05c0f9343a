"""Step Functions' API: what the provider calls, and who an execution may run as. `interpreter.py` is what runs it."""

import json
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions import responses as moto_responses
from moto.stepfunctions.parser import models as parser_models
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from local_aws import executions
from local_aws.iam.errors import UnknownPolicyElement
from local_aws.moto_patches.patching import Patch, gap


class NotAssumable(AWSError):
    """The role's trust policy leaves Step Functions out."""

    TYPE = "AccessDeniedException"
    STATUS = 400

    def __init__(self) -> None:
        super().__init__(
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
            "the provided role."
        )


@gap
def definitions_are_validated(patch: Patch) -> None:
    """states:ValidateStateMachineDefinition is missing; the provider calls it in every plan."""

    def make(_: Any) -> Any:
        def validate_state_machine_definition(self: moto_responses.StepFunctionResponse) -> ActionResult:
            problems = []
            try:
                AmazonStateLanguageParser.parse(self._get_param("definition"))
            except Exception as error:  # the parser raises whatever its grammar meets
                problems = [{"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": str(error)}]
            return ActionResult({"result": "FAIL" if problems else "OK", "diagnostics": problems, "truncated": False})

        return validate_state_machine_definition

    patch.replace(moto_responses.StepFunctionResponse, "validate_state_machine_definition", make)


@gap
def whole_percentages_are_numbers(patch: Patch) -> None:
    """A definition with `"ToleratedFailurePercentage": 40` doesn't parse: moto's grammar wants 40.0."""

    def make(original: Callable[..., Any]) -> Any:
        def parse(definition: str) -> Any:
            try:
                document = json.loads(definition)
            except ValueError:
                return original(definition)  # says what is wrong with it
            return original(json.dumps(_with_floats(document)))

        return staticmethod(parse)

    patch.replace(AmazonStateLanguageParser, "parse", make)


def _with_floats(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_floats(one) for one in value]
    if isinstance(value, dict):
        return {
            key: float(one) if key == "ToleratedFailurePercentage" and isinstance(one, int) else _with_floats(one)
            for key, one in value.items()
        }
    return value


@gap
def versions_are_listed(patch: Patch) -> None:
    """states:ListStateMachineVersions is missing; the provider reads it with every state machine."""

    def make(_: Any) -> Any:
        def list_state_machine_versions(self: moto_responses.StepFunctionResponse) -> ActionResult:
            machine = self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))
            versions = [
                {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}
                for version in machine.versions.values()
            ]
            return ActionResult({"stateMachineVersions": versions})

        return list_state_machine_versions

    patch.replace(moto_responses.StepFunctionResponse, "list_state_machine_versions", make)


@gap
def executions_run(patch: Patch) -> None:
    """states:StartExecution only pretends, unless a setting of moto's is on."""

    def make(_: Any) -> Any:
        def get_backend(account: str, region: str) -> Any:
            return parser_models.stepfunctions_parser_backends[account][region]

        return get_backend

    patch.replace(moto_responses, "get_backend", make)


@gap
def roles_must_be_assumable(patch: Patch) -> None:
    """states:CreateStateMachine and StartExecution take a role that doesn't trust Step Functions."""

    def check(role_arn: str, machine_arn: str) -> None:
        try:
            trusted = executions.current() is None or executions.trusts(role_arn, machine_arn)
        except UnknownPolicyElement:
            trusted = False
        if not trusted:
            raise NotAssumable

    def create(original: Callable[..., Any]) -> Callable[..., Any]:
        def create_state_machine(self: Any, name: str, definition: str, roleArn: str, **settings: Any) -> Any:
            check(roleArn, f"arn:{self.partition}:states:{self.region_name}:{self.account_id}:stateMachine:{name}")
            return original(self, name=name, definition=definition, roleArn=roleArn, **settings)

        return create_state_machine

    def start(original: Callable[..., Any]) -> Callable[..., Any]:
        def start_execution(self: Any, state_machine_arn: str, *args: Any, **kwargs: Any) -> Any:
            check(self.describe_state_machine(state_machine_arn).roleArn, state_machine_arn)
            return original(self, state_machine_arn, *args, **kwargs)

        return start_execution

    patch.replace(parser_models.StepFunctionsParserBackend, "create_state_machine", create)
    patch.replace(parser_models.StepFunctionsParserBackend, "start_execution", start)
