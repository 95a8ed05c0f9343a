# The dashboard, the alarms and the saved queries.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

run "it_stands_alone" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    name = "acme-llm"
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["server_errors", "broken_streams", "throttling", "latency", "time_to_first_token", "concurrency", "budget", "model_ended"])
    error_message = "The alarms aren't those that the documentation lists."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.treat_missing_data == "notBreaching" && try(length(alarm.alarm_actions), 0) == 0])
    error_message = "An alarm goes off because nobody calls, or tells somebody who wasn't named."
  }

  assert {
    condition     = alltrue([for name, alarm in aws_cloudwatch_metric_alarm.this : alarm.evaluation_periods == (contains(["budget", "model_ended"], name) ? 1 : 3) && alarm.datapoints_to_alarm == (contains(["budget", "model_ended"], name) ? 1 : 2)])
    error_message = "A rate goes off at a single bad period, or what happens once needs several."
  }

  assert {
    condition     = length(aws_cloudwatch_query_definition.this) == 10 && alltrue([for query in values(aws_cloudwatch_query_definition.this) : query.log_group_names == tolist(["/aws/lambda/acme-llm"]) && startswith(query.name, "acme-llm/")])
    error_message = "The saved queries don't read the function's log, or don't stand under the deployment's name."
  }
}

run "a_rate_takes_traffic_to_count" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    name             = "acme-llm"
    minimum_requests = 50
    thresholds       = { server_error_percent = 2, latency_p99_seconds = 30 }
    alarm_actions    = ["arn:aws:sns:us-east-1:123456789012:oncall"]
  }

  assert {
    condition     = alltrue([for name in ["server_errors", "broken_streams", "throttling", "latency", "time_to_first_token"] : anytrue([for query in aws_cloudwatch_metric_alarm.this[name].metric_query : strcontains(coalesce(query.expression, "none"), ">= 50")])])
    error_message = "An alarm on a rate or percentile counts it however few requests there were."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["server_errors"].threshold == 2 && aws_cloudwatch_metric_alarm.this["latency"].threshold == 30000 && aws_cloudwatch_metric_alarm.this["throttling"].threshold == 5
    error_message = "A threshold isn't the one that was given, in the metric's unit, or the others lost their defaults."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:123456789012:oncall"])])
    error_message = "An alarm tells nobody."
  }
}

run "concurrency_is_measured_against_its_own_limit" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    name                 = "acme-llm"
    reserved_concurrency = 40
  }

  assert {
    condition     = anytrue([for query in aws_cloudwatch_metric_alarm.this["concurrency"].metric_query : query.expression == "100 * executions / 40"]) && anytrue([for query in aws_cloudwatch_metric_alarm.this["concurrency"].metric_query : anytrue([for metric in query.metric : metric.metric_name == "ConcurrentExecutions" && metric.dimensions == tomap({ FunctionName = "acme-llm" })])])
    error_message = "A function with a limit of its own is measured against the account's."
  }
}

run "a_function_that_was_stopped_divides_by_nothing" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    name                 = "acme-llm"
    reserved_concurrency = 0
  }

  assert {
    condition     = anytrue([for query in aws_cloudwatch_metric_alarm.this["concurrency"].metric_query : query.expression == "100 * executions / 1"])
    error_message = "The alarm divides by zero."
  }
}

run "workflows_are_watched_one_by_one" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    name            = "acme-llm"
    workflows       = { adverts = "arn:aws:states:us-east-1:123456789012:stateMachine:adverts" }
    disabled_alarms = ["latency", "time_to_first_token"]
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["workflows/adverts"].alarm_name == "acme-llm-workflows-adverts" && !contains(keys(aws_cloudwatch_metric_alarm.this), "latency")
    error_message = "A workflow has no alarm, or one that was disabled is there."
  }
}

run "no_alarm_at_all" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    name            = "acme-llm"
    disabled_alarms = ["broken_streams", "budget", "concurrency", "latency", "model_ended", "server_errors", "throttling", "time_to_first_token", "workflows"]
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0 && !strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "\"type\":\"alarm\"")
    error_message = "The dashboard shows alarms that aren't there."
  }
}
