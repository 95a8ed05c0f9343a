"""Workflows, applied and executed: by moto's interpreter, against the stand-in models, as the workflow's own role."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from jsonata import Jsonata
from statelint.config import Config
from statelint.linter import Linter
from statelint.problem import ProblemType

from local_aws.journal import Call
from tests.integration.workflows import Workflows
from tests.support import PATIENCE_SECONDS, until
from tools.policy_lint import findings

HAIKU, NOVA, MICRO = "claude-haiku", "nova-lite", "nova-micro"
UNKNOWN_TO_STATELINT = re.compile(r'^Field "Label" not allowed|Seconds is "{% .* %}" but should be an Integer$')
NAMES = [
    "approved",
    "branches",
    "chain",
    "checked",
    "documents",
    "impatient",
    "kept",
    "kept_metered",
    "kept_outer",
    "large",
    "long",
    "metered",
    "metered_large",
    "metered_outer",
    "outer",
    "own",
    "reviewed",
    "tolerant",
]


def calls(workflows: Workflows) -> list[Call]:
    return workflows.aws.journal.calls()


def test_a_chain_hands_each_result_on(workflows: Workflows) -> None:
    # GIVEN three prompts, each with what came before it in its text
    # WHEN the chain runs
    ended = workflows.run("chain", {"topic": 'cars, "quoted" and\nbroken', "short": False})

    # THEN each answer holds those before it, and the result is the last one
    assert ended.status == "SUCCEEDED", ended
    first = 'one cars, "quoted" and\nbroken'
    assert ended.output["steps"]["first"]["text"] == first
    assert ended.output["result"]["text"] == f"three, after {first} and two, after {first}"

    # AND the models were called in that order, with the workflow's role
    assert [HAIKU in call.model for call in calls(workflows)] == [True, False, False]
    assert {call.role_arn for call in calls(workflows)} == {
        "arn:aws:iam::123456789012:role/test-chain-us-east-1-workflow"
    }


def test_a_choice_ends_early(workflows: Workflows) -> None:
    # GIVEN an input that is content with two steps WHEN the chain runs THEN there is no third
    ended = workflows.run("chain", {"topic": "cars", "short": True})
    assert ended.status == "SUCCEEDED"
    assert sorted(ended.output["steps"]) == ["first", "second"]


def test_a_missing_input_is_named(workflows: Workflows) -> None:
    # GIVEN an input without what the first prompt needs WHEN the chain runs
    ended = workflows.run("chain", {"short": True})

    # THEN it fails by the step's name, says what was missing, and calls no model
    assert (ended.status, ended.error) == ("FAILED", "StepFailed.first")
    assert "$input.topic holds nothing" in ended.cause
    assert calls(workflows) == []


def test_a_throttled_step_is_tried_again(workflows: Workflows) -> None:
    # GIVEN a model that is throttled once WHEN the chain runs
    workflows.aws.faults.add("throttle", model=HAIKU, times=1)
    ended = workflows.run("chain", {"topic": "cars", "short": True})

    # THEN it succeeds, with one call more
    assert ended.status == "SUCCEEDED"
    assert [call.status for call in calls(workflows)] == [429, 200, 200]


def test_throttling_that_lasts_ends_the_workflow(workflows: Workflows) -> None:
    # GIVEN a model that is always throttled WHEN the chain runs
    workflows.aws.faults.add("throttle", model=HAIKU, times=None)
    ended = workflows.run("chain", {"topic": "cars", "short": True})

    # THEN it fails by name after the two further attempts that were declared
    assert (ended.status, ended.error) == ("FAILED", "StepFailed.first")
    assert "BedrockRuntime.ThrottlingException" in ended.cause
    assert len(calls(workflows)) == 3


def test_what_cannot_get_better_is_not_tried_again(workflows: Workflows) -> None:
    # GIVEN a model that refuses the request WHEN the chain runs THEN there is one call
    workflows.aws.faults.add("validation", model=HAIKU)
    ended = workflows.run("chain", {"topic": "cars", "short": True})
    assert (ended.status, ended.error) == ("FAILED", "StepFailed.first")
    assert "BedrockRuntime.ValidationException" in ended.cause
    assert len(calls(workflows)) == 1


def test_another_step_goes_on_after_a_failure(workflows: Workflows) -> None:
    # GIVEN a third step that fails, and that names a step for it WHEN the chain runs
    workflows.aws.faults.add("validation", model=MICRO)
    ended = workflows.run("chain", {"topic": "cars", "short": False})

    # THEN that step goes on, and knows why
    assert ended.status == "SUCCEEDED", ended
    assert ended.output["result"]["text"] == "sorry: BedrockRuntime.ValidationException"


def test_branches_overlap_and_merge(workflows: Workflows) -> None:
    # GIVEN models that are held back
    workflows.aws.faults.add("stall", seconds=600.0, times=None)

    # WHEN a branch of two prompts and one with a map over four words run beside each other
    execution = workflows.start("branches", {"words": ["a", "b", "c", "d"]})

    # THEN the first of one and all of the other are under way at once
    until(lambda: len(calls(workflows)) == 5)

    # AND once the models may go on, the results are there by branch and merged, in the items' order
    ended = workflows.end(execution, meanwhile=workflows.aws.faults.clear)
    assert ended.status == "SUCCEEDED", ended
    words = "0 a\n\n1 b\n\n2 c\n\n3 d"
    assert ended.output["steps"]["both"]["text"] == f"L=left R={words}"
    assert ended.output["steps"]["both"]["branches"]["left"]["text"] == "left again"
    assert [item["text"] for item in ended.output["steps"]["each"]["items"]] == words.split("\n\n")
    assert ended.output["result"]["text"] == f"L=left R={words}"

    # AND nothing was asked twice
    assert len(calls(workflows)) == 7


def test_a_failing_branch_fails_the_workflow_by_its_own_name(workflows: Workflows) -> None:
    # GIVEN a model that one branch alone uses, and that refuses WHEN it runs THEN the inner step is named
    workflows.aws.faults.add("validation", model=NOVA)
    ended = workflows.run("branches", {"words": ["a"]})
    assert (ended.status, ended.error) == ("FAILED", "StepFailed.word")


def test_failed_items_are_tolerated_up_to_the_limit(workflows: Workflows) -> None:
    # GIVEN four words, 40 percent of which may fail, one at a time WHEN the first fails
    workflows.aws.faults.add("validation", model=NOVA, times=1)
    ended = workflows.run("tolerant", {"words": ["a", "b", "c", "d"]})

    # THEN the others are there, each with the index of its item
    assert ended.status == "SUCCEEDED", ended
    items = ended.output["steps"]["each"]["items"]
    assert [(item["index"], item["text"]) for item in items] == [(1, "b"), (2, "c"), (3, "d")]


def test_more_failed_items_than_tolerated_fail_the_map(workflows: Workflows) -> None:
    # GIVEN the same WHEN two of four fail THEN the map does
    workflows.aws.faults.add("validation", model=NOVA, times=2)
    ended = workflows.run("tolerant", {"words": ["a", "b", "c", "d"]})
    assert (ended.status, ended.error) == ("FAILED", "StepFailed.each")
    assert "States.ExceedToleratedFailureThreshold" in ended.cause


def test_a_map_reads_the_objects_below_its_prefix(workflows: Workflows) -> None:
    # GIVEN two documents below the prefix, and one elsewhere WHEN the map runs THEN the two are read
    ended = workflows.run("documents", {})
    assert ended.status == "SUCCEEDED", ended
    items = ended.output["steps"]["each"]["items"]
    assert [(item["key"], item["text"]) for item in items] == [
        ("documents/a.txt", "alpha"),
        ("documents/b.txt", "beta"),
    ]


def test_an_answer_that_fits_is_not_touched(workflows: Workflows) -> None:
    # GIVEN answers that fit schema and rules WHEN they are checked
    ended = workflows.run("checked", {"fact": '{"seats": 7}', "advert": 'Here: {"text": "7 seats!"}', "corrected": "-"})

    # THEN they are parsed, and nothing is fixed
    assert ended.status == "SUCCEEDED", ended
    assert ended.output["steps"]["fact"]["json"] == {"seats": 7}
    assert ended.output["steps"]["check"] == {"problems": [], "fixes": 0}
    assert len(calls(workflows)) == 2


def test_an_answer_that_does_not_fit_is_fixed(workflows: Workflows) -> None:
    # GIVEN an answer that is no JSON WHEN the model corrects it
    corrected = '{"text": "Seven is 7"}'
    ended = workflows.run("checked", {"fact": '{"seats": 7}', "advert": "no JSON", "corrected": corrected})

    # THEN the corrected answer stands, and is the result
    assert ended.status == "SUCCEEDED", ended
    assert ended.output["result"]["json"] == {"text": "Seven is 7"}
    assert ended.output["steps"]["check"] == {"problems": [], "fixes": 1}
    assert len(calls(workflows)) == 3


@pytest.mark.parametrize(
    ("fact", "advert", "step", "problem"),
    [
        ('{"doors": 5}', "-", "fact", "seats must be there, as a number."),
        ('{"seats": "7"}', "-", "fact", "seats must be there, as a number."),
        ('{"seats": 7}', '{"text": "roomy"}', "check", "The number of seats is missing."),
    ],
)
def test_what_is_wrong_is_said(workflows: Workflows, fact: str, advert: str, step: str, problem: str) -> None:
    # GIVEN an answer that lacks a field, has one of another type, or breaks a rule, and a model that repeats it
    # WHEN it is checked THEN the step fails by name, with the problem
    ended = workflows.run("checked", {"fact": fact, "advert": advert, "corrected": "-"})
    assert (ended.status, ended.error) == ("FAILED", f"StepFailed.{step}"), ended
    assert ended.cause == f"Invalid: {problem}"


def test_the_fixes_are_bounded(workflows: Workflows) -> None:
    # GIVEN a model that never gives JSON WHEN its answer is checked
    ended = workflows.run("checked", {"fact": "nothing of that kind", "advert": "-", "corrected": "-"})

    # THEN it is asked once more, as declared, and the step fails by name
    assert (ended.status, ended.error) == ("FAILED", "StepFailed.fact")
    assert "not one JSON object" in ended.cause
    assert len(calls(workflows)) == 2


@pytest.fixture
def announced(workflows: Workflows) -> Iterator[Any]:
    """Reads the next announcement of an approval, off a queue that is subscribed to the topic."""
    queues, topics = boto3.client("sqs"), boto3.client("sns")
    url = queues.create_queue(QueueName="approvals")["QueueUrl"]
    queue = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = workflows.outputs["approvals_topic_arn"]
    subscription = topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]

    def next_one() -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for message in queues.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", []):
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                told: dict[str, Any] = json.loads(json.loads(message["Body"])["Message"])
                return told
        raise AssertionError("nothing was announced")

    yield next_one
    topics.unsubscribe(SubscriptionArn=subscription)
    queues.delete_queue(QueueUrl=url)


def test_an_approval_is_answered(workflows: Workflows, announced: Any) -> None:
    # GIVEN a workflow that waits for an approval
    execution = workflows.start("approved", {})
    asked = announced()
    assert asked["message"] == "Publish this? draft"
    assert (asked["workflow"], asked["step"], asked["execution"]) == ("test-approved", "approval", execution)

    # WHEN somebody approves
    answer = json.dumps({"approved": True, "by": "Ada"})
    boto3.client("stepfunctions").send_task_success(taskToken=asked["task_token"], output=answer)

    # THEN it goes on, with what was said
    ended = workflows.end(execution)
    assert ended.status == "SUCCEEDED", ended
    assert ended.output["result"]["text"] == "final, by Ada"


def test_an_approval_is_refused(workflows: Workflows, announced: Any) -> None:
    # GIVEN a workflow that waits WHEN somebody says no
    execution = workflows.start("approved", {})
    answer = json.dumps({"approved": False, "comment": "too loud"})
    boto3.client("stepfunctions").send_task_success(taskToken=announced()["task_token"], output=answer)

    # THEN it fails by the step's name, with the reason
    ended = workflows.end(execution)
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "StepFailed.approval", "Rejected: too loud")


def test_an_approval_times_out(workflows: Workflows) -> None:
    # GIVEN an approval that waits a second, and a step for its failure WHEN nobody answers THEN that step goes on
    ended = workflows.run("impatient", {})
    assert ended.status == "SUCCEEDED", ended
    assert ended.output["result"]["text"] == "nobody answered, States.Timeout"


def test_a_workflow_runs_another(workflows: Workflows) -> None:
    # GIVEN a workflow that starts the chain WHEN it runs
    ended = workflows.run("outer", {"subject": "vans"})

    # THEN it has the chain's result, and each called its models as its own role
    assert ended.status == "SUCCEEDED", ended
    assert ended.output["result"]["text"] == "outer of two, after one vans"
    assert [str(call.role_arn).rsplit("/", 1)[-1] for call in calls(workflows)] == [
        "test-chain-us-east-1-workflow",
        "test-chain-us-east-1-workflow",
        "test-outer-us-east-1-workflow",
    ]


def test_a_payload_of_a_megabyte_goes_through_s3(workflows: Workflows) -> None:
    # GIVEN a request of a megabyte in the bucket, four times what a state holds
    s3, bucket = boto3.client("s3"), workflows.outputs["payload_buckets"]["large"]
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": "Summarise this. " + "melody " * 150_000}],
    }
    s3.put_object(Bucket=bucket, Key="requests/big.json", Body=json.dumps(body).encode())

    # WHEN the workflow runs
    ended = workflows.run("large", {"id": "big"})

    # THEN the answer lies beside it, and the state holds its place alone
    assert ended.status == "SUCCEEDED", ended
    assert ended.output["result"] == {"bucket": bucket, "key": "answers/big.json", "model": "fast"}
    answer = json.loads(s3.get_object(Bucket=bucket, Key="answers/big.json")["Body"].read())
    assert answer["content"][0]["text"].startswith("You asked: Summarise this.")


def test_the_role_reads_no_other_prefix(workflows: Workflows) -> None:
    # GIVEN an input that reaches out of its prefix WHEN the workflow runs THEN IAM refuses
    boto3.client("s3").put_object(Bucket=workflows.outputs["payload_buckets"]["large"], Key="secret.json", Body=b"{}")
    role = "arn:aws:iam::123456789012:role/test-large-us-east-1-workflow"
    session = workflows.aws.credentials.issue(role, "test")
    s3 = boto3.client(
        "s3",
        aws_access_key_id=session.access_key_id,
        aws_secret_access_key=session.secret_access_key,
        aws_session_token=session.session_token,
    )
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.get_object(Bucket=workflows.outputs["payload_buckets"]["large"], Key="secret.json")


def test_a_definition_of_ones_own_has_the_same_role(workflows: Workflows) -> None:
    # GIVEN a definition of one's own WHEN it calls a declared model, named by its alias THEN it is answered
    assert workflows.run("own", {"declared": True}).output == {"text": "mine"}

    # AND one that isn't declared is refused by IAM
    ended = workflows.run("own", {"declared": False})
    assert (ended.status, ended.error) == ("FAILED", "BedrockRuntime.AccessDeniedException")
    assert calls(workflows)[-1].allowed is False


@pytest.mark.parametrize("name", NAMES)
def test_an_independent_validator_accepts_what_is_compiled(workflows: Workflows, name: str) -> None:
    # GIVEN a compiled definition
    definition = workflows.outputs["definitions"][name]

    # WHEN statelint reads it THEN it finds nothing. (It wants floats where the specification's own examples have whole
    # numbers; Label is AWS's addition to the language; and seconds may be an expression, which it doesn't know yet.)
    problems = Linter.validate(definition, Config({ProblemType.FLOAT}))
    assert [problem for problem in problems if not UNKNOWN_TO_STATELINT.search(problem)] == []

    # AND every expression in it is JSONata
    found = list(expressions_of(json.loads(definition)))
    assert found
    for expression in found:
        Jsonata(expression)


def expressions_of(value: Any) -> Iterator[str]:
    """Every JSONata expression of a definition, without its marks."""
    if isinstance(value, str) and value.startswith("{%"):
        yield value.removeprefix("{%").removesuffix("%}")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from expressions_of(inner)


def test_every_policy_names_what_iam_can_name(workflows: Workflows) -> None:
    # WHEN the policies that were made are held against IAM's own database THEN nothing is found
    linted = {address: list(findings(document)) for address, document in workflows.policies.items()}
    assert len(linted) >= len(NAMES)
    assert {address: found for address, found in linted.items() if found} == {}


def test_a_text_may_hold_more_placeholders_than_an_expression_may_nest(workflows: Workflows) -> None:
    # GIVEN a text with 120 placeholders, and Step Functions, which ends an expression at a depth of 100
    words = [f"w{number}" for number in range(120)]

    # WHEN it runs THEN the text has them all
    ended = workflows.run("long", {"words": words})
    assert ended.status == "SUCCEEDED", ended
    assert ended.output["result"]["text"] == ", ".join(words)


def test_a_role_that_does_not_trust_step_functions_is_refused(workflows: Workflows) -> None:
    # GIVEN the role of one workflow WHEN another state machine is to run as it THEN its trust leaves it out
    states = boto3.client("stepfunctions")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    with pytest.raises(states.exceptions.ClientError, match="is authorized to assume the provided role"):
        states.create_state_machine(
            name="thief", definition=definition, roleArn="arn:aws:iam::123456789012:role/test-chain-us-east-1-workflow"
        )
