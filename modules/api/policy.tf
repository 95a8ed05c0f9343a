# The API's resource policy: which accounts, organization and VPC endpoints a request may come from.
#
# It stands in two places that say the same, because either alone goes wrong when it changes. Providers before 6.48 put the
# previous policy back after an import that changed it; providers from 6.48 on lose a policy that is only a resource of
# its own when an import doesn't carry it. It is never absent either, since a policy that is taken away would come back
# in the same manner. https://github.com/hashicorp/terraform-provider-aws/issues/38515 and /49672

locals {
  everything        = "execute-api:/${var.stage_name}/*"
  other_account_ids = sort(setsubtract(var.allowed_account_ids, [local.account_id]))

  policy_statements = concat(
    # What needs no signature stays open: the health check by name, the 404s for whoever has shown no credentials. Every
    # other route is AWS_IAM, so that nobody gets through here without a signature. A caller of this account needs
    # nothing from this policy, only its own.
    [
      for routes in [local.public_resources] : {
        Sid       = "PublicRoutes"
        Effect    = "Allow"
        Principal = "*"
        Action    = "execute-api:Invoke"
        Resource  = [for route in routes : "execute-api:/${var.stage_name}/${route}"]
      } if module.inputs.auth.type == "iam"
    ],
    [
      for type in [module.inputs.auth.type] : {
        Sid       = "NotFound"
        Effect    = "Allow"
        Principal = "*"
        Action    = "execute-api:Invoke"
        Resource  = local.everything
        Condition = { Null = { "aws:PrincipalAccount" = "true" } }
      } if type == "iam"
    ],
    [
      for accounts in [local.other_account_ids] : {
        Sid       = "OtherAccounts"
        Effect    = "Allow"
        Principal = { AWS = [for account in accounts : "arn:${local.partition}:iam::${account}:root"] }
        Action    = "execute-api:Invoke"
        Resource  = local.everything
      } if length(accounts) > 0
    ],
    # This account is left out: within one account a resource policy grants by itself, and the organization's membership
    # is no reason to let every role here in.
    [
      for organization in [var.allowed_organization_id] : {
        Sid       = "Organization"
        Effect    = "Allow"
        Principal = "*"
        Action    = "execute-api:Invoke"
        Resource  = local.everything
        Condition = {
          StringEquals    = { "aws:PrincipalOrgID" = organization }
          StringNotEquals = { "aws:PrincipalAccount" = local.account_id }
        }
      } if organization != null
    ],
    # The other kinds of auth ask who is calling elsewhere, in the function or in an authorizer.
    [
      for type in [module.inputs.auth.type] : {
        Sid       = "EveryoneWhoAuthenticates"
        Effect    = "Allow"
        Principal = "*"
        Action    = "execute-api:Invoke"
        Resource  = local.everything
      } if type != "iam"
    ],
    [
      for private in [var.private] : {
        Sid       = "OnlyThroughTheseEndpoints"
        Effect    = "Deny"
        Principal = "*"
        Action    = "execute-api:Invoke"
        Resource  = local.everything
        Condition = { StringNotEquals = { "aws:SourceVpce" = private.vpc_endpoint_ids } }
      } if private != null
    ],
  )

  policy = jsonencode({ Version = "2012-10-17", Statement = local.policy_statements })

  # The contract's routes as IAM names them, variables as wildcards: what a caller's own role needs, and what nobody does.
  resources = { for name, operation in local.operations : name =>
    "${upper(operation.method)}${replace(operation.path, "/\\{[^}]+\\}/", "*")}"
  }
  caller_resources = [for name, resource in local.resources : resource if !local.operations[name].public]
  public_resources = [for name, resource in local.resources : resource if local.operations[name].public]
}

resource "aws_api_gateway_rest_api_policy" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  policy      = replace(local.policy, "execute-api:/", "${aws_api_gateway_rest_api.this.execution_arn}/")

  lifecycle {
    precondition {
      condition     = length(local.policy) <= 8192
      error_message = "The API's resource policy has ${length(local.policy)} characters and API Gateway takes 8192. Name fewer accounts in `allowed_account_ids`, or use `allowed_organization_id`."
    }
  }
}
