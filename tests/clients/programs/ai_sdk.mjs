// Vercel's AI SDK; by which of its providers, the argument says: `openai` (Responses, its default), `chat`, `anthropic`,
// `compatible` or `bedrock`.

import { embedMany, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";
import * as checks from "./checks.mjs";

const WAY = process.argv[2];
const settings = (apiKey = checks.KEY) => ({ apiKey, baseURL: `${checks.URL}/v1` });

async function provider(key = checks.KEY, more = {}) {
  if (WAY === "anthropic") return (await import("@ai-sdk/anthropic")).createAnthropic(settings(key));
  if (WAY === "compatible") {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    return createOpenAICompatible({ name: "ours", ...settings(key), ...more });
  }
  if (WAY === "bedrock") {
    const { createAmazonBedrock } = await import("@ai-sdk/amazon-bedrock");
    return createAmazonBedrock({ baseURL: checks.URL, apiKey: key, region: "us-east-1" });
  }
  return (await import("@ai-sdk/openai")).createOpenAI(settings(key));
}

async function model({ key, name = checks.MODEL, ...more } = {}) {
  const made = await provider(key, more);
  return WAY === "chat" ? made.chat(name) : made(name);
}

const ask = async (asked, chosen) => generateText({ model: await model(chosen), maxRetries: 0, ...asked });
const output = Output.object({ schema: jsonSchema(checks.CAR) });

const all = {
  async plain({ key, model: name }) {
    return (await ask({ prompt: checks.SAY }, { key, name })).text;
  },
  async streamed() {
    const pieces = [];
    const { textStream } = streamText({ model: await model(), prompt: checks.COUNT, maxRetries: 0 });
    for await (const piece of textStream) pieces.push(piece);
    return pieces;
  },
  async tools() {
    const get_weather = tool({
      description: "The weather of a city.",
      inputSchema: jsonSchema(checks.CITY),
      execute: checks.weather,
    });
    return (await ask({ prompt: checks.WEATHER, tools: { get_weather }, stopWhen: stepCountIs(3) })).text;
  },
  async structured() {
    return (await ask({ prompt: checks.DESCRIBE, output })).output;
  },
  async image() {
    const seen = { type: "image", image: checks.picture(), mediaType: "image/jpeg" };
    const content = [{ type: "text", text: checks.LOOK }, seen];
    return (await ask({ messages: [{ role: "user", content }] })).text;
  },
  async embeddings() {
    const made = await provider();
    const chosen = (made.embeddingModel ?? made.textEmbeddingModel).call(made, "embed");
    const { embeddings } = await embedMany({ model: chosen, values: checks.TEXTS, maxRetries: 0 });
    return embeddings.map((one) => one.length);
  },
};

if (WAY === "compatible") {
  all.json = async () => (await ask({ prompt: checks.SAY_JSON, output })).output;
  all.structured = {
    "supportsStructuredOutputs: true": async () =>
      (await ask({ prompt: checks.DESCRIBE, output }, { supportsStructuredOutputs: true })).output,
  };
}
if (WAY === "anthropic") delete all.embeddings;
await checks.run(all);
