variable "name" {
  description = "Name of the guardrail, which an account and Region has once."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,50}$", var.name))
    error_message = "`name` has to be 1 to 50 letters, digits, `-` or `_`."
  }
}

variable "blocked_input_message" {
  description = "What the caller reads instead of an answer to a request that was blocked."
  type        = string
  default     = "This request is not answered here."
  nullable    = false

  validation {
    condition     = length(var.blocked_input_message) >= 1 && length(var.blocked_input_message) <= 500
    error_message = "`blocked_input_message` has to be 1 to 500 characters."
  }
}

variable "blocked_output_message" {
  description = "What the caller reads instead of an answer that was blocked."
  type        = string
  default     = "The answer to this request is not shown here."
  nullable    = false

  validation {
    condition     = length(var.blocked_output_message) >= 1 && length(var.blocked_output_message) <= 500
    error_message = "`blocked_output_message` has to be 1 to 500 characters."
  }
}

variable "content_filters" {
  description = <<-EOT
    Kinds of content that are filtered: `hate`, `insults`, `misconduct`, `prompt_attack`, `sexual`, `violence`.

    - `input`: how strongly requests are filtered: `NONE`, `LOW`, `MEDIUM` or `HIGH`.
    - `output`: how strongly answers are, `HIGH` unless given; for `prompt_attack` there is nothing to filter in one.
  EOT
  type = map(object({
    input  = optional(string, "HIGH")
    output = optional(string)
  }))
  default  = {}
  nullable = false

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
  description = <<-EOT
    What is not talked about, by a topic's name.

    - `definition`: what the topic is, in one or two sentences.
    - `examples`: up to five sentences that are about it.
  EOT
  type = map(object({
    definition = string
    examples   = optional(list(string), [])
  }))
  default  = {}
  nullable = false

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
  description = <<-EOT
    Block answers that don't follow from the source that a request gives with them, or don't answer the question. Counts only
    where a native request marks the source and the question (`guardContent` with its qualifiers).

    - `grounding`: the least confidence, from 0 to 0.99, that the answer follows from the source.
    - `relevance`: the least confidence that it answers the question.
  EOT
  type = object({
    grounding = optional(number)
    relevance = optional(number)
  })
  default = null

  validation {
    condition     = alltrue([for threshold in values(coalesce(var.grounding, {})) : threshold == null ? true : threshold >= 0 && threshold <= 0.99])
    error_message = "The thresholds of `grounding` have to be between 0 and 0.99."
  }
}

variable "kms_key" {
  description = <<-EOT
    Key that encrypts the guardrail, where it isn't to be Bedrock's own. The function's role needs `kms:Decrypt` on it then,
    which the key's policy has to grant: `docs/guardrails.md` shows the statement.

    - `arn`: the key's ARN.
  EOT
  type        = object({ arn = string })
  default     = null
}

variable "profanity" {
  description = "Whether the words that Bedrock's list of profanities holds are blocked."
  type        = bool
  default     = false
  nullable    = false
}

variable "regexes" {
  description = <<-EOT
    Patterns of sensitive information, by name.

    - `pattern`: the regular expression, without lookaround.
    - `action`: `BLOCK`, or `ANONYMIZE`, which puts the name in the place of what was found.
    - `description`: what it finds; the name unless given.
  EOT
  type = map(object({
    pattern     = string
    action      = optional(string, "BLOCK")
    description = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for regex in values(var.regexes) : contains(["BLOCK", "ANONYMIZE"], regex.action)])
    error_message = "`action` in `regexes` has to be `BLOCK` or `ANONYMIZE`."
  }

  validation {
    condition     = alltrue([for each in values(var.regexes) : length(each.pattern) >= 1 && length(each.pattern) <= 500 && can(regex("^([^(]|[(][^?]|[(][?][:iPmsU])*$", each.pattern))])
    error_message = "A `pattern` in `regexes` has to be 1 to 500 characters and may not look ahead or behind (`(?=`, `(?!`, `(?<`), which Bedrock's patterns can't."
  }
}

variable "sensitive_information" {
  description = "What is done about sensitive information, by Bedrock's name for its kind in small letters, such as `email` or `credit_debit_card_number`: `BLOCK`, or `ANONYMIZE`, which puts the kind in its place."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for action in values(var.sensitive_information) : contains(["BLOCK", "ANONYMIZE"], action)])
    error_message = "What is done about a kind of `sensitive_information` has to be `BLOCK` or `ANONYMIZE`."
  }

  validation {
    condition     = alltrue([for kind in keys(var.sensitive_information) : can(regex("^[a-z][a-z_]{1,60}$", kind))])
    error_message = "A kind of `sensitive_information` has to be Bedrock's name for it in small letters, such as `email`, `phone` or `us_social_security_number`."
  }
}

variable "tags" {
  description = "Tags for the guardrail."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "words" {
  description = "Words and phrases, of up to three words each, that are blocked as they stand."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for word in var.words : length(word) >= 1 && length(word) <= 100 && length(split(" ", word)) <= 3])
    error_message = "Each of `words` has to be 1 to 100 characters and up to three words; say longer ones as a topic in `denied_topics`."
  }
}
