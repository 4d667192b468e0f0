import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { NetworkError } from "./client";
import { OutdatedError, reached } from "./scripts";

const FIRST = "https://files.example/assets/app-1.js";
const original = globalThis.fetch;
beforeEach(() => {
  Object.assign(globalThis, { document: { querySelector: () => ({ src: FIRST }) } });
});
afterEach(() => {
  globalThis.fetch = original;
});

/** Has the first script of the page answered with this status, 0 for no answer; gives what was asked for. */
function answering(status: number): string[] {
  const asked: string[] = [];
  globalThis.fetch = async (target, init) => {
    asked.push(`${String(target)} ${init?.cache}`);
    if (status === 0) throw new TypeError("no answer");
    return new Response("", { status });
  };
  return asked;
}

const missing = () => Promise.reject(new TypeError("Failed to fetch dynamically imported module"));

test("a script that is there is loaded, and nothing else is asked for", async () => {
  const asked = answering(200);
  assert.equal(await reached(Promise.resolve("script")), "script");
  assert.deepEqual(asked, []);
});

test("a script that a newer version of the console does not have is told from a service that is away", async () => {
  const asked = answering(404);
  await assert.rejects(reached(missing()), OutdatedError);
  assert.deepEqual(asked, [`${FIRST} no-store`]);
  for (const status of [0, 200, 502, 503]) {
    answering(status);
    await assert.rejects(reached(missing()), NetworkError);
  }
});
