# The dashboard: rows of widgets from left to right, on CloudWatch's grid of 24 columns. What is told by tenant comes out of
# the log, so that it costs nothing while nobody looks.

locals {
  # A metric of the handler, of API Gateway or of Lambda, as a line of a widget.
  of_service  = ["service", var.name]
  api_labels  = ["ApiName", local.api_name, "Stage", var.stage_name]
  percentiles = ["p50", "p95", "p99"]

  # A line for each model, or one for all where none was named.
  lines = concat(
    [for model in local.models : { dimensions = concat(local.of_service, ["model", model]), label = model }],
    [for all in ["all"] : { dimensions = local.of_service, label = all } if length(local.models) == 0],
  )

  # Each row is one height; widths add up to 24. A widget is a title, lines or a query, and what else it takes.
  rows = concat(
    [
      {
        height = 2
        widgets = [{ width = 24, type = "text", properties = {
          background = "transparent"
          markdown   = "## ${var.name}\nRequests that reached the handler, and what became of them. What is told by tenant is read from the log when you look. The saved queries in Logs Insights, under `${var.name}/`, answer the rest."
        } }]
      },
    ],
    length(local.enabled_alarms) == 0 ? [] : [
      {
        height = 3
        widgets = [{ width = 24, type = "alarm", properties = {
          title  = "Alarms"
          alarms = [for key in sort(keys(local.enabled_alarms)) : "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${var.name}-${replace(replace(key, "_", "-"), "/", "-")}"]
        } }]
      },
    ],
    [
      {
        height = 6
        widgets = [
          { width = 8, type = "metric", properties = {
            title = "Requests", view = "timeSeries", stat = "Sum"
            metrics = [
              concat(["AWS/ApiGateway", "Count"], local.api_labels, [{ label = "reached API Gateway" }]),
              concat([var.metrics_namespace, "Requests"], local.of_service, [{ label = "reached the handler" }]),
            ]
          } },
          { width = 8, type = "metric", properties = {
            title = "Failures and refusals", view = "timeSeries", stat = "Sum"
            metrics = [
              concat(["AWS/ApiGateway", "5XXError"], local.api_labels, [{ label = "5xx", color = "#d62728" }]),
              concat(["AWS/ApiGateway", "4XXError"], local.api_labels, [{ label = "4xx", visible = false }]),
              concat([var.metrics_namespace, "Errors"], local.of_service, [{ label = "failed in the handler" }]),
              concat([var.metrics_namespace, "BrokenStreams"], local.of_service, [{ label = "streams that broke off" }]),
              concat([var.metrics_namespace, "Throttles"], local.of_service, [{ label = "throttled by Bedrock" }]),
              concat([var.metrics_namespace, "BudgetRefusals"], local.of_service, [{ label = "refused by a budget" }]),
              concat([var.metrics_namespace, "ModelEnded"], local.of_service, [{ label = "model ended" }]),
            ]
          } },
          { width = 8, type = "log", properties = {
            title = "What went wrong, by cause", view = "table"
            query = local.queries["What went wrong, by cause"]
          } },
        ]
      },
      {
        height = 6
        widgets = [
          { width = 8, type = "metric", properties = {
            title   = "Latency", view = "timeSeries", yAxis = { left = { label = "ms", showUnits = false, min = 0 } }
            metrics = [for stat in local.percentiles : concat([var.metrics_namespace, "Latency"], local.of_service, [{ stat = stat, label = stat }])]
          } },
          { width = 8, type = "metric", properties = {
            title   = "Time to first token", view = "timeSeries", yAxis = { left = { label = "ms", showUnits = false, min = 0 } }
            metrics = [for stat in local.percentiles : concat([var.metrics_namespace, "TimeToFirstToken"], local.of_service, [{ stat = stat, label = stat }])]
          } },
          { width = 8, type = "metric", properties = {
            title = "Latency of each model, p95", view = "timeSeries", stat = "p95", yAxis = { left = { label = "ms", showUnits = false, min = 0 } }
            metrics = concat(
              [concat([var.metrics_namespace, "ModelLatency"], local.of_service, [{ label = "all, as Bedrock measures it" }])],
              [for model in local.models : concat([var.metrics_namespace, "Latency"], local.of_service, ["model", model, { label = model }])],
            )
          } },
        ]
      },
      {
        height = 6
        widgets = [
          { width = 8, type = "metric", properties = {
            title   = "Cost by model", view = "timeSeries", stat = "Sum", stacked = true, yAxis = { left = { label = "US$", showUnits = false, min = 0 } }
            metrics = [for line in local.lines : concat([var.metrics_namespace, "Cost"], line.dimensions, [{ label = line.label }])]
          } },
          { width = 8, type = "metric", properties = {
            title = "Tokens", view = "timeSeries", stat = "Sum", stacked = true
            metrics = [
              concat([var.metrics_namespace, "InputTokens"], local.of_service, [{ label = "read" }]),
              concat([var.metrics_namespace, "OutputTokens"], local.of_service, [{ label = "written" }]),
            ]
          } },
          { width = 8, type = "metric", properties = {
            title = "Requests by model, and calls that they took", view = "timeSeries", stat = "Sum"
            metrics = concat(
              [concat([var.metrics_namespace, "Attempts"], local.of_service, [{ label = "calls of models, repeats and fallbacks included" }])],
              [for model in local.models : concat([var.metrics_namespace, "Requests"], local.of_service, ["model", model, { label = model }])],
            )
          } },
        ]
      },
      {
        height = 6
        widgets = [
          { width = 8, type = "metric", properties = {
            title = "Concurrency", view = "timeSeries", stat = "Maximum"
            metrics = concat(
              [["AWS/Lambda", "ConcurrentExecutions", "FunctionName", local.function_name, { label = "this function" }]],
              var.reserved_concurrency == null ? [["AWS/Lambda", "ClaimedAccountConcurrency", { label = "the account" }]] : [],
              [["AWS/Lambda", "Throttles", "FunctionName", local.function_name, { label = "turned away by Lambda", stat = "Sum", color = "#d62728" }]],
            )
            annotations = { horizontal = [{ label = "limit", value = local.concurrency_limit }] }
          } },
          { width = 8, type = "metric", properties = {
            title   = "Throttled by Bedrock, by model", view = "timeSeries", stat = "Sum"
            metrics = [for line in local.lines : concat([var.metrics_namespace, "Throttles"], line.dimensions, [{ label = line.label }])]
          } },
          { width = 8, type = "metric", properties = {
            title = "Answers from the cache", view = "timeSeries", stat = "Sum"
            metrics = [
              concat([var.metrics_namespace, "CacheHits"], local.of_service, [{ label = "hits" }]),
              concat([var.metrics_namespace, "CacheMisses"], local.of_service, [{ label = "misses" }]),
              # Each request counts as 1 or 0 of either, so that the average is the share.
              concat([var.metrics_namespace, "CacheHits"], local.of_service, [{ label = "share of hits", stat = "Average", yAxis = "right" }]),
            ]
          } },
        ]
      },
      {
        height = 7
        widgets = [
          { width = 8, type = "metric", properties = {
            title       = "Budget of a day or a month, most used by a tenant", view = "timeSeries", stat = "Maximum", yAxis = { left = { label = "%", showUnits = false, min = 0 } }
            metrics     = [concat([var.metrics_namespace, "BudgetUsed"], local.of_service, [{ label = "used" }])]
            annotations = { horizontal = [{ label = "alarm", value = local.thresholds.budget_used_percent }] }
          } },
          { width = 8, type = "log", properties = {
            title = "Whose budget runs out", view = "table"
            query = local.queries["Whose budget runs out"]
          } },
          { width = 8, type = "log", properties = {
            title = "Who was throttled or refused", view = "table"
            query = local.queries["Who was throttled or refused"]
          } },
        ]
      },
      {
        height = 7
        widgets = [
          { width = 12, type = "log", properties = {
            title = "Who calls, and how much", view = "table"
            query = local.queries["Who calls, and how much"]
          } },
          { width = 12, type = "log", properties = {
            title = "Which model is slowest", view = "table"
            query = local.queries["Which model is slowest"]
          } },
        ]
      },
    ],
    length(var.workflows) == 0 ? [] : [
      {
        height = 6
        widgets = [
          { width = 12, type = "metric", properties = {
            title = "Workflows that failed", view = "timeSeries", stat = "Sum"
            metrics = flatten([for name, arn in var.workflows : [
              for metric, label in { ExecutionsFailed = "failed", ExecutionsTimedOut = "out of time", ExecutionsAborted = "stopped" } : {
                line                                  = ["AWS/States", metric, "StateMachineArn", arn, { label = "${name}: ${label}" }]
              }
            ]])[*].line
          } },
          { width = 12, type = "metric", properties = {
            title = "Workflows that ran", view = "timeSeries", stat = "Sum"
            metrics = flatten([for name, arn in var.workflows : [
              for metric, label in { ExecutionsStarted = "started", ExecutionsSucceeded = "succeeded" } : {
                line                                   = ["AWS/States", metric, "StateMachineArn", arn, { label = "${name}: ${label}" }]
              }
            ]])[*].line
          } },
        ]
      },
    ],
  )

  # Below the rows above, right of the widgets before.
  widgets = flatten([for number, row in local.rows : [
    for place, widget in row.widgets : {
      type   = widget.type
      x      = sum(concat([0], [for before in slice(row.widgets, 0, place) : before.width]))
      y      = sum(concat([0], [for above in slice(local.rows, 0, number) : above.height]))
      width  = widget.width
      height = row.height
      properties = merge(
        widget.properties,
        contains(["metric", "log"], widget.type) ? { region = local.region } : {},
        widget.type == "metric" ? { period = 300 } : {},
        widget.type == "log" ? { query = "SOURCE '${local.log_group_name}' | ${trimspace(widget.properties.query)}" } : {},
      )
    }
  ]])
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ start = "-PT3H", widgets = local.widgets })
}
