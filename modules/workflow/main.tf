# The state machine and its log group. The role is in role.tf; how steps become a definition is in places.tf, texts.tf,
# states.tf and containers.tf.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# Refuses names that no input has; `models` and `guardrail` are modules/model-access's to judge.
module "names" {
  source = "../names"

  given = { metering = var.metering, retry = var.retry, steps = var.steps }
  known = {
    "metering" = ["function_name", "alias_name", "minute_waits"]
    "retry"    = ["attempts", "first_delay_seconds", "max_delay_seconds"]
    "steps.*" = [
      "next", "on_failure", "prompt", "invoke", "parallel", "map", "choice", "validate", "approval", "workflow",
    ]
    "steps.*.prompt" = [
      "model", "text", "max_output_tokens", "system", "temperature", "guardrail", "schema", "fixes", "timeout_seconds", "cache",
    ]
    "steps.*.prompt.guardrail" = ["arn", "version"]
    "steps.*.prompt.cache"     = ["ttl_seconds", "scope"]
    "steps.*.invoke"           = ["model", "request", "answer", "timeout_seconds", "reserve"]
    "steps.*.invoke.reserve"   = ["input_tokens", "output_tokens"]
    "steps.*.parallel"         = ["branches", "merge"]
    "steps.*.map"              = ["steps", "items", "objects", "concurrency", "tolerated_failure_percentage"]
    "steps.*.map.objects"      = ["bucket", "prefix"]
    "steps.*.choice"           = ["rules"]
    "steps.*.choice.rules.*"   = ["when", "next"]
    "steps.*.validate" = [
      "step", "model", "max_output_tokens", "schema", "rules", "fixes", "context", "timeout_seconds",
    ]
    "steps.*.validate.rules.*" = ["that", "message"]
    "steps.*.approval"         = ["message", "timeout_seconds"]
    "steps.*.workflow"         = ["name", "input", "timeout_seconds"]
  }
}

# Gives these inputs their types and defaults, and refuses values.
module "inputs" {
  source = "./inputs"

  metering = var.metering
  retry    = var.retry
  sequence = var.sequence
  steps    = var.steps
}

# Only asked for the exact policies and ARNs: a workflow waits for whole answers, so there is nothing to stream.
module "models" {
  source = "../model-access"

  # What is done about a timeout is the steps' `on_failure`; a model's own `on_timeout` is for the API.
  models                   = { for alias, model in var.models : alias => merge(model, { on_timeout = "error" }) }
  guardrail                = var.guardrail
  allow_global_inference   = var.allow_global_inference
  maximum_policy_documents = var.maximum_policy_documents
  # The registry's environment isn't used here, so its size is no limit.
  maximum_registry_bytes = 4096
  streaming              = false
}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # `region` is what provider 6 calls it, `id` is what 5.100 has and 6 still carries.
  region = lookup(data.aws_region.current, "region", lookup(data.aws_region.current, "id", null))

  # From names, not from the resources: a Distributed Map's role names its own state machine, which names the role.
  states            = "arn:${local.partition}:states:${local.region}:${local.account}"
  state_machine_arn = "${local.states}:stateMachine:${var.name}"

  # CloudWatch Logs lets AWS's services write below this prefix without a growing resource policy.
  # https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
  log_group = "/aws/vendedlogs/states/${var.name}"

  # `{{ models.ALIAS }}` in a definition of one's own: the ARN, which holds account and Region.
  own_parts = var.definition == null ? [""] : split("{{ models.", var.definition)
  own_definition = join("", concat([local.own_parts[0]], [for part in slice(local.own_parts, 1, length(local.own_parts)) :
    "${lookup(module.models.allowed_models, split(" }}", part)[0], "unknown")}${join(" }}", slice(split(" }}", part), 1, length(split(" }}", part))))}"
  ]))

  definition = var.definition == null ? jsonencode(local.compiled) : local.own_definition
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts with its own key; a customer managed one is the input kms_key
  # checkov:skip=CKV_AWS_338:how long to keep a log is the account's policy; log_retention_days sets it
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key == null ? null : var.kms_key.arn
  tags              = var.tags
}

resource "aws_sfn_state_machine" "this" {
  # checkov:skip=CKV_AWS_284:tracing costs and is the input tracing
  # checkov:skip=CKV_AWS_285:what is logged is the input log_level, ERROR by default and never with data
  name       = var.name
  role_arn   = aws_iam_role.this.arn
  definition = local.definition
  # Express workflows can be neither described nor approved.
  type = "STANDARD"
  tags = var.tags

  logging_configuration {
    level = var.log_level
    # Prompts and answers are data: never in the log.
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
  }

  tracing_configuration {
    enabled = var.tracing
  }

  dynamic "encryption_configuration" {
    for_each = var.kms_key[*]

    content {
      type                              = "CUSTOMER_MANAGED_KMS_KEY"
      kms_key_id                        = encryption_configuration.value.arn
      kms_data_key_reuse_period_seconds = 300
    }
  }

  # Step Functions checks the role's log permissions when the state machine is made.
  depends_on = [
    aws_iam_role_policy.this,
    aws_iam_role_policy_attachment.models,
  ]

  lifecycle {
    precondition {
      condition     = length(local.too_deep) == 0
      error_message = "Steps may be three levels deep (the sequence, a branch or map in it, a branch or map in that), and no step may hold itself; move the inner part to a workflow of its own and name it in a workflow step. Too deep: ${join(", ", local.too_deep)}."
    }

    precondition {
      condition     = length(local.foreign_targets) == 0
      error_message = "next, on_failure and a choice's targets name a step of the same sequence, branch or map, or \"end\"; correct: ${join(", ", local.foreign_targets)}."
    }

    precondition {
      condition     = length(local.foreign_validations) == 0
      error_message = "validate.step names a prompt step of the same sequence, branch or map, because it may rewrite that step's answer; correct: ${join(", ", local.foreign_validations)}."
    }

    precondition {
      condition     = length(local.unknown_models) == 0
      error_message = "These steps name a model that isn't in models (${join(", ", keys(module.models.registry))}): ${join(", ", local.unknown_models)}."
    }

    precondition {
      condition     = length(local.silent_models) == 0
      error_message = "A prompt goes through Bedrock's Converse, which these steps' models don't speak; use a chat model, or an invoke step with the model's own format: ${join(", ", local.silent_models)}."
    }

    precondition {
      condition     = length(local.sagemaker_steps) == 0
      error_message = "Step Functions calls Bedrock directly, and these steps name a SageMaker endpoint; use a model of Bedrock: ${join(", ", local.sagemaker_steps)}."
    }

    precondition {
      condition     = length(local.tiered_invokes) == 0
      error_message = "invoke can't name a service tier, and IAM holds these steps' models to one; use a prompt, or a model without service_tier: ${join(", ", local.tiered_invokes)}."
    }

    precondition {
      condition     = length(local.over_limit) == 0
      error_message = "max_output_tokens of a step, or output_tokens of what it reserves, is at most its model's max_output_tokens; lower it: ${join(", ", local.over_limit)}."
    }

    precondition {
      condition     = length(local.guardrail_conflicts) == 0
      error_message = "IAM binds these steps' models to a guardrail of their own, so a step can't bring another; remove prompt.guardrail, or take the guardrail off the model: ${join(", ", local.guardrail_conflicts)}."
    }

    precondition {
      condition     = length(local.unknown_results) == 0
      error_message = "These texts use the result of a step that isn't declared; correct $steps.NAME: ${join(", ", local.unknown_results)}."
    }

    precondition {
      condition     = length(local.unknown_own_models) == 0
      error_message = "definition names models that aren't in models; correct {{ models.ALIAS }}: ${join(", ", local.unknown_own_models)}."
    }

    precondition {
      condition     = module.inputs.metering == null || length(local.unbounded_invokes) == 0
      error_message = "An invoke step's request lies in S3, unread, so with metering you say what it may use at most. Add invoke.reserve, as { input_tokens = …, output_tokens = … }, to: ${join(", ", local.unbounded_invokes)}."
    }

    precondition {
      condition     = module.inputs.metering == null || length(local.tokenless_invokes) == 0
      error_message = "These invoke steps' models aren't paid by tokens, so no bound in tokens holds them to a budget; call them through the API, or in a workflow without metering: ${join(", ", local.tokenless_invokes)}."
    }

    precondition {
      condition     = length(local.definition) <= 1048576
      error_message = "The definition takes ${length(local.definition)} characters and Step Functions allows 1,048,576: shorten the prompts, or divide the workflow."
    }
  }
}
