# Bad inputs, and what must be said of each; test_refusals.py plans them.

refused "a_name_that_no_dashboard_may_have" {
  says = "which is what a dashboard's name may hold"

  name = "acme.llm"
}

refused "half_an_execution" {
  says = "a whole number of executions"

  name                = "acme-llm"
  account_concurrency = 0.5
}

refused "too_many_actions" {
  says = "alarm_actions holds at most 5 ARNs"

  name          = "acme-llm"
  alarm_actions = [for number in range(6) : "arn:aws:sns:us-east-1:123456789012:topic${number}"]
}

refused "too_many_actions_when_it_is_over" {
  says = "ok_actions holds at most 5 ARNs"

  name       = "acme-llm"
  ok_actions = [for number in range(6) : "arn:aws:sns:us-east-1:123456789012:topic${number}"]
}

refused "an_alarm_that_does_not_exist" {
  says = "correct: weather"

  name            = "acme-llm"
  disabled_alarms = ["weather"]
}

refused "no_traffic_counts" {
  says = "at least 1."

  name             = "acme-llm"
  minimum_requests = 0
}

refused "more_models_than_anybody_reads" {
  says = "at most 100 aliases"

  name   = "acme-llm"
  models = [for number in range(101) : "model${number}"]
}

refused "more_than_everything" {
  says = "correct: server_error_percent"

  name       = "acme-llm"
  thresholds = { server_error_percent = 101 }
}

refused "longer_than_a_request_may_take" {
  says = "correct: latency_p99_seconds"

  name       = "acme-llm"
  thresholds = { latency_p99_seconds = 901 }
}

refused "a_workflow_with_a_slash" {
  says = "become parts of alarms' names"

  name      = "acme-llm"
  workflows = { "a/b" = "arn:aws:states:us-east-1:123456789012:stateMachine:adverts" }
}

refused "a_threshold_that_does_not_exist" {
  says = "thresholds.latency_p95_seconds (did you mean `latency_p99_seconds`?)"

  name       = "acme"
  thresholds = { latency_p95_seconds = 30 }
}
