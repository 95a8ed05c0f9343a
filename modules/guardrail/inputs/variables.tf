# The inputs that are objects, with their types, defaults and what they may hold. modules/names has compared their names.

variable "content_filters" {
  type = map(object({
    input  = optional(string, "HIGH")
    output = optional(string)
  }))
  default     = {}
  nullable    = false
  description = "The module's input of this name."

  validation {
    condition     = alltrue([for kind in keys(var.content_filters) : contains(["hate", "insults", "misconduct", "prompt_attack", "sexual", "violence"], kind)])
    error_message = "`content_filters` knows `hate`, `insults`, `misconduct`, `prompt_attack`, `sexual` and `violence`. Rename: ${join(", ", setsubtract(keys(var.content_filters), ["hate", "insults", "misconduct", "prompt_attack", "sexual", "violence"]))}."
  }

  validation {
    condition     = alltrue(flatten([for filter in values(var.content_filters) : [for strength in [filter.input, coalesce(filter.output, "HIGH")] : contains(["NONE", "LOW", "MEDIUM", "HIGH"], strength)]]))
    error_message = "The strength of each of `content_filters` has to be `NONE`, `LOW`, `MEDIUM` or `HIGH`."
  }

  validation {
    condition     = contains(["NONE", "unset"], coalesce(try(var.content_filters["prompt_attack"].output, null), "unset"))
    error_message = "Only a request can be a prompt attack. Leave `output` of `content_filters.prompt_attack` out."
  }
}

variable "denied_topics" {
  type = map(object({
    definition = string
    examples   = optional(list(string), [])
  }))
  default     = {}
  nullable    = false
  description = "The module's input of this name."

  validation {
    condition     = length(var.denied_topics) <= 30 && alltrue([for name in keys(var.denied_topics) : can(regex("^[0-9A-Za-z_ !?.-]{1,100}$", name))])
    error_message = "`denied_topics` takes up to 30 topics, whose names are 1 to 100 letters, digits, spaces, `-`, `_`, `!`, `?` or `.`."
  }

  validation {
    condition     = alltrue([for topic in values(var.denied_topics) : length(topic.definition) >= 1 && length(topic.definition) <= 200 && length(topic.examples) <= 5])
    error_message = "A topic in `denied_topics` has a definition of 1 to 200 characters and up to five examples. Correct: ${join(", ", [for name, topic in var.denied_topics : name if length(topic.definition) < 1 || length(topic.definition) > 200 || length(topic.examples) > 5])}."
  }
}

variable "grounding" {
  type = object({
    grounding = optional(number)
    relevance = optional(number)
  })
  default     = null
  description = "The module's input of this name."

  validation {
    condition     = alltrue([for threshold in values(coalesce(var.grounding, {})) : threshold == null ? true : threshold >= 0 && threshold <= 0.99])
    error_message = "The thresholds of `grounding` have to be between 0 and 0.99."
  }
}

variable "regexes" {
  type = map(object({
    pattern     = string
    action      = optional(string, "BLOCK")
    description = optional(string)
  }))
  default     = {}
  nullable    = false
  description = "The module's input of this name."

  validation {
    condition     = alltrue([for regex in values(var.regexes) : contains(["BLOCK", "ANONYMIZE"], regex.action)])
    error_message = "`action` in `regexes` has to be `BLOCK` or `ANONYMIZE`."
  }

  validation {
    condition     = alltrue([for each in values(var.regexes) : length(each.pattern) >= 1 && length(each.pattern) <= 500 && can(regex("^([^(]|[(][^?]|[(][?][:iPmsU])*$", each.pattern))])
    error_message = "A `pattern` in `regexes` has to be 1 to 500 characters and may not look ahead or behind (`(?=`, `(?!`, `(?<`), which Bedrock's patterns can't."
  }
}
