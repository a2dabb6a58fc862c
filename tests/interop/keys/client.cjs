// The OpenAI SDK for Node behind a proxy. Reads the key from standard input (an argument is seen by everyone).
// Run as `node client.cjs ORIGIN PROXY UPLOAD`, with NODE_PATH and NODE_EXTRA_CA_CERTS; prints what each call got.

const fs = require("node:fs");
const undici = require("undici");

// A dispatcher and the `fetch` that it is given to must be of the same undici; Node's own is of some version.
undici.install();

const { OpenAI, toFile } = require("openai");

const MODEL = "test-model";
const MESSAGES = [{ role: "user", content: "Say hi in Portuguese: 'olá', \"oi\"" }];

async function main(origin, proxy, upload) {
  const client = new OpenAI({
    apiKey: fs.readFileSync(0, "utf8"),
    baseURL: `${origin}/v1`,
    fetchOptions: { dispatcher: new undici.ProxyAgent(proxy) },
  });
  const chat = await client.chat.completions.create({ model: MODEL, messages: MESSAGES });
  const stream = [];
  for await (const event of await client.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })) {
    stream.push(event);
  }
  const uploads = [];
  for (let n = 0; n < 2; n++) {
    const file = await toFile(fs.createReadStream(upload), "upload.bin", { type: "application/octet-stream" });
    uploads.push(await client.files.create({ file, purpose: "user_data" }));
  }
  process.stdout.write(JSON.stringify({ chat: [chat], stream, upload: uploads }));
}

main(...process.argv.slice(2));
