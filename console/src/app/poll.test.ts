import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { ApiError, NetworkError } from "../api/client";
import type { Problem } from "../api/types";
import { isAway, poll, waitAfter } from "./poll";

const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
let stop: () => void = () => undefined;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  page.visibilityState = "visible";
  Object.assign(globalThis, {
    document: page,
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  });
});
afterEach(() => {
  stop();
  mock.timers.reset();
});

/** Looks that end with what the test says, and how many there were. */
function looks() {
  const state = { count: 0, outcome: async (): Promise<unknown> => null };
  stop = poll(() => {
    state.count += 1;
    return state.outcome();
  });
  return state;
}

/** Lets all be done that waits for no time. */
const rest = () => new Promise((resolve) => setImmediate(resolve));

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    mock.timers.tick(1000);
    await rest();
  }
}

async function tell(event: "visibilitychange" | "online"): Promise<void> {
  page.dispatchEvent(new Event(event));
  await rest();
}

async function shows(state: "visible" | "hidden"): Promise<void> {
  page.visibilityState = state;
  await tell("visibilitychange");
}

test("a visible page looks every three seconds until that is ended", async () => {
  const state = looks();
  await pass(9);
  assert.equal(state.count, 3);
  stop();
  await pass(9);
  assert.equal(state.count, 3);
});

test("a hidden page does not look, and does so at once when it is seen again", async () => {
  const state = looks();
  await shows("hidden");
  await pass(60);
  assert.equal(state.count, 0);
  await shows("visible");
  assert.equal(state.count, 1);
  await pass(3);
  assert.equal(state.count, 2);
});

test("a look that takes long is not joined by another one", async () => {
  const state = looks();
  let answer: (value: null) => void = () => undefined;
  state.outcome = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  await pass(30);
  await tell("online");
  assert.equal(state.count, 1);
  answer(null);
  await rest();
  await pass(3);
  assert.equal(state.count, 2);
});

test("looks that fail become rarer, and come back with the network", async () => {
  const state = looks();
  state.outcome = async () => new NetworkError("no answer");
  await pass(60);
  assert.equal(state.count, 6, "after 3, 9, 21, 33, 45 and 57 seconds");
  state.outcome = async () => null;
  await tell("online");
  await pass(3);
  assert.equal(state.count, 8);
});

test("a service that is too busy is asked when it says", () => {
  const busy = (seconds: number | null) => new ApiError(429, { detail: "busy" } as Problem, seconds);
  assert.deepEqual([waitAfter(1, busy(60)), waitAfter(1, busy(1)), waitAfter(1, busy(null))], [60_000, 6000, 6000]);
});

test("a service that is away is known to be until a look finds it, and where nothing looks any more", async () => {
  const state = looks();
  state.outcome = async () => new NetworkError("no answer");
  await pass(3);
  assert.equal(isAway.value, true);
  state.outcome = async () => null;
  await pass(6);
  assert.equal(isAway.value, false);
  state.outcome = async () => new NetworkError("no answer");
  await pass(3);
  assert.equal(isAway.value, true);
  stop();
  assert.equal(isAway.value, false);
});

test("a service behind a proxy is away when the proxy says so, and one that is busy is not", async () => {
  const answer = (status: number) => new ApiError(status, { code: "unavailable", detail: "" } as Problem);
  const found: [number, boolean][] = [];
  for (const status of [502, 503, 504, 500]) {
    const state = looks();
    state.outcome = async () => answer(status);
    await pass(3);
    found.push([status, isAway.value]);
    stop();
  }
  assert.deepEqual(found, [
    [502, true],
    [503, false],
    [504, true],
    [500, false],
  ]);
});
