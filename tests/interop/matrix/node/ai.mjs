import { openai } from "@ai-sdk/openai";
import { generateText, streamText } from "ai";

const call = { model: openai("gpt-4o-mini"), prompt: "Say hi in Portuguese" };
if (process.argv[2] === "plain") {
  console.log(JSON.stringify({ text: (await generateText(call)).text }));
} else {
  const chunks = [];
  const failed = [];
  for await (const piece of streamText({ ...call, onError: ({ error }) => failed.push(error) }).textStream) {
    chunks.push(piece);
  }
  if (failed.length) {
    throw failed[0];
  }
  console.log(JSON.stringify({ text: chunks.join(""), chunks }));
}
