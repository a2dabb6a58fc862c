import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { randomUUID } from "node:crypto";
import http from "node:http";
import { z } from "zod";
const sleep = (ms) => new Promise(r => setTimeout(r, ms));
const never = () => new Promise(r => setTimeout(r, 30000).unref());
function make() {
  const s = new McpServer({ name: "lab", version: "1" }, { capabilities: { logging: {}, tools: {listChanged: true} } });
  s.registerTool("add", { inputSchema: { a: z.number(), b: z.number() } }, async ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }] }));
  s.registerTool("slow", { inputSchema: { n: z.number() } }, async ({ n }, extra) => {
    for (let i = 0; i < n; i++) { const t = extra._meta?.progressToken; if (t !== undefined) await extra.sendNotification({ method: "notifications/progress", params: { progressToken: t, progress: i + 1, total: n } }); await sleep(50); }
    return { content: [{ type: "text", text: "slow done" }] }; });
  s.registerTool("ask", { inputSchema: {} }, async (_, extra) => {
    const r = await s.server.elicitInput({ message: "which color?", requestedSchema: { type: "object", properties: { color: { type: "string" } }, required: ["color"] } }, process.env.RELATED ? { relatedRequestId: extra.requestId } : undefined);
    return { content: [{ type: "text", text: JSON.stringify(r) }] }; });
  s.registerTool("sample", { inputSchema: {} }, async (_, extra) => {
    const r = await s.server.createMessage({ messages: [{ role: "user", content: { type: "text", text: "say hi" } }], maxTokens: 10 }, process.env.RELATED ? { relatedRequestId: extra.requestId } : undefined);
    return { content: [{ type: "text", text: JSON.stringify(r) }] }; });
  s.registerTool("forever", { inputSchema: {} }, async () => { await never(); return { content: [] }; });
  s.registerTool("grow", { inputSchema: {} }, async () => { s.registerTool("extra" + Math.floor(Math.random()*1e9), { inputSchema: {} }, async () => ({ content: [] })); return { content: [{ type: "text", text: "grown" }] }; });
  s.registerResource("one", "res://one", {}, async (u) => ({ contents: [{ uri: u.href, text: "resource one" }] }));
  s.registerPrompt("greet", { argsSchema: { name: z.string() } }, ({ name }) => ({ messages: [{ role: "user", content: { type: "text", text: "hello " + name } }] }));
  return s;
}
if (process.argv[2] === "stdio") await make().connect(new StdioServerTransport());
else {
  const sessions = {};
  http.createServer(async (req, res) => {
    const id = req.headers["mcp-session-id"];
    let t = id && sessions[id];
    if (!t) { t = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), onsessioninitialized: (i) => { sessions[i] = t; } }); await make().connect(t); }
    await t.handleRequest(req, res);
  }).listen(Number(process.argv[2]), "127.0.0.1");
}
