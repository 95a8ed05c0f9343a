output "guardrail" {
  description = "The guardrail as the deployment takes it: `guardrail = module.guardrail.guardrail`. Known after the apply, and the policy that names it with it."
  value = {
    arn     = aws_bedrock_guardrail.this.guardrail_arn
    version = aws_bedrock_guardrail_version.this.version
  }
}
