# Sixty models: how many documents, how long each, how large the registry.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}
variables {
  three_regions = ["us-east-1", "us-east-2", "us-west-2"]
}

run "sixty_profiles_over_three_regions" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { for index in range(60) : "claude-${index}" => {
      id                  = "us.anthropic.claude-haiku-4-5-2025${1000 + index}-v1:0"
      destination_regions = var.three_regions
      fallbacks           = ["claude-${(index + 1) % 60}"]
      max_output_tokens   = 4096
    } }
  }

  assert {
    condition     = alltrue([for document in output.policy_documents : length(document) <= 6144]) && length(output.policy_documents) <= 10
    error_message = "Sixty models fit: ${jsonencode([for document in output.policy_documents : length(document)])}"
  }
  assert {
    condition     = length(toset(flatten([for document in output.policy_documents : [for statement in jsondecode(document).Statement : statement.Resource]]))) == 60 * 4
    error_message = "Nothing is lost on the way into the documents: each profile, and its model in three Regions."
  }
  assert {
    condition     = !startswith(output.registry_environment, "{") && length(output.registry_environment) <= 3072
    error_message = "A registry of sixty models travels compressed: ${length(output.registry_environment)} bytes."
  }
}

run "sixty_profiles_over_six_regions" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { for index in range(60) : "claude-${index}" => {
      id                  = "us.anthropic.claude-haiku-4-5-2025${1000 + index}-v1:0"
      destination_regions = ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1"]
    } }
  }

  assert {
    condition     = alltrue([for document in output.policy_documents : length(document) <= 6144]) && length(output.policy_documents) <= 10
    error_message = "Sixty models fit: ${jsonencode([for document in output.policy_documents : length(document)])}"
  }
  assert {
    condition     = length(toset(flatten([for document in output.policy_documents : [for statement in jsondecode(document).Statement : statement.Resource]]))) == 60 * 7
    error_message = "Nothing is lost on the way into the documents."
  }
}

run "sixty_guarded_profiles_over_three_regions" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { for index in range(60) : "claude-${index}" => {
      id                  = "us.anthropic.claude-haiku-4-5-2025${1000 + index}-v1:0"
      destination_regions = var.three_regions
    } }
    guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" }
  }

  assert {
    condition     = alltrue([for document in output.policy_documents : length(document) <= 6144]) && length(output.policy_documents) <= 10
    error_message = "Sixty guarded models fit: ${jsonencode([for document in output.policy_documents : length(document)])}"
  }
  assert {
    condition     = length(toset(flatten([for document in output.policy_documents : [for statement in jsondecode(document).Statement : statement.Resource if statement.Effect == "Deny"]]))) == 60
    error_message = "Every guarded profile is in a Deny."
  }
}

run "sixty_guarded_profiles_over_six_regions" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { for index in range(60) : "claude-${index}" => {
      id                  = "us.anthropic.claude-haiku-4-5-2025${1000 + index}-v1:0"
      destination_regions = ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1"]
    } }
    guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" }
  }

  assert {
    condition     = alltrue([for document in output.policy_documents : length(document) <= 6144]) && length(output.policy_documents) <= 10
    error_message = "Where a statement for each profile is too much, profiles share them: ${jsonencode([for document in output.policy_documents : length(document)])}"
  }
  assert {
    condition     = length(toset(flatten([for document in output.policy_documents : [for statement in jsondecode(document).Statement : statement.Resource]]))) == 60 * 7 + 1
    error_message = "Nothing is lost on the way into the documents."
  }
  assert {
    condition = toset(flatten([for document in output.policy_documents : [for statement in jsondecode(document).Statement :
      statement.Condition.StringEquals["bedrock:InferenceProfileArn"] if strcontains(statement.Sid, "ViaProfile")
      ]])) == toset([for index in range(60) :
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-2025${1000 + index}-v1:0"
    ])
    error_message = "Every model is still reached through its profile only."
  }
}

run "sixty_foundation_models" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { for index in range(60) : "nova-${index}" => { id = "amazon.nova-lite-v${index}:0" } }
  }

  assert {
    condition     = length(output.policy_documents) == 1 && alltrue([for document in output.policy_documents : length(document) <= 6144])
    error_message = "Sixty foundation models share one document: ${jsonencode([for document in output.policy_documents : length(document)])}"
  }
}

run "the_longest_names_still_fit" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { for index in range(3) : "${format("%063d", index)}a" => {
      id                  = "us-gov.${format("%050d", index)}.${format("%063d", index)}:${format("%063d", index)}:${format("%060d", index)}"
      family              = "other"
      destination_regions = [for number in range(10, 60) : "us-northeast-${number}"]
    } }
    maximum_policy_documents = 20
  }

  assert {
    condition     = alltrue([for document in output.policy_documents : length(document) <= 6144])
    error_message = "No document is longer than a managed policy: ${jsonencode([for document in output.policy_documents : length(document)])}"
  }
  assert {
    condition     = length(toset(flatten([for document in output.policy_documents : [for statement in jsondecode(document).Statement : statement.Resource]]))) == 3 * 52
    error_message = "A statement too long for one document is divided, not dropped."
  }
}
