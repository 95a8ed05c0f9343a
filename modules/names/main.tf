# Terraform drops an attribute that an object type doesn't know, without a word: a misspelt budget would be none. So
# inputs that are objects come as `any`; this module compares their names with the known ones, and a module `inputs`
# behind it gives them their types and defaults. Creates nothing.
#
# `try` and `can` are of no use here: they don't decide anything about a value that holds something unknown, such as the
# ARN of what is created in the same plan. A name is known even then.

locals {
  # Each path where names are known, and those that lead to it.
  ways = toset(flatten([for path in keys(var.known) : [
    for depth in range(length(split(".", path))) : join(".", slice(split(".", path), 0, depth + 1))
  ]]))

  # What stands at these paths, level by level, since there is no recursion.
  level_0 = [{ at = "", path = "", value = nonsensitive(var.given) }]
  level_1 = flatten([for place in local.level_0 : [for whole in [place.value] : [for key, value in whole : [
    for way in ["*", key] : { at = "${key}", path = "${way}", value = value } if contains(local.ways, "${way}")
  ]] if whole != null]])
  level_2 = flatten([for place in local.level_1 : [for whole in [place.value] : [for key, value in whole : [
    for way in ["*", key] : { at = "${place.at}.${key}", path = "${place.path}.${way}", value = value } if contains(local.ways, "${place.path}.${way}")
  ]] if whole != null]])
  level_3 = flatten([for place in local.level_2 : [for whole in [place.value] : [for key, value in whole : [
    for way in ["*", key] : { at = "${place.at}.${key}", path = "${place.path}.${way}", value = value } if contains(local.ways, "${place.path}.${way}")
  ]] if whole != null]])
  level_4 = flatten([for place in local.level_3 : [for whole in [place.value] : [for key, value in whole : [
    for way in ["*", key] : { at = "${place.at}.${key}", path = "${place.path}.${way}", value = value } if contains(local.ways, "${place.path}.${way}")
  ]] if whole != null]])
  level_5 = flatten([for place in local.level_4 : [for whole in [place.value] : [for key, value in whole : [
    for way in ["*", key] : { at = "${place.at}.${key}", path = "${place.path}.${way}", value = value } if contains(local.ways, "${place.path}.${way}")
  ]] if whole != null]])

  unknown = nonsensitive(flatten([for place in concat(local.level_1, local.level_2, local.level_3, local.level_4, local.level_5) : [
    for whole in [place.value] : [
      for name in keys(whole) : { at = place.at, name = name, known = var.known[place.path] } if !contains(var.known[place.path], name)
    ] if whole != null
  ] if contains(keys(var.known), place.path)]))

  # How alike two names are: the share of letters and pairs of letters that they have in common, from 0 to 1.
  traits = { for name in distinct(flatten([for each in local.unknown : concat([each.name], each.known)])) : name => toset(concat(
    split("", lower(name)),
    [for index in range(length(name) + 1) : substr("^${lower(name)}$", index, 2)],
  )) }
  likenesses = [for each in local.unknown : { for name in each.known : name => (
    length(setintersection(local.traits[each.name], local.traits[name])) / length(setunion(local.traits[each.name], local.traits[name]))
  ) }]
  advice = [for index, each in local.unknown : format("%s.%s (%s)", each.at, each.name, (
    max(values(local.likenesses[index])...) < 0.4 ? "there are ${join(", ", each.known)}" :
    "did you mean `${[for name in each.known : name if local.likenesses[index][name] == max(values(local.likenesses[index])...)][0]}`?"
  ))]
}

output "given" {
  description = "Nothing; what has an unknown name isn't planned."
  value       = null

  precondition {
    condition     = length(local.unknown) == 0
    error_message = "No input has these names, so they would do nothing; correct or remove: ${join("; ", local.advice)}."
  }
}
