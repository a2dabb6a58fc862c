// node node.mjs KIND URL: asks URL by one of Node's ways, prints the answer. The imports bind before anything runs.
import http, { get as httpGet } from "node:http";
import https, { get as httpsGet } from "node:https";
import http2 from "node:http2";
import { connect } from "node:tls";
import { Worker, isMainThread, workerData } from "node:worker_threads";

const [kind, url] = isMainThread ? process.argv.slice(2) : workerData;
const { protocol, hostname, port, pathname, search, host } = new URL(url);
const secure = protocol === "https:";
const at = Number(port || (secure ? 443 : 80));
const bare = hostname.replace(/^\[|\]$/g, "");

function read(stream) {
  return new Promise((resolve, reject) => {
    let text = "";
    stream.setEncoding("utf8").on("data", (part) => (text += part));
    stream.on("end", () => resolve(text)).on("error", reject);
  });
}

const answered = (ask) => new Promise((resolve, reject) => ask((got) => resolve(read(got))).on("error", reject));

const kinds = {
  fetch: async () => (await fetch(url)).text(),
  post: async () => (await fetch(url, { method: "POST", body: "hello", duplex: "half" })).text(),
  request: () => answered((done) => (secure ? https : http).request(url, done).end()),
  get: () => answered((done) => (secure ? httpsGet : httpGet)(url, done)),
  agent: () => {
    const { Agent } = secure ? https : http;
    return answered((done) => (secure ? https : http).get(url, { agent: new Agent({ keepAlive: false }) }, done));
  },
  // Headers as an array are written out before the agent sees the request.
  array: () => answered((done) => (secure ? https : http).get(url, { headers: ["Host", host, "X-A", "b"] }, done)),
  async twice() {
    const agent = new (secure ? https : http).Agent({ keepAlive: true, maxSockets: 1 });
    await answered((done) => (secure ? https : http).get(url, { agent }, done));
    const text = await answered((done) => (secure ? https : http).get(url, { agent }, done));
    agent.destroy();
    return text;
  },
  async http2() {
    const session = http2.connect(`${protocol}//${host}`);
    session.on("error", (error) => console.error(error));
    const text = await read(session.request({ ":path": pathname + search }).on("error", (e) => console.error(e)));
    session.close();
    return text;
  },
  async tls() {
    const servername = process.argv[4];
    const socket = connect({ host: bare, port: at, ...(servername && { servername }), ALPNProtocols: ["http/1.1"] });
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return (await read(socket)).split("\r\n\r\n")[1];
  },
  async positional() {
    const socket = connect(at, bare, { servername: bare });
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return (await read(socket)).split("\r\n\r\n")[1];
  },
};

if (isMainThread && kind.startsWith("worker-")) {
  const [, inner, more] = kind.split("-");
  const options = { env: { env: {} }, execargv: { execArgv: [] } }[more] ?? {};
  new Worker(new URL(import.meta.url), { workerData: [inner, url], ...options });
} else {
  console.log(await kinds[kind]());
}
