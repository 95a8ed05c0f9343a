"""The Lambda package of terraform-aws-llm-api: one governed LLM API in front of Amazon Bedrock."""
