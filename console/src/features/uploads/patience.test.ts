import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { ApiError, NetworkError } from "../../api/client";
import type { Problem } from "../../api/types";
import { isUntold, patiently, scatter, waitOf } from "./patience";

let random = 0;

beforeEach(() => {
  random = 0;
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  mock.method(Math, "random", () => random);
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

const refusal = (status: number, code: string, retryAfter: number | null = null) =>
  new ApiError(status, { code, detail: code } as Problem, retryAfter);

/** Lets all be done that waits for no time. */
const rest = () => new Promise((resolve) => setImmediate(resolve));

/** What fails with these errors, one after another, and succeeds then. */
function failing(errors: Error[]) {
  const state = { count: 0, outcome: "", waits: 0 };
  const attempt = async () => {
    state.count += 1;
    const error = errors.shift();
    if (error) throw error;
  };
  const busy = (until: number) => {
    state.waits += until - Date.now();
  };
  const ended = patiently(attempt, new AbortController().signal, busy, [1000, 2000]);
  void ended.then(
    () => {
      state.outcome = "done";
    },
    (error: Error) => {
      state.outcome = error.message;
    },
  );
  return state;
}

test("what fails for a reason that passes is tried again after a while", async () => {
  const state = failing([new NetworkError("away"), refusal(503, "unavailable")]);
  await rest();
  mock.timers.tick(1000);
  await rest();
  assert.deepEqual(state, { count: 2, outcome: "", waits: 0 });
  mock.timers.tick(2000);
  await rest();
  assert.deepEqual(state, { count: 3, outcome: "done", waits: 0 });
});

test("a service that is too busy is asked when it says, and that is told", async () => {
  const state = failing([refusal(429, "rate_limited", 60)]);
  await rest();
  mock.timers.tick(59_999);
  await rest();
  assert.equal(state.count, 1);
  mock.timers.tick(1);
  await rest();
  assert.deepEqual(state, { count: 2, outcome: "done", waits: 60_000 });
});

test("what is refused for good is not tried again", async () => {
  const state = failing([refusal(413, "quota_exceeded")]);
  await rest();
  assert.deepEqual(state, { count: 1, outcome: "quota_exceeded", waits: 0 });
});

test("seconds are told, and what is no number of them asks for nothing", () => {
  assert.deepEqual(["2", undefined, "Wed, 21 Oct 2026 07:28:00 GMT", "-1"].map(waitOf), [2000, 0, 0, 0]);
});

test("many who were turned away together come back at different times, and none too early", async () => {
  assert.equal(scatter(1000), 1000);
  random = 0.5;
  assert.equal(scatter(1000), 1125);
  const state = failing([refusal(503, "unavailable", 4)]);
  await rest();
  mock.timers.tick(4499);
  await rest();
  assert.equal(state.count, 1);
  mock.timers.tick(1);
  await rest();
  assert.deepEqual(state, { count: 2, outcome: "done", waits: 4500 });
});

test("an upload that another request is at work on, or that is not told of, is not taken for one that is gone", () => {
  for (const status of [0, 401, 423, 429, 503]) assert.equal(isUntold(status, undefined), true, `${status}`);
  assert.equal(isUntold(409, "1"), true);
  // Its name is taken, say: there is nothing to wait for.
  assert.equal(isUntold(409, undefined), false);
  for (const status of [200, 403, 404, 410]) assert.equal(isUntold(status, undefined), false, `${status}`);
});
