# The document that API Gateway imports, compiled from openapi.yaml.

provider "aws" {
  region                      = "us-east-1"
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

variables {
  name = "acme"
  function = {
    function_name        = "acme"
    alias_name           = "live"
    invoke_arn           = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:acme:live/invocations"
    streaming_invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/arn:aws:lambda:us-east-1:123456789012:function:acme:live/response-streaming-invocations"
  }
}

run "every_route_with_the_function_behind_it_streams" {
  command = plan
  module { source = "./modules/api" }

  variables {
    timeout_seconds = 900
  }

  assert {
    condition = toset(flatten([
      for path, item in jsondecode(output.contract).paths : [
        for method, operation in item : "${upper(method)} ${path}"
        if operation["x-amazon-apigateway-integration"].type == "aws_proxy"
      ]
      ])) == toset([
      "POST /model/{modelId}/invoke", "POST /model/{modelId}/invoke-with-response-stream",
      "POST /model/{modelId}/converse", "POST /model/{modelId}/converse-stream",
      "POST /model/{modelId}/count-tokens",
      "POST /v1/chat/completions", "POST /v1/completions", "POST /v1/responses", "POST /v1/responses/input_tokens",
      "POST /v1/embeddings", "POST /v1/images/generations", "GET /v1/models", "GET /v1/models/{id}",
      "POST /v1/messages", "POST /v1/messages/count_tokens", "GET /v1/usage",
      "POST /v1/workflows/{name}", "GET /v1/workflows/{name}/{execution}", "POST /v1/workflows/{name}/{execution}/approve",
    ])
    error_message = "The routes with the function behind them are not those of the contract."
  }

  assert {
    condition = alltrue(flatten([
      for item in jsondecode(output.contract).paths : [
        for operation in item :
        operation["x-amazon-apigateway-integration"].responseTransferMode == "STREAM" &&
        operation["x-amazon-apigateway-integration"].uri == var.function.streaming_invoke_arn &&
        operation["x-amazon-apigateway-integration"].httpMethod == "POST" &&
        operation["x-amazon-apigateway-integration"].timeoutInMillis == 900000
        if operation["x-amazon-apigateway-integration"].type == "aws_proxy"
      ]
    ]))
    error_message = "A route with the function behind it doesn't stream to the function's alias for 900 seconds."
  }
}

run "without_streaming_every_route_is_buffered" {
  command = plan
  module { source = "./modules/api" }

  variables {
    streaming       = false
    timeout_seconds = 29
  }

  assert {
    condition = alltrue(flatten([
      for item in jsondecode(output.contract).paths : [
        for operation in item :
        !can(operation["x-amazon-apigateway-integration"].responseTransferMode) &&
        operation["x-amazon-apigateway-integration"].uri == var.function.invoke_arn &&
        operation["x-amazon-apigateway-integration"].timeoutInMillis == 29000
        if operation["x-amazon-apigateway-integration"].type == "aws_proxy"
      ]
    ]))
    error_message = "A route with the function behind it isn't buffered to the function's alias for 29 seconds."
  }
}

run "bodies_are_text_unless_their_types_are_named" {
  command = plan
  module { source = "./modules/api" }

  assert {
    condition     = !can(jsondecode(output.contract)["x-amazon-apigateway-binary-media-types"])
    error_message = "API Gateway takes bodies for bytes that are text."
  }
}

run "bodies_of_named_types_are_bytes" {
  command = plan
  module { source = "./modules/api" }

  variables {
    binary_media_types = ["application/x-npy"]
  }

  assert {
    condition     = jsondecode(output.contract)["x-amazon-apigateway-binary-media-types"] == ["application/x-npy"]
    error_message = "API Gateway takes bodies for text that are bytes."
  }
}

run "health_is_answered_by_api_gateway_without_auth" {
  command = plan
  module { source = "./modules/api" }

  assert {
    condition     = jsondecode(output.contract).paths["/health"].get["x-amazon-apigateway-integration"].type == "mock" && !can(jsondecode(output.contract).paths["/health"].get.security)
    error_message = "GET /health isn't a mock that anybody may call."
  }

  assert {
    condition     = jsondecode(jsondecode(output.contract).paths["/health"].get["x-amazon-apigateway-integration"].responses.default.responseTemplates["application/json"]) == { status = "ok" }
    error_message = "GET /health doesn't answer with the contract's example."
  }
}

run "anything_else_is_a_404_of_our_shape" {
  command = plan
  module { source = "./modules/api" }

  assert {
    condition     = alltrue([for path in ["/", "/{proxy+}", "/v1", "/v1/{proxy+}", "/v1/chat", "/model", "/model/{modelId}", "/model/{modelId}/{proxy+}", "/health/{proxy+}"] : contains(keys(jsondecode(output.contract).paths), path)])
    error_message = "A path on the way to a route, or a catch-all below one, is missing."
  }

  assert {
    condition = alltrue([
      for item in jsondecode(output.contract).paths :
      item["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].type == "mock" &&
      item["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].passthroughBehavior == "never" &&
      item["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].responses.default.statusCode == "404" &&
      !can(item["x-amazon-apigateway-any-method"].security)
    ])
    error_message = "A path has no open catch-all method that answers 404."
  }

  assert {
    condition = [for answer in [jsondecode(jsondecode(output.contract).paths["/{proxy+}"]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].responses.default.responseTemplates["application/json"])] : (
      answer == {
        type       = "error"
        error      = { type = "not_found_error", message = answer.message, param = null, code = "ResourceNotFoundException" }
        message    = answer.message
        request_id = "$context.requestId"
      } && startswith(answer.message, "There is no such path or method in this API. It has /v1/chat/completions, ")
    )] == [true]
    error_message = "The 404 doesn't have the shape that all three dialects read."
  }

  assert {
    condition     = length([for path in keys(jsondecode(output.contract).paths) : path if can(regex("^/model/\\{proxy\\+\\}$|^/v1/models/\\{proxy\\+\\}$", path))]) == 0
    error_message = "A catch-all stands beside a variable, which API Gateway refuses."
  }
}

run "every_path_declares_its_variables" {
  command = plan
  module { source = "./modules/api" }

  assert {
    condition = alltrue(flatten([
      for path, item in jsondecode(output.contract).paths : [
        for operation in item :
        [for parameter in operation.parameters : parameter.name] == flatten(regexall("\\{([^}+]+)\\+?\\}", path)) &&
        alltrue([for parameter in operation.parameters : parameter.in == "path" && parameter.required])
      ]
    ]))
    error_message = "An operation's parameters are not the variables of its path."
  }
}

run "every_gateway_response_is_static" {
  command = plan
  module { source = "./modules/api" }

  assert {
    # The types of API Gateway's own model (GatewayResponseType).
    condition = toset(keys(jsondecode(output.contract)["x-amazon-apigateway-gateway-responses"])) == toset([
      "ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE", "BAD_REQUEST_BODY",
      "BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "DEFAULT_5XX", "EXPIRED_TOKEN", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT",
      "INVALID_API_KEY", "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE",
      "RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED",
    ])
    error_message = "A type of gateway response is missing, and AWS's default would echo the caller's credential."
  }

  assert {
    condition = alltrue([
      for response in jsondecode(output.contract)["x-amazon-apigateway-gateway-responses"] :
      toset(regexall("\\$[A-Za-z.]+", jsonencode(response.responseTemplates))) == toset(["$context.requestId"])
    ])
    error_message = "A gateway response's body holds another variable than the request's ID."
  }

  assert {
    condition     = !strcontains(output.contract, "context.error")
    error_message = "The document uses $context.error, which echoes what the caller sent."
  }

  assert {
    condition = alltrue([
      for response in jsondecode(output.contract)["x-amazon-apigateway-gateway-responses"] :
      can(regex("^'[A-Za-z]+'$", response.responseParameters["gatewayresponse.header.x-amzn-errortype"])) &&
      response.responseParameters["gatewayresponse.header.x-request-id"] == "context.requestId"
    ])
    error_message = "A gateway response lacks the header that boto3 picks its exception by, or the request's ID."
  }

  assert {
    condition = alltrue([
      for response in jsondecode(output.contract)["x-amazon-apigateway-gateway-responses"] :
      toset(keys(jsondecode(response.responseTemplates["application/json"]))) == toset(["type", "error", "message", "request_id"])
    ])
    error_message = "A gateway response doesn't have the shape that all three dialects read."
  }

  assert {
    condition = {
      for name, response in jsondecode(output.contract)["x-amazon-apigateway-gateway-responses"] : name => try(response.statusCode, null)
      } == {
      ACCESS_DENIED                  = "403"
      API_CONFIGURATION_ERROR        = "500"
      AUTHORIZER_CONFIGURATION_ERROR = "500"
      AUTHORIZER_FAILURE             = "500"
      BAD_REQUEST_BODY               = "400"
      BAD_REQUEST_PARAMETERS         = "400"
      DEFAULT_4XX                    = null
      DEFAULT_5XX                    = null
      EXPIRED_TOKEN                  = "401"
      INTEGRATION_FAILURE            = "502"
      INTEGRATION_TIMEOUT            = "504"
      INVALID_API_KEY                = "401"
      INVALID_SIGNATURE              = "401"
      MISSING_AUTHENTICATION_TOKEN   = "401"
      QUOTA_EXCEEDED                 = "429"
      REQUEST_TOO_LARGE              = "413"
      RESOURCE_NOT_FOUND             = "404"
      THROTTLED                      = "429"
      UNAUTHORIZED                   = "401"
      UNSUPPORTED_MEDIA_TYPE         = "404"
      WAF_FILTERED                   = "403"
    }
    error_message = "A refusal's status doesn't follow its cause."
  }
}

run "iam_signs_every_route_of_the_function" {
  command = plan
  module { source = "./modules/api" }

  assert {
    condition     = jsondecode(output.contract).components.securitySchemes.sigv4["x-amazon-apigateway-authtype"] == "awsSigv4"
    error_message = "The security scheme isn't AWS_IAM."
  }

  assert {
    condition = alltrue(flatten([
      for item in jsondecode(output.contract).paths : [
        for operation in item : try(operation.security, null) == [{ sigv4 = [] }] if operation["x-amazon-apigateway-integration"].type == "aws_proxy"
      ]
    ]))
    error_message = "A route of the function takes unsigned requests under IAM."
  }
}

run "with_api_key_the_function_authenticates" {
  command = plan
  module { source = "./modules/api" }

  variables {
    auth = { type = "api_key" }
  }

  assert {
    condition     = alltrue(flatten([for item in jsondecode(output.contract).paths : [for operation in item : !can(operation.security)]]))
    error_message = "A route has an authorization of API Gateway's, which would refuse a tenant's key."
  }

  assert {
    condition     = jsondecode(output.contract)["x-amazon-apigateway-gateway-responses"].MISSING_AUTHENTICATION_TOKEN.statusCode == "404"
    error_message = "Without IAM a missing token can only mean a path that doesn't exist, and that is a 404."
  }
}

run "cognito_checks_tokens_of_the_user_pools" {
  command = plan
  module { source = "./modules/api" }

  variables {
    auth = {
      type           = "cognito"
      user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"]
      scopes         = ["llm/call"]
    }
  }

  assert {
    condition = jsondecode(output.contract).components.securitySchemes.cognito == {
      type                             = "apiKey"
      in                               = "header"
      name                             = "Authorization"
      "x-amazon-apigateway-authtype"   = "cognito_user_pools"
      "x-amazon-apigateway-authorizer" = { type = "cognito_user_pools", providerARNs = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"] }
    }
    error_message = "The authorizer isn't the user pool."
  }

  assert {
    condition     = jsondecode(output.contract).paths["/v1/messages"].post.security == [{ cognito = ["llm/call"] }]
    error_message = "A route doesn't ask for the scope."
  }
}

run "custom_asks_a_request_authorizer" {
  command = plan
  module { source = "./modules/api" }

  variables {
    auth = {
      type = "custom"
      authorizer = {
        function_arn     = "arn:aws:lambda:us-east-1:123456789012:function:check"
        identity_sources = ["method.request.header.x-team", "context.identity.sourceIp"]
        cache_seconds    = 60
      }
    }
  }

  assert {
    condition = jsondecode(output.contract).components.securitySchemes.custom == {
      type                           = "apiKey"
      in                             = "header"
      name                           = "Unused"
      "x-amazon-apigateway-authtype" = "custom"
      "x-amazon-apigateway-authorizer" = {
        type                         = "request"
        authorizerUri                = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:check/invocations"
        identitySource               = "method.request.header.x-team, context.identity.sourceIp"
        authorizerResultTtlInSeconds = 60
      }
    }
    error_message = "The authorizer isn't the declared function with its identity sources."
  }

  assert {
    condition     = length(aws_lambda_permission.authorizer) == 1
    error_message = "API Gateway may not invoke the authorizer."
  }
}

run "custom_asks_a_token_authorizer_through_a_role" {
  command = plan
  module { source = "./modules/api" }

  variables {
    auth = {
      type = "custom"
      authorizer = {
        type             = "token"
        function_arn     = "arn:aws:lambda:us-east-1:111122223333:function:check"
        identity_sources = ["method.request.header.x-token"]
        invocation_role  = { arn = "arn:aws:iam::123456789012:role/invoke" }
      }
    }
  }

  assert {
    condition = (
      jsondecode(output.contract).components.securitySchemes.custom.name == "x-token" &&
      jsondecode(output.contract).components.securitySchemes.custom["x-amazon-apigateway-authorizer"].authorizerCredentials == "arn:aws:iam::123456789012:role/invoke" &&
      !can(jsondecode(output.contract).components.securitySchemes.custom["x-amazon-apigateway-authorizer"].identitySource)
    )
    error_message = "The token authorizer doesn't read its header, or isn't invoked through the role."
  }

  assert {
    condition     = length(aws_lambda_permission.authorizer) == 0
    error_message = "An authorizer that a role invokes needs no permission of its own."
  }
}

run "the_policy_of_iam_opens_public_routes_and_nothing_else" {
  command = plan
  module { source = "./modules/api" }

  assert {
    condition = jsondecode(output.contract)["x-amazon-apigateway-policy"].Statement == [
      { Sid = "PublicRoutes", Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = ["execute-api:/live/GET/health"] },
      { Sid = "NotFound", Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = "execute-api:/live/*", Condition = { Null = { "aws:PrincipalAccount" = "true" } } },
    ]
    error_message = "The resource policy lets somebody in besides callers without credentials, whom only public routes serve."
  }
}

run "the_policy_lets_other_accounts_and_the_organization_in" {
  command = plan
  module { source = "./modules/api" }

  variables {
    allowed_account_ids     = ["444455556666", "111122223333", "123456789012"]
    allowed_organization_id = "o-a1b2c3d4e5"
  }

  assert {
    condition = [for statement in jsondecode(output.contract)["x-amazon-apigateway-policy"].Statement : statement if statement.Sid == "OtherAccounts"] == [
      { Sid = "OtherAccounts", Effect = "Allow", Principal = { AWS = ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"] }, Action = "execute-api:Invoke", Resource = "execute-api:/live/*" },
    ]
    error_message = "The resource policy doesn't let the other accounts in."
  }

  assert {
    condition = [for statement in jsondecode(output.contract)["x-amazon-apigateway-policy"].Statement : statement.Condition if statement.Sid == "Organization"] == [
      { StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" }, StringNotEquals = { "aws:PrincipalAccount" = "123456789012" } },
    ]
    error_message = "The resource policy doesn't let the organization's other accounts in, or lets this account's roles in without a policy of their own."
  }
}

run "the_policy_of_a_private_api_denies_other_endpoints" {
  command = plan
  module { source = "./modules/api" }

  variables {
    auth    = { type = "api_key" }
    private = { vpc_endpoint_ids = ["vpce-0a1b2c3d"] }
  }

  assert {
    condition = [for statement in jsondecode(output.contract)["x-amazon-apigateway-policy"].Statement : [statement.Effect, try(statement.Condition, null)]] == [
      ["Allow", null],
      ["Deny", { StringNotEquals = { "aws:SourceVpce" = ["vpce-0a1b2c3d"] } }],
    ]
    error_message = "The resource policy doesn't deny what comes from elsewhere than the endpoint."
  }

  assert {
    condition     = aws_api_gateway_rest_api.this.endpoint_configuration[0].types == tolist(["PRIVATE"]) && jsondecode(output.contract).servers[0]["x-amazon-apigateway-endpoint-configuration"].vpcEndpointIds == ["vpce-0a1b2c3d"]
    error_message = "The API isn't private, or the endpoint isn't attached to it."
  }
}

run "optional_parts_are_absent_by_default" {
  command = plan
  module { source = "./modules/api" }

  assert {
    condition     = length(aws_cloudwatch_log_group.access) + length(aws_wafv2_web_acl_association.this) + length(aws_api_gateway_domain_name.this) + length(aws_api_gateway_base_path_mapping.this) + length(aws_lambda_permission.authorizer) == 0
    error_message = "Something optional is created unasked."
  }

  assert {
    condition     = aws_api_gateway_rest_api.this.fail_on_warnings && aws_api_gateway_rest_api.this.endpoint_configuration[0].types == tolist(["REGIONAL"]) && !aws_api_gateway_rest_api.this.disable_execute_api_endpoint
    error_message = "The API isn't Regional, or an import's warnings don't fail it."
  }

  assert {
    condition     = aws_api_gateway_method_settings.all.settings[0].logging_level == "OFF" && !aws_api_gateway_method_settings.all.settings[0].data_trace_enabled
    error_message = "Execution logs are on, which hold whole prompts and answers."
  }
}

run "a_domain_fronts_the_api" {
  command = plan
  module { source = "./modules/api" }

  variables {
    domain = { name = "llm.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/a", base_path = "ai", exclusive = true }
  }

  assert {
    condition     = output.url == "https://llm.example.com/ai" && aws_api_gateway_domain_name.this[0].security_policy == "TLS_1_2" && aws_api_gateway_rest_api.this.disable_execute_api_endpoint
    error_message = "The domain isn't what callers are told, takes old TLS, or isn't the only address."
  }
}

run "an_access_log_holds_no_error_message_and_no_path" {
  command = plan
  module { source = "./modules/api" }

  variables {
    access_log = { retention_days = 14 }
  }

  assert {
    condition     = aws_cloudwatch_log_group.access[0].name == "/aws/apigateway/acme/access" && aws_cloudwatch_log_group.access[0].retention_in_days == 14
    error_message = "The access log's group isn't the API's own, or doesn't keep lines as long as asked."
  }

  assert {
    condition     = !can(regex("context\\.(error\\.message|path|authorizer|requestOverride)", aws_api_gateway_stage.this.access_log_settings[0].format)) && strcontains(aws_api_gateway_stage.this.access_log_settings[0].format, "$context.requestId")
    error_message = "The access log holds the caller's own text, or lacks the request's ID."
  }
}
