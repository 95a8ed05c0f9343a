# Other partitions and Regions: ARNs follow the provider.

provider "aws" {
  alias                       = "gov"
  region                      = "us-gov-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

provider "aws" {
  alias                       = "eusc"
  region                      = "eusc-de-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

provider "aws" {
  alias                       = "china"
  region                      = "cn-north-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

run "govcloud" {
  command   = plan
  providers = { aws = aws.gov }
  module { source = "./modules/model-access" }
  variables {
    models = {
      fast = { id = "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", destination_regions = ["us-gov-east-1"] }
      nova = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:guardrail/abcdefghijkl", version = "1" } }
      tune = { sagemaker = { endpoint = "tuned" } }
    }
  }

  assert {
    condition     = alltrue(flatten([for statement in jsondecode(output.policy_documents[0]).Statement : [for arn in statement.Resource : startswith(arn, "arn:aws-us-gov:")]]))
    error_message = "Every ARN is in aws-us-gov: ${output.policy_documents[0]}"
  }
  assert {
    condition     = [for statement in jsondecode(output.policy_documents[0]).Statement : statement.Resource if statement.Sid == "FastViaProfile"][0][0] == "arn:aws-us-gov:bedrock:us-gov-east-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"
    error_message = "us-gov is a geography: ${output.policy_documents[0]}"
  }
}

run "european_sovereign_cloud" {
  command   = plan
  providers = { aws = aws.eusc }
  module { source = "./modules/model-access" }
  variables {
    models = { nova = { id = "amazon.nova-lite-v1:0" } }
  }

  assert {
    condition     = jsondecode(output.policy_documents[0]).Statement[0].Resource == ["arn:aws-eusc:bedrock:eusc-de-east-1::foundation-model/amazon.nova-lite-v1:0"]
    error_message = "The partition is aws-eusc: ${output.policy_documents[0]}"
  }
}
