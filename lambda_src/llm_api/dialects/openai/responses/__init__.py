"""OpenAI's Responses: `POST /v1/responses` and `/v1/responses/input_tokens`, over the same translation as chat.

https://platform.openai.com/docs/api-reference/responses

`items` and `tools` read a request as a chat completion, `call` holds it, `writer` renders what the model said: the same
writer for a whole answer and for a stream. `carried` is what a client keeps of the model's reasoning between turns.
Nothing is stored: `store` answers false, and `previous_response_id` is refused.
"""
