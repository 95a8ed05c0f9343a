# What modules/monitoring refuses.

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

run "a_name_that_no_dashboard_may_have" {
  command = plan
  # says: which is what a dashboard's name may hold

  module {
    source = "./modules/monitoring"
  }

  variables {
    name = "acme.llm"
  }

  expect_failures = [var.name]
}

run "half_an_execution" {
  command = plan
  # says: a whole number of executions

  module {
    source = "./modules/monitoring"
  }

  variables {
    name                = "acme-llm"
    account_concurrency = 0.5
  }

  expect_failures = [var.account_concurrency]
}

run "too_many_actions" {
  command = plan
  # says: alarm_actions holds at most 5 ARNs

  module {
    source = "./modules/monitoring"
  }

  variables {
    name          = "acme-llm"
    alarm_actions = [for number in range(6) : "arn:aws:sns:us-east-1:123456789012:topic${number}"]
  }

  expect_failures = [var.alarm_actions]
}

run "too_many_actions_when_it_is_over" {
  command = plan
  # says: ok_actions holds at most 5 ARNs

  module {
    source = "./modules/monitoring"
  }

  variables {
    name       = "acme-llm"
    ok_actions = [for number in range(6) : "arn:aws:sns:us-east-1:123456789012:topic${number}"]
  }

  expect_failures = [var.ok_actions]
}

run "an_alarm_that_does_not_exist" {
  command = plan
  # says: correct: weather

  module {
    source = "./modules/monitoring"
  }

  variables {
    name            = "acme-llm"
    disabled_alarms = ["weather"]
  }

  expect_failures = [var.disabled_alarms]
}

run "no_traffic_counts" {
  command = plan
  # says: at least 1.

  module {
    source = "./modules/monitoring"
  }

  variables {
    name             = "acme-llm"
    minimum_requests = 0
  }

  expect_failures = [var.minimum_requests]
}

run "more_models_than_anybody_reads" {
  command = plan
  # says: at most 100 aliases

  module {
    source = "./modules/monitoring"
  }

  variables {
    name   = "acme-llm"
    models = [for number in range(101) : "model${number}"]
  }

  expect_failures = [var.models]
}

run "more_than_everything" {
  command = plan
  # says: correct: server_error_percent

  module {
    source = "./modules/monitoring"
  }

  variables {
    name       = "acme-llm"
    thresholds = { server_error_percent = 101 }
  }

  expect_failures = [var.thresholds]
}

run "longer_than_a_request_may_take" {
  command = plan
  # says: correct: latency_p99_seconds

  module {
    source = "./modules/monitoring"
  }

  variables {
    name       = "acme-llm"
    thresholds = { latency_p99_seconds = 901 }
  }

  expect_failures = [var.thresholds]
}

run "a_workflow_with_a_slash" {
  command = plan
  # says: become parts of alarms' names

  module {
    source = "./modules/monitoring"
  }

  variables {
    name      = "acme-llm"
    workflows = { "a/b" = "arn:aws:states:us-east-1:123456789012:stateMachine:adverts" }
  }

  expect_failures = [var.workflows]
}
