# What is compiled, and what the role may do.

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

variables {
  name = "acme"
  models = {
    nova  = { id = "amazon.nova-lite-v1:0", max_output_tokens = 500 }
    embed = { id = "amazon.titan-embed-text-v2:0" }
    guarded = {
      id        = "amazon.nova-pro-v1:0"
      guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123", version = "1" }
    }
    own = { sagemaker = { endpoint = "acme-llama" } }
  }
}

run "a_prompt_calls_its_model_directly" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    models = {
      fast = {
        id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
        destination_regions = ["us-east-1", "us-east-2"]
      }
    }
    sequence = ["a"]
    steps    = { a = { prompt = { model = "fast", max_output_tokens = 100, text = "Say {{ $input.this }}!" } } }
  }

  # By the profile's full ARN, over the SDK integration.
  assert {
    condition = (
      jsondecode(output.definition).QueryLanguage == "JSONata" &&
      jsondecode(output.definition).States.a.Resource == "arn:aws:states:::aws-sdk:bedrockruntime:converse" &&
      jsondecode(output.definition).States.a.Arguments.ModelId == "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0" &&
      jsondecode(output.definition).States.a.Arguments.InferenceConfig == { MaxTokens = 100 }
    )
    error_message = "the call is another one"
  }

  # Only what may pass is tried again, with full jitter, and every failure has a name.
  assert {
    condition = jsondecode(output.definition).States.a.Retry == [{
      BackoffRate = 2, IntervalSeconds = 2, JitterStrategy = "FULL", MaxAttempts = 5, MaxDelaySeconds = 60
      ErrorEquals = [for pair in setproduct(["Bedrock", "BedrockRuntime"], [
        "InternalServer", "ModelError", "ModelNotReady", "ModelTimeout", "SdkClient", "ServiceUnavailable", "Throttling"
      ]) : "${pair[0]}.${pair[1]}Exception"]
    }]
    error_message = "the retries are others"
  }
  assert {
    condition     = jsondecode(output.definition).States.a.Catch[0].Next == "Failed" && jsondecode(output.definition).States.Failed.Type == "Fail"
    error_message = "a failure has no name"
  }

  # The role: its models without streams, and log deliveries; nothing else.
  assert {
    condition = join(",", distinct(flatten([for document in output.policy_documents : [for statement in jsondecode(document).Statement : [
      for action in flatten([statement.Action]) : action if !startswith(action, "logs:")
    ]]]))) == "bedrock:InvokeModel"
    error_message = "the role may do more than call its models"
  }
  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition == {
      StringEquals = { "aws:SourceAccount" = "123456789012" }
      ArnLike      = { "aws:SourceArn" = ["arn:aws:states:us-east-1:123456789012:stateMachine:acme"] }
    }
    error_message = "others may run as this role"
  }

  # No data in the log, and nothing that isn't needed.
  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].include_execution_data == false && aws_sfn_state_machine.this.logging_configuration[0].level == "ERROR"
    error_message = "data would be logged"
  }
  assert {
    condition     = length(aws_s3_bucket.payloads) + length(aws_sns_topic.approvals) == 0
    error_message = "there is a bucket or a topic that nobody needs"
  }
}

run "a_prompt_is_sent_in_the_tier_of_its_model" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    models = {
      slow = { id = "amazon.nova-pro-v1:0", service_tier = "flex" }
      nova = { id = "amazon.nova-lite-v1:0" }
    }
    sequence = ["a", "b"]
    steps = {
      a = { prompt = { model = "slow", max_output_tokens = 100, text = "Say {{ $input.this }}!" } }
      b = { prompt = { model = "nova", max_output_tokens = 100, text = "Say it again." } }
    }
  }

  assert {
    condition = (
      jsondecode(output.definition).States.a.Arguments.ServiceTier == { Type = "flex" } &&
      !contains(keys(jsondecode(output.definition).States.b.Arguments), "ServiceTier")
    )
    error_message = "the tiers are others, and IAM would refuse the calls"
  }
}

run "a_guarded_model_is_called_with_its_guardrail" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    sequence = ["a", "b"]
    steps = {
      a = { prompt = { model = "guarded", max_output_tokens = 100, text = "Hello" } }
      b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/step1", version = "7" } } }
    }
  }
  assert {
    condition = (
      jsondecode(output.definition).States.a.Arguments.GuardrailConfig.GuardrailVersion == "1" &&
      jsondecode(output.definition).States.b.Arguments.GuardrailConfig.GuardrailIdentifier == "arn:aws:bedrock:us-east-1:123456789012:guardrail/step1"
    )
    error_message = "a guardrail is missing"
  }
  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "ApplyStepGuardrails"] == [["arn:aws:bedrock:us-east-1:123456789012:guardrail/step1"]]
    error_message = "the step's guardrail may not be applied"
  }
}

run "a_distributed_map_may_start_itself" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    sequence = ["all"]
    steps = {
      all = { map = { objects = { bucket = "acme-docs", prefix = "in/" }, steps = ["a"], concurrency = 100, tolerated_failure_percentage = 5 } }
      a   = { prompt = { model = "nova", max_output_tokens = 100, text = "{{ $item.text }}" } }
    }
  }
  assert {
    condition = (
      jsondecode(output.definition).States.all.ItemProcessor.ProcessorConfig == { ExecutionType = "STANDARD", Mode = "DISTRIBUTED" } &&
      jsondecode(output.definition).States.all.MaxConcurrency == 100 &&
      jsondecode(output.definition).States.all.ToleratedFailurePercentage == 5
    )
    error_message = "it isn't distributed"
  }
  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => statement.Resource if statement.Sid != "DeliverLogs" } == {
      ListAll     = ["arn:aws:s3:::acme-docs"]
      ReadAll     = ["arn:aws:s3:::acme-docs/in/*"]
      StartItems  = ["arn:aws:states:us-east-1:123456789012:stateMachine:acme"]
      FollowItems = ["arn:aws:states:us-east-1:123456789012:execution:acme/all:*"]
    }
    error_message = "the role's statements are others"
  }
  assert {
    condition     = contains(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.ArnLike["aws:SourceArn"], "arn:aws:states:us-east-1:123456789012:stateMachine:acme/all")
    error_message = "the map's items can't run as this role"
  }
}

run "a_few_items_stay_inside" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    sequence = ["all"]
    steps = {
      all = { map = { items = "$input.words", steps = ["a"] } }
      a   = { prompt = { model = "nova", max_output_tokens = 100, text = "{{ $item }}" } }
    }
  }
  assert {
    condition     = jsondecode(output.definition).States.all.ItemProcessor.ProcessorConfig == { Mode = "INLINE" } && length(jsondecode(aws_iam_role_policy.this.policy).Statement) == 1
    error_message = "a small map is distributed"
  }
}

run "a_cached_prompt_is_looked_up_and_kept" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    kms_key  = { arn = "arn:aws:kms:us-east-1:123456789012:key/1234" }
    sequence = ["a", "b"]
    steps = {
      a = { prompt = { model = "nova", max_output_tokens = 100, text = "Say {{ $input.this }}!", cache = { ttl_seconds = 60 } } }
      b = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello" } }
    }
  }

  # A table of its own, encrypted with the key, in which the role reads and writes single answers.
  assert {
    condition     = module.cache[0].table_name == "acme-workflow-cache" && output.cache_table_name == "acme-workflow-cache"
    error_message = "the table is another one"
  }
  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : [statement.Action, statement.Resource] if contains(["KeepAnswers", "DecryptCacheTable"], statement.Sid)] == [
      [["dynamodb:GetItem", "dynamodb:PutItem"], ["arn:aws:dynamodb:us-east-1:123456789012:table/acme-workflow-cache"]],
      [["kms:Decrypt"], ["arn:aws:kms:us-east-1:123456789012:key/1234"]],
    ]
    error_message = "the role may do something else"
  }

  # The model is called where the table has no answer, and with the text that was looked up; the other step as ever.
  assert {
    condition = (
      jsondecode(output.definition).States.a.Resource == "arn:aws:states:::dynamodb:getItem" &&
      jsondecode(output.definition).States["a found"].Default == "a prompt" &&
      jsondecode(output.definition).States["a found"].Choices[0].Next == "b" &&
      jsondecode(output.definition).States["a prompt"].Arguments.Messages[0].Content[0].Text == "{% $asked_a.text %}" &&
      jsondecode(output.definition).States["a keep"].Resource == "arn:aws:states:::dynamodb:putItem" &&
      jsondecode(output.definition).States.b.Arguments.Messages[0].Content[0].Text == "Hello"
    )
    error_message = "the cache is passed by"
  }

  # Of a table in trouble nobody hears; a text that can't be made fails the step.
  assert {
    condition = (
      [for rule in jsondecode(output.definition).States.a.Catch : [rule.ErrorEquals[0], rule.Next]] == [["States.QueryEvaluationError", "Failed"], ["States.ALL", "a found"]] &&
      [for rule in jsondecode(output.definition).States["a keep"].Catch : [rule.ErrorEquals[0], rule.Next]] == [["States.ALL", "b"]]
    )
    error_message = "the table can fail the workflow"
  }
}

run "another_call_is_another_question" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    sequence = ["a", "b", "c", "d"]
    steps = {
      a = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello", cache = { ttl_seconds = 60 } } }
      b = { prompt = { model = "nova", max_output_tokens = 200, text = "Hello", cache = { ttl_seconds = 60 } } }
      c = { prompt = { model = "nova", max_output_tokens = 100, text = "Hello", temperature = 1, cache = { ttl_seconds = 60 } } }
      d = { prompt = { model = "guarded", max_output_tokens = 100, text = "Hello", cache = { ttl_seconds = 60, scope = "shared" } } }
    }
  }
  assert {
    condition     = length(distinct([for name in ["a", "b", "c", "d"] : regex("[0-9a-f]{64}", jsondecode(output.definition).States[name].Arguments.Key.pk.S)])) == 4
    error_message = "two calls share an answer"
  }

  # Whose it is comes from the execution, save for what is everybody's.
  assert {
    condition     = [for name in ["a", "d"] : strcontains(jsondecode(output.definition).States[name].Arguments.Key.pk.S, "$states.input.execution")] == [true, false]
    error_message = "the wrong ones share answers"
  }
}

run "what_is_not_declared_is_not_there" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    kms_key         = { arn = "arn:aws:kms:us-east-1:123456789012:key/1234" }
    tracing         = true
    timeout_seconds = 600
    sequence        = ["large", "ask"]
    steps = {
      large = { invoke = { model = "embed", request = "{{ $input.key }}", answer = "{{ $input.key }}" } }
      ask   = { approval = { message = "Yes?" } }
    }
  }
  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == [
      "DeliverLogs", "SendTraces", "ReadRequests", "WriteAnswers", "AskForApproval", "UseKeyForExecutions", "UseKeyForData",
    ]
    error_message = "the role's statements are others"
  }
  assert {
    condition = (
      jsondecode(output.definition).TimeoutSeconds == 600 &&
      aws_s3_bucket.payloads["payloads"].bucket == "acme-123456789012-us-east-1" &&
      aws_sns_topic.approvals["approvals"].kms_master_key_id == "arn:aws:kms:us-east-1:123456789012:key/1234" &&
      length(module.cache) == 0 && output.cache_table_name == null &&
      aws_sfn_state_machine.this.encryption_configuration[0].type == "CUSTOMER_MANAGED_KMS_KEY"
    )
    error_message = "an option is missing"
  }
}

run "a_definition_of_ones_own_names_models_by_alias" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    definition = jsonencode({ StartAt = "A", States = { A = { Type = "Task", ModelId = "{{ models.nova }}", Other = "{{ models.embed }}/x", End = true } } })
  }
  assert {
    condition     = jsondecode(output.definition).States.A.ModelId == "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0" && jsondecode(output.definition).States.A.Other == "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0/x"
    error_message = "the models aren't there"
  }
}

run "a_metered_invoke_reserves_what_was_declared" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    metering = { function_name = "acme-llm" }
    sequence = ["a"]
    steps    = { a = { invoke = { model = "nova", request = "a.json", answer = "a.json", reserve = { input_tokens = 1000, output_tokens = 100 } } } }
  }
  assert {
    condition = (
      jsondecode(output.definition).States.a.Arguments.Payload.llm_api.reserve == {
        workflow = "acme", execution = "{% $states.input.execution %}", model = "amazon.nova-lite-v1:0", bound = { input_tokens = 1000, output_tokens = 100 }
      } &&
      jsondecode(output.definition).States["a reserved"].Choices[0].Next == "a invoke" &&
      jsondecode(output.definition).States["a invoke"].Next == "a settle" &&
      jsondecode(output.definition).States["a settle"].Next == "Done" &&
      !contains(keys(jsondecode(output.definition).States["a settle"].Arguments.Payload.llm_api.settle), "usage")
    )
    error_message = "the request can be sent unreserved, or settled below its reservation"
  }

  # Access may be denied to the place of an answer that was paid for.
  assert {
    condition = (
      [for rule in jsondecode(output.definition).States["a invoke"].Catch : rule.Next] == ["a release", "Failed"] &&
      contains(jsondecode(output.definition).States["a invoke"].Catch[0].ErrorEquals, "Bedrock.ThrottlingException") &&
      !contains(jsondecode(output.definition).States["a invoke"].Catch[0].ErrorEquals, "Bedrock.AccessDeniedException") &&
      jsondecode(output.definition).States["a invoke"].Retry[0].ErrorEquals == [for pair in setproduct(["Bedrock", "BedrockRuntime"], ["ModelNotReady", "ServiceUnavailable", "Throttling"]) : "${pair[0]}.${pair[1]}Exception"]
    )
    error_message = "what may have been paid is given back"
  }
}

run "a_metered_prompt_is_reserved_and_settled" {
  command = plan
  module { source = "./modules/workflow" }
  variables {
    metering = { function_name = "acme-llm" }
    sequence = ["a"]
    steps    = { a = { prompt = { model = "nova", max_output_tokens = 100, text = "Say {{ $input.this }}!" } } }
  }

  # One alias of one function.
  assert {
    condition = [for statement in jsondecode(output.policy_documents[1]).Statement : statement if statement.Sid == "ReserveAndSettle"] == [
      { Sid = "ReserveAndSettle", Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = ["arn:aws:lambda:us-east-1:123456789012:function:acme-llm:live"] }
    ]
    error_message = "the role may invoke something else"
  }

  # Whose budget it is comes from the execution, never from its input; and no state but these calls the model.
  assert {
    condition = (
      jsondecode(output.definition).States.Start.Output.execution == "{% $states.context.Execution.Name %}" &&
      jsondecode(output.definition).States.a.Arguments.Payload.llm_api.reserve.execution == "{% $states.input.execution %}" &&
      jsondecode(output.definition).States.a.Arguments.Payload.llm_api.reserve.model == "amazon.nova-lite-v1:0" &&
      [for name, state in jsondecode(output.definition).States : name if try(endswith(state.Resource, ":converse"), false)] == ["a prompt"]
    )
    error_message = "a prompt can be sent unreserved, or in another one's name"
  }

  # What is sent comes back from the function, and only what can't have been paid is tried again or given back.
  assert {
    condition = (
      jsondecode(output.definition).States["a prompt"].Arguments.Messages[0].Content[0].Text == "{% $call_of_a.messages[0].content[0].text %}" &&
      jsondecode(output.definition).States["a prompt"].Retry[0].ErrorEquals == [for pair in setproduct(["Bedrock", "BedrockRuntime"], ["ModelNotReady", "ServiceUnavailable", "Throttling"]) : "${pair[0]}.${pair[1]}Exception"] &&
      [for rule in jsondecode(output.definition).States["a prompt"].Catch : rule.Next] == ["a release", "Failed"] &&
      !contains(jsondecode(output.definition).States["a prompt"].Catch[0].ErrorEquals, "BedrockRuntime.InternalServerException")
    )
    error_message = "a reservation covers what it doesn't"
  }

  # Nothing is reserved or settled twice.
  assert {
    condition = alltrue([for name in ["a", "a settle", "a release"] :
      [for rule in jsondecode(output.definition).States[name].Retry : rule.ErrorEquals] == [["Lambda.TooManyRequestsException"]]
    ])
    error_message = "a task of the ledger is repeated that may have run"
  }
}
