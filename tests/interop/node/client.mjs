// node client.mjs URL [CLIENT...]: asks URL/CLIENT/1, /2 and /3 with each client there is (or these), one after the
// other over a kept connection where the client keeps one. Prints a JSON object: what each client was answered.
// The packages are found by NODE_PATH, which only `require` reads.
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [base, ...chosen] = process.argv.slice(2);
const secure = base.startsWith("https:");
const core = secure ? https : http;
const proxy = process.env.TAPEHEAD_PROXY || "http://127.0.0.1:9";
const TRIES = [
  { method: "POST", body: '{"n": 1}' },
  { method: "GET" },
  { method: "POST", body: '{"n": 3}' },
];

async function text(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

function asked(agent) {
  const ask = (url, { method, body }) =>
    new Promise((resolve, reject) => {
      const request = core.request(url, { method, ...(agent && { agent }) }, (answer) => resolve(text(answer)));
      request.on("error", reject).end(body);
    });
  return { ask, close: () => agent?.destroy() };
}

// Headers as an array are written out before any agent sees the request.
function askedWithArray(url, { method, body }) {
  const { host } = new URL(url);
  const headers = ["Host", host, "Content-Length", String((body || "").length)];
  return new Promise((resolve, reject) => {
    core.request(url, { method, headers }, (answer) => resolve(text(answer))).on("error", reject).end(body);
  });
}

function undici(version) {
  const module = require(`undici${version}`);
  const over = (dispatcher, ask) => ({
    ask: ask || (async (url, given) => (await module.request(url, { ...given, dispatcher })).body.text()),
    close: () => dispatcher?.close(),
  });
  const made = {
    request: () => over(undefined),
    fetch: () => over(undefined, async (url, given) => (await module.fetch(url, given)).text()),
    agent: () => over(new module.Agent()),
    chunked: () => {
      const agent = new module.Agent();
      const parts = (body) => (async function* () { if (body) yield* [body.slice(0, 3), body.slice(3)].map(Buffer.from); })();
      return over(agent, async (url, { method, body }) =>
        (await module.request(url, { method, ...(body && { body: parts(body) }), dispatcher: agent })).body.text(),
      );
    },
    pipelined: () => over(new module.Client(base, { pipelining: 3 })),
    proxyagent: () => over(new module.ProxyAgent(proxy)),
    otherproxy: () => over(new module.ProxyAgent("http://name:secret@corporate.example:3128")),
  };
  if (module.EnvHttpProxyAgent) made.envproxyagent = () => over(new module.EnvHttpProxyAgent());
  return Object.fromEntries(Object.entries(made).map(([name, make]) => [`undici${version}-${name}`, make]));
}

const [major] = process.versions.node.split(".").map(Number);
const got = (client) => ({ ask: (url, { method, body }) => client(url, { method, body, retry: 0 }).text() });
const clients = {
  fetch: () => ({ ask: async (url, given) => (await fetch(url, given)).text() }),
  core: () => asked(),
  array: () => ({ ask: askedWithArray }),
  agent: () => asked(new core.Agent({ keepAlive: true, maxSockets: 1 })),
  closing: () => asked(new core.Agent({ keepAlive: false })),
  ...undici(5),
  ...undici(6),
  ...(major >= 22 ? { ...undici(7), ...undici(8) } : { ...undici(7) }),
  axios: () => ({
    ask: async (url, { method, body }) =>
      (await require("axios")({ url, method, data: body, responseType: "text", transformResponse: [] })).data,
  }),
  "axios-fetch": () => ({
    ask: async (url, { method, body }) =>
      (await require("axios")({ url, method, data: body, adapter: "fetch", responseType: "text", transformResponse: [] })).data,
  }),
  got11: () => got(require("got11")),
  got: async () => {
    const { default: client } = await import(require.resolve("got"));
    return { ask: (url, { method, body }) => client(url, { method, body, retry: { limit: 0 } }).text() };
  },
  "got-http2": async () => {
    const { default: client } = await import(require.resolve("got"));
    return { ask: (url, { method, body }) => client(url, { method, body, http2: secure, throwHttpErrors: false, retry: { limit: 0 } }).text() };
  },
};

const answers = {};
for (const name of chosen.length ? chosen : Object.keys(clients)) {
  try {
    const { ask, close } = await clients[name]();
    answers[name] = [];
    for (const [n, given] of TRIES.entries()) answers[name].push(await ask(`${base}/${name}/${n + 1}`, given));
    await close?.();
  } catch (error) {
    answers[name] = String(error?.cause || error);
  }
}
console.log(JSON.stringify(answers));
process.exit();
