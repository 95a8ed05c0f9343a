"""What a principal may do: its deployed policies, and the condition keys that every request carries."""

import time
from collections.abc import Mapping, Sequence

from local_aws.aws_errors import access_denied
from local_aws.credentials import Credentials
from local_aws.iam.evaluation import Decision, evaluate
from local_aws.iam.identities import policies_of

Context = Mapping[str, str | Sequence[str]]


def principal_of(credentials: Credentials) -> str:
    """The role or user whose policies count: the role behind a session."""
    return credentials.role_arn or credentials.principal_arn


def global_context(credentials: Credentials, region: str) -> dict[str, str | Sequence[str]]:
    """The condition keys that do not depend on the service.

    `aws:SecureTransport` is true: the plain HTTP of this machine stands for AWS's TLS. Every resource is in the one
    account that there is.
    """
    now = time.time()
    return {
        "aws:PrincipalArn": principal_of(credentials),
        "aws:PrincipalAccount": credentials.account_id,
        "aws:PrincipalType": "AssumedRole" if credentials.role_arn else "User",
        "aws:RequestedRegion": region,
        "aws:ResourceAccount": credentials.account_id,
        "aws:SecureTransport": "true",
        "aws:SourceIp": "127.0.0.1",
        "aws:ViaAWSService": "false",
        "aws:CurrentTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "aws:EpochTime": str(int(now)),
    }


def decide(
    credentials: Credentials, action: str, resource: str, region: str, context: Context | None = None
) -> Decision:
    """Whether the principal's policies allow an action now. The account's administrator may do everything.

    Raises:
        UnknownPolicyElement: a policy holds what the evaluator does not implement.
    """
    if credentials.is_administrator:
        return Decision(True, f"{action} on {resource}: the account's administrator is not evaluated")
    try:
        policies, boundary = policies_of(principal_of(credentials))
    except KeyError as error:
        return Decision(False, f"{action} on {resource}: {error.args[0]}")
    full = {**global_context(credentials, region), **(context or {})}
    return evaluate(policies, action, resource, full, boundary)


def require(credentials: Credentials, action: str, resource: str, region: str, context: Context | None = None) -> None:
    """Passes where `decide` allows.

    Raises:
        AwsError: AccessDeniedException, in AWS's words.
    """
    raise_unless(decide(credentials, action, resource, region, context), credentials)


def raise_unless(decision: Decision, credentials: Credentials) -> None:
    """Turns a refusal into AWS's error.

    Raises:
        AwsError: the decision is a refusal.
    """
    if not decision.allowed:
        raise access_denied(credentials.principal_arn, decision.reason, decision.explicit)
