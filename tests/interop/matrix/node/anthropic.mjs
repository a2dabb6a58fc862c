import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();
const call = {
  model: "claude-sonnet-4-5",
  max_tokens: 99,
  messages: [{ role: "user", content: "Say hi in Portuguese" }],
};
if (process.argv[2] === "plain") {
  const answer = await client.messages.create(call);
  console.log(JSON.stringify({ text: answer.content[0].text }));
} else {
  const chunks = [];
  const stream = client.messages.stream(call).on("text", (piece) => chunks.push(piece));
  console.log(JSON.stringify({ text: await stream.finalText(), chunks }));
}
