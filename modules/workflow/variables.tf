variable "models" {
  type        = any
  nullable    = false
  description = "The models that steps may name, by alias, as in [model-access](../model-access/README.md). `fallbacks`, `betas`, `on_timeout`, `price`, `cache` and `prompt_cache` have no effect in a workflow, and a step can't call a SageMaker endpoint."
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
  type        = any
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
  type        = any
  default     = null
  description = <<-EOT
    Count every prompt in the budgets of an API's tenants: its function reserves before, and settles after. Only executions that the API
    started for a tenant run then.

    - `function_name`: the API's function in this account and Region, which is called as the deployment.
    - `alias_name`: the function's alias.
    - `minute_waits`: how many times a prompt waits for the next minute, when the minute's budget has no room. A spent budget of a longer window fails the step.
  EOT
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
  type        = any
  default     = {}
  nullable    = false
  description = "How often a throttled or transiently failing call is tried again, and after how long: a random part of a delay that doubles from the first to the longest. Anything else is never tried again."
}

variable "sequence" {
  type        = list(string)
  default     = []
  nullable    = false
  description = "The steps of the workflow's outermost level, in order."
}

variable "steps" {
  type        = any
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
