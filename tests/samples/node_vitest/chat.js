// The program under test. It knows nothing of tapehead.
import OpenAI from "openai";

const client = new OpenAI({ apiKey: process.env.OPENAI_API_KEY ?? "none" });
const model = "gpt-4.1-mini";

export async function ask(prompt) {
  const answer = await client.chat.completions.create({ model, messages: [{ role: "user", content: prompt }] });
  return answer.choices[0].message.content;
}

export async function askStreamed(prompt) {
  const pieces = [];
  const call = { model, messages: [{ role: "user", content: prompt }], stream: true };
  for await (const event of await client.chat.completions.create(call)) {
    pieces.push(event.choices[0]?.delta.content ?? "");
  }
  return pieces;
}

// As careless programs do it.
export async function askOrShrug(prompt) {
  try {
    return await ask(prompt);
  } catch {
    return "whatever";
  }
}
