# Budgets: two short tasks around each call, that ask the API's function to reserve and to settle in the ledger that all of
# its requests use. Whose budget it is, the execution's name says, so it is taken once, where the execution begins.

locals {
  # Names of state machine variables. Each is of one call, since an inner one can't have an outer one's name.
  variables = { for id in concat(keys(local.calls), keys(local.invokes)) : id => endswith(id, " fix") ? "fix_of_${trimsuffix(id, " fix")}" : "call_of_${id}" }

  meter_arn = module.inputs.metering == null ? "" : "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${module.inputs.metering.function_name}:${module.inputs.metering.alias_name}"

  # Lambda's own throttling is before the function, so nothing was reserved or settled. Whatever else happened, may have been.
  meter_retry = [{
    ErrorEquals     = ["Lambda.TooManyRequestsException"]
    IntervalSeconds = module.inputs.retry.first_delay_seconds
    BackoffRate     = 2
    MaxDelaySeconds = module.inputs.retry.max_delay_seconds
    MaxAttempts     = 6
    JitterStrategy  = "FULL"
  }]

  # What is reserved for: a prompt or a correction, whose request the function reads and gives back, and an invoke step, whose
  # request lies in S3: of that, what was declared.
  metered_calls = merge(
    { for id, call in local.calls : id => {
      step = call.step
      task = "${id} prompt"
      next = call.next
      # An answer that was there costs a request, and no token.
      cached = contains(keys(local.cached), id) ? "{% $states.input.found %}" : null
      bound  = null
      request = { for key, value in {
        messages        = [{ role = "user", content = [{ text = call.text }] }]
        system          = call.system == null ? null : [{ text = call.system }]
        inferenceConfig = { for key, value in { maxTokens = call.tokens, temperature = call.temperature } : key => value if value != null }
      } : key => value if value != null }
      usage = "{% $used_${local.variables[id]} %}"
    } },
    { for name, invoke in local.invokes : name => {
      step    = name
      task    = "${name} invoke"
      next    = local.next[name]
      cached  = null
      bound   = invoke.reserve
      request = null
      usage   = null
    } },
  )

  orders = { for id in keys(local.metered_calls) : id => {
    workflow  = var.name
    execution = "{% $states.input.execution %}"
  } }

  # A settlement that fails leaves the reservation as it is: a tenant has less for a while, and the execution goes on.
  settlements = { for id, call in local.metered_calls : id => { for state, settlement in {
    settle  = { order = { for key, value in { usage = call.usage } : key => value if value != null }, next = call.next }
    release = { order = { free = true }, next = local.failure[call.step] }
    } : state => jsonencode({
      Type     = "Task"
      Resource = "arn:${local.partition}:states:::lambda:invoke"
      Arguments = {
        FunctionName = local.meter_arn
        Payload = { llm_api = { version = 1, settle = merge(local.orders[id], settlement.order, {
          reservation = "{% $reserved_${local.variables[id]} %}"
        }) } }
      }
      TimeoutSeconds = 30
      Retry          = local.meter_retry
      Catch          = [{ ErrorEquals = ["States.ALL"], Output = "{% $states.input %}", Next = settlement.next }]
      Output         = "{% $states.input %}"
      Next           = settlement.next
  }) } }

  metered = { for id, call in local.metered_calls : id => merge({
    (lookup(local.call_entries, id, id)) = jsonencode({
      Type     = "Task"
      Resource = "arn:${local.partition}:states:::lambda:invoke"
      Arguments = {
        FunctionName = local.meter_arn
        Payload = { llm_api = { version = 1, reserve = merge(local.orders[id], { for key, value in {
          model   = coalesce(local.step_model_ids[call.step], "unknown")
          cached  = call.cached
          bound   = call.bound
          request = call.request
        } : key => value if value != null }) } }
      }
      TimeoutSeconds = 30
      Retry          = local.meter_retry
      Catch          = local.catch[call.step]
      Assign = {
        (local.variables[id])             = "{% $states.result.Payload.request %}"
        "reserved_${local.variables[id]}" = "{% $states.result.Payload.reservation %}"
      }
      Output = join(" ", ["{% $states.result.Payload.reserved ? $merge([$states.input, {'waits': 0}]) : (",
        "$failed := {'error': $states.result.Payload.error, 'cause': $states.result.Payload.message};",
        "$merge([${format(local.put, call.step, call.step, "$failed")}, {'failure': $merge([{'step': '${call.step}'}, $failed]),",
        "'seconds': $states.result.Payload.wait_seconds, 'waits': ($exists($states.input.waits) ? $states.input.waits : 0) + 1}])) %}",
      ])
      Next = "${id} reserved"
    })
    "${id} reserved" = jsonencode({
      Type = "Choice"
      Choices = concat(
        [for answer in [call.cached] :
          { Condition = "{% $states.input.waits = 0 and $states.input.found %}", Next = local.after_answer[call.step] } if answer != null
        ],
        [{ Condition = "{% $states.input.waits = 0 %}", Next = call.task }],
        # A minute's budget is there again within a minute; a day's isn't.
        [for waits in [module.inputs.metering == null ? 0 : module.inputs.metering.minute_waits] :
          { Condition = "{% $states.input.seconds > 0 and $states.input.waits <= ${waits} %}", Next = "${id} wait" } if waits > 0
        ],
      )
      Default = local.failure[call.step]
    })
    "${id} settle"  = local.settlements[id].settle
    "${id} release" = local.settlements[id].release
    },
    [for waits in [module.inputs.metering.minute_waits] : {
      "${id} wait" = jsonencode({ Type = "Wait", Seconds = "{% $states.input.seconds %}", Next = lookup(local.call_entries, id, id) })
    } if waits > 0]...
  ) if module.inputs.metering != null }
}
