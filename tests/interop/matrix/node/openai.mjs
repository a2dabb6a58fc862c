import OpenAI from "openai";

const client = new OpenAI();
const call = { model: "gpt-4o-mini", messages: [{ role: "user", content: "Say hi in Portuguese" }] };
if (process.argv[2] === "plain") {
  const answer = await client.chat.completions.create(call);
  console.log(JSON.stringify({ text: answer.choices[0].message.content }));
} else {
  const chunks = [];
  for await (const event of await client.chat.completions.create({ ...call, stream: true })) {
    chunks.push(event.choices[0].delta.content ?? "");
  }
  console.log(JSON.stringify({ text: chunks.join(""), chunks }));
}
