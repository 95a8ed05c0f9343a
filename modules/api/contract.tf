# openapi.yaml is written for people and their tools. API Gateway's import takes a subset of OpenAPI and warns about the
# rest, so this page compiles the document that is imported: for each operation its path parameters, who may call it, what
# is behind it, and the least that an operation needs to be one. With nothing to warn about, `fail_on_warnings` can stay on.

locals {
  contract = yamldecode(file("${path.module}/openapi.yaml"))

  # The contract's operations. `security: []` marks what API Gateway answers itself, with the contract's own example.
  operations = merge([
    for path, item in local.contract.paths : {
      for method, operation in item : "${upper(method)} ${path}" => {
        path    = path
        method  = method
        public  = try(length(operation.security) == 0, false)
        summary = operation.summary
        example = jsonencode(try(operation.responses["200"].content["application/json"].example, null))
      } if contains(["get", "put", "post", "delete", "options", "head", "patch", "trace"], method)
    }
  ]...)

  # Every path that answers something: the contract's, the steps on the way to them, and a catch-all below each step. A
  # method or path without a resource would get API Gateway's 403, which has another shape than our 404. Below a step
  # with a variable child there is no catch-all, since API Gateway allows one variable child only.
  steps = distinct(flatten([
    for path in keys(local.contract.paths) : [
      for depth in range(2, length(split("/", path)) + 1) : join("/", slice(split("/", path), 0, depth))
    ]
  ]))
  branches = [for step in local.steps : dirname(step) if endswith(step, "}")]
  paths = sort(concat(
    ["/", "/{proxy+}"],
    local.steps,
    [for step in local.steps : "${step}/{proxy+}" if !contains(local.branches, step)],
  ))

  path_parameters = {
    for path in local.paths : path => [
      for name in flatten(regexall("\\{([^}+]+)\\+?\\}", path)) : {
        name     = name
        in       = "path"
        required = true
        schema   = { type = "string" }
      }
    ]
  }

  # Who may call. With `api_key` the function authenticates, so that API Gateway's own check is none.
  security_schemes = {
    iam = {
      sigv4 = {
        type                           = "apiKey"
        in                             = "header"
        name                           = "Authorization"
        "x-amazon-apigateway-authtype" = "awsSigv4"
      }
    }
    api_key = {}
    cognito = {
      cognito = {
        type                           = "apiKey"
        in                             = "header"
        name                           = "Authorization"
        "x-amazon-apigateway-authtype" = "cognito_user_pools"
        "x-amazon-apigateway-authorizer" = {
          type         = "cognito_user_pools"
          providerARNs = module.inputs.auth.user_pool_arns
        }
      }
    }
    custom = {
      custom = {
        type = "apiKey"
        in   = "header"
        # A token authorizer reads one header; for a request authorizer API Gateway wants the name to be `Unused`.
        name                             = try(module.inputs.auth.authorizer.type, "request") == "token" ? local.token_header : "Unused"
        "x-amazon-apigateway-authtype"   = "custom"
        "x-amazon-apigateway-authorizer" = local.authorizer
      }
    }
  }

  security = {
    iam     = [{ sigv4 = [] }]
    api_key = []
    cognito = [{ cognito = module.inputs.auth.scopes }]
    custom  = [{ custom = [] }]
  }

  identity_sources = try(module.inputs.auth.authorizer.identity_sources, [])
  token_header     = trimprefix(try(local.identity_sources[0], ""), "method.request.header.")
  authorizer = {
    for key, value in {
      type                         = try(module.inputs.auth.authorizer.type, null)
      authorizerUri                = try("arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/${module.inputs.auth.authorizer.function_arn}/invocations", null)
      authorizerCredentials        = try(module.inputs.auth.authorizer.invocation_role.arn, null)
      identitySource               = try(module.inputs.auth.authorizer.type, null) == "request" && length(local.identity_sources) > 0 ? join(", ", local.identity_sources) : null
      authorizerResultTtlInSeconds = try(module.inputs.auth.authorizer.cache_seconds, null)
    } : key => value if value != null
  }

  # What is behind an operation: the function's alias, or API Gateway itself.
  lambda_integration = {
    for key, value in {
      type                 = "aws_proxy"
      httpMethod           = "POST"
      uri                  = var.streaming ? var.function.streaming_invoke_arn : var.function.invoke_arn
      timeoutInMillis      = var.timeout_seconds * 1000
      responseTransferMode = var.streaming ? "STREAM" : null
    } : key => value if value != null
  }

  # `never`: a mock whose template doesn't fit the caller's content type would pass the body on as its own instruction and
  # answer 500. Refused instead, it becomes UNSUPPORTED_MEDIA_TYPE, which else only a body that can't be inflated may raise.
  mock_integrations = {
    for name, answer in merge(local.public_answers, { not_found = { status = "404", body = local.refusals.RESOURCE_NOT_FOUND.body, code = "ResourceNotFoundException" } }) :
    name => {
      type                = "mock"
      passthroughBehavior = "never"
      requestTemplates    = { "application/json" = jsonencode({ statusCode = tonumber(answer.status) }) }
      responses = {
        default = {
          statusCode        = answer.status
          responseTemplates = { "application/json" = answer.body }
          responseParameters = merge(
            { "method.response.header.x-request-id" = "context.requestId" },
            { for code in compact([answer.code]) : "method.response.header.x-amzn-errortype" => "'${code}'" },
          )
        }
      }
    }
  }

  public_answers = {
    for name, operation in local.operations : name => { status = "200", body = operation.example, code = "" } if operation.public
  }

  not_found = {
    for path in local.paths : path => {
      parameters = local.path_parameters[path]
      responses = {
        "404" = {
          description = "No such path or method."
          headers = {
            "x-amzn-errortype" = { schema = { type = "string" } }
            "x-request-id"     = { schema = { type = "string" } }
          }
        }
      }
      "x-amazon-apigateway-integration" = local.mock_integrations.not_found
    }
  }

  body = jsonencode(merge(
    {
      openapi = "3.0.1"
      info    = { title = var.name, version = local.contract.info.version }
      paths = {
        for path in local.paths : path => merge(
          {
            for name, operation in local.operations : operation.method => merge(
              {
                parameters                        = local.path_parameters[path]
                responses                         = { "200" = { description = "The function's answer." } }
                "x-amazon-apigateway-integration" = local.lambda_integration
              },
              { for key, value in { security = local.security[module.inputs.auth.type] } : key => value if length(value) > 0 },
            ) if operation.path == path && !operation.public
          },
          {
            for name, operation in local.operations : operation.method => {
              parameters = local.path_parameters[path]
              responses = {
                "200" = {
                  description = "API Gateway's own answer."
                  headers     = { "x-request-id" = { schema = { type = "string" } } }
                }
              }
              "x-amazon-apigateway-integration" = local.mock_integrations[name]
            } if operation.path == path && operation.public
          },
          { "x-amazon-apigateway-any-method" = local.not_found[path] },
        )
      }
      components                              = { securitySchemes = local.security_schemes[module.inputs.auth.type] }
      "x-amazon-apigateway-gateway-responses" = local.gateway_responses
      "x-amazon-apigateway-policy"            = jsondecode(local.policy)
    },
    { for types in [var.binary_media_types] : "x-amazon-apigateway-binary-media-types" => types if length(types) > 0 },
    # Given in the document too, so that an import doesn't detach and re-attach the endpoints.
    {
      for key, value in { servers = [{ url = "/", "x-amazon-apigateway-endpoint-configuration" = { vpcEndpointIds = try(var.private.vpc_endpoint_ids, []) } }] } :
      key => value if var.private != null
    },
  ))
}
