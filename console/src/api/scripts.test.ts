import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { NetworkError } from "./client";
import { ReloadError, reached } from "./scripts";

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

/** A script that can't be loaded the first times, as many as these, and how often that was tried. */
function script(failures: number) {
  const state = { tries: 0 };
  const load = async () => {
    state.tries += 1;
    if (state.tries <= failures) throw new TypeError("Failed to fetch dynamically imported module");
    return "script";
  };
  return { state, load };
}

const needsReload = (isOutdated: boolean) => (error: unknown) =>
  error instanceof ReloadError && error.isOutdated === isOutdated;

test("a script that is there is loaded, and nothing else is asked for", async () => {
  const asked = answering(200);
  assert.equal(await reached(script(0).load), "script");
  assert.deepEqual(asked, []);
});

test("a script that a newer version of the console does not have is told from a service that is away", async () => {
  const asked = answering(404);
  await assert.rejects(reached(script(1).load), needsReload(true));
  assert.deepEqual(asked, [`${FIRST} no-store`]);
  for (const status of [0, 502, 503]) {
    answering(status);
    await assert.rejects(reached(script(1).load), NetworkError);
  }
});

test("a script that the browser does not ask for again, though it is there, needs the page to be loaded anew", async () => {
  answering(200);
  const { load, state } = script(1);
  assert.equal(await reached(load), "script");
  assert.equal(state.tries, 2);
  await assert.rejects(reached(script(2).load), needsReload(false));
});
