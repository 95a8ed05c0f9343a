provider "aws" {
  region = var.region
}

variable "region" {
  description = "A Region of the `us.` inference profiles."
  type        = string
  default     = "us-east-1"
}

variable "api_key_sha256" {
  description = "SHA-256 of the research team's key, as 64 lower-case hexadecimal digits."
  type        = string
  nullable    = false
}

variable "more_api_keys_sha256" {
  description = "SHA-256 hashes of further keys, by team. A team without a key can't call yet."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.more_api_keys_sha256), ["research", "marketing", "support"])) == 0
    error_message = "`more_api_keys_sha256` may hold `research`, `marketing` and `support`. Add another team to `local.teams` first."
  }
}

variable "expiring_api_keys" {
  description = "Keys that cease to be good, by team: their SHA-256, and when in UTC."
  type        = map(list(object({ sha256 = string, expires_at = string })))
  default     = {}
}

locals {
  us = ["us-east-1", "us-east-2", "us-west-2"]

  # What a team may use, and how much of it. A model's fallbacks have to be among its models.
  teams = {
    research = {
      models  = ["smart", "fast", "nova", "llama", "embed"]
      budgets = { usd_per_day = 50, usd_per_month = 500 }
    }
    marketing = {
      models  = ["fast", "nova"]
      budgets = { tokens_per_day = 2000000, usd_per_month = 100 }
    }
    support = {
      models            = ["nova", "embed"]
      budgets           = { requests_per_minute = 10, tokens_per_minute = 10000, usd_per_day = 5 }
      max_output_tokens = 500
    }
  }

  # Two keys of one team are both good, which is how a key is replaced.
  keys = merge(var.more_api_keys_sha256, {
    research = concat([var.api_key_sha256], lookup(var.more_api_keys_sha256, "research", []))
  })
}

module "llm_api" {
  source = "../.."

  name = "llm-teams"

  # Prices change: take yours from https://aws.amazon.com/bedrock/pricing/, for the Regions that you name.
  models = {
    smart = {
      id                  = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
      destination_regions = local.us
      fallbacks           = ["fast"]
      on_timeout          = "fallback"
      max_output_tokens   = 16384
      price               = { input = 3.3, output = 16.5, cache_read = 0.33, cache_write = 4.125, cache_write_1h = 6.6 }
    }
    fast = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = local.us
      fallbacks           = ["nova"]
      max_output_tokens   = 8192
      price               = { input = 1.1, output = 5.5, cache_read = 0.11, cache_write = 1.375, cache_write_1h = 2.2 }
    }
    llama = {
      id                  = "us.meta.llama3-3-70b-instruct-v1:0"
      destination_regions = local.us
      on_timeout          = "partial"
      max_output_tokens   = 4096
      price               = { input = 0.72, output = 0.72 }
    }
    nova = {
      id                = "amazon.nova-lite-v1:0"
      max_output_tokens = 4096
      price             = { input = 0.06, output = 0.24, cache_read = 0.015, cache_write = 0.06 }
      # A team that asks the same again at temperature 0 is given its answer again, for no tokens.
      cache = { ttl_seconds = 3600 }
    }
    embed = {
      id    = "amazon.titan-embed-text-v2:0"
      price = { input = 0.02 }
      # A text has one vector, whoever asks.
      cache = { ttl_seconds = 604800, scope = "shared" }
    }
  }

  auth = { type = "api_key" }
  tenants = {
    for team, settings in local.teams : team => merge(settings, {
      api_key_sha256 = lookup(local.keys, team, [])
      api_keys       = lookup(var.expiring_api_keys, team, [])
    }) if can(local.keys[team]) || can(var.expiring_api_keys[team])
  }

  throttling = { rate_limit = 50, burst_limit = 100 }

  # A dashboard, alarms and saved queries. Subscribe whoever is on call to the topic.
  monitoring = { alarm_actions = [aws_sns_topic.oncall.arn] }

  tags = { service = "llm-teams" }

  # So that `terraform destroy` leaves nothing behind. Leave it on where people depend on the API.
  deletion_protection = false
}

# What alarms say is a name and a number, so the topic isn't encrypted with a key of yours: that key's policy
# would have to let cloudwatch.amazonaws.com in, and AWS's own key for SNS doesn't.
resource "aws_sns_topic" "oncall" {
  # checkov:skip=CKV_AWS_26:an alarm holds nothing secret, and AWS's own key for SNS can't be used by CloudWatch
  name = "llm-teams-oncall"
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}

output "oncall_topic_arn" {
  description = "Topic that the alarms go to."
  value       = aws_sns_topic.oncall.arn
}

output "role_name" {
  description = "Name of the function's role."
  value       = module.llm_api.role_name
}

output "table_name" {
  description = "Name of the tenants table."
  value       = module.llm_api.table_name
}
