"""IAM's decisions, made from the policies that are deployed: identity and resource policies, boundaries, conditions."""

from local_aws.iam.catalogue import CATALOGUE, ApplicationProfile, Catalogue
from local_aws.iam.errors import UnknownPolicyElement, UnknownTarget
from local_aws.iam.evaluation import Decision, Effect, evaluate, evaluate_resource_policy
from local_aws.iam.identities import policies_of
from local_aws.iam.model_calls import Check, Guardrail, authorize_model_call, checks_for, guardrail_of, tier_of
from local_aws.iam.policy import ANONYMOUS, Principal, parse_policy

__all__ = [
    "ANONYMOUS",
    "CATALOGUE",
    "ApplicationProfile",
    "Catalogue",
    "Check",
    "Decision",
    "Effect",
    "Guardrail",
    "Principal",
    "UnknownPolicyElement",
    "UnknownTarget",
    "authorize_model_call",
    "checks_for",
    "evaluate",
    "evaluate_resource_policy",
    "guardrail_of",
    "parse_policy",
    "policies_of",
    "tier_of",
]
