import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema, CreateMessageRequestSchema, ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
const url = process.argv[2];
const say = (...a) => console.log(...a.map(x => typeof x === "string" ? x : JSON.stringify(x)));
const c = new Client({ name: "cli", version: "1" }, { capabilities: { sampling: {}, elicitation: {} } });
c.setRequestHandler(ElicitRequestSchema, async () => { await new Promise(r => setTimeout(r, 30)); return { action: "accept", content: { color: "blue" } }; });
c.setRequestHandler(CreateMessageRequestSchema, async () => ({ role: "assistant", model: "m", content: { type: "text", text: "hi there" } }));
let changed; const got = new Promise(r => changed = r);
c.setNotificationHandler(ToolListChangedNotificationSchema, async (n) => changed(n.method));
let t;
if (url.startsWith("stdio:")) { const a = url.slice(6).split(" "); t = new StdioClientTransport({ command: a[0], args: a.slice(1) }); }
else t = new StreamableHTTPClientTransport(new URL(url));
await c.connect(t);
say((await c.listTools()).tools.map(t => t.name));
say((await c.callTool({ name: "add", arguments: { a: 1, b: 2 } })).content);
say((await c.callTool({ name: "slow", arguments: { n: 3 } }, undefined, { onprogress: (p) => say("progress", p) })).content);
say((await c.readResource({ uri: "res://one" })).contents);
say((await c.getPrompt({ name: "greet", arguments: { name: "bob" } })).messages);
say((await c.callTool({ name: "ask", arguments: {} })).content);
say((await c.callTool({ name: "sample", arguments: {} })).content);
const ac = new AbortController(); setTimeout(() => ac.abort("enough"), 300);
try { await c.callTool({ name: "forever", arguments: {} }, undefined, { signal: ac.signal }); } catch (e) { say("forever", String(e).slice(0, 80)); }
say((await c.callTool({ name: "grow", arguments: {} })).content);
say(await Promise.race([got, new Promise(r => setTimeout(() => r("no change"), 5000))]));
say(await Promise.all([0, 1, 2, 3].map(async i => (await c.callTool({ name: "add", arguments: { a: i, b: i } })).content[0].text)));
if (process.argv[3] === "terminate") await t.terminateSession();
await c.close();
