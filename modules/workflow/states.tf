# A step that holds no other steps, as the states it becomes. Each state is kept as JSON, so that states of different
# shapes fit into one map.

locals {
  converse  = "arn:${local.partition}:states:::aws-sdk:bedrockruntime:converse"
  transient = ["InternalServerException", "ModelErrorException", "ModelNotReadyException", "ModelTimeoutException", "SdkClientException", "ServiceUnavailableException", "ThrottlingException"]
  # AWS's pages don't say which of the two an integration's errors begin with: each Retry and Catch lists both.
  error_prefixes = ["Bedrock", "BedrockRuntime"]
  # Nothing else is tried again: a refusal, a bad request or a used-up quota stays what it is.
  retry = [{
    ErrorEquals     = [for name in setproduct(local.error_prefixes, local.transient) : join(".", name)]
    IntervalSeconds = module.inputs.retry.first_delay_seconds
    BackoffRate     = 2
    MaxDelaySeconds = module.inputs.retry.max_delay_seconds
    MaxAttempts     = module.inputs.retry.attempts
    JitterStrategy  = "FULL"
  }]

  catch = { for name in keys(module.inputs.steps) : name => [{
    ErrorEquals = ["States.ALL"]
    Next        = local.failure[name]
    Output      = "{% ($failed := {'error': $states.errorOutput.Error, 'cause': $states.errorOutput.Cause}; $merge([${format(local.put, name, name, "$failed")}, {'failure': $merge([{'step': '${name}'}, $failed])}])) %}"
  }] }

  # The parts of a call that come from the model. A step's own guardrail only stands where the model has none.
  step_models = merge(
    { for name, prompt in local.prompts : name => prompt.model },
    { for name, invoke in local.invokes : name => invoke.model },
    { for name, validate in local.validates : name => validate.model },
  )
  step_guardrails = { for name, alias in local.step_models : name => try(
    { arn = module.models.registry[alias].guardrail.id, version = module.models.registry[alias].guardrail.version },
    local.prompts[name].guardrail.version != null ? local.prompts[name].guardrail : null,
    null
  ) }
  guardrail_arguments = { for name, guardrail in local.step_guardrails : name => guardrail == null ? null : {
    GuardrailIdentifier = guardrail.arn
    GuardrailVersion    = guardrail.version
  } }
  # IAM holds a model to the tier that was declared for it.
  step_tiers      = { for name, alias in local.step_models : name => try(module.models.registry[alias].service_tier, null) }
  step_model_ids  = { for name, alias in local.step_models : name => try(module.models.registry[alias].id, null) }
  step_model_arns = { for name, alias in local.step_models : name => lookup(module.models.allowed_models, alias, "unknown") }

  # A blocked answer must not become the next prompt.
  blocked = "$states.result.StopReason in ['guardrail_intervened', 'content_filtered'] ? $error('the answer was blocked: ' & $states.result.StopReason)"
  spoken  = "$join([$states.result.Output.Message.Content.Text], '')"

  shape_of = { for name, fields in merge(
    { for name, prompt in local.prompts : name => prompt.schema if length(prompt.schema) > 0 },
    { for name, validate in local.validates : name => validate.schema if length(validate.schema) > 0 },
  ) : name => "\n\nAnswer with one JSON object and nothing else. Its fields: ${join(", ", [for field, type in fields : "${field} (${type})"])}." }

  # One integration for what no state can hold: Bedrock reads the request from S3 and writes its answer there.
  # https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrock.html
  invoke_states = { for name, invoke in local.invokes : name => {
    (module.inputs.metering == null ? name : "${name} invoke") = jsonencode({
      Type     = "Task"
      Resource = "arn:${local.partition}:states:::bedrock:invokeModel"
      Arguments = merge({
        ModelId = local.step_model_arns[name]
        Input   = { S3Uri = "{% (${local.scope} ${local.say} 's3://${local.bucket}/requests/' & ${local.bodies["${name}.request"]}) %}" }
        Output  = { S3Uri = "{% (${local.scope} ${local.say} 's3://${local.bucket}/answers/' & ${local.bodies["${name}.answer"]}) %}" }
      }, [for arguments in [local.guardrail_arguments[name]] : arguments if arguments != null]...)
      TimeoutSeconds = invoke.timeout_seconds
      Retry          = local.call_retry
      Catch = concat(
        # Access may be denied to the answer's place, once the model is paid for.
        [for rule in local.catch[name] : merge(rule, {
          ErrorEquals = [for name in setproduct(local.error_prefixes, local.free) : join(".", name) if name[1] != "AccessDeniedException"]
          Next        = "${name} release"
        }) if module.inputs.metering != null],
        local.catch[name],
      )
      # The place is known, so it doesn't depend on how the integration reports it.
      Output = "{% (${local.scope} ${local.say} ${format(local.put, name, name, "{'bucket': '${local.bucket}', 'key': 'answers/' & ${local.bodies["${name}.answer"]}, 'model': '${invoke.model}'}")}) %}"
      Next   = module.inputs.metering == null ? local.next[name] : "${name} settle"
    })
  } }

  choice_states = { for name, choice in local.choices : name => {
    (name) = jsonencode({
      Type = "Choice"
      Choices = [for rule in choice.rules : {
        Condition = "{% (${local.scope} ${rule.when}) %}"
        Next      = rule.next == "end" ? local.ends[local.list_of[name]] : rule.next
      }]
      Default = local.next[name]
    })
  } }

  # A topic, because a person can be on it with an address alone. Whoever answers sends the token back.
  # https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
  approval_states = { for name, approval in local.approvals : name => {
    (name) = jsonencode({
      Type     = "Task"
      Resource = "arn:${local.partition}:states:::sns:publish.waitForTaskToken"
      Arguments = {
        TopicArn = local.topic_arn
        Message = {
          workflow   = var.name
          execution  = "{% $states.context.Execution.Id %}"
          step       = name
          message    = local.texts["${name}.message"]
          task_token = "{% $states.context.Task.Token %}"
        }
      }
      TimeoutSeconds = approval.timeout_seconds
      Catch          = local.catch[name]
      # The result stays what was approved.
      Output = "{% $merge([$states.input, {'steps': $merge([$states.input.steps, {'${name}': $states.result}]), 'failure': {'step': '${name}', 'error': 'Rejected', 'cause': $states.result.comment}}]) %}"
      Next   = "${name} answered"
    })
    "${name} answered" = jsonencode({
      Type    = "Choice"
      Choices = [{ Condition = "{% $states.input.steps.${name}.approved = true %}", Next = local.next[name] }]
      Default = local.failure[name]
    })
  } }

  nested_states = { for name, workflow in local.nested : name => {
    (name) = jsonencode({
      Type     = "Task"
      Resource = "arn:${local.partition}:states:::states:startExecution.sync:2"
      Arguments = {
        StateMachineArn = "${local.states}:stateMachine:${workflow.name}"
        Input           = "{% (${local.scope} ${workflow.input}) %}"
        # The same tenant's: its name, a hyphen and sixteen characters. Nobody's stays nobody's.
        Name = "{% ($tenant := ${local.tenant}; $tenant = '' ? $uuid() : $tenant & '-' & $substring($replace($uuid(), '-', ''), 0, 16)) %}"
      }
      TimeoutSeconds = workflow.timeout_seconds
      Catch          = local.catch[name]
      Output         = "{% ${format(local.put, name, name, "$states.result.Output")} %}"
      Next           = local.next[name]
    })
  } }

  leaves = merge(
    { for name in keys(local.prompts) : name => merge(local.call_states[name], lookup(local.check_states, name, {})) },
    { for name in keys(local.invokes) : name => merge(local.invoke_states[name], lookup(local.metered, name, {})) },
    local.choice_states,
    local.approval_states,
    local.nested_states,
    { for name in keys(local.validates) : name => local.check_states[name] },
  )
}
