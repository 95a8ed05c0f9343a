// The same as checks.py, for programs of Node.js: what each client is asked, and a line of JSON for what came of each check.

import { readFileSync } from "node:fs";

export const URL = process.env.LLM_API_URL;
export const KEY = process.env.LLM_API_KEY;
export const MODEL = process.env.LLM_API_MODEL ?? "fast";

const ONLY = (process.env.CHECKS ?? "").split(" ").filter(Boolean);

export const SAY = "Repeat after me: Gr\u00fcezi, world";
export const COUNT = "Repeat after me: one two three four five six";
export const WEATHER = "What is the weather in Rome?";
export const DESCRIBE = "Describe a car as JSON.";
// Told what to write, since the stand-in for a model does not think: JSON of any shape is asked for as a tool.
export const SAY_JSON = `${DESCRIBE}\nCall the tool json_object with {"name": "Alto", "seats": 7}`;
export const LOOK = "Describe the picture.";
export const TEXTS = ["a lake", "a road"];

const schema = (properties) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
export const CITY = schema({ city: { type: "string", description: "A city." } });
export const CAR = schema({ name: { type: "string" }, seats: { type: "integer" } });

export const weather = ({ city }) => `sunny in ${city}`;
export const picture = () => readFileSync(process.env.PICTURE);
export const pictureBase64 = () => picture().toString("base64");
export const pictureUrl = () => `data:image/jpeg;base64,${pictureBase64()}`;

/** Runs each check. `plain` takes `{ key, model }`; a check may be an object of several, by what has to be set. */
export async function run({ plain, ...checks }) {
  for (const [name, given] of Object.entries({ plain, ...checks })) {
    const variants = typeof given === "function" ? { "": given } : given;
    for (const [variant, check] of Object.entries(variants)) await tell(name, variant, check);
  }
  const ask = typeof plain === "function" ? plain : Object.values(plain).at(-1);
  await tell("401", "", () => ask({ key: "sk-of-nobody" }));
  await tell("404", "", () => ask({ model: "nobody" }));
  if (process.env.SPENT_KEY) await tell("429", "", () => ask({ key: process.env.SPENT_KEY }));
}

async function tell(name, variant, check) {
  if (ONLY.length && !ONLY.includes(name)) return;
  const began = Date.now();
  const line = { check: name, switch: variant };
  try {
    line.value = (await check({})) ?? null;
  } catch (error) {
    line.error = `${error.name}: ${error.message}`.slice(0, 1000);
    line.status = statusOf(error);
  }
  console.log(JSON.stringify({ ...line, seconds: (Date.now() - began) / 1000 }));
}

/** The HTTP status that an error, or what it was raised from, carries in one of the usual places. */
function statusOf(error) {
  for (let one = error; one; one = one.cause ?? one.lastError) {
    const status = one.statusCode ?? one.status ?? one.$metadata?.httpStatusCode;
    if (typeof status === "number") return status;
  }
  return null;
}
