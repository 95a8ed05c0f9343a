variable "name" {
  description = "The deployment's name: the dimension `service` of its metrics, and what the dashboard's, alarms' and queries' names start with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,200}$", var.name))
    error_message = "name has to be 1 to 200 letters, digits, hyphens or underscores, which is what a dashboard's name may hold."
  }
}

variable "account_concurrency" {
  description = "The account's limit of concurrent executions in this Region, which a function without `reserved_concurrency` shares: 1,000 by default, 10 in some new accounts. `aws lambda get-account-settings` tells it."
  type        = number
  default     = 1000
  nullable    = false

  validation {
    condition     = var.account_concurrency >= 1 && floor(var.account_concurrency) == var.account_concurrency
    error_message = "account_concurrency is a whole number of executions, at least 1."
  }
}

variable "alarm_actions" {
  description = "ARNs of what is told when an alarm goes off: SNS topics, as a rule. They may be created in the same plan."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.alarm_actions) <= 5
    error_message = "alarm_actions holds at most 5 ARNs, which is what CloudWatch takes of an alarm."
  }
}

variable "api_name" {
  description = "Name of the REST API; `name` without one."
  type        = string
  default     = null
}

variable "disabled_alarms" {
  description = "Alarms to do without: any of `broken_streams`, `budget`, `concurrency`, `latency`, `model_ended`, `server_errors`, `throttling`, `time_to_first_token`, `workflows`."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.disabled_alarms, local.alarm_names)) == 0
    error_message = "disabled_alarms names no alarm of this module; correct: ${join(", ", setsubtract(var.disabled_alarms, local.alarm_names))}. There are ${join(", ", local.alarm_names)}."
  }
}

variable "function_name" {
  description = "Name of the function; `name` without one."
  type        = string
  default     = null
}

variable "log_group_name" {
  description = "Log group with the handler's line for each request; the function's own without one."
  type        = string
  default     = null
}

variable "metrics_namespace" {
  description = "CloudWatch namespace of the handler's metrics (`LLM_API_METRICS_NAMESPACE`)."
  type        = string
  default     = "LlmApi"
  nullable    = false
}

variable "minimum_requests" {
  description = "How many requests five minutes must have for a rate or a percentile of them to count, so that one failed request at night wakes nobody."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.minimum_requests >= 1 && floor(var.minimum_requests) == var.minimum_requests
    error_message = "minimum_requests is a whole number of requests, at least 1."
  }
}

variable "models" {
  description = "Aliases of the models, each a line in the dashboard: cost, requests, latency and throttles."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.models) <= 100
    error_message = "models holds at most 100 aliases: more lines than that nobody reads, and a widget takes 500 metrics at most. Name those that matter."
  }
}

variable "ok_actions" {
  description = "ARNs of what is told when an alarm is over."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.ok_actions) <= 5
    error_message = "ok_actions holds at most 5 ARNs, which is what CloudWatch takes of an alarm."
  }
}

variable "reserved_concurrency" {
  description = "How many requests the function may work on at once, where it has a limit of its own."
  type        = number
  default     = null
}

variable "stage_name" {
  description = "Name of the API's stage."
  type        = string
  default     = "live"
  nullable    = false
}

variable "tags" {
  description = "Tags for the alarms; dashboards and queries take none."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "thresholds" {
  description = <<-EOT
    Where the alarms go off.

    - `server_error_percent`: requests that API Gateway answered with a 5xx; 5 by default.
    - `broken_stream_percent`: requests whose stream ended before its end; 5 by default.
    - `throttled_percent`: requests that Bedrock throttled, fallbacks included. What a tenant's budget refuses doesn't count; 5 by default.
    - `latency_p99_seconds`: from the request to the last byte. How long a model writes depends on what it is asked; 60 by default.
    - `time_to_first_token_p95_seconds`: from the request to the first piece of a streamed answer; 10 by default.
    - `concurrency_percent`: of `reserved_concurrency`, else of `account_concurrency`; 80 by default.
    - `budget_used_percent`: what the tenant who is nearest the end of a budget has used of it, of a day's or a month's; 80 by default.
  EOT
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, value in var.thresholds : value == null || !endswith(name, "_percent") ? true : value > 0 && value <= 100])
    error_message = "A threshold in percent is above 0 and at most 100; correct: ${join(", ", [for name, value in var.thresholds : name if value == null || !endswith(name, "_percent") ? false : value <= 0 || value > 100])}."
  }

  validation {
    condition     = alltrue([for name, value in var.thresholds : value == null || !endswith(name, "_seconds") ? true : value > 0 && value <= 900])
    error_message = "A threshold in seconds is above 0 and at most 900, which is as long as a request may take; correct: ${join(", ", [for name, value in var.thresholds : name if value == null || !endswith(name, "_seconds") ? false : value <= 0 || value > 900])}."
  }
}

variable "workflows" {
  description = "State machines whose executions are shown and watched: ARNs, by a name of your choice. They may be created in the same plan."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.workflows) : can(regex("^[A-Za-z0-9_-]{1,63}$", name))])
    error_message = "The keys of workflows become parts of alarms' names: 1 to 63 letters, digits, hyphens or underscores."
  }
}
