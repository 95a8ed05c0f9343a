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
  type        = any
  default     = {}
  nullable    = false
}

variable "denied_topics" {
  description = <<-EOT
    What is not talked about, by a topic's name.

    - `definition`: what the topic is, in one or two sentences.
    - `examples`: up to five sentences that are about it.
  EOT
  type        = any
  default     = {}
  nullable    = false
}

variable "grounding" {
  description = <<-EOT
    Block answers that don't follow from the source that a request gives with them, or don't answer the question. Counts only
    where a native request marks the source and the question (`guardContent` with its qualifiers).

    - `grounding`: the least confidence, from 0 to 0.99, that the answer follows from the source.
    - `relevance`: the least confidence that it answers the question.
  EOT
  type        = any
  default     = null
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
  type        = any
  default     = {}
  nullable    = false
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
