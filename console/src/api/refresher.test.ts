import assert from "node:assert/strict";
import { test } from "node:test";
import { Refresher } from "./refresher";

test("requests that are refused together share one renewal", async () => {
  let calls = 0;
  const refresher = new Refresher(async () => {
    calls += 1;
    return true;
  });
  const renewed = await Promise.all([refresher.renew(0), refresher.renew(0), refresher.renew(0)]);
  assert.deepEqual(renewed, [true, true, true]);
  assert.equal(calls, 1);
});

test("a request of an older generation is sent again without a renewal", async () => {
  let calls = 0;
  const refresher = new Refresher(async () => {
    calls += 1;
    return true;
  });
  await refresher.renew(0);
  assert.equal(await refresher.renew(0), true);
  assert.equal(calls, 1);
  assert.equal(refresher.generation, 1);
});

test("a session that has ended is no new generation, and may be asked for again", async () => {
  const answers = [false, true];
  const refresher = new Refresher(async () => answers.shift() ?? false);
  assert.equal(await refresher.renew(0), false);
  assert.equal(refresher.generation, 0);
  assert.equal(await refresher.renew(0), true);
});

test("a renewal that fails is told to all who wait, and is tried again by the next", async () => {
  let calls = 0;
  const refresher = new Refresher(async () => {
    calls += 1;
    if (calls === 1) throw new Error("offline");
    return true;
  });
  const outcomes = await Promise.allSettled([refresher.renew(0), refresher.renew(0)]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status),
    ["rejected", "rejected"],
  );
  assert.equal(await refresher.renew(0), true);
  assert.equal(calls, 2);
});
