# Models that Bedrock serves through inference profiles alone, by the family's page. It warns and never refuses: what is
# known may be behind, and Bedrock's own refusal tells the caller that the deployment is at fault.

locals {
  profile_only_patterns = flatten(values(local.known_families)[*].profile_only)
  continent             = split("-", coalesce(local.region, "-"))[0]
  profile_geography     = local.partition == "aws-us-gov" ? "us-gov" : lookup({ us = "us", ca = "us", eu = "eu", ap = "apac" }, local.continent, "global")
  without_profile = [for alias, kind in local.kinds : "${alias} = \"${local.profile_geography}.${local.names[alias]}\"" if kind == "foundation" && anytrue([
    for pattern in local.profile_only_patterns : can(regex(pattern, local.names[alias]))
  ])]
}

check "models_of_profiles" {
  assert {
    condition     = length(local.without_profile) == 0
    error_message = "Bedrock refuses these models by their own IDs; declare a profile of theirs, with its destination_regions: ${join(", ", local.without_profile)}."
  }
}
