provider "aws" {
  region = var.region
}

variable "region" {
  description = "A Region of the `us.` inference profiles. For another geography change the models too."
  type        = string
  default     = "us-east-1"
}

module "campaign" {
  source = "../../modules/workflow"

  name        = "car-campaign"
  description = "A car's specification in; headline, body and social posts out"

  models = {
    writer = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
      max_output_tokens   = 2048
    }
    nova = { id = "amazon.nova-lite-v1:0", max_output_tokens = 1024 }
  }

  sequence = ["copy", "campaign", "check"]

  steps = {
    copy = {
      parallel = {
        branches = {
          headline = ["headline"]
          body     = ["body"]
          families = ["post_for_families"]
          drivers  = ["post_for_drivers"]
        }
        merge = <<-EOT
          {{ $steps.headline.text }}

          {{ $steps.body.text }}

          For families: {{ $steps.post_for_families.text }}

          For drivers: {{ $steps.post_for_drivers.text }}
        EOT
      }
    }

    headline = { prompt = {
      model             = "nova"
      max_output_tokens = 60
      system            = "You write for a car maker. You promise nothing that the specification doesn't say."
      text              = "Write a slogan, one line, for this car.\n\n{{ $input.specification }}"
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
      text              = "Make one campaign of this advertising. Keep its facts.\n\n{{ $steps.copy.text }}\n\n{{ $input.specification }}"
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

output "state_machine_arn" {
  description = "What to start."
  value       = module.campaign.state_machine_arn
}

output "definition" {
  description = "The compiled definition."
  value       = module.campaign.definition
}

output "policy_documents" {
  description = "What the workflow's role may do."
  value       = module.campaign.policy_documents
}
