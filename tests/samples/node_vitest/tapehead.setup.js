// One cassette for each test: its session begins and ends with it, and a request that was missed fails it.
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach } from "vitest";

const { TAPEHEAD_CONTROL, TAPEHEAD_TOKEN } = process.env;
const send = globalThis.fetch;
const user = `vitest-${randomUUID()}`; // files run at the same time: each has sessions of its own
let session = "";

async function control(path, body) {
  const headers = { Authorization: `Bearer ${TAPEHEAD_TOKEN}`, "Content-Type": "application/json" };
  const answer = await send(TAPEHEAD_CONTROL + path, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

if (TAPEHEAD_CONTROL) {
  globalThis.fetch = (input, init) => {
    const request = new Request(input, init);
    if (session) request.headers.set("x-tapehead-session", session);
    return send(request);
  };

  beforeEach(async ({ task }) => {
    const names = [];
    for (let each = task; each?.name && each !== task.file; each = each.suite) names.unshift(safe(each.name));
    const cassette = [task.file.name.replace(/\.test\.\w+$/, ""), ...names].join("/");
    ({ session } = await control("/begin", { cassette, user }));
  });

  afterEach(async () => {
    if (!session) return;
    const { failures } = await control("/end", { session });
    session = "";
    if (failures.length) throw new Error(failures.join("\n"));
  });
}

// Different names stay different: what a cassette's name cannot have is spelled by its code.
function safe(name) {
  return name.replace(/ /g, "-").replace(/[^\w-]/gu, (c) => `~${c.codePointAt(0).toString(16)}`);
}
