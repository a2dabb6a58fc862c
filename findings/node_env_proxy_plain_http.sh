#!/usr/bin/env bash
# Node 22.23.3 with NODE_USE_ENV_PROXY=1: how a plain http:// request is put to the proxy.
#
# Guess: fetch and http.get of one Node do it alike, in absolute form (RFC 9112, 3.2.2), as curl and Python's clients do.
# Seen: http.get sends the absolute form; fetch asks for a tunnel to port 80, and sends the origin form in it.
#     fetch CONNECT example.test:80
#     http  GET http://example.test/x
# So a proxy that allows CONNECT to port 443 alone lets the one pass and refuses the other, and whatever rewrites request
# lines by "there is a proxy, so it is the absolute form" breaks fetch.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-save --prefix "$folder" node@22.23.3 >/dev/null
cat >"$folder/see.cjs" <<'JS'
const net = require("node:net");
const { spawn } = require("node:child_process");
const ways = {
  fetch: `fetch("http://example.test/x").catch(() => {})`,
  http: `require("node:http").get("http://example.test/x", (answer) => answer.resume()).on("error", () => {})`,
};
let line = "";
const proxy = net.createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", (data) => {
    line = data.toString().split(" HTTP/1.1")[0];
    socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
});
proxy.listen(0, "127.0.0.1", async () => {
  const env = { PATH: process.env.PATH, NODE_USE_ENV_PROXY: "1", HTTP_PROXY: `http://127.0.0.1:${proxy.address().port}` };
  for (const [name, code] of Object.entries(ways)) {
    const child = spawn(process.execPath, ["-e", code], { env, stdio: "ignore", timeout: 20000 });
    await new Promise((ended) => child.on("exit", ended));
    console.log(name.padEnd(5), line);
  }
  proxy.close();
});
JS
expected='fetch CONNECT example.test:80
http  GET http://example.test/x'
got=$(timeout 60 "$folder/node_modules/.bin/node" "$folder/see.cjs")
echo "$got"
[ "$got" = "$expected" ] || { echo "changed: expected" "$expected" >&2; exit 1; }
