import { GoogleGenAI } from "@google/genai";

const client = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY });
const call = { model: "gemini-2.5-flash", contents: "Say hi in Portuguese" };
if (process.argv[2] === "plain") {
  console.log(JSON.stringify({ text: (await client.models.generateContent(call)).text }));
} else {
  const chunks = [];
  for await (const event of await client.models.generateContentStream(call)) {
    chunks.push(event.text);
  }
  console.log(JSON.stringify({ text: chunks.join(""), chunks }));
}
