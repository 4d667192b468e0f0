import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { watch } from "./watch";

const original = globalThis.fetch;
const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
let stop: () => void = () => undefined;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  Object.assign(globalThis, {
    document: page,
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  });
});
afterEach(() => {
  stop();
  mock.timers.reset();
  globalThis.fetch = original;
});

/** Watches a file whose tag is this one, null while it is not there; notes what is told of it. */
function watched() {
  const state = { tag: "v1" as string | null, told: [] as string[] };
  globalThis.fetch = async (_target, init) => {
    const { tag } = state;
    if (tag === null) return Response.json({ code: "not_found", detail: "gone" }, { status: 404 });
    const known = new Headers(init?.headers).get("If-None-Match");
    return known === tag ? new Response(null, { status: 304 }) : new Response("{}", { headers: { ETag: tag } });
  };
  stop = watch("f", { changed: () => state.told.push("changed"), gone: () => state.told.push("gone") });
  return state;
}

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    mock.timers.tick(1000);
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a file that is as it was is told of once", async () => {
  const { told } = watched();
  await pass(10);
  assert.deepEqual(told, ["changed"]);
});

test("a file that comes back as it was is told of", async () => {
  const state = watched();
  await pass(3);
  state.tag = null;
  await pass(3);
  state.tag = "v1";
  await pass(6);
  assert.deepEqual(state.told, ["changed", "gone", "changed"]);
});
