# The function alone, with a package of the test's own.

provider "aws" {
  region = "us-east-1"
}

variable "filename" {
  description = "The package."
  type        = string
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
  environment_variables = {}
  package               = { filename = var.filename }
  streaming             = false
}

output "alias_arn" {
  description = "What callers invoke."
  value       = module.function.alias_arn
}
