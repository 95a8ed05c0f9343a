# The function alone, with a package of the test's own.

provider "aws" {
  region = "us-east-1"
}

variable "filename" {
  description = "The package."
  type        = string
}

variable "pinned_version" {
  description = "The version that answers; the newest where null."
  type        = number
  default     = null
}

variable "streaming" {
  description = "Whether the package brings its own loop."
  type        = bool
  default     = false
}

locals {
  statement = {
    Effect   = "Allow"
    Action   = "bedrock:InvokeModel"
    Resource = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
  }
}

module "function" {
  source = "../../../../modules/function"

  name                  = "versions"
  policy_documents      = [jsonencode({ Version = "2012-10-17", Statement = [local.statement] })]
  environment_variables = { LLM_API_MODELS = jsonencode({ nova = { id = "amazon.nova-lite-v1:0", family = "nova" } }) }
  package               = { filename = var.filename }
  pinned_version        = var.pinned_version
  streaming             = var.streaming
}

output "alias_arn" {
  description = "What callers invoke."
  value       = module.function.alias_arn
}
