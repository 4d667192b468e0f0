import assert from "node:assert/strict";
import { test } from "node:test";
import { Speed } from "./speed";

test("the speed is that of the last seconds", () => {
  const speed = new Speed();
  for (let now = 0; now < 10_000; now += 500) speed.add(500, now);
  assert.equal(Math.round(speed.perSecond(9500) / 100), 11);
});

test("a first burst is not taken for a speed", () => {
  const speed = new Speed();
  speed.add(1_000_000, 1000);
  assert.equal(speed.perSecond(1010), 1_000_000);
});

test("nothing lately is no speed", () => {
  const speed = new Speed();
  speed.add(100, 0);
  assert.equal(speed.perSecond(6000), 0);
});
