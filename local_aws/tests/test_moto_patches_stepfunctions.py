"""The gaps of Step Functions, each twice: all filled, and all but this one. Where the second passes, delete the gap."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws, moto_patches
from local_aws.moto_patches import interpreter, s3, stepfunctions
from local_aws.moto_patches.patching import PATCHES, Patch

MODEL = "amazon.nova-lite-v1:0"
MODEL_ARN = f"arn:aws:bedrock:us-east-1::foundation-model/{MODEL}"
TRUST = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}

_shown: set[str] = set()


def shows(gap: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Marks a test as the one for a gap: it runs with all gaps filled, and must fail with all but this one."""
    _shown.add(gap.__name__)
    return pytest.mark.parametrize("missing", [None, gap], ids=["local AWS", "without the gap"])


@contextmanager
def all_but(gap: Callable[..., Any] | None) -> Iterator[None]:
    if gap is None:
        yield
        return
    with moto_patches.bare_moto():
        patch = Patch()
        for fill in PATCHES:
            if fill is not gap:
                fill(patch)
        try:
            yield
        finally:
            patch.undo()


@pytest.fixture
def aws(local_aws: LocalAws) -> Iterator[LocalAws]:
    """Local AWS, with nothing of Step Functions and IAM left behind."""
    before = {role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]}
    yield local_aws
    iam, states = boto3.client("iam"), boto3.client("stepfunctions")
    for one in states.list_state_machines()["stateMachines"]:
        if one["name"].startswith("m-"):
            states.delete_state_machine(stateMachineArn=one["stateMachineArn"])
    for name in {role["RoleName"] for role in iam.list_roles()["Roles"]} - before:
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


def role(*statements: dict[str, Any], trust: dict[str, Any] = TRUST) -> str:
    """A role that Step Functions may assume, with these permissions."""
    iam, name = boto3.client("iam"), f"role-{uuid.uuid4()}"
    document = {"Version": "2012-10-17", "Statement": [trust]}
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    if statements:
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    return arn


def allow(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def machine(states: dict[str, Any], role_arn: str | None = None) -> str:
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    arn: str = boto3.client("stepfunctions").create_state_machine(
        name=f"m-{uuid.uuid4()}", definition=json.dumps(definition), roleArn=role_arn or role()
    )["stateMachineArn"]
    return arn


def run(states: dict[str, Any], role_arn: str | None = None, given: Any = None) -> tuple[Any, str]:
    """(output, error) of an execution; both empty where it doesn't end."""
    client = boto3.client("stepfunctions")
    started = client.start_execution(
        stateMachineArn=machine(states, role_arn), name=str(uuid.uuid4()), input=json.dumps(given or {})
    )
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        told = client.describe_execution(executionArn=started["executionArn"])
        if told["status"] != "RUNNING":
            return json.loads(told.get("output") or "null"), told.get("error", "")
        time.sleep(0.02)
    return None, ""


def converse(**more: Any) -> dict[str, Any]:
    messages = [{"Role": "user", "Content": [{"Text": "Repeat after me: hello"}]}]
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:bedrockruntime:converse",
        "Arguments": {"ModelId": MODEL, "Messages": messages, "InferenceConfig": {"MaxTokens": 10}},
        "End": True,
        **more,
    }


def deviates(missing: Callable[..., Any] | None, as_on_aws: bool) -> None:
    assert as_on_aws is (missing is None), "the gap is closed: delete its function" if missing else "the gap is open"


@shows(stepfunctions.definitions_are_validated)
def test_definitions_are_validated(aws: LocalAws, missing: Any) -> None:
    # GIVEN one good and one bad definition WHEN each is validated THEN only the good one is
    def results() -> list[str]:
        client = boto3.client("stepfunctions")
        good, bad = {"A": {"Type": "Succeed"}}, {"A": {"Type": "Nothing"}}
        documents = [json.dumps({"StartAt": "A", "States": states}) for states in (good, bad)]
        return [client.validate_state_machine_definition(definition=one)["result"] for one in documents]

    with all_but(missing):
        try:
            found = results()
        except (ClientError, KeyError):
            found = []
        deviates(missing, found == ["OK", "FAIL"])


@shows(stepfunctions.whole_percentages_are_numbers)
def test_whole_percentages_are_numbers(aws: LocalAws, missing: Any) -> None:
    # GIVEN a map that tolerates 40 percent WHEN its state machine is made THEN the definition is accepted
    with all_but(missing):
        try:
            machine({"M": map_of({"P": {"Type": "Pass", "End": True}}, ToleratedFailurePercentage=40)})
            accepted = True
        except ClientError:
            accepted = False
        deviates(missing, accepted)


@shows(stepfunctions.versions_are_listed)
def test_versions_are_listed(aws: LocalAws, missing: Any) -> None:
    # GIVEN a state machine without versions WHEN they are listed THEN there are none, and no error
    with all_but(missing):
        try:
            arn = machine({"A": {"Type": "Succeed"}})
            versions = boto3.client("stepfunctions").list_state_machine_versions(stateMachineArn=arn)
            listed = versions["stateMachineVersions"] == []
        except (ClientError, KeyError):
            listed = False
        deviates(missing, listed)


@shows(stepfunctions.executions_run)
def test_executions_run(aws: LocalAws, missing: Any) -> None:
    # GIVEN a state machine that adds to its input WHEN it is executed THEN the output is its own
    with all_but(missing):
        client = boto3.client("stepfunctions")
        arn = machine({"A": {"Type": "Pass", "Output": {"made": "here"}, "End": True}})
        started = client.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
        deadline, output = time.monotonic() + (300 if missing is None else 1), None
        while output is None and time.monotonic() < deadline:
            output = client.describe_execution(executionArn=started).get("output")
            time.sleep(0.02)
        deviates(missing, output == '{"made": "here"}')


@shows(stepfunctions.roles_must_be_assumable)
def test_roles_must_be_assumable(aws: LocalAws, missing: Any) -> None:
    # GIVEN a role that another account's state machines alone may assume WHEN one of this account wants it
    condition = {"StringEquals": {"aws:SourceAccount": "999999999999"}}
    with all_but(missing):
        try:
            machine({"A": {"Type": "Succeed"}}, role(trust={**TRUST, "Condition": condition}))
            refused = False
        except ClientError as error:
            refused = error.response["Error"]["Code"] == "AccessDeniedException"
        # THEN it is refused
        deviates(missing, refused)


@shows(interpreter.expressions_are_evaluated)
def test_expressions_are_evaluated(aws: LocalAws, missing: Any) -> None:
    # GIVEN an expression over an input with quotes and line ends, assigned to a variable WHEN it runs
    states = {
        "A": {"Type": "Pass", "Assign": {"kept": "{% $states.input.text %}"}, "Next": "B"},
        "B": {
            "Type": "Pass",
            "Output": {"text": "{% $kept & '!' %}", "n": "{% $parse('[1, 2]')[1] + 1 %}"},
            "End": True,
        },
    }
    with all_but(missing):
        output, _ = run(states, given={"text": 'a "b"\n\\c'})
        # THEN it is evaluated with the value itself
        deviates(missing, output == {"text": 'a "b"\n\\c!', "n": 3})


@shows(interpreter.failing_outputs_are_caught)
def test_failing_outputs_are_caught(aws: LocalAws, missing: Any) -> None:
    # GIVEN a task whose Output fails, and that catches everything WHEN it runs THEN it is caught
    states = {
        "A": converse(
            Output="{% $error('no') %}",
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "B", "Output": {"e": "{% $states.errorOutput.Error %}"}}],
        ),
        "B": {"Type": "Succeed"},
    }
    with all_but(missing):
        output, _ = run(states, role(allow("bedrock:InvokeModel", MODEL_ARN)))
        deviates(missing, output == {"e": "States.QueryEvaluationError"})


@shows(interpreter.states_call_as_their_role)
def test_states_call_as_their_role(aws: LocalAws, missing: Any) -> None:
    # GIVEN a role that may not call the model WHEN a task does THEN IAM refuses
    with all_but(missing):
        _, error = run({"A": converse()})
        deviates(missing, error == "BedrockRuntime.AccessDeniedException")


@shows(interpreter.tables_are_not_blamed)
def test_tables_are_not_blamed(aws: LocalAws, missing: Any) -> None:
    # GIVEN a task of DynamoDB whose arguments can't be evaluated WHEN it runs THEN that is what failed
    with all_but(missing):
        _, error = run({"A": get_item("{% $error('no') %}")})
        deviates(missing, error == "States.QueryEvaluationError")


def test_a_table_is_read_as_the_role(aws: LocalAws) -> None:
    # GIVEN a table, a role that may read it, and one that may not
    table = boto3.resource("dynamodb").create_table(
        TableName="answers",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    table.put_item(Item={"pk": "a", "text": "hello"})

    # WHEN a task reads it THEN the answer is as DynamoDB's, or IAM refuses
    output, _ = run({"A": get_item("a")}, role(allow("dynamodb:GetItem", table.table_arn)))
    assert output == {"text": {"S": "hello"}, "pk": {"S": "a"}}
    _, error = run({"A": get_item("a")})
    assert error == "DynamoDB.AccessDeniedException"
    table.delete()


def get_item(key: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Arguments": {"TableName": "answers", "Key": {"pk": {"S": key}}},
        "Output": "{% $states.result.Item %}",
        "End": True,
    }


@shows(interpreter.bedrock_runtime_is_known)
def test_bedrock_runtime_is_known(aws: LocalAws, missing: Any) -> None:
    # GIVEN a throttled model WHEN a task calls it THEN the error has Step Functions' name
    aws.faults.clear()
    aws.faults.add("throttle", model=MODEL)
    with all_but(missing):
        _, error = run({"A": converse()}, role(allow("bedrock:InvokeModel", MODEL_ARN)))
        deviates(missing, error == "BedrockRuntime.ThrottlingException")
    aws.faults.clear()


@shows(interpreter.arguments_change_case)
def test_arguments_change_case(aws: LocalAws, missing: Any) -> None:
    # GIVEN arguments as states write them WHEN a task calls the model THEN the answer is written so too
    with all_but(missing):
        output, _ = run({"A": converse()}, role(allow("bedrock:InvokeModel", MODEL_ARN)))
        said = (output or {}).get("Output", {}).get("Message", {}).get("Content")
        deviates(missing, said == [{"Text": "hello"}] and output["StopReason"] == "end_turn")


@shows(interpreter.errors_of_states_leave_their_branch)
def test_errors_of_states_leave_their_branch(aws: LocalAws, missing: Any) -> None:
    # GIVEN a branch that fails with an error of Step Functions' own WHEN it runs THEN the whole has that error
    branch = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% $error('no') %}", "End": True}}}
    with all_but(missing):
        _, error = run({"P": {"Type": "Parallel", "Branches": [branch], "End": True}})
        deviates(missing, error == "States.QueryEvaluationError")


@shows(interpreter.invoke_model_is_integrated)
def test_invoke_model_is_integrated(aws: LocalAws, missing: Any) -> None:
    # GIVEN a request in the model's own format WHEN bedrock:invokeModel is called THEN the answer is parsed
    body = {"messages": [{"role": "user", "content": [{"text": "Repeat after me: hello"}]}]}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::bedrock:invokeModel",
        "Arguments": {"ModelId": MODEL, "Body": body},
        "Output": "{% $states.result.Body.output.message.content[0].text %}",
        "Next": "B",
    }
    last = {"Type": "Pass", "Output": {"text": "{% $states.input %}"}, "End": True}
    with all_but(missing):
        output, _ = run({"A": task, "B": last}, role(allow("bedrock:InvokeModel", MODEL_ARN)))
        deviates(missing, output == {"text": "hello"})


def map_of(states: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Distributed Map over its input's `items`."""
    return {
        "Type": "Map",
        "Items": "{% $states.input.items %}",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": next(iter(states)),
            "States": states,
        },
        "End": True,
        **more,
    }


@shows(interpreter.failures_are_only_tolerated)
def test_failures_are_only_tolerated(aws: LocalAws, missing: Any) -> None:
    # GIVEN two of four items that fail, and 40 percent that may WHEN the map runs THEN it fails
    states = {
        "C": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input > 2 %}", "Next": "F"}], "Default": "S"},
        "F": {"Type": "Fail", "Error": "Bad"},
        "S": {"Type": "Succeed"},
    }
    may = role(allow("states:StartExecution", "*"))
    with all_but(missing):
        _, error = run({"M": map_of(states, ToleratedFailurePercentage=40.0)}, may, given={"items": [1, 2, 3, 4]})
        deviates(missing, error == "States.ExceedToleratedFailureThreshold")


def test_a_distributed_map_needs_permission_to_start_its_items(aws: LocalAws) -> None:
    # GIVEN a role without states:StartExecution WHEN its map runs THEN it is denied
    _, error = run({"M": map_of({"S": {"Type": "Succeed"}})}, given={"items": [1]})
    assert error == "States.Permissions"


@shows(s3.denials_of_plain_http_are_conditions)
def test_denials_of_plain_http_are_conditions(aws: LocalAws, missing: Any) -> None:
    # GIVEN a bucket that denies plain HTTP WHEN an object is put, where HTTP stands for TLS THEN it is there
    client, bucket = boto3.client("s3"), f"bucket-{uuid.uuid4()}"
    client.create_bucket(Bucket=bucket)
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    with all_but(missing):
        try:
            client.put_object(Bucket=bucket, Key="k", Body=b"x")
            put = True
        except ClientError:
            put = False
        deviates(missing, put)
    client.delete_bucket_policy(Bucket=bucket)
    client.delete_object(Bucket=bucket, Key="k")
    client.delete_bucket(Bucket=bucket)


def test_every_gap_has_a_test() -> None:
    # GIVEN WHEN THEN
    mine = {module.__name__ for module in (interpreter, s3, stepfunctions)}
    assert {fill.__name__ for fill in PATCHES if fill.__module__ in mine} == _shown
