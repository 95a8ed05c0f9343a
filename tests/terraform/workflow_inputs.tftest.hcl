# One bad input a run. `says` is what the message must contain: test_native.py reads it back.

# The real provider, offline: nothing that is planned here is looked up.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.models.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

# The provider would have AWS validate the definition.
override_resource {
  target          = aws_sfn_state_machine.this
  override_during = plan
  values          = { arn = "arn:aws:states:us-east-1:123456789012:stateMachine:acme" }
}

run "name_with_a_space" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: name is 1 to 30
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    name     = "my workflow"
    sequence = ["a"]
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.name]
}

run "neither_steps_nor_definition" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: either steps with a sequence, or a definition
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = []
  }
  expect_failures = [var.definition]
}

run "definition_that_is_no_language" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: definition is Amazon States Language
    name       = "acme"
    models     = { nova = { id = "amazon.nova-lite-v1:0" } }
    definition = "{}"
  }
  expect_failures = [var.definition]
}

run "steps_and_a_definition" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: not both
    name       = "acme"
    models     = { nova = { id = "amazon.nova-lite-v1:0" } }
    definition = "{\"States\":{}}"
    sequence   = ["a"]
    steps      = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.definition]
}

run "key_by_alias" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: not an alias
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    kms_key  = { arn = "alias/acme" }
    sequence = ["a"]
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.kms_key]
}

run "log_level_in_lower_case" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: log_level is ALL
    name      = "acme"
    models    = { nova = { id = "amazon.nova-lite-v1:0" } }
    log_level = "error"
    sequence  = ["a"]
    steps     = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.log_level]
}

run "log_retention_of_two_days" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: log_retention_days is one of
    name               = "acme"
    models             = { nova = { id = "amazon.nova-lite-v1:0" } }
    log_retention_days = 2
    sequence           = ["a"]
    steps              = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.log_retention_days]
}

run "payloads_for_half_a_day" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: payload_expiration_days is a whole
    name                    = "acme"
    models                  = { nova = { id = "amazon.nova-lite-v1:0" } }
    payload_expiration_days = 0.5
    sequence                = ["a"]
    steps                   = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.payload_expiration_days]
}

run "boundary_that_is_no_policy" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: permissions_boundary_arn is a managed
    name                     = "acme"
    models                   = { nova = { id = "amazon.nova-lite-v1:0" } }
    permissions_boundary_arn = "arn:aws:iam::123456789012:role/x"
    sequence                 = ["a"]
    steps                    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.permissions_boundary_arn]
}

run "too_many_attempts" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: attempts from 0 to 20
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    retry    = { attempts = 21 }
    sequence = ["a"]
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.retry]
}

run "longest_delay_below_the_first" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: longer max_delay_seconds
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    retry    = { first_delay_seconds = 9, max_delay_seconds = 9 }
    sequence = ["a"]
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.retry]
}

run "two_years" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: timeout_seconds is a whole number of seconds
    name            = "acme"
    models          = { nova = { id = "amazon.nova-lite-v1:0" } }
    timeout_seconds = 63072000
    sequence        = ["a"]
    steps           = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.timeout_seconds]
}

run "steps_without_a_sequence" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: sequence names the steps
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = []
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.sequence]
}

run "sequence_of_an_undeclared_step" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: aren't declared: b
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a", "b"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
    }
  }
  expect_failures = [var.sequence]
}

run "step_in_two_places" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: exactly one place, in sequence, a branch or a map; correct: a
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a", "a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
    }
  }
  expect_failures = [var.sequence]
}

run "step_in_no_place" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: correct: b
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
    b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.sequence]
}

run "step_in_upper_case" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: rename: A
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["A"]
    steps    = { A = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.steps]
}

run "step_named_end" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: can't be named end
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["end"]
    steps    = { end = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.steps]
}

run "step_of_no_kind" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: correct: a
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { next = "end" }
    }
  }
  expect_failures = [var.steps]
}

run "step_of_two_kinds" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: exactly one of prompt
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" }
      approval = { message = "Yes?" } }
    }
  }
  expect_failures = [var.steps]
}

run "choice_with_on_failure" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: remove on_failure: a
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { on_failure = "end"
      choice = { rules = [{ when = "true", next = "end" }] } }
    }
  }
  expect_failures = [var.steps]
}

run "open_braces" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: each {{ is closed by }}
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello {{ $input" } }
    }
  }
  expect_failures = [var.steps]
}

run "empty_braces" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: an expression between them
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello {{ }}" } }
    }
  }
  expect_failures = [var.steps]
}

run "marks_of_step_functions" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: can't hold {% or %}
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "{% $states.input %}" } }
    }
  }
  expect_failures = [var.steps]
}

run "schema_of_integers" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: of type string, number
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, schema = { n = "integer" }, text = "Hello" } }
    }
  }
  expect_failures = [var.steps]
}

run "schema_field_with_a_space" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: named by 1 to 64 letters
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, schema = { "a b" = "string" }, text = "Hello" } }
    }
  }
  expect_failures = [var.steps]
}

run "validate_without_a_check" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: schema or rules to check by: b
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a", "b"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
    b = { validate = { step = "a", model = "nova", max_output_tokens = 100, fixes = 1 } } }
  }
  expect_failures = [var.steps]
}

run "eleven_fixes" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: fixes is a whole number from 0 to 10
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a", "b"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
    b = { validate = { step = "a", model = "nova", max_output_tokens = 100, fixes = 11, schema = { t = "string" } } } }
  }
  expect_failures = [var.steps]
}

run "fixes_without_a_schema" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: declare prompt.schema
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, fixes = 1, text = "Hello" } }
    }
  }
  expect_failures = [var.steps]
}

run "half_a_token" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: max_output_tokens is a whole
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 0.5, text = "Hello" } }
    }
  }
  expect_failures = [var.steps]
}

run "hot_temperature" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: temperature is from 0 to 1
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, temperature = 1.5, text = "Hello" } }
    }
  }
  expect_failures = [var.steps]
}

run "no_time" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: from 1 to 31536000
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, timeout_seconds = 0, text = "Hello" } }
    }
  }
  expect_failures = [var.steps]
}

run "draft_of_a_guardrail" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: published version's number
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123", version = "DRAFT" }, text = "Hello" } }
    }
  }
  expect_failures = [var.steps]
}

run "parallel_without_branches" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: at least one branch
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { parallel = { branches = {} } }
    }
  }
  expect_failures = [var.steps]
}

run "map_without_steps" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: at least one step: a
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { map = { items = "$input", steps = [] } }
    }
  }
  expect_failures = [var.steps]
}

run "map_over_nothing" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: exactly one of items and objects; correct: a
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { map = { steps = ["b"] } }
    b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.steps]
}

run "map_over_everything" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: what the role may read
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { map = { objects = { bucket = "acme-docs", prefix = "*" }, steps = ["b"] } }
    b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.steps]
}

run "map_at_no_time" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: concurrency is a whole
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { map = { items = "$input", concurrency = 0, steps = ["b"] } }
    b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.steps]
}

run "map_that_tolerates_too_much" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: from 0 to 100
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { map = { items = "$input", tolerated_failure_percentage = 101, steps = ["b"] } }
    b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.steps]
}

run "choice_without_rules" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: at least one rule: a
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { choice = { rules = [] } }
    }
  }
  expect_failures = [var.steps]
}

run "workflow_by_arn" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: not an ARN
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { workflow = { name = "arn:aws:states:us-east-1:123456789012:stateMachine:x" } }
    }
  }
  expect_failures = [var.steps]
}

run "four_levels" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: Too deep: c
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = {
      a = { parallel = { branches = { x = ["b"] } } }
      b = { parallel = { branches = { x = ["c"] } } }
      c = { map = { items = "$input", steps = ["d"] } }
      d = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
    }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "a_step_in_itself" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: Too deep: b
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = {
      a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
      b = { parallel = { branches = { x = ["b"] } } }
    }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "next_out_of_its_list" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: correct: a -> c
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a", "b"]
    steps = { a = { next = "c"
      prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
      b = { parallel = { branches = { x = ["c"] } } }
    c = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "failure_to_nowhere" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: correct: a -> gone
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { on_failure = "gone"
      prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
    }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "choice_to_nowhere" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: correct: a -> gone
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { choice = { rules = [{ when = "true", next = "gone" }] } }
    }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "validate_of_no_prompt" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: correct: b -> c
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a", "b", "c"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
      b = { validate = { step = "c", model = "nova", max_output_tokens = 100, schema = { t = "string" } } }
    c = { approval = { message = "Yes?" } } }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "undeclared_model" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: a -> gone
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "gone", max_output_tokens = 100, text = "Hello" } }
    }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "prompt_for_an_embedding" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: a -> embed
    name     = "acme"
    models   = { embed = { id = "amazon.titan-embed-text-v2:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "embed", max_output_tokens = 100, text = "Hello" } }
    }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "prompt_for_an_endpoint" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: use a model of Bedrock: a
    name     = "acme"
    models   = { own = { sagemaker = { endpoint = "acme-llama" } } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "own", max_output_tokens = 100, text = "Hello" } }
    }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "more_tokens_than_the_model_may" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: lower it: a
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0", max_output_tokens = 500 } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 501, text = "Hello" } }
    }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "two_guardrails" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: take the guardrail off the model: a
    name     = "acme"
    models   = { guarded = { id = "amazon.nova-pro-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123", version = "1" } } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "guarded", max_output_tokens = 100, guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123", version = "2" }, text = "Hello" } }
    }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "result_of_an_undeclared_step" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: a.text: gone
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "{{ $steps.gone.text }}" } }
    }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "definition_with_an_undeclared_model" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: correct {{ models.ALIAS }}: gone
    name       = "acme"
    models     = { nova = { id = "amazon.nova-lite-v1:0" } }
    definition = "{\"States\":{\"A\":{\"ModelId\":\"{{ models.gone }}\"}}}"
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "definition_too_long" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: Step Functions allows 1,048,576
    name       = "acme"
    models     = { nova = { id = "amazon.nova-lite-v1:0" } }
    definition = jsonencode({ States = {}, Comment = join("", [for i in range(1024) : join("", [for j in range(128) : "12345678"])]) })
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "metering_by_arn" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: a function's name, not its ARN
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    metering = { function_name = "arn:aws:lambda:us-east-1:123456789012:function:acme-llm" }
    sequence = ["a"]
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.metering]
}

run "half_a_wait" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: metering.minute_waits is a whole number from 0 to 1440
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    metering = { function_name = "acme-llm", minute_waits = 0.5 }
    sequence = ["a"]
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
  }
  expect_failures = [var.metering]
}

run "a_metered_request_that_nobody_bounds" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: to: a
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    metering = { function_name = "acme-llm" }
    sequence = ["a"]
    steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json" } } }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "half_a_token_is_reserved" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: invoke.reserve has input_tokens, from 1, and output_tokens, from 0
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    metering = { function_name = "acme-llm" }
    sequence = ["a"]
    steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json", reserve = { input_tokens = 1000.5, output_tokens = 100 } } } }
  }
  expect_failures = [var.steps]
}

run "nothing_is_reserved" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: invoke.reserve has input_tokens, from 1, and output_tokens, from 0
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    metering = { function_name = "acme-llm" }
    sequence = ["a"]
    steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json", reserve = { input_tokens = 0, output_tokens = 100 } } } }
  }
  expect_failures = [var.steps]
}

run "a_debt_is_reserved" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: invoke.reserve has input_tokens, from 1, and output_tokens, from 0
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    metering = { function_name = "acme-llm" }
    sequence = ["a"]
    steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json", reserve = { input_tokens = 1000, output_tokens = -1 } } } }
  }
  expect_failures = [var.steps]
}

run "too_much_is_reserved" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: invoke.reserve has input_tokens, from 1, and output_tokens, from 0
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    metering = { function_name = "acme-llm" }
    sequence = ["a"]
    steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json", reserve = { input_tokens = 10000001, output_tokens = 100 } } } }
  }
  expect_failures = [var.steps]
}

run "more_is_reserved_than_the_model_may_write" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: lower it: a
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0", max_output_tokens = 500 } }
    metering = { function_name = "acme-llm" }
    sequence = ["a"]
    steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json", reserve = { input_tokens = 1000, output_tokens = 501 } } } }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "pictures_are_reserved_in_tokens" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: aren't paid by tokens
    name     = "acme"
    models   = { paint = { id = "stability.sd3-5-large-v1:0" } }
    metering = { function_name = "acme-llm" }
    sequence = ["a"]
    steps    = { a = { invoke = { model = "paint", request = "a.json", answer = "a.json", reserve = { input_tokens = 1000, output_tokens = 0 } } } }
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "half_a_second" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: prompt.cache.ttl_seconds is a whole number of seconds, from 1 to 2678400
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello", cache = { ttl_seconds = 0.5 } } } }
  }
  expect_failures = [var.steps]
}

run "kept_for_no_time" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: prompt.cache.ttl_seconds is a whole number of seconds, from 1 to 2678400
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello", cache = { ttl_seconds = 0 } } } }
  }
  expect_failures = [var.steps]
}

run "kept_for_too_long" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: prompt.cache.ttl_seconds is a whole number of seconds, from 1 to 2678400
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello", cache = { ttl_seconds = 2678401 } } } }
  }
  expect_failures = [var.steps]
}

run "kept_for_nobody" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    # says: prompt.cache.scope is tenant
    name     = "acme"
    models   = { nova = { id = "amazon.nova-lite-v1:0" } }
    sequence = ["a"]
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello", cache = { ttl_seconds = 60, scope = "everybody" } } } }
  }
  expect_failures = [var.steps]
}
