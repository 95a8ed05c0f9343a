"""`python -m llm_api_cli`: the same as `llm-api`."""

from llm_api_cli.main import main

main()
