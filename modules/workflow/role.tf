# The role that executions run as: the models' policies, and one inline policy for the rest.

locals {
  # A child execution's ARN carries the map's label.
  # https://docs.aws.amazon.com/step-functions/latest/dg/use-dist-map-orchestrate-large-scale-parallel-workloads.html#dist-map-permissions
  executions     = "${local.states}:execution"
  nested_names   = distinct([for workflow in values(local.nested) : workflow.name])
  object_buckets = distinct([for objects in values(local.over_s3) : objects.bucket])
  own_guardrails = distinct([for prompt in values(local.prompts) : prompt.guardrail.arn if prompt.guardrail != null])

  statements = concat(
    [{
      Sid    = "DeliverLogs"
      Effect = "Allow"
      Action = [
        "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
      ]
      # IAM knows no resource for log deliveries, and Step Functions asks for all of these.
      # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
      Resource = ["*"]
    }],
    [for enabled in [var.tracing] : {
      Sid    = "SendTraces"
      Effect = "Allow"
      Action = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      # IAM knows no resource for these actions of X-Ray.
      Resource = ["*"]
    } if enabled],
    [for arns in [local.own_guardrails] : {
      Sid      = "ApplyStepGuardrails"
      Effect   = "Allow"
      Action   = ["bedrock:ApplyGuardrail"]
      Resource = arns
    } if length(arns) > 0],
    [for bucket in [local.bucket] : {
      Sid      = "ReadRequests"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["arn:${local.partition}:s3:::${bucket}/requests/*"]
    } if length(local.invokes) > 0],
    [for bucket in [local.bucket] : {
      Sid      = "WriteAnswers"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = ["arn:${local.partition}:s3:::${bucket}/answers/*"]
    } if length(local.invokes) > 0],
    [for name, objects in local.over_s3 : {
      Sid       = "List${replace(title(replace(name, "_", " ")), " ", "")}"
      Effect    = "Allow"
      Action    = ["s3:ListBucket"]
      Resource  = ["arn:${local.partition}:s3:::${objects.bucket}"]
      Condition = { StringEquals = { "s3:prefix" = objects.prefix } }
    }],
    [for name, objects in local.over_s3 : {
      Sid      = "Read${replace(title(replace(name, "_", " ")), " ", "")}"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["arn:${local.partition}:s3:::${objects.bucket}/${objects.prefix}*"]
    }],
    [for labels in [keys(local.distributed)] : {
      Sid      = "StartItems"
      Effect   = "Allow"
      Action   = ["states:StartExecution"]
      Resource = [local.state_machine_arn]
    } if length(labels) > 0],
    [for labels in [keys(local.distributed)] : {
      Sid      = "FollowItems"
      Effect   = "Allow"
      Action   = ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"]
      Resource = [for label in labels : "${local.executions}:${var.name}/${label}:*"]
    } if length(labels) > 0],
    [for names in [local.nested_names] : {
      Sid      = "StartWorkflows"
      Effect   = "Allow"
      Action   = ["states:StartExecution"]
      Resource = [for name in names : "${local.states}:stateMachine:${name}"]
    } if length(names) > 0],
    [for names in [local.nested_names] : {
      Sid      = "FollowWorkflows"
      Effect   = "Allow"
      Action   = ["states:DescribeExecution", "states:StopExecution"]
      Resource = [for name in names : "${local.executions}:${name}:*"]
    } if length(names) > 0],
    # How Step Functions learns that a nested execution has ended.
    # https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html#stepfunctions-iam
    [for names in [local.nested_names] : {
      Sid      = "HearOfTheirEnd"
      Effect   = "Allow"
      Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
      Resource = ["arn:${local.partition}:events:${local.region}:${local.account}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"]
    } if length(names) > 0],
    [for arn in [local.meter_arn] : {
      Sid      = "ReserveAndSettle"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = [arn]
    } if module.inputs.metering != null],
    # Found by the whole key alone, so there is no Query and no Scan; and what is too old, DynamoDB deletes by itself.
    [for arn in [local.cache_arn] : {
      Sid      = "KeepAnswers"
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", "dynamodb:PutItem"]
      Resource = [arn]
    } if length(local.cached) > 0],
    [for arn in [local.topic_arn] : {
      Sid      = "AskForApproval"
      Effect   = "Allow"
      Action   = ["sns:Publish"]
      Resource = [arn]
    } if length(local.approvals) > 0],
    # https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
    [for key in var.kms_key[*] : {
      Sid      = "UseKeyForExecutions"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = [key.arn]
      Condition = { StringEquals = { "kms:EncryptionContext:aws:states:stateMachineArn" = concat(
        [local.state_machine_arn], [for label in keys(local.distributed) : "${local.state_machine_arn}/${label}"]
      ) } }
    }],
    [for key in var.kms_key[*] : {
      Sid       = "UseKeyForData"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = [key.arn]
      Condition = { StringEquals = { "kms:ViaService" = [for service in ["s3", "sns"] : "${service}.${local.region}.${data.aws_partition.current.dns_suffix}"] } }
    } if length(local.invokes) + length(local.approvals) > 0],
    # DynamoDB decrypts a table with the permissions of whoever reads it.
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    [for key in var.kms_key[*] : {
      Sid       = "DecryptCacheTable"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [key.arn]
      Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${local.region}.${data.aws_partition.current.dns_suffix}" } }
    } if length(local.cached) > 0],
  )
}

resource "aws_iam_role" "this" {
  name                 = "${var.name}-${local.region}-workflow"
  description          = "Executions of the workflow ${var.name}"
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  # Step Functions, for this state machine alone; a Distributed Map's items come from the machine's ARN with a label.
  # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "StepFunctionsRunsAsThisRole"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike = { "aws:SourceArn" = concat(
          [local.state_machine_arn], [for label in keys(local.distributed) : "${local.state_machine_arn}/${label}"]
        ) }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  # checkov:skip=CKV_AWS_355:the actions under "*" are those that IAM can't scope; each has its reason beside it
  # checkov:skip=CKV_AWS_290:as above
  # checkov:skip=CKV_AWS_289:PutResourcePolicy is one of the log-delivery actions that Step Functions asks for
  name   = "workflow"
  role   = aws_iam_role.this.name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

# As in modules/function: what is called next is allowed before the definition changes, what was called is refused after it.
# By index: a document's content may be unknown until apply, and its place never is.
resource "aws_iam_policy" "models" {
  for_each = { for index, document in module.models.policy_documents : tostring(index + 1) => document }

  name_prefix = "${var.name}-${local.region}-workflow-models-${each.key}-"
  description = join(" ", concat(
    ["The models that the workflow ${var.name} may call, part ${each.key}"],
    [for document in [each.value] : "(${substr(sha256(document), 0, 16)})" if 2 * length(module.models.policy_documents) < var.maximum_policy_documents],
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
