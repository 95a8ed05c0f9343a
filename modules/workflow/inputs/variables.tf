# The inputs that are objects, with their types, defaults and what they may hold. modules/names has compared their names.

variable "metering" {
  type = object({
    function_name = string
    alias_name    = optional(string, "live")
    minute_waits  = optional(number, 5)
  })
  default     = null
  description = "The module's input of this name."

  validation {
    condition     = var.metering == null ? true : can(regex("^[A-Za-z0-9_-]{1,64}$", var.metering.function_name)) && can(regex("^[A-Za-z][A-Za-z0-9_-]{0,127}$", var.metering.alias_name))
    error_message = "metering has a function's name, not its ARN, and an alias's name."
  }

  validation {
    condition     = var.metering == null ? true : var.metering.minute_waits >= 0 && var.metering.minute_waits <= 1440 && floor(var.metering.minute_waits) == var.metering.minute_waits
    error_message = "metering.minute_waits is a whole number from 0 to 1440."
  }
}

variable "retry" {
  type = object({
    attempts            = optional(number, 5)
    first_delay_seconds = optional(number, 2)
    max_delay_seconds   = optional(number, 60)
  })
  default     = {}
  nullable    = false
  description = "The module's input of this name."

  validation {
    condition = alltrue([for number in values(var.retry) : floor(number) == number]) && (
      var.retry.attempts >= 0 && var.retry.attempts <= 20 && var.retry.first_delay_seconds >= 1 && var.retry.max_delay_seconds > var.retry.first_delay_seconds && var.retry.max_delay_seconds < 31622400
    )
    error_message = "retry has whole numbers: attempts from 0 to 20, first_delay_seconds of at least 1, and a longer max_delay_seconds."
  }
}

variable "sequence" {
  type        = list(string)
  default     = []
  nullable    = false
  description = "The module's input of this name."

  validation {
    condition     = length(var.steps) == 0 || length(var.sequence) > 0
    error_message = "sequence names the steps in the order in which they run; it is empty."
  }

  validation {
    condition = length(setsubtract(
      concat(var.sequence, flatten([for step in values(var.steps) : concat(try(values(step.parallel.branches), []), try(step.map.steps, []))])),
      keys(var.steps),
    )) == 0
    error_message = "sequence, parallel.branches and map.steps name steps that aren't declared: ${join(", ", setsubtract(concat(var.sequence, flatten([for step in values(var.steps) : concat(try(values(step.parallel.branches), []), try(step.map.steps, []))])), keys(var.steps)))}."
  }

  validation {
    condition = alltrue([for name in keys(var.steps) : length([
      for place in concat(var.sequence, flatten([for step in values(var.steps) : concat(try(values(step.parallel.branches), []), try(step.map.steps, []))])) : place if place == name
    ]) == 1])
    error_message = "A step stands in exactly one place, in sequence, a branch or a map; correct: ${join(", ", [for name in keys(var.steps) : name if length([for place in concat(var.sequence, flatten([for step in values(var.steps) : concat(try(values(step.parallel.branches), []), try(step.map.steps, []))])) : place if place == name]) != 1])}."
  }
}

variable "steps" {
  type = map(object({
    next       = optional(string)
    on_failure = optional(string)

    prompt = optional(object({
      model             = string
      text              = string
      max_output_tokens = number
      system            = optional(string)
      temperature       = optional(number)
      guardrail = optional(object({
        arn     = string
        version = string
      }))
      schema          = optional(map(string), {})
      fixes           = optional(number, 0)
      timeout_seconds = optional(number, 300)
      cache = optional(object({
        ttl_seconds = number
        scope       = optional(string, "tenant")
      }))
    }))

    invoke = optional(object({
      model           = string
      request         = string
      answer          = string
      timeout_seconds = optional(number, 300)
      reserve = optional(object({
        input_tokens  = number
        output_tokens = number
      }))
    }))

    parallel = optional(object({
      branches = map(list(string))
      merge    = optional(string)
    }))

    map = optional(object({
      steps = list(string)
      items = optional(string)
      objects = optional(object({
        bucket = string
        prefix = string
      }))
      concurrency                  = optional(number, 5)
      tolerated_failure_percentage = optional(number, 0)
    }))

    choice = optional(object({
      rules = list(object({
        when = string
        next = string
      }))
    }))

    validate = optional(object({
      step              = string
      model             = string
      max_output_tokens = number
      schema            = optional(map(string), {})
      rules = optional(list(object({
        that    = string
        message = string
      })), [])
      fixes           = optional(number, 2)
      context         = optional(string)
      timeout_seconds = optional(number, 300)
    }))

    approval = optional(object({
      message         = string
      timeout_seconds = optional(number, 86400)
    }))

    workflow = optional(object({
      name            = string
      input           = optional(string, "$input")
      timeout_seconds = optional(number, 3600)
    }))
  }))
  default     = {}
  nullable    = false
  description = "The module's input of this name."

  validation {
    condition     = alltrue([for name in keys(var.steps) : can(regex("^[a-z][a-z0-9_]{0,29}$", name))])
    error_message = "A step's name is 1 to 30 lower-case letters, digits and underscores, and begins with a letter; rename: ${join(", ", [for name in keys(var.steps) : name if !can(regex("^[a-z][a-z0-9_]{0,29}$", name))])}."
  }

  validation {
    condition     = !anytrue([for name in keys(var.steps) : contains(["end", "workflow"], name)])
    error_message = "A step can't be named end or workflow: end stands for the end of a list, workflow for the whole."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : length([for kind in [step.prompt, step.invoke, step.parallel, step.map, step.choice, step.validate, step.approval, step.workflow] : true if kind != null]) == 1])
    error_message = "A step has exactly one of prompt, invoke, parallel, map, choice, validate, approval and workflow; correct: ${join(", ", [for name, step in var.steps : name if length([for kind in [step.prompt, step.invoke, step.parallel, step.map, step.choice, step.validate, step.approval, step.workflow] : true if kind != null]) != 1])}."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : step.choice == null || step.on_failure == null])
    error_message = "A choice can't fail in a way that could be caught; remove on_failure: ${join(", ", [for name, step in var.steps : name if step.choice != null && step.on_failure != null])}."
  }

  validation {
    condition = alltrue(flatten([for step in values(var.steps) : [
      for text in compact([try(step.prompt.text, null), try(step.prompt.system, null), try(step.invoke.request, null), try(step.invoke.answer, null), try(step.parallel.merge, null), try(step.validate.context, null), try(step.approval.message, null)]) :
      length(split("{{", text)) == length(split("}}", text)) && alltrue([for part in slice(split("{{", text), 1, length(split("{{", text))) : length(split("}}", part)) == 2 && trimspace(split("}}", part)[0]) != ""])
    ]]))
    error_message = "In a text, each {{ is closed by }} with an expression between them, such as {{ $input.specification }}."
  }

  validation {
    condition     = !strcontains(jsonencode(var.steps), "{%") && !strcontains(jsonencode(var.steps), "%}")
    error_message = "Texts and expressions can't hold {% or %}, with which Step Functions marks JSONata: write {{ expressions }} in texts, and expressions without marks elsewhere."
  }

  validation {
    condition     = alltrue(flatten([for step in values(var.steps) : [for type in concat(try(values(step.prompt.schema), []), try(values(step.validate.schema), [])) : contains(["string", "number", "boolean", "array", "object"], type)]]))
    error_message = "A schema's fields are of type string, number, boolean, array or object."
  }

  validation {
    condition     = alltrue(flatten([for step in values(var.steps) : [for field in concat(try(keys(step.prompt.schema), []), try(keys(step.validate.schema), [])) : can(regex("^[A-Za-z_][A-Za-z0-9_-]{0,63}$", field))]]))
    error_message = "A schema's field is named by 1 to 64 letters, digits, underscores and hyphens, and begins with a letter or underscore."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : step.validate == null ? true : length(step.validate.schema) + length(step.validate.rules) > 0])
    error_message = "validate needs a schema or rules to check by: ${join(", ", [for name, step in var.steps : name if step.validate == null ? false : length(step.validate.schema) + length(step.validate.rules) == 0])}."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : alltrue([for fixes in concat(step.prompt[*].fixes, step.validate[*].fixes) : fixes >= 0 && fixes <= 10 && floor(fixes) == fixes])])
    error_message = "fixes is a whole number from 0 to 10."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : step.prompt == null ? true : step.prompt.fixes == 0 || length(step.prompt.schema) > 0])
    error_message = "prompt.fixes corrects an answer that doesn't fit its schema: declare prompt.schema, or use a validate step with rules."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : alltrue([for tokens in concat(step.prompt[*].max_output_tokens, step.validate[*].max_output_tokens) : tokens >= 1 && floor(tokens) == tokens])])
    error_message = "max_output_tokens is a whole number of tokens, at least 1."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : try(step.prompt.temperature, null) == null ? true : step.prompt.temperature >= 0 && step.prompt.temperature <= 1])
    error_message = "prompt.temperature is from 0 to 1."
  }

  validation {
    condition = alltrue(flatten([for step in values(var.steps) : [for reserve in try(step.invoke.reserve[*], []) :
      reserve.input_tokens >= 1 && alltrue([for tokens in values(reserve) : tokens >= 0 && tokens <= 10000000 && floor(tokens) == tokens])
    ]]))
    error_message = "invoke.reserve has input_tokens, from 1, and output_tokens, from 0, both whole numbers up to 10000000."
  }

  validation {
    condition     = alltrue(flatten([for step in values(var.steps) : [for cache in try(step.prompt.cache[*], []) : cache.ttl_seconds >= 1 && cache.ttl_seconds <= 2678400 && floor(cache.ttl_seconds) == cache.ttl_seconds]]))
    error_message = "prompt.cache.ttl_seconds is a whole number of seconds, from 1 to 2678400 (31 days)."
  }

  validation {
    condition     = alltrue(flatten([for step in values(var.steps) : [for cache in try(step.prompt.cache[*], []) : contains(["tenant", "shared"], cache.scope)]]))
    error_message = "prompt.cache.scope is tenant (nobody is given another tenant's answers) or shared (every execution is)."
  }

  validation {
    condition = alltrue([for step in values(var.steps) : alltrue([
      for seconds in concat(step.prompt[*].timeout_seconds, step.invoke[*].timeout_seconds, step.validate[*].timeout_seconds, step.approval[*].timeout_seconds, step.workflow[*].timeout_seconds) : seconds >= 1 && seconds <= 31536000 && floor(seconds) == seconds
    ])])
    error_message = "timeout_seconds is a whole number of seconds, from 1 to 31536000 (a year, which is as long as an execution may run)."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : try(step.prompt.guardrail, null) == null ? true : can(regex("^arn:aws[a-z-]{0,12}:bedrock:[a-z0-9-]{1,25}:[0-9]{12}:guardrail/[a-z0-9]{1,20}$", step.prompt.guardrail.arn)) && can(regex("^[1-9][0-9]{0,4}$", step.prompt.guardrail.version))])
    error_message = "prompt.guardrail has a guardrail's ARN (arn:aws:bedrock:REGION:ACCOUNT:guardrail/ID) and a published version's number."
  }

  validation {
    condition = alltrue([for step in values(var.steps) : step.parallel == null ? true : length(step.parallel.branches) > 0 && alltrue([
      for branch, steps in step.parallel.branches : can(regex("^[a-z][a-z0-9_]{0,29}$", branch)) && length(steps) > 0
    ])])
    error_message = "parallel.branches holds at least one branch; each has a name of 1 to 30 lower-case letters, digits and underscores, and at least one step."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : step.map == null ? true : length(step.map.steps) > 0])
    error_message = "map.steps names at least one step: ${join(", ", [for name, step in var.steps : name if step.map == null ? false : length(step.map.steps) == 0])}."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : step.map == null ? true : (step.map.items == null) != (step.map.objects == null)])
    error_message = "A map has exactly one of items and objects; correct: ${join(", ", [for name, step in var.steps : name if step.map == null ? false : (step.map.items == null) == (step.map.objects == null)])}."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : try(step.map.objects, null) == null ? true : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", step.map.objects.bucket)) && can(regex("^[A-Za-z0-9!_.()/-]+$", step.map.objects.prefix))])
    error_message = "map.objects has a bucket's name and a prefix of letters, digits and !_.()/-, which is what the role may read."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : step.map == null ? true : step.map.concurrency >= 1 && step.map.concurrency <= 10000 && floor(step.map.concurrency) == step.map.concurrency])
    error_message = "map.concurrency is a whole number from 1 to 10000."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : step.map == null ? true : step.map.tolerated_failure_percentage >= 0 && step.map.tolerated_failure_percentage <= 100])
    error_message = "map.tolerated_failure_percentage is from 0 to 100."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : step.choice == null ? true : length(step.choice.rules) > 0])
    error_message = "choice.rules holds at least one rule: ${join(", ", [for name, step in var.steps : name if step.choice == null ? false : length(step.choice.rules) == 0])}."
  }

  validation {
    condition     = alltrue([for step in values(var.steps) : step.workflow == null ? true : can(regex("^[A-Za-z0-9_-]{1,80}$", step.workflow.name))])
    error_message = "workflow.name is the name of a state machine in this account and Region, not an ARN."
  }
}
