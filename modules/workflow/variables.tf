variable "models" {
  type = map(object({
    id = optional(string)
    sagemaker = optional(object({
      endpoint            = string
      inference_component = optional(string)
    }))
    family              = optional(string)
    destination_regions = optional(list(string), [])
    source_models       = optional(list(string), [])
    fallbacks           = optional(list(string), [])
    guardrail = optional(object({
      arn          = string
      version      = string
      profile_arns = optional(list(string), [])
    }))
    max_output_tokens = optional(number)
    betas             = optional(list(string), [])
  }))
  nullable    = false
  description = "The models that steps may name, by alias, as in [model-access](../model-access/README.md). `fallbacks` and `betas` have no effect in a workflow, and a step can't call a SageMaker endpoint."
}

variable "name" {
  type        = string
  nullable    = false
  description = "The state machine's name. Role and policies are named after it and the Region, the bucket of payloads after it, the account and the Region."

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9_-]{0,28}[A-Za-z0-9])?$", var.name))
    error_message = "name is 1 to 30 letters, digits, hyphens and underscores, with a letter or digit at each end."
  }
}

variable "allow_global_inference" {
  type        = bool
  default     = false
  nullable    = false
  description = "Allow `global.` profiles, which may process a request in any commercial Region of AWS."
}

variable "definition" {
  type        = string
  default     = null
  description = "A definition of your own, in Amazon States Language, instead of `sequence` and `steps`: it gets the same role, policies and log group. `{{ models.ALIAS }}` in it becomes the ARN of a declared model. What else it calls, you allow by policies attached to `role_name`."

  validation {
    condition     = var.definition == null ? true : can(jsondecode(var.definition).States)
    error_message = "definition is Amazon States Language in JSON, with States: write it with jsonencode, or check it with aws stepfunctions validate-state-machine-definition."
  }

  validation {
    condition     = (var.definition == null) != (length(var.steps) == 0)
    error_message = "Declare either steps with a sequence, or a definition of your own, and not both."
  }
}

variable "description" {
  type        = string
  default     = null
  description = "What the workflow is for; the definition's comment."
}

variable "guardrail" {
  type = object({
    arn          = string
    version      = string
    profile_arns = optional(list(string), [])
  })
  default     = null
  description = "The guardrail that every model carries unless it names its own. Every step that calls the model applies it, and IAM refuses a call without it."
}

variable "kms_key" {
  type = object({
    arn = string
  })
  default     = null
  description = "A customer managed key for executions' data, the log group, the approvals' topic, the payloads and the answers that are kept. Its policy must let the Region's CloudWatch Logs service use it. AWS's own keys where null."

  validation {
    condition     = var.kms_key == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+$", var.kms_key.arn))
    error_message = "kms_key.arn is a key's ARN (arn:aws:kms:REGION:ACCOUNT:key/ID), not an alias."
  }
}

variable "log_level" {
  type        = string
  default     = "ERROR"
  nullable    = false
  description = "Which events of executions are logged: `ERROR`, `FATAL`, `ALL` or `OFF`. Prompts and answers never are."

  validation {
    condition     = contains(["ALL", "ERROR", "FATAL", "OFF"], var.log_level)
    error_message = "log_level is ALL, ERROR, FATAL or OFF."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 90
  nullable    = false
  description = "How long the log is kept, in days; 0 keeps it for ever."

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of the periods that CloudWatch Logs offers: 0 (for ever), 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "maximum_policy_documents" {
  type        = number
  default     = 10
  nullable    = false
  description = "The most managed policies that the role may carry: AWS's quota \"Managed policies per role\"."
}

variable "metering" {
  type = object({
    function_name = string
    alias_name    = optional(string, "live")
    minute_waits  = optional(number, 5)
  })
  default     = null
  description = <<-EOT
    Count every prompt in the budgets of an API's tenants: its function reserves before, and settles after. Only executions that the API
    started for a tenant run then.

    - `function_name`: the API's function in this account and Region, which is called as the deployment.
    - `alias_name`: the function's alias.
    - `minute_waits`: how many times a prompt waits for the next minute, when the minute's budget has no room. A spent day or month fails the step.
  EOT

  validation {
    condition     = var.metering == null ? true : can(regex("^[A-Za-z0-9_-]{1,64}$", var.metering.function_name)) && can(regex("^[A-Za-z][A-Za-z0-9_-]{0,127}$", var.metering.alias_name))
    error_message = "metering has a function's name, not its ARN, and an alias's name."
  }

  validation {
    condition     = var.metering == null ? true : var.metering.minute_waits >= 0 && var.metering.minute_waits <= 1440 && floor(var.metering.minute_waits) == var.metering.minute_waits
    error_message = "metering.minute_waits is a whole number from 0 to 1440."
  }
}

variable "payload_expiration_days" {
  type        = number
  default     = 7
  nullable    = false
  description = "After how many days the requests and answers of invoke steps are deleted."

  validation {
    condition     = var.payload_expiration_days >= 1 && floor(var.payload_expiration_days) == var.payload_expiration_days
    error_message = "payload_expiration_days is a whole number of days, at least 1."
  }
}

variable "permissions_boundary_arn" {
  type        = string
  default     = null
  description = "The policy that bounds the role."

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is a managed policy's ARN (arn:aws:iam::ACCOUNT:policy/NAME)."
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
  description = "How often a throttled or transiently failing call is tried again, and after how long: a random part of a delay that doubles from the first to the longest. Anything else is never tried again."

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
  description = "The steps of the workflow's outermost level, in order."

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
  description = <<-EOT
    The steps, by name. Each has exactly one kind, and stands in `sequence`, a branch or a map. Texts may hold `{{ expressions }}`; expressions are JSONata over `$input`, `$steps.NAME`, and in a map `$item` and `$index`.

    - `next`: the step that follows, if not the next one in the list; `end` ends the list. `on_failure`: the step that goes on when this one fails; `$steps.NAME.error` says why. Without it the workflow fails with `StepFailed.NAME`.
    - `prompt`: one call of a chat model. `text`, `system`; `schema` asks for a JSON object with these fields and their types (`string`, `number`, `boolean`, `array`, `object`), and `fixes` says how often the model may correct it. `cache` gives the same answer to the same texts again, for `ttl_seconds`, to the same `tenant` or to everybody (`scope = "shared"`). Result: `text`, `json`, `stop_reason`, `usage`, `cache`.
    - `invoke`: one call whose `request`, a body in the model's own format, and `answer` are objects in the payload bucket, for what is larger than 256 KB; both are keys. With `metering`, `reserve` says the most tokens that it may use: nothing reads the request. Result: `bucket`, `key`.
    - `parallel`: `branches` at the same time, each a list of steps; `merge`, a text made of their results. Result: `branches`, `text`; the branches' steps stay readable.
    - `map`: `steps` for each of `items` (an expression that gives a list), or of `objects` in S3 (`$item.key`, `$item.text`). Result: `items` (with `index`, `key`), `text`.
    - `choice`: the `next` of the first rule whose `when` (an expression) is true, else on in the list.
    - `validate`: checks the answer of the prompt `step` against `schema` and `rules` (`that`: an expression over `$text` and `$json`; `message`: what is wrong where it isn't true), and has `model` correct it up to `fixes` times, with `context` before it.
    - `approval`: waits for a person, announced on the approvals' topic. Result: what the person sent.
    - `workflow`: runs another state machine of this account and Region, by `name`, with `input` (an expression). Result: its output.
  EOT

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

variable "tags" {
  type        = map(string)
  default     = {}
  nullable    = false
  description = "Tags for everything that takes them, besides the provider's `default_tags`."
}

variable "timeout_seconds" {
  type        = number
  default     = null
  description = "How long an execution may take, in seconds. AWS's limit, a year, where null."

  validation {
    condition     = var.timeout_seconds == null ? true : var.timeout_seconds >= 1 && var.timeout_seconds <= 31536000 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds is a whole number of seconds, from 1 to 31536000 (a year)."
  }
}

variable "tracing" {
  type        = bool
  default     = false
  nullable    = false
  description = "Send traces to X-Ray."
}
