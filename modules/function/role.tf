# The role that the function runs as: the models' policies, and one inline policy for the rest.

locals {
  # Interfaces and X-Ray are the two places where an `*` can't be avoided; each says why.
  network_resources = var.vpc_config == null ? [] : concat(
    ["arn:${local.partition}:ec2:${local.region}:${local.account}:network-interface/*"],
    # The account is open because a shared VPC's subnets belong to another one; the IDs are unique in all of AWS.
    [for id in var.vpc_config.subnet_ids : "arn:${local.partition}:ec2:${local.region}:*:subnet/${id}"],
    [for id in var.vpc_config.security_group_ids : "arn:${local.partition}:ec2:${local.region}:*:security-group/${id}"],
  )
  network_statements = flatten([for config in var.vpc_config[*] : [
    for effect, condition in {
      Allow = {}
      # Lambda itself manages the interfaces, before the code runs. The code has no business there.
      # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
      Deny = { Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } } }
      } : [
      merge(condition, {
        Sid      = "${effect}CreatingInterfaces"
        Effect   = effect
        Action   = ["ec2:CreateNetworkInterface"]
        Resource = local.network_resources
      }),
      merge(condition, {
        Sid    = "${effect}ManagingInterfaces"
        Effect = effect
        Action = ["ec2:AssignPrivateIpAddresses", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"]
        # Their IDs aren't known before Lambda creates them.
        Resource = ["arn:${local.partition}:ec2:${local.region}:${local.account}:network-interface/*"]
      }),
      merge(condition, {
        Sid    = "${effect}DescribingTheNetwork"
        Effect = effect
        Action = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
        # IAM knows no resource for EC2's Describe actions.
        Resource = ["*"]
      }),
    ]
  ]])

  approving = [for workflow in var.workflows : workflow.state_machine_arn if workflow.approvals]

  statements = concat(
    [{
      Sid    = "WriteOwnLog"
      Effect = "Allow"
      Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
      # The group's streams: Lambda names them. The group itself is Terraform's, so there is no CreateLogGroup.
      Resource = ["${local.log_group_arn}:log-stream:*"]
    }],
    # By the first part of the partition key, which is the kind of item: who is calling and what they may is only read,
    # what they used is written too.
    [for table in var.tenants_table[*] : {
      Sid      = "ReadKeysAndTenants"
      Effect   = "Allow"
      Action   = ["dynamodb:BatchGetItem", "dynamodb:GetItem"]
      Resource = [table.arn]
      Condition = {
        "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = concat(["key#*", "override#*", "principal#*", "tenant#*"], [for kind in ["usage#*"] : kind if table.budgets]) }
        # Of no value everything is true.
        Null = { "dynamodb:LeadingKeys" = "false" }
      }
    }],
    [for table in var.tenants_table[*] : {
      Sid      = "WriteUse"
      Effect   = "Allow"
      Action   = ["dynamodb:UpdateItem"]
      Resource = [table.arn]
      Condition = {
        "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["usage#*"] }
        Null                      = { "dynamodb:LeadingKeys" = "false" }
      }
    } if table.budgets],
    # DynamoDB decrypts a table with the permissions of whoever reads it.
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    [for key in try(var.tenants_table.kms_key[*], []) : {
      Sid       = "DecryptTenantsTable"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [key.arn]
      Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${local.region}.${data.aws_partition.current.dns_suffix}" } }
    }],
    # Found by the whole key alone, so there is no Query and no Scan; and what is too old, DynamoDB deletes by itself.
    [for table in var.cache_table[*] : {
      Sid      = "KeepAnswers"
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", "dynamodb:PutItem"]
      Resource = ["arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${table.name}"]
    }],
    [for key in try(var.cache_table.kms_key[*], []) : {
      Sid       = "DecryptCacheTable"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [key.arn]
      Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${local.region}.${data.aws_partition.current.dns_suffix}" } }
    }],
    [for machines in [var.workflows[*].state_machine_arn] : {
      Sid      = "StartWorkflows"
      Effect   = "Allow"
      Action   = ["states:StartExecution"]
      Resource = machines
    } if length(machines) > 0],
    [for machines in [var.workflows[*].state_machine_arn] : {
      Sid      = "SeeExecutions"
      Effect   = "Allow"
      Action   = ["states:DescribeExecution"]
      Resource = [for machine in machines : "${replace(machine, ":stateMachine:", ":execution:")}:*"]
    } if length(machines) > 0],
    # Where the token of a waiting approval is found.
    [for machines in [local.approving] : {
      Sid      = "ReadHistories"
      Effect   = "Allow"
      Action   = ["states:GetExecutionHistory"]
      Resource = [for machine in machines : "${replace(machine, ":stateMachine:", ":execution:")}:*"]
    } if length(machines) > 0],
    [for machines in [local.approving] : {
      Sid    = "AnswerApprovals"
      Effect = "Allow"
      Action = ["states:SendTaskSuccess"]
      # IAM knows no resource for it: whoever holds a task's token may answer. The function finds tokens in the histories
      # above and nowhere else.
      Resource = ["*"]
    } if length(machines) > 0],
    # Step Functions uses a state machine's key with the permissions of whoever starts or reads an execution.
    # https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
    [for index, workflow in [for workflow in var.workflows : workflow if workflow.kms_key != null] : {
      Sid       = "UseKeyOfWorkflow${index + 1}"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = [workflow.kms_key.arn]
      Condition = { StringEquals = { "kms:EncryptionContext:aws:states:stateMachineArn" = workflow.state_machine_arn } }
    }],
    # To read is what the addresses of images are signed for. Nothing is ever listed.
    [for bucket in var.images_bucket[*] : {
      Sid      = "WriteAndSignImages"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = ["arn:${local.partition}:s3:::${bucket.name}/images/*"]
      # A bucket that is gone could be made again by somebody else.
      Condition = { StringEquals = { "aws:ResourceAccount" = local.account } }
    }],
    [for key in try(var.images_bucket.kms_key[*], []) : {
      Sid       = "UseImagesKey"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = [key.arn]
      Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.${data.aws_partition.current.dns_suffix}" } }
    }],
    [for key in var.kms_key[*] : {
      Sid       = "DecryptOwnEnvironment"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [key.arn]
      Condition = { StringEquals = { "kms:EncryptionContext:aws:lambda:FunctionArn" = local.function_arn } }
    }],
    [for enabled in [var.tracing] : {
      Sid    = "SendTraces"
      Effect = "Allow"
      Action = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      # IAM knows no resource for X-Ray's Put actions.
      Resource = ["*"]
    } if enabled],
    local.network_statements,
  )
}

resource "aws_iam_role" "this" {
  name                 = "${var.name}-${local.region}"
  description          = "The Lambda function ${var.name}"
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  # No aws:SourceAccount: iam:PassRole never crosses accounts, so Lambda assumes this role for functions of its own
  # account only, and AWS doesn't document that key for execution roles.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LambdaRunsAsThisRole"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  # checkov:skip=CKV_AWS_355:the actions under "*" are those that IAM can't scope; each has its reason beside it
  # checkov:skip=CKV_AWS_290:as above
  name   = "function"
  role   = aws_iam_role.this.name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

# A change is a new policy and not a new version of the old one, and the old one goes last: what the function may call grows
# before the alias moves, and shrinks after it, or the version that still answers would be refused what it calls. The
# description can't be changed in place, so that the document's hash in it makes the policy a new one. For a moment the
# role carries both; where that would be more than it may, the policies change in place.
#
# By index: a document's content may be unknown until apply, and its place never is. With a prefix: a document that turns
# out to be what it was may become a new policy, too.
resource "aws_iam_policy" "models" {
  for_each = { for index, document in var.policy_documents : tostring(index + 1) => document }

  name_prefix = "${var.name}-${local.region}-models-${each.key}-"
  description = join(" ", concat(
    ["The models that ${var.name} may call, part ${each.key}"],
    [for document in [each.value] : "(${substr(sha256(document), 0, 16)})" if 2 * length(var.policy_documents) < var.maximum_policy_documents],
  ))
  policy = each.value
  tags   = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_iam_role_policy_attachment" "models" {
  for_each = aws_iam_policy.models

  role       = aws_iam_role.this.name
  policy_arn = each.value.arn

  lifecycle {
    create_before_destroy = true
  }
}
