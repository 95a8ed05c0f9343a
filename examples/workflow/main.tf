provider "aws" {
  region = var.region
}

variable "api_key_sha256" {
  description = "SHA-256 of the marketing team's key, as 64 lower-case hexadecimal digits. The README says how to make both; the key itself stays with you."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.api_key_sha256))
    error_message = "`api_key_sha256` has to be 64 lower-case hexadecimal digits: printf %s \"$KEY\" | sha256sum | cut -d' ' -f1"
  }
}

variable "region" {
  description = "A Region of the `us.` inference profiles. For another geography change the models too."
  type        = string
  default     = "us-east-1"
}

locals {
  name = "llm-campaign"

  models = {
    writer = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
      max_output_tokens   = 2048
      price               = { input = 1, output = 5 } # US dollars a million tokens; prices are yours to keep
    }
    nova = { id = "amazon.nova-lite-v1:0", max_output_tokens = 1024, price = { input = 0.06, output = 0.24 } }
  }

  prompts = {
    headline = { prompt = {
      model             = "nova"
      max_output_tokens = 60
      system            = "You write for a car maker. You promise nothing that the specification doesn't say."
      text              = "Write a slogan, one line, for this car.\n\n{{ $input.specification }}"
      # The car keeps its slogan: the same specification gets the same one for a week.
      cache = { ttl_seconds = 604800 }
    } }

    body = { prompt = {
      model             = "writer"
      max_output_tokens = 600
      system            = "You write for a car maker. You promise nothing that the specification doesn't say."
      text              = "Write an advert of three paragraphs for this car.\n\n{{ $input.specification }}"
    } }

    post_for_families = { prompt = {
      model             = "nova"
      max_output_tokens = 200
      text              = "Write advertising for social media, for {{ $input.personas.families }}.\n\n{{ $input.specification }}"
    } }

    post_for_drivers = { prompt = {
      model             = "nova"
      max_output_tokens = 200
      text              = "Write advertising for social media, for {{ $input.personas.drivers }}.\n\n{{ $input.specification }}"
    } }

    campaign = { prompt = {
      model             = "writer"
      max_output_tokens = 1500
      text              = <<-EOT
        Make one campaign of this advertising. Keep its facts.

        {{ $steps.headline.text }}

        {{ $steps.body.text }}

        For families: {{ $steps.post_for_families.text }}

        For drivers: {{ $steps.post_for_drivers.text }}

        {{ $input.specification }}
      EOT
    } }

    check = { validate = {
      step              = "campaign"
      model             = "writer"
      max_output_tokens = 1500
      fixes             = 2
      context           = "The specification that an advert must keep to:\n\n{{ $input.specification }}"
      rules = [
        { that = "$contains($text, $input.must_say)", message = "It must name what the input calls must_say." },
        { that = "$not($contains($lowercase($text), 'guarantee'))", message = "Legal forbids the word guarantee." },
      ]
    } }
  }
}

# Four prompts at the same time, one that makes a campaign of them, and a check that has it corrected.
module "campaign" {
  source = "../../modules/workflow"

  name        = "car-campaign"
  description = "A car's specification in; headline, body and social posts out"
  models      = local.models
  metering    = { function_name = local.name }

  sequence = ["copy", "campaign", "check"]
  steps = merge(local.prompts, {
    copy = { parallel = { branches = {
      headline = ["headline"]
      body     = ["body"]
      families = ["post_for_families"]
      drivers  = ["post_for_drivers"]
    } } }
  })
}

# The same prompts one after the other, to compare.
module "step_by_step" {
  source = "../../modules/workflow"

  name     = "car-campaign-step-by-step"
  models   = local.models
  metering = { function_name = local.name }

  sequence = ["headline", "body", "post_for_families", "post_for_drivers", "campaign", "check"]
  steps    = local.prompts
}

# The API in front of them, and the team that may start them, within its budget.
module "llm_api" {
  source = "../.."

  name   = local.name
  models = local.models

  workflows = {
    campaign     = { state_machine_arn = module.campaign.state_machine_arn }
    step-by-step = { state_machine_arn = module.step_by_step.state_machine_arn }
  }

  auth = { type = "api_key" }
  tenants = {
    marketing = {
      models         = ["nova"]
      workflows      = ["campaign", "step-by-step"]
      api_key_sha256 = [var.api_key_sha256]
      budgets        = { requests_per_day = 500, usd_per_day = 5 }
    }
  }

  # So that `terraform destroy` leaves nothing behind. Leave it on where people depend on the API.
  deletion_protection = false
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}

output "definition" {
  description = "The compiled definition."
  value       = module.campaign.definition
}

output "policy_documents" {
  description = "What the workflow's role may do."
  value       = module.campaign.policy_documents
}
