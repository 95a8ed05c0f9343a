# What an input may look like. Kept apart from what is computed, because a validation may use these but nothing that
# depends on the variable it validates.

locals {
  alias_pattern     = "^[A-Za-z0-9._-]{1,64}$"
  sagemaker_pattern = "^[A-Za-z0-9](-*[A-Za-z0-9]){0,62}$"

  # us-east-1, us-gov-west-1, eusc-de-east-1
  region_pattern = "^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$"

  # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html, parameter modelId
  model_pattern = "[a-z0-9-]{1,63}([.][a-z0-9-]{1,63}){1,4}(:[a-z0-9-]{1,63}){0,2}"
  target_pattern = join("|", [
    "^${local.model_pattern}$",
    "^arn:aws[a-z-]*:bedrock:[a-z0-9-]{1,25}::foundation-model/${local.model_pattern}$",
    "^arn:aws[a-z-]*:bedrock:[a-z0-9-]{1,25}:[0-9]{12}:inference-profile/[a-z-]{2,16}[.]${local.model_pattern}$",
    "^arn:aws[a-z-]*:bedrock:[a-z0-9-]{1,25}:[0-9]{12}:(application-inference-profile|provisioned-model|custom-model-deployment|imported-model)/[a-z0-9]{1,64}$",
    "^arn:aws[a-z-]*:sagemaker:[a-z0-9-]{1,25}:[0-9]{12}:endpoint/[A-Za-z0-9](-*[A-Za-z0-9]){0,62}$",
  ])

  guardrail_pattern         = "^arn:aws[a-z-]{0,12}:bedrock:[a-z0-9-]{1,25}:[0-9]{12}:guardrail/[a-z0-9]{1,20}$"
  guardrail_profile_pattern = "^arn:aws[a-z-]{0,12}:bedrock:[a-z0-9-]{1,25}:[0-9]{12}:guardrail-profile/[a-z0-9-]+[.]guardrail[.]v[0-9:]+$"
  guardrail_version_pattern = "^[1-9][0-9]{0,4}$"
}
