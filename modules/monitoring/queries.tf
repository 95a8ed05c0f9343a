# The questions that people ask, saved in Logs Insights below the deployment's name. The log group also holds the metrics
# records, which have no `route`: each query leaves them out. Asked over the time that the reader picks.

locals {
  queries = {
    "What did it cost, by model" = <<-EOT
      filter ispresent(route)
      | stats sum(cost_usd) as usd, count(*) as requests, sum(input_tokens) as input, sum(output_tokens) as output by model
      | sort usd desc
    EOT

    "What did it cost, by tenant and day" = <<-EOT
      filter ispresent(cost_usd)
      | stats sum(cost_usd) as usd, count(*) as requests by bin(1d), tenant
      | sort usd desc
    EOT

    "Who calls, and how much" = <<-EOT
      filter ispresent(route)
      | stats count(*) as requests, sum(input_tokens) as input, sum(output_tokens) as output, sum(cost_usd) as usd by tenant
      | sort requests desc
    EOT

    "Who was throttled or refused" = <<-EOT
      filter status = 429
      | stats count(*) as refusals by tenant, error_type, model
      | sort refusals desc
    EOT

    "Whose budget runs out" = <<-EOT
      filter ispresent(budget_used_percent)
      | stats latest(budget_used_percent) as used_percent, latest(budget) as of_budget by tenant
      | sort used_percent desc
    EOT

    "What went wrong, by cause" = <<-EOT
      filter ispresent(error_type)
      | stats count(*) as failures by error_type, status, model
      | sort failures desc
    EOT

    "Which model is slowest" = <<-EOT
      filter ispresent(gen_ai.response.model) and status < 400
      | stats count(*) as requests, pct(latency_ms, 50) as p50, pct(latency_ms, 95) as p95, pct(latency_ms, 99) as p99, pct(time_to_first_token_ms, 95) as first_token_p95 by model
      | sort p95 desc
    EOT

    "Which requests hit a deadline or broke off" = <<-EOT
      filter error_type = "OutOfTime" or ispresent(stream_ended_by)
      | fields @timestamp, request_id, tenant, model, latency_ms, output_tokens, error, stream_ended_by
      | sort @timestamp desc
      | limit 200
    EOT

    "Which models have ended, and who stood in" = <<-EOT
      filter ispresent(ended_model) or ispresent(model_asked_for)
      | stats count(*) as requests by ended_model, model_asked_for, model, status
      | sort requests desc
    EOT

    "What happened to one request" = <<-EOT
      filter request_id = "PUT THE x-request-id HERE"
      | fields @timestamp, @message
      | sort @timestamp asc
    EOT
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = local.queries

  name            = "${var.name}/${each.key}"
  log_group_names = [local.log_group_name]
  query_string    = trimspace(each.value)
}
