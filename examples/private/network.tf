# Two subnets without a way out: no internet gateway, no NAT. What is reached is reached through an endpoint, and an endpoint lets
# through what its policy names.

variable "callers_cidr" {
  description = "Addresses that callers have: the VPC's own by default."
  type        = string
  default     = "10.20.0.0/16"
}

resource "aws_vpc" "this" {
  # checkov:skip=CKV2_AWS_11:the flow log is the account's to keep, as this VPC stands for one that exists
  cidr_block           = "10.20.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = local.name }
}

# Closed, so that what is forgotten has no network.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "this" {
  for_each = { a = "10.20.1.0/24", b = "10.20.2.0/24" }

  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value
  availability_zone = "${var.region}${each.key}"
  tags              = { Name = "${local.name}-${each.key}" }
}

resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = local.name }
}

resource "aws_route_table_association" "this" {
  for_each = aws_subnet.this

  subnet_id      = each.value.id
  route_table_id = aws_route_table.this.id
}

# Security groups: 443 from the function to Bedrock's endpoint and to DynamoDB, 443 from callers to the API's, nothing else.

resource "aws_security_group" "function" {
  # checkov:skip=CKV2_AWS_5:it is the function's, inside the module
  name        = "${local.name}-function"
  description = "Function of the LLM API"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "endpoint" {
  # checkov:skip=CKV2_AWS_5:it is attached to the interface endpoints below, by key
  for_each = { bedrock-runtime = "Bedrock, for the function", execute-api = "The private API, for its callers" }

  name        = "${local.name}-${each.key}"
  description = each.value
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group_rule" "to_bedrock" {
  security_group_id        = aws_security_group.function.id
  description              = "The endpoint of Bedrock"
  type                     = "egress"
  protocol                 = "tcp"
  from_port                = 443
  to_port                  = 443
  source_security_group_id = aws_security_group.endpoint["bedrock-runtime"].id
}

resource "aws_security_group_rule" "to_dynamodb" {
  security_group_id = aws_security_group.function.id
  description       = "DynamoDB, through its gateway"
  type              = "egress"
  protocol          = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_ids   = [aws_vpc_endpoint.dynamodb.prefix_list_id]
}

resource "aws_security_group_rule" "from_function" {
  security_group_id        = aws_security_group.endpoint["bedrock-runtime"].id
  description              = "The function"
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = 443
  to_port                  = 443
  source_security_group_id = aws_security_group.function.id
}

resource "aws_security_group_rule" "from_callers" {
  security_group_id = aws_security_group.endpoint["execute-api"].id
  description       = "Callers of the API"
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_blocks       = [var.callers_cidr]
}

# No endpoint for CloudWatch Logs: Lambda writes the function's log itself, outside of this VPC.

resource "aws_vpc_endpoint" "interface" {
  for_each = aws_security_group.endpoint

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = values(aws_subnet.this)[*].id
  security_group_ids  = [each.value.id]
  tags                = { Name = "${local.name}-${each.key}" }
}

resource "aws_vpc_endpoint" "dynamodb" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.dynamodb"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.this.id]
  tags              = { Name = "${local.name}-dynamodb" }
}

# The endpoints' policies. An endpoint's own are separate resources, because the API is made with an endpoint and two of the policies
# name what is made after it. A gateway endpoint knows no principal but everybody, so the role is a condition, here and there.
# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html

locals {
  only_the_function = { ArnEquals = { "aws:PrincipalArn" = module.llm_api.role_arn } }

  # Exactly what the role may call, once more.
  bedrock_statements = [
    for statement in flatten([for document in module.llm_api.policy_documents : jsondecode(document).Statement]) :
    merge(statement, { Principal = "*", Condition = merge(try(statement.Condition, {}), local.only_the_function) })
  ]

  endpoint_statements = {
    bedrock-runtime = local.bedrock_statements
    execute-api = [{
      Sid       = "CallThisApi"
      Effect    = "Allow"
      Principal = "*" # whoever has a key: the function asks who is calling
      Action    = ["execute-api:Invoke"]
      Resource  = ["${module.llm_api.execution_arn}/*"]
    }]
  }
}

resource "aws_vpc_endpoint_policy" "interface" {
  for_each = aws_vpc_endpoint.interface

  vpc_endpoint_id = each.value.id
  policy          = jsonencode({ Version = "2012-10-17", Statement = local.endpoint_statements[each.key] })

  lifecycle {
    precondition {
      condition     = length(jsonencode({ Version = "2012-10-17", Statement = local.endpoint_statements[each.key] })) <= 20480
      error_message = "An endpoint's policy takes 20,480 characters, and that of ${each.key} has more: declare fewer models, or give each group of them a deployment and an endpoint of its own."
    }
  }
}

resource "aws_vpc_endpoint_policy" "dynamodb" {
  vpc_endpoint_id = aws_vpc_endpoint.dynamodb.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TenantsTable"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"]
      Resource  = ["arn:${local.partition}:dynamodb:${var.region}:${local.account}:table/${module.llm_api.table_name}"]
      Condition = local.only_the_function
    }]
  })
}

output "endpoint_policies" {
  description = "What each endpoint lets through, as policy documents."
  value = {
    bedrock-runtime = aws_vpc_endpoint_policy.interface["bedrock-runtime"].policy
    execute-api     = aws_vpc_endpoint_policy.interface["execute-api"].policy
    dynamodb        = aws_vpc_endpoint_policy.dynamodb.policy
  }
}
