const answer = await fetch("https://api.openai.com/v1/chat/completions", {
  method: "POST",
  headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}`, "content-type": "application/json" },
  body: JSON.stringify({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: "Say hi in Portuguese" }],
    stream: process.argv[2] === "stream",
  }),
});
if (!answer.ok) {
  throw new Error(`status ${answer.status}`);
}
for await (const piece of answer.body) {
  process.stdout.write(piece);
}
