import { describe, expect, test } from "vitest";
import { ask, askOrShrug, askStreamed } from "./chat.js";

test.each(["Say hi", "Diga olá!", "../..//x", "?&#%"])("answers %s", async (prompt) => {
  expect(await ask(prompt)).toContain("answer number");
});

describe("a stream", () => {
  test("comes in pieces", async () => {
    const pieces = await askStreamed(process.env.SAMPLE_PROMPT ?? "Say hi in pieces");
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join("")).toContain("answer number");
  });
});

test("shrugs", async () => {
  expect(await askOrShrug(process.env.SAMPLE_SHRUG ?? "Do you care?")).toBeTruthy();
});

test("needs nobody", () => {
  expect(1 + 1).toBe(2);
});
