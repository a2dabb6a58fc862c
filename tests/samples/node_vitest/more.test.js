import { expect, test } from "vitest";
import { ask } from "./chat.js";

// Another file: vitest runs it at the same time.
test.each([1, 2, 3])("asks the same, %i", async () => {
  const [first, second] = [await ask("Say hi"), await ask("Say hi")];
  expect(first).not.toBe(second);
});
