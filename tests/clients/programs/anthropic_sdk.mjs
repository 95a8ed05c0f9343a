// `@anthropic-ai/sdk`; its tool runner calls the tools.

import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import * as checks from "./checks.mjs";

const client = (key = checks.KEY) => new Anthropic({ baseURL: checks.URL, apiKey: key, maxRetries: 0 });
const asked = (content, more) => ({
  model: checks.MODEL,
  max_tokens: 500,
  messages: [{ role: "user", content }],
  ...more,
});
const textOf = ({ content }) => content.filter(({ type }) => type === "text").map(({ text }) => text).join("");

await checks.run({
  async plain({ key, model = checks.MODEL }) {
    return textOf(await client(key).messages.create(asked(checks.SAY, { model })));
  },
  async streamed() {
    const pieces = [];
    const stream = client().messages.stream(asked(checks.COUNT)).on("text", (text) => pieces.push(text));
    await stream.done();
    return pieces;
  },
  async tools() {
    const tool = betaTool({
      name: "get_weather",
      description: "The weather of a city.",
      inputSchema: checks.CITY,
      run: checks.weather,
    });
    return textOf(await client().beta.messages.toolRunner(asked(checks.WEATHER, { tools: [tool] })));
  },
  async structured() {
    const output_config = { format: { type: "json_schema", schema: checks.CAR } };
    const answer = await client().beta.messages.parse(asked(checks.DESCRIBE, { output_config }));
    return answer.parsed_output ?? JSON.parse(textOf(answer));
  },
  async image() {
    const source = { type: "base64", media_type: "image/jpeg", data: checks.pictureBase64() };
    const content = [{ type: "image", source }, { type: "text", text: checks.LOOK }];
    return textOf(await client().messages.create(asked(content)));
  },
  async models() {
    return (await client().models.list()).data.filter((one) => one.display_name).map(({ id }) => id);
  },
  async tokens() {
    const { model, messages } = asked(checks.SAY);
    return (await client().beta.messages.countTokens({ model, messages })).input_tokens;
  },
});
