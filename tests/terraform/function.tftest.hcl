# The function, and every statement of its role.

# The real provider, offline: nothing that is planned here is looked up.
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
  name                  = "acme"
  environment_variables = { LLM_API_MODELS = "{}" }
  policy_documents = [
    "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
    "{\"Version\":\"2012-10-17\",\"Statement\":[{}]}",
  ]
}

run "defaults" {
  command = plan
  module { source = "./modules/function" }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy) == {
      Version = "2012-10-17"
      Statement = [
        { Sid = "WriteOwnLog", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = ["arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/acme:log-stream:*"] },
      ]
    }
    error_message = "Besides the models, the role may write its own log: ${aws_iam_role_policy.this.policy}"
  }
  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [
      { Sid = "LambdaRunsAsThisRole", Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } },
    ]
    error_message = "Lambda alone assumes the role."
  }
  assert {
    condition     = [for key in ["1", "2"] : jsondecode(aws_iam_policy.models[key].policy)] == [for document in var.policy_documents : jsondecode(document)]
    error_message = "One managed policy for each document."
  }
  assert {
    condition     = toset(keys(aws_iam_role_policy_attachment.models)) == toset(["1", "2"])
    error_message = "All of them are attached."
  }
  assert {
    condition     = aws_lambda_function.this.runtime == "python3.13" && tolist(aws_lambda_function.this.architectures) == tolist(["arm64"]) && aws_lambda_function.this.publish
    error_message = "Python 3.13 on arm64, and every change is a version."
  }
  assert {
    condition     = aws_lambda_function.this.environment[0].variables["AWS_LAMBDA_EXEC_WRAPPER"] == "/var/task/bootstrap"
    error_message = "Streaming starts through the wrapper."
  }
  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == -1 && length(aws_lambda_function.this.vpc_config) == 0 && length(aws_lambda_function.this.snap_start) == 0
    error_message = "What wasn't asked for is off."
  }
  assert {
    condition     = !startswith(aws_lambda_function.this.filename, "/") && aws_lambda_function.this.source_code_hash == filebase64sha256(aws_lambda_function.this.filename)
    error_message = "The committed zip, by a path that is the same on every machine: ${aws_lambda_function.this.filename}"
  }
  assert {
    condition     = aws_lambda_alias.live.name == "live" && aws_cloudwatch_log_group.this.name == "/aws/lambda/acme" && aws_cloudwatch_log_group.this.retention_in_days == 90
    error_message = "The alias is live, and the log is kept for 90 days."
  }
  assert {
    condition     = aws_iam_role.this.name == "acme-us-east-1"
    error_message = "IAM names are the same in all Regions of an account, so the Region is part of them."
  }
}

run "buffered" {
  command = plan
  module { source = "./modules/function" }
  variables { streaming = false }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ LLM_API_MODELS = "{}" })
    error_message = "Without streaming AWS's own runtime client starts."
  }
}

run "images_bucket" {
  command = plan
  module { source = "./modules/function" }
  variables {
    images_bucket = {
      name    = "acme-images"
      kms_key = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
    }
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this.policy).Statement, 1, 3) == [
      {
        Sid       = "WriteAndSignImages", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = ["arn:aws:s3:::acme-images/images/*"]
        Condition = { StringEquals = { "aws:ResourceAccount" = "123456789012" } }
      },
      {
        Sid       = "UseImagesKey", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = ["arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"]
        Condition = { StringEquals = { "kms:ViaService" = "s3.us-east-1.amazonaws.com" } }
      },
    ]
    error_message = "Of the bucket the role writes and reads what is below images/, and may not list it: ${aws_iam_role_policy.this.policy}"
  }
}

run "tenants_table" {
  command = plan
  module { source = "./modules/function" }
  variables {
    tenants_table = {
      arn     = "arn:aws:dynamodb:us-east-1:123456789012:table/acme"
      kms_key = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
    }
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this.policy).Statement, 1, 3) == [
      {
        Sid       = "ReadKeysAndTenants", Effect = "Allow", Action = ["dynamodb:BatchGetItem", "dynamodb:GetItem"], Resource = ["arn:aws:dynamodb:us-east-1:123456789012:table/acme"]
        Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["key#*", "override#*", "principal#*", "tenant#*"] }, Null = { "dynamodb:LeadingKeys" = "false" } }
      },
      {
        Sid       = "DecryptTenantsTable", Effect = "Allow", Action = ["kms:Decrypt"], Resource = ["arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"]
        Condition = { StringEquals = { "kms:ViaService" = "dynamodb.us-east-1.amazonaws.com" } }
      },
    ]
    error_message = "The table's items, and its key through DynamoDB alone: ${aws_iam_role_policy.this.policy}"
  }
}

run "budgets" {
  command = plan
  module { source = "./modules/function" }
  variables {
    tenants_table = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/acme", budgets = true }
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this.policy).Statement, 1, length(jsondecode(aws_iam_role_policy.this.policy).Statement)) == [
      {
        Sid       = "ReadKeysAndTenants", Effect = "Allow", Action = ["dynamodb:BatchGetItem", "dynamodb:GetItem"], Resource = ["arn:aws:dynamodb:us-east-1:123456789012:table/acme"]
        Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["key#*", "override#*", "principal#*", "tenant#*", "usage#*"] }, Null = { "dynamodb:LeadingKeys" = "false" } }
      },
      {
        Sid       = "WriteUse", Effect = "Allow", Action = ["dynamodb:UpdateItem"], Resource = ["arn:aws:dynamodb:us-east-1:123456789012:table/acme"]
        Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["usage#*"] }, Null = { "dynamodb:LeadingKeys" = "false" } }
      },
    ]
    error_message = "What is used is read and written; keys and tenants are only read: ${aws_iam_role_policy.this.policy}"
  }
}

run "cache_table" {
  command = plan
  module { source = "./modules/function" }
  variables {
    cache_table = {
      name    = "acme-cache"
      kms_key = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
    }
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this.policy).Statement, 1, 3) == [
      { Sid = "KeepAnswers", Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:PutItem"], Resource = ["arn:aws:dynamodb:us-east-1:123456789012:table/acme-cache"] },
      {
        Sid       = "DecryptCacheTable", Effect = "Allow", Action = ["kms:Decrypt"], Resource = ["arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"]
        Condition = { StringEquals = { "kms:ViaService" = "dynamodb.us-east-1.amazonaws.com" } }
      },
    ]
    error_message = "Single items of that table, and its key through DynamoDB alone: ${aws_iam_role_policy.this.policy}"
  }
}

run "kms_key" {
  command = plan
  module { source = "./modules/function" }
  variables {
    kms_key = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement[1] == {
      Sid       = "DecryptOwnEnvironment", Effect = "Allow", Action = ["kms:Decrypt"], Resource = ["arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"]
      Condition = { StringEquals = { "kms:EncryptionContext:aws:lambda:FunctionArn" = "arn:aws:lambda:us-east-1:123456789012:function:acme" } }
    }
    error_message = "The key for the function's own environment: ${aws_iam_role_policy.this.policy}"
  }
  assert {
    condition     = aws_lambda_function.this.kms_key_arn == var.kms_key.arn && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key.arn
    error_message = "Environment and log are encrypted with it."
  }
}

run "tracing" {
  command = plan
  module { source = "./modules/function" }
  variables { tracing = true }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[1] == { Sid = "SendTraces", Effect = "Allow", Action = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], Resource = ["*"] }
    error_message = "X-Ray knows no resources: ${aws_iam_role_policy.this.policy}"
  }
  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "Tracing is on."
  }
}

run "vpc" {
  command = plan
  module { source = "./modules/function" }
  variables {
    vpc_config = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if statement.Effect == "Allow" && strcontains(statement.Sid, "Interfaces")] == [
      {
        Sid = "AllowCreatingInterfaces", Effect = "Allow", Action = ["ec2:CreateNetworkInterface"]
        Resource = [
          "arn:aws:ec2:us-east-1:123456789012:network-interface/*",
          "arn:aws:ec2:us-east-1:*:subnet/subnet-1",
          "arn:aws:ec2:us-east-1:*:subnet/subnet-2",
          "arn:aws:ec2:us-east-1:*:security-group/sg-1",
        ]
      },
      {
        Sid      = "AllowManagingInterfaces", Effect = "Allow", Action = ["ec2:AssignPrivateIpAddresses", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"]
        Resource = ["arn:aws:ec2:us-east-1:123456789012:network-interface/*"]
      },
    ]
    error_message = "Interfaces in these subnets, with these security groups: ${aws_iam_role_policy.this.policy}"
  }
  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : [statement.Action, statement.Resource, statement.Condition] if statement.Effect == "Deny"] == [
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : [statement.Action, statement.Resource, {
        ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:us-east-1:123456789012:function:acme" }
      }] if statement.Effect == "Allow" && startswith(statement.Action[0], "ec2:")
    ]
    error_message = "Whatever Lambda may do to the network is denied to the code: ${aws_iam_role_policy.this.policy}"
  }
}

run "boundary_and_concurrency" {
  command = plan
  module { source = "./modules/function" }
  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
    reserved_concurrency     = 0
    architecture             = "x86_64"
    runtime                  = "python3.12"
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == var.permissions_boundary_arn && aws_lambda_function.this.reserved_concurrent_executions == 0
    error_message = "The role is bounded, and a concurrency of 0 is a stop, not the absence of a limit."
  }
}

run "pinned_version" {
  command = plan
  module { source = "./modules/function" }
  variables {
    pinned_version = 12
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "12" && aws_lambda_function.this.publish
    error_message = "Callers are answered by the pinned version, and the configuration is published all the same."
  }
}

run "package_in_s3" {
  command = plan
  module { source = "./modules/function" }
  variables {
    package = { s3 = { bucket = "packages", key = "llm_api.zip", object_version = "abc" }, source_code_hash = "oDBkOquFkgppR+xcpyQlX9xOk+JM5qUTR4N3NxIDcRQ=" }
  }

  assert {
    condition = (
      aws_lambda_function.this.filename == null && aws_lambda_function.this.s3_bucket == "packages" && aws_lambda_function.this.s3_key == "llm_api.zip"
      && aws_lambda_function.this.s3_object_version == "abc" && aws_lambda_function.this.source_code_hash == var.package.source_code_hash
    )
    error_message = "The object replaces the zip."
  }
}

run "snap_start" {
  command = plan
  module { source = "./modules/function" }
  variables {
    snap_start = true
    streaming  = false
  }

  assert {
    condition     = aws_lambda_function.this.snap_start[0].apply_on == "PublishedVersions"
    error_message = "Snapshots are of published versions."
  }
}

run "workflows" {
  command = plan
  module { source = "./modules/function" }
  variables {
    workflows = [
      { state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:advert" },
      {
        state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:release"
        approvals         = true
        kms_key           = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
      },
    ]
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this.policy).Statement, 1, 6) == [
      { Sid = "StartWorkflows", Effect = "Allow", Action = ["states:StartExecution"], Resource = ["arn:aws:states:us-east-1:123456789012:stateMachine:advert", "arn:aws:states:us-east-1:123456789012:stateMachine:release"] },
      { Sid = "SeeExecutions", Effect = "Allow", Action = ["states:DescribeExecution"], Resource = ["arn:aws:states:us-east-1:123456789012:execution:advert:*", "arn:aws:states:us-east-1:123456789012:execution:release:*"] },
      { Sid = "ReadHistories", Effect = "Allow", Action = ["states:GetExecutionHistory"], Resource = ["arn:aws:states:us-east-1:123456789012:execution:release:*"] },
      { Sid = "AnswerApprovals", Effect = "Allow", Action = ["states:SendTaskSuccess"], Resource = ["*"] },
      {
        Sid       = "UseKeyOfWorkflow1", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = ["arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"]
        Condition = { StringEquals = { "kms:EncryptionContext:aws:states:stateMachineArn" = "arn:aws:states:us-east-1:123456789012:stateMachine:release" } }
      },
    ]
    error_message = "The declared state machines and their executions, and answers only where approvals are answered: ${aws_iam_role_policy.this.policy}"
  }
}

run "workflows_without_approvals" {
  command = plan
  module { source = "./modules/function" }
  variables {
    workflows = [{ state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:advert" }]
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteOwnLog", "StartWorkflows", "SeeExecutions"]
    error_message = "Nobody asked for approvals: ${aws_iam_role_policy.this.policy}"
  }
}
