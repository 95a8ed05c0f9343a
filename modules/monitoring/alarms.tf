# Alarms on rates and percentiles, each with a minimum of traffic: IF(requests >= minimum, …, 0). No traffic is no data,
# and no data is no reason to wake anybody.

locals {
  alarm_names = [
    "broken_streams", "budget", "concurrency", "latency", "model_ended", "server_errors", "throttling", "time_to_first_token",
    "workflows",
  ]

  of_handler = { namespace = var.metrics_namespace, dimensions = { service = var.name } }
  of_api     = { namespace = "AWS/ApiGateway", dimensions = { ApiName = local.api_name, Stage = var.stage_name } }

  # Two of three periods of five minutes, unless it says otherwise; the metrics by the names they have in the expression.
  alarms = {
    server_errors = {
      description = "At least ${local.thresholds.server_error_percent} % of requests got a 5xx. The query \"What went wrong, by cause\" tells why."
      threshold   = local.thresholds.server_error_percent
      expression  = "IF(requests >= ${var.minimum_requests}, 100 * failed / requests, 0)"
      metrics = {
        requests = merge(local.of_api, { name = "Count", stat = "Sum" })
        failed   = merge(local.of_api, { name = "5XXError", stat = "Sum" })
      }
    }
    broken_streams = {
      description = "At least ${local.thresholds.broken_stream_percent} % of requests got a stream that ended before its end. The query \"Which requests hit a deadline or broke off\" lists them."
      threshold   = local.thresholds.broken_stream_percent
      expression  = "IF(requests >= ${var.minimum_requests}, 100 * broken / requests, 0)"
      metrics = {
        requests = merge(local.of_handler, { name = "Requests", stat = "Sum" })
        broken   = merge(local.of_handler, { name = "BrokenStreams", stat = "Sum" })
      }
    }
    throttling = {
      description = "Bedrock throttled at least ${local.thresholds.throttled_percent} % of requests, fallbacks included. Ask for a higher quota, add fallbacks, or set budgets."
      threshold   = local.thresholds.throttled_percent
      expression  = "IF(requests >= ${var.minimum_requests}, 100 * throttled / requests, 0)"
      metrics = {
        requests  = merge(local.of_handler, { name = "Requests", stat = "Sum" })
        throttled = merge(local.of_handler, { name = "Throttles", stat = "Sum" })
      }
    }
    latency = {
      description = "One request in a hundred took ${local.thresholds.latency_p99_seconds} seconds or longer. The query \"Which model is slowest\" tells whose."
      threshold   = 1000 * local.thresholds.latency_p99_seconds
      expression  = "IF(requests >= ${var.minimum_requests}, duration, 0)"
      metrics = {
        requests = merge(local.of_handler, { name = "Latency", stat = "SampleCount" })
        duration = merge(local.of_handler, { name = "Latency", stat = "p99" })
      }
    }
    time_to_first_token = {
      description = "One stream in twenty began only after ${local.thresholds.time_to_first_token_p95_seconds} seconds or later."
      threshold   = 1000 * local.thresholds.time_to_first_token_p95_seconds
      expression  = "IF(streams >= ${var.minimum_requests}, duration, 0)"
      metrics = {
        streams  = merge(local.of_handler, { name = "TimeToFirstToken", stat = "SampleCount" })
        duration = merge(local.of_handler, { name = "TimeToFirstToken", stat = "p95" })
      }
    }
    concurrency = {
      description = "${var.reserved_concurrency == null ? "The account's functions use" : "The function uses"} at least ${local.thresholds.concurrency_percent} % of ${local.concurrency_limit} concurrent executions. Beyond them callers get a 5xx: raise the limit, or lower the API's throttling."
      threshold   = local.thresholds.concurrency_percent
      expression  = "100 * executions / ${local.concurrency_limit}"
      metrics = {
        executions = { namespace = "AWS/Lambda", dimensions = local.concurrency_metric.dimensions, name = local.concurrency_metric.name, stat = "Maximum" }
      }
    }
    # These two tell of something that somebody has to see to, so once an hour is enough.
    budget = {
      description    = "A tenant who called in the last hour has used ${local.thresholds.budget_used_percent} % of a budget of a day or a month. The query \"Whose budget runs out\" tells whose."
      threshold      = local.thresholds.budget_used_percent
      expression     = null
      period_seconds = 3600
      metrics        = { used = merge(local.of_handler, { name = "BudgetUsed", stat = "Maximum" }) }
    }
    model_ended = {
      description    = "Bedrock no longer serves a model that is still declared. The query \"Which models have ended, and who stood in\" tells which; declare its successor."
      threshold      = 1
      expression     = null
      period_seconds = 3600
      metrics        = { ended = merge(local.of_handler, { name = "ModelEnded", stat = "Sum" }) }
    }
  }

  workflow_alarms = { for name, arn in var.workflows : "workflows/${name}" => {
    description    = "An execution of the workflow ${name} failed or ran out of time. Its history tells at which step."
    threshold      = 1
    expression     = "SUM([failed, timed_out])"
    period_seconds = 300
    metrics = { for id, metric in { failed = "ExecutionsFailed", timed_out = "ExecutionsTimedOut" } : id => {
      namespace = "AWS/States", dimensions = { StateMachineArn = arn }, name = metric, stat = "Sum"
    } }
  } if !contains(var.disabled_alarms, "workflows") }

  enabled_alarms = merge({ for name, alarm in local.alarms : name => alarm if !contains(var.disabled_alarms, name) }, local.workflow_alarms)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.enabled_alarms

  alarm_name        = "${var.name}-${replace(replace(each.key, "_", "-"), "/", "-")}"
  alarm_description = each.value.description
  alarm_actions     = var.alarm_actions
  ok_actions        = var.ok_actions
  tags              = var.tags

  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  # What says how long it looks at is a single event; the others are rates, which may be off for once.
  evaluation_periods  = can(each.value.period_seconds) ? 1 : 3
  datapoints_to_alarm = can(each.value.period_seconds) ? 1 : 2

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      return_data = each.value.expression == null

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.stat
        period      = try(each.value.period_seconds, 300)
      }
    }
  }

  dynamic "metric_query" {
    for_each = each.value.expression[*]

    content {
      id          = "watched"
      label       = replace(each.key, "_", " ")
      expression  = metric_query.value
      return_data = true
    }
  }
}
