# One call of a model as the states it becomes: the call itself or, with metering, what is reserved before it and settled
# after. A prompt is a call, and so is each correction of an answer.

locals {
  calls = merge(
    { for name, prompt in local.prompts : name => {
      step = name
      text = (
        prompt.cache != null ? "{% $asked_${name}.text %}" :
        !contains(keys(local.shape_of), name) ? local.texts["${name}.text"] :
        "{% (${local.scope} ${local.say} ${local.bodies["${name}.text"]} & ${jsonencode(local.shape_of[name])}) %}"
      )
      system = (
        prompt.system == null ? null :
        prompt.cache != null ? "{% $asked_${name}.system %}" : local.texts["${name}.system"]
      )
      tokens      = prompt.max_output_tokens
      temperature = prompt.temperature
      timeout     = prompt.timeout_seconds
      output = "{% (${local.blocked} : ${format(local.put, name, name, join("", ["{",
        "'text': ${local.spoken}, 'model': '${prompt.model}', 'stop_reason': $states.result.StopReason, ",
        "'usage': {'input_tokens': $states.result.Usage.InputTokens, 'output_tokens': $states.result.Usage.OutputTokens}",
      prompt.cache == null ? "" : ", 'cache': 'miss'", "}"]))}) %}"
      next = prompt.cache != null && length(prompt.schema) == 0 ? "${name} answered" : local.after_answer[name]
    } },
    { for name, fix in local.fixes : "${name} fix" => merge(fix, { step = name, system = null, temperature = null }) },
  )

  # The state that a call begins with. A prompt's name is that of its first state, which looks for an answer where it may.
  call_entries = { for id in keys(local.calls) : id => (
    !contains(keys(local.cached), id) ? id : module.inputs.metering == null ? "${id} prompt" : "${id} reserve"
  ) }

  # What is sent. With metering it comes back from the function, which has reserved for it.
  call_texts = { for id, call in local.calls : id => module.inputs.metering == null ? {
    text = call.text, system = call.system
    } : {
    text   = format("{%% $%s.messages[0].content[0].text %%}", local.variables[id])
    system = call.system == null ? null : format("{%% $%s.system[0].text %%}", local.variables[id])
  } }

  # Nothing of these is paid for, so that the one reservation covers a repeat of them.
  free      = ["AccessDeniedException", "ModelNotReadyException", "ResourceNotFoundException", "ServiceQuotaExceededException", "ServiceUnavailableException", "ThrottlingException", "ValidationException"]
  free_wait = ["ModelNotReadyException", "ServiceUnavailableException", "ThrottlingException"]

  call_retry = module.inputs.metering == null ? local.retry : [for rule in local.retry : merge(rule, {
    ErrorEquals = [for name in setproduct(local.error_prefixes, local.free_wait) : join(".", name)]
  })]

  call_tasks = { for id, call in local.calls : id => { for key, value in {
    Type     = "Task"
    Resource = local.converse
    Arguments = { for key, value in {
      ModelId         = local.step_model_arns[call.step]
      Messages        = [{ Role = "user", Content = [{ Text = local.call_texts[id].text }] }]
      System          = local.call_texts[id].system == null ? null : [{ Text = local.call_texts[id].system }]
      InferenceConfig = { for key, value in { MaxTokens = call.tokens, Temperature = call.temperature } : key => value if value != null }
      GuardrailConfig = local.guardrail_arguments[call.step]
      ServiceTier     = local.step_tiers[call.step] == null ? null : { Type = local.step_tiers[call.step] }
    } : key => value if value != null }
    TimeoutSeconds = call.timeout
    Retry          = local.call_retry
    Catch = concat(
      [for rule in local.catch[call.step] : merge(rule, {
        ErrorEquals = [for name in setproduct(local.error_prefixes, local.free) : join(".", name)]
        Next        = "${id} release"
      }) if module.inputs.metering != null],
      local.catch[call.step],
    )
    Assign = module.inputs.metering == null ? null : { "used_${local.variables[id]}" = "{% $states.result.Usage %}" }
    Output = call.output
    Next   = module.inputs.metering == null ? call.next : "${id} settle"
  } : key => value if value != null } }

  call_states = { for id, call in local.calls : id => merge(
    { (module.inputs.metering == null ? local.call_entries[id] : "${id} prompt") = jsonencode(local.call_tasks[id]) },
    lookup(local.metered, id, {}),
    lookup(local.cache_states, id, {}),
  ) }
}
