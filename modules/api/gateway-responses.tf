# What API Gateway refuses by itself. Its defaults echo what the caller sent, a bearer key among it, and have a shape that no
# SDK reads. Here every type that exists gets a static body that all three dialects understand: `message` for boto3, with
# the code that it picks its exception class by in `x-amzn-errortype`; `error` for OpenAI's and Anthropic's SDKs.
#
# Never `$context.error.message`: that is where the echo comes from. The request's ID is the only variable.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html

locals {
  refusal_causes = {
    bad_request     = { type = "invalid_request_error", code = "ValidationException" }
    unauthenticated = { type = "authentication_error", code = "UnrecognizedClientException" }
    forbidden       = { type = "permission_error", code = "AccessDeniedException" }
    not_found       = { type = "not_found_error", code = "ResourceNotFoundException" }
    too_large       = { type = "request_too_large", code = "ValidationException" }
    throttled       = { type = "rate_limit_error", code = "ThrottlingException" }
    fault           = { type = "api_error", code = "InternalServerException" }
    out_of_time     = { type = "timeout_error", code = "ModelTimeoutException" }
  }

  # One text for all paths that don't exist, which names what to use in their place.
  no_such_path = { status = "404", cause = "not_found", message = join(" ", [
    "There is no such path or method in this API.",
    "It has /v1/chat/completions, /v1/responses, /v1/completions, /v1/embeddings, /v1/images/generations, /v1/models and /v1/messages,",
    "and Bedrock's /model/{modelId}/…: rerank models answer on invoke there.",
    "Audio, files, batches, assistants, moderations and fine-tuning are not offered.",
  ]) }

  # One type has two causes: a catch-all asked by another content type than JSON, and a body in a coding that API Gateway
  # doesn't inflate.
  no_such_coding = "Or the body is in another content-encoding than gzip or deflate, or isn't in the one that its header names: send it plain."

  denials = {
    iam   = "This caller may not use this API. Its role needs the policy in the module's `caller_policy` output, and a role of another account has to be in `allowed_account_ids` or the allowed organization too."
    other = "This caller may not use this API. Who may is decided by the API's operator, in its authorizer or resource policy."
  }

  # The default statuses of AWS are kept, except where the cause has another one here: who the caller is stays unknown is a
  # 401 throughout, and what only the catch-alls can raise is a 404. A default type has no status of its own.
  refusal_types = {
    ACCESS_DENIED                  = { status = "403", cause = "forbidden", message = local.denials[module.inputs.auth.type == "iam" ? "iam" : "other"] }
    API_CONFIGURATION_ERROR        = { status = "500", cause = "fault", message = "The API is not set up correctly. Its operator finds the cause in the access log under this request's ID." }
    AUTHORIZER_CONFIGURATION_ERROR = { status = "500", cause = "fault", message = "The API's authorizer is not set up correctly. Its operator finds the cause in the authorizer's log." }
    AUTHORIZER_FAILURE             = { status = "500", cause = "fault", message = "The API's authorizer failed. Try again; its operator finds the cause in the authorizer's log." }
    BAD_REQUEST_BODY               = { status = "400", cause = "bad_request", message = "The request's body can't be understood. Send JSON as the API's contract describes it." }
    BAD_REQUEST_PARAMETERS         = { status = "400", cause = "bad_request", message = "The request's parameters can't be understood. Send them as the API's contract describes them." }
    DEFAULT_4XX                    = { status = null, cause = "bad_request", message = "The request can't be served as it was sent. Check its path, headers and signature." }
    DEFAULT_5XX                    = { status = null, cause = "fault", message = "The API failed on this request. Try again; its operator finds the cause in the log under this request's ID." }
    EXPIRED_TOKEN                  = { status = "401", cause = "unauthenticated", message = "The token or credentials have expired. Get new ones and send the request again." }
    INTEGRATION_FAILURE            = { status = "502", cause = "fault", message = "The API could not reach its function. Try again; its operator finds the cause in the log under this request's ID." }
    INTEGRATION_TIMEOUT            = { status = "504", cause = "out_of_time", message = "The API's time ran out before the model answered. Ask for fewer tokens, or stream the answer." }
    INVALID_API_KEY                = { status = "401", cause = "unauthenticated", message = "The API key is not valid." }
    INVALID_SIGNATURE              = { status = "401", cause = "unauthenticated", message = "The request's signature is not valid. Sign for the service `execute-api`, with a clock that is right." }
    MISSING_AUTHENTICATION_TOKEN   = module.inputs.auth.type == "iam" ? { status = "401", cause = "unauthenticated", message = "The request is not signed. Sign it with AWS Signature Version 4 for the service `execute-api`." } : local.no_such_path
    QUOTA_EXCEEDED                 = { status = "429", cause = "throttled", message = "The quota of requests is used up. Try again later." }
    REQUEST_TOO_LARGE              = { status = "413", cause = "too_large", message = "The request is larger than what reaches the function: 6 MB, base64 included. Send less, or smaller images." }
    RESOURCE_NOT_FOUND             = local.no_such_path
    THROTTLED                      = { status = "429", cause = "throttled", message = "Too many requests at once. Wait a moment and try again." }
    UNAUTHORIZED                   = { status = "401", cause = "unauthenticated", message = "The request carries no valid token." }
    UNSUPPORTED_MEDIA_TYPE         = merge(local.no_such_path, { message = "${local.no_such_path.message} ${local.no_such_coding}" })
    WAF_FILTERED                   = { status = "403", cause = "forbidden", message = "The API's web ACL refused the request. Its operator finds the rule in the web ACL's log." }
  }

  refusals = {
    for name, refusal in local.refusal_types : name => {
      status = refusal.status
      code   = local.refusal_causes[refusal.cause].code
      retry  = refusal.cause == "throttled"
      body = jsonencode({
        type = "error"
        error = {
          type    = local.refusal_causes[refusal.cause].type
          message = refusal.message
          param   = null
          code    = local.refusal_causes[refusal.cause].code
        }
        message    = refusal.message
        request_id = "$context.requestId"
      })
    }
  }

  gateway_responses = {
    for name, refusal in local.refusals : name => merge(
      { for key, value in { statusCode = refusal.status } : key => value if value != null },
      {
        responseParameters = merge(
          {
            "gatewayresponse.header.x-amzn-errortype" = "'${refusal.code}'"
            "gatewayresponse.header.x-request-id"     = "context.requestId"
          },
          { for header in compact([refusal.retry ? "retry-after" : ""]) : "gatewayresponse.header.${header}" => "'1'" },
        )
        responseTemplates = { "application/json" = refusal.body }
      },
    )
  }
}
