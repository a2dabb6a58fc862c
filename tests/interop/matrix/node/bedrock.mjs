import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";

const client = new BedrockRuntimeClient();
const call = {
  modelId: "anthropic.claude-3-haiku-20240307-v1:0",
  messages: [{ role: "user", content: [{ text: "Say hi in Portuguese" }] }],
};
if (process.argv[2] === "plain") {
  const answer = await client.send(new ConverseCommand(call));
  console.log(JSON.stringify({ text: answer.output.message.content[0].text }));
} else {
  const chunks = [];
  for await (const event of (await client.send(new ConverseStreamCommand(call))).stream) {
    if (event.contentBlockDelta) {
      chunks.push(event.contentBlockDelta.delta.text);
    }
  }
  console.log(JSON.stringify({ text: chunks.join(""), chunks }));
}
