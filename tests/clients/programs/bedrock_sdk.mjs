// `@aws-sdk/client-bedrock-runtime`, which speaks HTTP/2 unless it is told otherwise.

import * as bedrock from "@aws-sdk/client-bedrock-runtime";
import * as checks from "./checks.mjs";

const send = (command, key = checks.KEY) =>
  new bedrock.BedrockRuntimeClient({
    endpoint: checks.URL,
    region: "us-east-1",
    token: { token: key },
    authSchemePreference: ["httpBearerAuth"],
    maxAttempts: 1,
  }).send(command);
const asked = (content, more) => ({ modelId: checks.MODEL, messages: [{ role: "user", content }], ...more });
const textOf = ({ output }) => output.message.content.map(({ text }) => text ?? "").join("");
const converse = async (input, key) => send(new bedrock.ConverseCommand(input), key);

await checks.run({
  async plain({ key, model = checks.MODEL }) {
    return textOf(await converse(asked([{ text: checks.SAY }], { modelId: model }), key));
  },
  async streamed() {
    const pieces = [];
    const { stream } = await send(new bedrock.ConverseStreamCommand(asked([{ text: checks.COUNT }])));
    for await (const { contentBlockDelta } of stream)
      if (contentBlockDelta) pieces.push(contentBlockDelta.delta.text);
    return pieces;
  },
  async tools() {
    const toolConfig = { tools: [{ toolSpec: { name: "get_weather", inputSchema: { json: checks.CITY } } }] };
    const question = asked([{ text: checks.WEATHER }], { toolConfig });
    const { message } = (await converse(question)).output;
    const results = message.content
      .filter(({ toolUse }) => toolUse)
      .map(({ toolUse: { toolUseId, input } }) => ({
        toolResult: { toolUseId, content: [{ text: checks.weather(input) }] },
      }));
    question.messages.push(message, { role: "user", content: results });
    return textOf(await converse(question));
  },
  async structured() {
    const structure = { jsonSchema: { schema: JSON.stringify(checks.CAR), name: "car" } };
    const outputConfig = { textFormat: { type: "json_schema", structure } };
    return JSON.parse(textOf(await converse(asked([{ text: checks.DESCRIBE }], { outputConfig }))));
  },
  async image() {
    const seen = { image: { format: "jpeg", source: { bytes: checks.picture() } } };
    return textOf(await converse(asked([{ text: checks.LOOK }, seen])));
  },
  async embeddings() {
    const bodies = checks.TEXTS.map((inputText) => JSON.stringify({ inputText }));
    const asks = bodies.map((body) => ({ modelId: "embed", contentType: "application/json", body }));
    const answers = asks.map((asked) => send(new bedrock.InvokeModelCommand(asked)));
    return (await Promise.all(answers)).map(({ body }) => JSON.parse(body.transformToString()).embedding.length);
  },
  async tokens() {
    const { modelId, messages } = asked([{ text: checks.SAY }]);
    return (await send(new bedrock.CountTokensCommand({ modelId, input: { converse: { messages } } }))).inputTokens;
  },
});
