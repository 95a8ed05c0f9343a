// `openai` for Node.js, by chat completions or, with the argument `responses`, by Responses.

import OpenAI from "openai";
import * as checks from "./checks.mjs";

const client = (key = checks.KEY) => new OpenAI({ baseURL: `${checks.URL}/v1`, apiKey: key, maxRetries: 0 });
const user = (content) => [{ role: "user", content }];
const chat = (asked) => client().chat.completions.create({ model: checks.MODEL, ...asked });
const respond = (asked) => client().responses.create({ model: checks.MODEL, ...asked });

const byChat = {
  async plain({ key, model = checks.MODEL }) {
    const answer = await client(key).chat.completions.create({ model, messages: user(checks.SAY) });
    return answer.choices[0].message.content;
  },
  async streamed() {
    const pieces = [];
    for await (const chunk of await chat({ messages: user(checks.COUNT), stream: true }))
      if (chunk.choices[0]?.delta.content) pieces.push(chunk.choices[0].delta.content);
    return pieces;
  },
  async tools() {
    const tool = { name: "get_weather", parameters: checks.CITY, parse: JSON.parse, function: checks.weather };
    const tools = [{ type: "function", function: tool }];
    const runner = client().chat.completions.runTools({ model: checks.MODEL, messages: user(checks.WEATHER), tools });
    return runner.finalContent();
  },
  async structured() {
    const format = { type: "json_schema", json_schema: { name: "car", strict: true, schema: checks.CAR } };
    const answer = await chat({ messages: user(checks.DESCRIBE), response_format: format });
    return JSON.parse(answer.choices[0].message.content);
  },
  async image() {
    const seen = { type: "image_url", image_url: { url: checks.pictureUrl() } };
    const answer = await chat({ messages: user([{ type: "text", text: checks.LOOK }, seen]) });
    return answer.choices[0].message.content;
  },
  async embeddings() {
    const answer = await client().embeddings.create({ model: "embed", input: checks.TEXTS });
    return answer.data.map((one) => one.embedding.length);
  },
};

const models = async () => (await client().models.list()).data.map(({ id }) => id);
byChat.models = models;

const byResponses = {
  async plain({ key, model = checks.MODEL }) {
    return (await client(key).responses.create({ model, input: checks.SAY })).output_text;
  },
  async streamed() {
    const pieces = [];
    for await (const event of await respond({ input: checks.COUNT, stream: true }))
      if (event.type === "response.output_text.delta") pieces.push(event.delta);
    return pieces;
  },
  async tools() {
    const tools = [{ type: "function", name: "get_weather", parameters: checks.CITY, strict: true }];
    const input = user(checks.WEATHER);
    const first = await respond({ input, tools });
    input.push(...first.output);
    for (const { call_id, arguments: given } of first.output.filter(({ type }) => type === "function_call"))
      input.push({ type: "function_call_output", call_id, output: checks.weather(JSON.parse(given)) });
    return (await respond({ input, tools })).output_text;
  },
  async structured() {
    const format = { type: "json_schema", name: "car", strict: true, schema: checks.CAR };
    return JSON.parse((await respond({ input: checks.DESCRIBE, text: { format } })).output_text);
  },
  async image() {
    const seen = { type: "input_image", image_url: checks.pictureUrl() };
    return (await respond({ input: user([{ type: "input_text", text: checks.LOOK }, seen]) })).output_text;
  },
};

await checks.run(process.argv.includes("responses") ? byResponses : byChat);
