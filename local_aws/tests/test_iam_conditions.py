"""Condition operators by table: absent keys, negation, several values, quantifiers."""

from typing import Any

import pytest

from local_aws.iam import UnknownPolicyElement, evaluate

REGION = "aws:RequestedRegion"
VIA = "aws:CalledVia"
IP = "aws:SourceIp"
NOW = "aws:CurrentTime"
EPOCH = "aws:EpochTime"
ARN = "aws:PrincipalArn"
TLS = "aws:SecureTransport"
TWO = {VIA: ["athena.amazonaws.com", "dynamodb.amazonaws.com"]}
ROLE = {ARN: "arn:aws:iam::123456789012:role/team/app"}


def holds(condition: dict[str, Any], context: dict[str, Any]) -> bool:
    statement = {"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*", "Condition": condition}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return evaluate(
        [document], "bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/a.b", context
    ).allowed


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        # text
        ({"StringEquals": {REGION: "us-east-1"}}, {REGION: "us-east-1"}, True),
        ({"StringEquals": {REGION: "us-east-1"}}, {REGION: "US-EAST-1"}, False),
        ({"StringEquals": {REGION.upper(): "us-east-1"}}, {REGION: "us-east-1"}, True),
        ({"StringEquals": {REGION: ["eu-west-1", "us-east-1"]}}, {REGION: "us-east-1"}, True),
        ({"StringEquals": {REGION: "us-*"}}, {REGION: "us-east-1"}, False),
        ({"StringEquals": {REGION: "us-east-1"}}, {}, False),
        ({"StringNotEquals": {REGION: "us-east-1"}}, {REGION: "eu-west-1"}, True),
        ({"StringNotEquals": {REGION: "us-east-1"}}, {REGION: "us-east-1"}, False),
        ({"StringNotEquals": {REGION: ["us-east-1", "eu-west-1"]}}, {REGION: "us-east-1"}, False),
        ({"StringNotEquals": {REGION: "us-east-1"}}, {}, True),
        ({"StringEqualsIgnoreCase": {REGION: "US-east-1"}}, {REGION: "us-EAST-1"}, True),
        ({"StringNotEqualsIgnoreCase": {REGION: "US-east-1"}}, {REGION: "us-EAST-1"}, False),
        ({"StringLike": {REGION: "us-*"}}, {REGION: "us-east-1"}, True),
        ({"StringLike": {REGION: "us-????-1"}}, {REGION: "us-east-1"}, True),
        ({"StringLike": {REGION: "us.*"}}, {REGION: "us-east-1"}, False),
        ({"StringLike": {REGION: "us-*"}}, {}, False),
        ({"StringNotLike": {REGION: "us-*"}}, {REGION: "eu-west-1"}, True),
        ({"StringNotLike": {REGION: "us-*"}}, {}, True),
        # if it exists
        ({"StringEqualsIfExists": {REGION: "us-east-1"}}, {}, True),
        ({"StringEqualsIfExists": {REGION: "us-east-1"}}, {REGION: "eu-west-1"}, False),
        ({"StringNotEqualsIfExists": {REGION: "us-east-1"}}, {}, True),
        # null
        ({"Null": {REGION: "true"}}, {}, True),
        ({"Null": {REGION: True}}, {REGION: "us-east-1"}, False),
        ({"Null": {REGION: "false"}}, {REGION: "us-east-1"}, True),
        ({"Null": {REGION: "false"}}, {}, False),
        ({"Null": {VIA: "true"}}, {VIA: []}, True),
        # booleans
        ({"Bool": {TLS: "true"}}, {TLS: "true"}, True),
        ({"Bool": {TLS: False}}, {TLS: "false"}, True),
        ({"Bool": {TLS: "true"}}, {TLS: "false"}, False),
        ({"Bool": {TLS: "false"}}, {}, False),
        ({"BoolIfExists": {TLS: "false"}}, {}, True),
        # ARNs
        ({"ArnEquals": {ARN: ROLE[ARN]}}, ROLE, True),
        ({"ArnLike": {ARN: "arn:aws:iam::*:role/team/*"}}, ROLE, True),
        ({"ArnLike": {ARN: "arn:aws:iam:*:role/team/app:x"}}, ROLE, False),
        ({"ArnNotLike": {ARN: "arn:aws:iam::*:role/team/*"}}, ROLE, False),
        ({"ArnNotEquals": {ARN: "arn:aws:iam::123456789012:role/team/other"}}, ROLE, True),
        ({"ArnNotEquals": {ARN: ROLE[ARN]}}, {}, True),
        # numbers and dates
        ({"NumericLessThan": {EPOCH: "10"}}, {EPOCH: "9"}, True),
        ({"NumericLessThan": {EPOCH: "10"}}, {EPOCH: "10"}, False),
        ({"NumericLessThanEquals": {EPOCH: 10}}, {EPOCH: "10.0"}, True),
        ({"NumericGreaterThan": {EPOCH: "9"}}, {EPOCH: "10"}, True),
        ({"NumericGreaterThanEquals": {EPOCH: "11"}}, {EPOCH: "10"}, False),
        ({"NumericEquals": {EPOCH: "10"}}, {EPOCH: "ten"}, False),
        ({"NumericNotEquals": {EPOCH: "10"}}, {}, True),
        ({"DateLessThan": {NOW: "2026-11-23T00:00:00Z"}}, {NOW: "2026-11-22T23:59:59Z"}, True),
        ({"DateGreaterThan": {NOW: "2026-11-23T00:00:00Z"}}, {NOW: "2026-11-22T23:59:59Z"}, False),
        ({"DateEquals": {NOW: "1970-01-01T00:00:10Z"}}, {NOW: "10"}, True),
        ({"DateGreaterThanEquals": {NOW: "2026-11-23"}}, {NOW: "2026-11-23T00:00:00+00:00"}, True),
        # addresses
        ({"IpAddress": {IP: "10.0.0.0/8"}}, {IP: "10.1.2.3"}, True),
        ({"IpAddress": {IP: ["192.0.2.1", "10.0.0.0/8"]}}, {IP: "192.0.2.1"}, True),
        ({"IpAddress": {IP: "10.0.0.0/8"}}, {IP: "::1"}, False),
        ({"IpAddress": {IP: "10.0.0.0/8"}}, {}, False),
        ({"NotIpAddress": {IP: "10.0.0.0/8"}}, {IP: "10.1.2.3"}, False),
        ({"NotIpAddress": {IP: "10.0.0.0/8"}}, {}, True),
        # several values in the request
        ({"ForAnyValue:StringEquals": {VIA: "athena.amazonaws.com"}}, TWO, True),
        ({"ForAnyValue:StringEquals": {VIA: "bedrock.amazonaws.com"}}, TWO, False),
        ({"ForAnyValue:StringEquals": {VIA: "athena.amazonaws.com"}}, {}, False),
        ({"ForAnyValue:StringNotEquals": {VIA: "athena.amazonaws.com"}}, TWO, True),
        ({"ForAnyValue:StringNotEquals": {VIA: "athena.amazonaws.com"}}, {}, False),
        ({"ForAnyValue:StringLikeIfExists": {VIA: "a*"}}, {}, True),
        ({"ForAllValues:StringEquals": {VIA: TWO[VIA]}}, TWO, True),
        ({"ForAllValues:StringEquals": {VIA: "athena.amazonaws.com"}}, TWO, False),
        ({"ForAllValues:StringEquals": {VIA: "athena.amazonaws.com"}}, {}, True),
        ({"ForAllValues:StringEquals": {VIA: "athena.amazonaws.com"}}, {VIA: []}, True),
        ({"ForAllValues:StringNotLike": {VIA: "athena.*"}}, TWO, False),
        ({"ForAllValues:StringNotLike": {VIA: "bedrock.*"}}, TWO, True),
        # variables
        ({"StringEquals": {IP: "${aws:UserAgent}"}}, {IP: "x*", "aws:UserAgent": "x*"}, True),
        ({"StringLike": {IP: "${aws:UserAgent}*"}}, {IP: "x*y", "aws:UserAgent": "x*"}, True),
        ({"StringLike": {IP: "${aws:UserAgent}"}}, {IP: "xyz", "aws:UserAgent": "x*"}, False),
        ({"StringLike": {IP: "10${?}"}}, {IP: "10?"}, True),
        ({"StringLike": {IP: "10${?}"}}, {IP: "101"}, False),
        # all blocks and all keys must hold
        ({"StringEquals": {REGION: "us-east-1", IP: "10.0.0.1"}}, {REGION: "us-east-1", IP: "10.0.0.2"}, False),
        ({"StringEquals": {REGION: "us-east-1"}, "Bool": {TLS: "true"}}, {REGION: "us-east-1", TLS: "false"}, False),
        ({"StringEquals": {REGION: "us-east-1"}, "Bool": {TLS: "true"}}, {REGION: "us-east-1", TLS: "true"}, True),
    ],
)
def test_conditions(condition: dict[str, Any], context: dict[str, Any], expected: bool) -> None:
    # WHEN a statement with the condition meets a request, THEN it applies as AWS says it does
    assert holds(condition, context) is expected


def test_several_values_without_a_quantifier_are_an_error() -> None:
    # GIVEN a request with several values under a key that has one by its definition
    # WHEN a plain operator compares, THEN it does not guess
    with pytest.raises(UnknownPolicyElement, match="ForAnyValue"):
        holds({"StringEquals": {REGION: "us-east-1"}}, {REGION: ["us-east-1", "us-west-2"]})
