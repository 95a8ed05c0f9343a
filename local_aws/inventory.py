"""What exists in the account: for the tests that destroy a configuration and look whether anything is left."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from local_aws.moto_patches import guardrails
from local_aws.moto_patches.logs import saved_queries

Names = Callable[[Any], Iterable[str]]

# moto's module and backend, and how to read the names of what was created out of it. Only what users create is listed,
# not what AWS puts into each account (managed policies, default VPCs).
_KINDS: tuple[tuple[str, str, str, Names], ...] = (
    ("acm", "acm_backends", "certificate", lambda b: b._certificates),
    ("apigateway", "apigateway_backends", "REST API", lambda b: b.apis),
    ("apigateway", "apigateway_backends", "custom domain", lambda b: b.domain_names),
    ("apigateway", "apigateway_backends", "usage plan", lambda b: b.usage_plans),
    ("awslambda", "lambda_backends", "function", lambda b: [f.function_name for f in b.list_functions()]),
    ("awslambda", "lambda_backends", "layer", lambda b: b._layers._layers),
    ("bedrock", "bedrock_backends", "guardrail", guardrails.names),
    ("cloudwatch", "cloudwatch_backends", "alarm", lambda b: b.alarms),
    ("cloudwatch", "cloudwatch_backends", "dashboard", lambda b: b.dashboards),
    ("cognitoidp", "cognitoidp_backends", "user pool", lambda b: b.user_pools),
    ("dynamodb", "dynamodb_backends", "table", lambda b: b.tables),
    ("ec2", "ec2_backends", "VPC", lambda b: [k for k, v in b.vpcs.items() if str(v.is_default).lower() != "true"]),
    ("ec2", "ec2_backends", "VPC endpoint", lambda b: [k for k, e in b.vpc_end_points.items() if e.state != "deleted"]),
    ("events", "events_backends", "rule", lambda b: [name for bus in b.event_buses.values() for name in bus.rules]),
    ("iam", "iam_backends", "policy", lambda b: [arn for arn in b.managed_policies if ":iam::aws:" not in arn]),
    ("iam", "iam_backends", "role", lambda b: [role.name for role in b.roles.values()]),
    ("iam", "iam_backends", "user", lambda b: b.users),
    ("kms", "kms_backends", "key", lambda b: [k.id for k in b.keys.values() if is_kept(k)]),
    ("logs", "logs_backends", "log group", lambda b: b.groups),
    ("logs", "logs_backends", "saved query", lambda b: [query["name"] for query in saved_queries(b).values()]),
    ("route53", "route53_backends", "hosted zone", lambda b: b.zones),
    ("s3", "s3_backends", "bucket", lambda b: b.buckets),
    ("sns", "sns_backends", "topic", lambda b: b.topics),
    ("sqs", "sqs_backends", "queue", lambda b: b.queues),
    (
        "stepfunctions.parser",
        "stepfunctions_parser_backends",
        "state machine",
        lambda b: [m.name for m in b.state_machines],
    ),
    ("wafv2", "wafv2_backends", "web ACL", lambda b: b.wacls),
)


def is_kept(key: Any) -> bool:
    """Whether a customer made a KMS key and didn't give it up: AWS's own come with a service's first use and stay."""
    return key.key_state != "PendingDeletion" and not any(name.startswith("alias/aws/") for name in key.aliases)


def inventory() -> list[str]:
    """Every resource that was created and not deleted, as `KIND NAME (REGION)`, sorted."""
    found = []
    for module, attribute, kind, names in _KINDS:
        # A service whose module nobody loaded has nothing.
        backends = getattr(sys.modules.get(f"moto.{module}.models"), attribute, {})
        for regions in list(backends.values()):
            for region, backend in list(regions.items()):
                found += [f"{kind} {name} ({region})" for name in names(backend)]
    return sorted(found)
