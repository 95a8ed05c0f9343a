# Bad inputs, and what must be said of each; test_refusals.py plans them.

refused "name_with_a_space" {
  says = "name is 1 to 30"

  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  name     = "my workflow"
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "neither_steps_nor_definition" {
  says = "either steps with a sequence, or a definition"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = []
}

refused "definition_that_is_no_language" {
  says = "definition is Amazon States Language"

  name       = "acme"
  models     = { nova = { id = "amazon.nova-lite-v1:0" } }
  definition = "{}"
}

refused "steps_and_a_definition" {
  says = "not both"

  name       = "acme"
  models     = { nova = { id = "amazon.nova-lite-v1:0" } }
  definition = "{\"States\":{}}"
  sequence   = ["a"]
  steps      = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "key_by_alias" {
  says = "not an alias"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  kms_key  = { arn = "alias/acme" }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "log_level_in_lower_case" {
  says = "log_level is ALL"

  name      = "acme"
  models    = { nova = { id = "amazon.nova-lite-v1:0" } }
  log_level = "error"
  sequence  = ["a"]
  steps     = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "log_retention_of_two_days" {
  says = "log_retention_days is one of"

  name               = "acme"
  models             = { nova = { id = "amazon.nova-lite-v1:0" } }
  log_retention_days = 2
  sequence           = ["a"]
  steps              = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "payloads_for_half_a_day" {
  says = "payload_expiration_days is a whole"

  name                    = "acme"
  models                  = { nova = { id = "amazon.nova-lite-v1:0" } }
  payload_expiration_days = 0.5
  sequence                = ["a"]
  steps                   = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "boundary_that_is_no_policy" {
  says = "permissions_boundary_arn is a managed"

  name                     = "acme"
  models                   = { nova = { id = "amazon.nova-lite-v1:0" } }
  permissions_boundary_arn = "arn:aws:iam::123456789012:role/x"
  sequence                 = ["a"]
  steps                    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "too_many_attempts" {
  says = "attempts from 0 to 20"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  retry    = { attempts = 21 }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "longest_delay_below_the_first" {
  says = "longer max_delay_seconds"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  retry    = { first_delay_seconds = 9, max_delay_seconds = 9 }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "two_years" {
  says = "timeout_seconds is a whole number of seconds"

  name            = "acme"
  models          = { nova = { id = "amazon.nova-lite-v1:0" } }
  timeout_seconds = 63072000
  sequence        = ["a"]
  steps           = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "steps_without_a_sequence" {
  says = "sequence names the steps"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = []
  steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "sequence_of_an_undeclared_step" {
  says = "aren't declared: b"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a", "b"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
  }
}

refused "step_in_two_places" {
  says = "exactly one place, in sequence, a branch or a map; correct: a"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a", "a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
  }
}

refused "step_in_no_place" {
  says = "correct: b"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
  b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "step_in_upper_case" {
  says = "rename: A"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["A"]
  steps    = { A = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "step_named_end" {
  says = "can't be named end"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["end"]
  steps    = { end = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "step_of_no_kind" {
  says = "correct: a"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { next = "end" }
  }
}

refused "step_of_two_kinds" {
  says = "exactly one of prompt"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" }
    approval = { message = "Yes?" } }
  }
}

refused "choice_with_on_failure" {
  says = "remove on_failure: a"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { on_failure = "end"
    choice = { rules = [{ when = "true", next = "end" }] } }
  }
}

refused "open_braces" {
  says = "each {{ is closed by }}"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello {{ $input" } }
  }
}

refused "empty_braces" {
  says = "an expression between them"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello {{ }}" } }
  }
}

refused "marks_of_step_functions" {
  says = "can't hold {% or %}"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "{% $states.input %}" } }
  }
}

refused "schema_of_integers" {
  says = "of type string, number"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, schema = { n = "integer" }, text = "Hello" } }
  }
}

refused "schema_field_with_a_space" {
  says = "named by 1 to 64 letters"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, schema = { "a b" = "string" }, text = "Hello" } }
  }
}

refused "validate_without_a_check" {
  says = "schema or rules to check by: b"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a", "b"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
  b = { validate = { step = "a", model = "nova", max_output_tokens = 100, fixes = 1 } } }
}

refused "eleven_fixes" {
  says = "fixes is a whole number from 0 to 10"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a", "b"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
  b = { validate = { step = "a", model = "nova", max_output_tokens = 100, fixes = 11, schema = { t = "string" } } } }
}

refused "fixes_without_a_schema" {
  says = "declare prompt.schema"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, fixes = 1, text = "Hello" } }
  }
}

refused "half_a_token" {
  says = "max_output_tokens is a whole"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 0.5, text = "Hello" } }
  }
}

refused "hot_temperature" {
  says = "temperature is from 0 to 1"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, temperature = 1.5, text = "Hello" } }
  }
}

refused "no_time" {
  says = "from 1 to 31536000"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, timeout_seconds = 0, text = "Hello" } }
  }
}

refused "draft_of_a_guardrail" {
  says = "published version's number"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123", version = "DRAFT" }, text = "Hello" } }
  }
}

refused "parallel_without_branches" {
  says = "at least one branch"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { parallel = { branches = {} } }
  }
}

refused "map_without_steps" {
  says = "at least one step: a"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { map = { items = "$input", steps = [] } }
  }
}

refused "map_over_nothing" {
  says = "exactly one of items and objects; correct: a"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { map = { steps = ["b"] } }
  b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "map_over_everything" {
  says = "what the role may read"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { map = { objects = { bucket = "acme-docs", prefix = "*" }, steps = ["b"] } }
  b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "map_at_no_time" {
  says = "concurrency is a whole"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { map = { items = "$input", concurrency = 0, steps = ["b"] } }
  b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "map_that_tolerates_too_much" {
  says = "from 0 to 100"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { map = { items = "$input", tolerated_failure_percentage = 101, steps = ["b"] } }
  b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "choice_without_rules" {
  says = "at least one rule: a"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { choice = { rules = [] } }
  }
}

refused "workflow_by_arn" {
  says = "not an ARN"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { workflow = { name = "arn:aws:states:us-east-1:123456789012:stateMachine:x" } }
  }
}

refused "four_levels" {
  says = "Too deep: c"

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

refused "a_step_in_itself" {
  says = "Too deep: b"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = {
    a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
    b = { parallel = { branches = { x = ["b"] } } }
  }
}

refused "next_out_of_its_list" {
  says = "correct: a -> c"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a", "b"]
  steps = { a = { next = "c"
    prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
    b = { parallel = { branches = { x = ["c"] } } }
  c = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "failure_to_nowhere" {
  says = "correct: a -> gone"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { on_failure = "gone"
    prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
  }
}

refused "choice_to_nowhere" {
  says = "correct: a -> gone"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { choice = { rules = [{ when = "true", next = "gone" }] } }
  }
}

refused "validate_of_no_prompt" {
  says = "correct: b -> c"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a", "b", "c"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
    b = { validate = { step = "c", model = "nova", max_output_tokens = 100, schema = { t = "string" } } }
  c = { approval = { message = "Yes?" } } }
}

refused "undeclared_model" {
  says = "a -> gone"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "gone", max_output_tokens = 100, text = "Hello" } }
  }
}

refused "prompt_for_an_embedding" {
  says = "a -> embed"

  name     = "acme"
  models   = { embed = { id = "amazon.titan-embed-text-v2:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "embed", max_output_tokens = 100, text = "Hello" } }
  }
}

refused "prompt_for_an_endpoint" {
  says = "use a model of Bedrock: a"

  name     = "acme"
  models   = { own = { sagemaker = { endpoint = "acme-llama" } } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "own", max_output_tokens = 100, text = "Hello" } }
  }
}

refused "more_tokens_than_the_model_may" {
  says = "lower it: a"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0", max_output_tokens = 500 } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 501, text = "Hello" } }
  }
}

refused "two_guardrails" {
  says = "take the guardrail off the model: a"

  name     = "acme"
  models   = { guarded = { id = "amazon.nova-pro-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123", version = "1" } } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "guarded", max_output_tokens = 100, guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123", version = "2" }, text = "Hello" } }
  }
}

refused "result_of_an_undeclared_step" {
  says = "a.text: gone"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "{{ $steps.gone.text }}" } }
  }
}

refused "definition_with_an_undeclared_model" {
  says = "correct {{ models.ALIAS }}: gone"

  name       = "acme"
  models     = { nova = { id = "amazon.nova-lite-v1:0" } }
  definition = "{\"States\":{\"A\":{\"ModelId\":\"{{ models.gone }}\"}}}"
}

refused "definition_too_long" {
  says = "Step Functions allows 1,048,576"

  name       = "acme"
  models     = { nova = { id = "amazon.nova-lite-v1:0" } }
  definition = jsonencode({ States = {}, Comment = join("", [for i in range(1024) : join("", [for j in range(128) : "12345678"])]) })
}

refused "metering_by_arn" {
  says = "a function's name, not its ARN"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  metering = { function_name = "arn:aws:lambda:us-east-1:123456789012:function:acme-llm" }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "half_a_wait" {
  says = "metering.minute_waits is a whole number from 0 to 1440"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  metering = { function_name = "acme-llm", minute_waits = 0.5 }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } } }
}

refused "a_metered_request_that_nobody_bounds" {
  says = "to: a"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  metering = { function_name = "acme-llm" }
  sequence = ["a"]
  steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json" } } }
}

refused "half_a_token_is_reserved" {
  says = "invoke.reserve has input_tokens, from 1, and output_tokens, from 0"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  metering = { function_name = "acme-llm" }
  sequence = ["a"]
  steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json", reserve = { input_tokens = 1000.5, output_tokens = 100 } } } }
}

refused "nothing_is_reserved" {
  says = "invoke.reserve has input_tokens, from 1, and output_tokens, from 0"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  metering = { function_name = "acme-llm" }
  sequence = ["a"]
  steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json", reserve = { input_tokens = 0, output_tokens = 100 } } } }
}

refused "a_debt_is_reserved" {
  says = "invoke.reserve has input_tokens, from 1, and output_tokens, from 0"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  metering = { function_name = "acme-llm" }
  sequence = ["a"]
  steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json", reserve = { input_tokens = 1000, output_tokens = -1 } } } }
}

refused "too_much_is_reserved" {
  says = "invoke.reserve has input_tokens, from 1, and output_tokens, from 0"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  metering = { function_name = "acme-llm" }
  sequence = ["a"]
  steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json", reserve = { input_tokens = 10000001, output_tokens = 100 } } } }
}

refused "more_is_reserved_than_the_model_may_write" {
  says = "lower it: a"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0", max_output_tokens = 500 } }
  metering = { function_name = "acme-llm" }
  sequence = ["a"]
  steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json", reserve = { input_tokens = 1000, output_tokens = 501 } } } }
}

refused "pictures_are_reserved_in_tokens" {
  says = "aren't paid by tokens"

  name     = "acme"
  models   = { paint = { id = "stability.sd3-5-large-v1:0" } }
  metering = { function_name = "acme-llm" }
  sequence = ["a"]
  steps    = { a = { invoke = { model = "paint", request = "a.json", answer = "a.json", reserve = { input_tokens = 1000, output_tokens = 0 } } } }
}

refused "half_a_second" {
  says = "prompt.cache.ttl_seconds is a whole number of seconds, from 1 to 2678400"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello", cache = { ttl_seconds = 0.5 } } } }
}

refused "kept_for_no_time" {
  says = "prompt.cache.ttl_seconds is a whole number of seconds, from 1 to 2678400"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello", cache = { ttl_seconds = 0 } } } }
}

refused "kept_for_too_long" {
  says = "prompt.cache.ttl_seconds is a whole number of seconds, from 1 to 2678400"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello", cache = { ttl_seconds = 2678401 } } } }
}

refused "kept_for_nobody" {
  says = "prompt.cache.scope is tenant"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello", cache = { ttl_seconds = 60, scope = "everybody" } } } }
}

refused "misspelt_on_failure" {
  says = "steps.a.on_failur (did you mean `on_failure`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { on_failur = "end", prompt = { model = "nova", text = "x", max_output_tokens = 1 } } }
}

refused "misspelt_next" {
  says = "steps.a.nex (did you mean `next`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { nex = "end", prompt = { model = "nova", text = "x", max_output_tokens = 1 } } }
}

refused "misspelt_temperature" {
  says = "steps.a.prompt.temprature (did you mean `temperature`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", text = "x", max_output_tokens = 1, temprature = 0 } } }
}

refused "misspelt_system" {
  says = "steps.a.prompt.systems (did you mean `system`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", text = "x", max_output_tokens = 1, systems = "x" } } }
}

refused "misspelt_schema" {
  says = "steps.a.prompt.shema (did you mean `schema`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", text = "x", max_output_tokens = 1, shema = {} } } }
}

refused "misspelt_fixes" {
  says = "steps.a.prompt.fix (did you mean `fixes`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", text = "x", max_output_tokens = 1, fix = 2 } } }
}

refused "misspelt_timeout" {
  says = "steps.a.prompt.timeout (did you mean `timeout_seconds`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", text = "x", max_output_tokens = 1, timeout = 2 } } }
}

refused "misspelt_guardrail" {
  says = "steps.a.prompt.guardrails (did you mean `guardrail`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", text = "x", max_output_tokens = 1, guardrails = {} } } }
}

refused "misspelt_scope" {
  says = "steps.a.prompt.cache.scopes (did you mean `scope`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", text = "x", max_output_tokens = 1, cache = { ttl_seconds = 1, scopes = "shared" } } } }
}

refused "misspelt_reserve" {
  says = "steps.a.invoke.reserves (did you mean `reserve`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { invoke = { model = "nova", request = "r", answer = "a", reserves = {} } } }
}

refused "misspelt_merge" {
  says = "steps.a.parallel.merges (did you mean `merge`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { parallel = { branches = { a = ["a"] }, merges = "x" } } }
}

refused "misspelt_concurrency" {
  says = "steps.a.map.concurency (did you mean `concurrency`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { map = { steps = ["a"], items = "x", concurency = 3 } } }
}

refused "misspelt_rule_of_a_choice" {
  says = "steps.a.choice.rules.0.whenever (did you mean `when`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { choice = { rules = [{ when = "true", next = "end", whenever = "x" }] } } }
}

refused "misspelt_context" {
  says = "steps.a.validate.contexts (did you mean `context`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { validate = { step = "a", model = "nova", max_output_tokens = 1, schema = { a = "string" }, contexts = "x" } } }
}

refused "misspelt_message" {
  says = "steps.a.validate.rules.1.messages (did you mean `message`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { validate = { step = "a", model = "nova", max_output_tokens = 1, rules = [{ that = "true", message = "x" }, { that = "true", message = "x", messages = "y" }] } } }
}

refused "misspelt_timeout_of_an_approval" {
  says = "steps.a.approval.timeout_second (did you mean `timeout_seconds`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { approval = { message = "x", timeout_second = 1 } } }
}

refused "misspelt_input" {
  says = "steps.a.workflow.inputs (did you mean `input`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { workflow = { name = "other", inputs = "x" } } }
}

refused "misspelt_attempts" {
  says = "retry.attempt (did you mean `attempts`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", text = "x", max_output_tokens = 1 } } }
  retry    = { attempt = 1 }
}

refused "misspelt_waits" {
  says = "metering.minute_wait (did you mean `minute_waits`?)"

  name     = "acme"
  models   = { nova = { id = "amazon.nova-lite-v1:0" } }
  sequence = ["a"]
  steps    = { a = { prompt = { model = "nova", text = "x", max_output_tokens = 1 } } }
  metering = { function_name = "f", minute_wait = 1 }
}

refused "invoke_of_a_model_with_a_tier" {
  says = "invoke can't name a service tier"

  name     = "acme"
  models   = { slow = { id = "amazon.nova-pro-v1:0", service_tier = "flex" } }
  sequence = ["a"]
  steps    = { a = { invoke = { model = "slow", request = "a.json", answer = "a.json" } } }
}
