"""The condition keys that may be met: those the module writes, and the global ones that local AWS supplies.

A key that nobody supplies would always be absent, and an absent key makes some conditions true: hence an explicit list.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html
"""

from local_aws.iam.errors import UnknownPolicyElement

SINGLE_VALUED_KEYS = frozenset(
    key.lower()
    for key in (
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalOrgID",
        "aws:PrincipalServiceName",
        "aws:PrincipalType",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
        "aws:SecureTransport",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceIp",
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:UserAgent",
        "aws:ViaAWSService",
        "aws:userid",
        "aws:username",
        "bedrock:GuardrailIdentifier",
        "bedrock:InferenceProfileArn",
        "bedrock:ServiceTier",
        "cloudwatch:namespace",
        "dynamodb:ReturnValues",
        "dynamodb:Select",
        "kms:CallerAccount",
        "kms:EncryptionContext:aws:dynamodb:tableName",
        "kms:EncryptionContext:aws:lambda:FunctionArn",
        "kms:EncryptionContext:aws:logs:arn",
        "kms:EncryptionContext:aws:states:stateMachineArn",
        "kms:ViaService",
        "lambda:SourceFunctionArn",
        "s3:prefix",
    )
)

MULTIVALUED_KEYS = frozenset(
    key.lower()
    for key in (
        "aws:CalledVia",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceNamesList",
        "dynamodb:Attributes",
        "dynamodb:LeadingKeys",
        "kms:EncryptionContextKeys",
    )
)

KNOWN_KEYS = SINGLE_VALUED_KEYS | MULTIVALUED_KEYS


def known_key(name: str) -> str:
    """The key in lower case, since names of condition keys are not case-sensitive.

    Raises:
        UnknownPolicyElement: it is on neither list above.
    """
    key = name.lower()
    if key not in KNOWN_KEYS:
        raise UnknownPolicyElement(
            f"The condition key {name!r} is not one that local AWS supplies. Supply it where the request's context is"
            " made and add it to local_aws/iam/keys.py."
        )
    return key
