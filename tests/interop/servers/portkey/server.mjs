import net from "node:net";

// Portkey's gateway as it is released. Its streams need the headers of fetch's answers to be mutable, which those of
// Node 20 and later are not: with them it answers 500 to each stream.
const { fetch } = globalThis;
globalThis.fetch = async (...asked) => {
  const answer = await fetch(...asked);
  const { status, statusText } = answer;
  return new Response(answer.body, { status, statusText, headers: new Headers(answer.headers) });
};
// It would listen at every address of this machine.
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (port, host, ready) {
  return listen.call(this, port, "127.0.0.1", ready);
};
process.argv.push(`--port=${process.argv[2]}`, "--headless");
await import("@portkey-ai/gateway/build/start-server.js");
