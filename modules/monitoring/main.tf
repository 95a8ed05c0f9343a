# What is measured, by whom: the handler's own metrics, API Gateway's and Lambda's. The dashboard is in dashboard.tf, the
# alarms are in alarms.tf, the saved queries in queries.tf. AWS's own metrics cost nothing; each of the handler's does.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# Refuses names that no threshold has.
module "names" {
  source = "../names"

  given = { thresholds = var.thresholds }
  known = { "thresholds" = keys(local.default_thresholds) }
}

locals {
  default_thresholds = {
    server_error_percent            = 5
    broken_stream_percent           = 5
    throttled_percent               = 5
    latency_p99_seconds             = 60
    time_to_first_token_p95_seconds = 10
    concurrency_percent             = 80
    budget_used_percent             = 80
  }
  thresholds = merge(local.default_thresholds, { for name, value in var.thresholds : name => value if value != null })

  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # `region` is what provider 6 calls it, `id` is what 5.100 has and 6 still carries.
  region = lookup(data.aws_region.current, "region", lookup(data.aws_region.current, "id", null))

  api_name       = coalesce(var.api_name, var.name)
  function_name  = coalesce(var.function_name, var.name)
  log_group_name = coalesce(var.log_group_name, "/aws/lambda/${local.function_name}")
  models         = sort(var.models)

  # With a limit of its own the function can use all of that and no more; without, it shares the account's.
  # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html
  concurrency_limit = var.reserved_concurrency == null ? var.account_concurrency : max(var.reserved_concurrency, 1)
  concurrency_metric = var.reserved_concurrency == null ? {
    name = "ClaimedAccountConcurrency", dimensions = {}
    } : {
    name = "ConcurrentExecutions", dimensions = { FunctionName = local.function_name }
  }
}
