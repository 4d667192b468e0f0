import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { isLeap, Leaps } from "./leaps";
import { windowOf } from "./window";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

/** Leaps, and what they have told. */
function leaps() {
  const told: boolean[] = [];
  return { made: new Leaps((isDragged) => told.push(isDragged)), told };
}

test("a wheel leaps over no rows, and a scroll bar that is dragged does", () => {
  const windowAt = (top: number) => windowOf(10_000, 44, top, 800);
  assert.equal(isLeap(windowAt(10_000), windowAt(10_100)), false);
  assert.equal(isLeap(windowAt(10_000), windowAt(11_333)), true);
  assert.equal(isLeap(windowAt(11_333), windowAt(10_000)), true);
  assert.equal(isLeap(windowAt(10_000), windowAt(200_000)), true);
  assert.equal(isLeap(windowAt(10_000), windowAt(10_000)), false);
});

test("a list that grows below what is visible does not leap", () => {
  assert.equal(isLeap({ start: 0, end: 20 }, { start: 0, end: 30 }), false);
});

test("two leaps in a row are a drag, which is over when there was none for a moment", () => {
  const { made, told } = leaps();
  made.add();
  assert.deepEqual(told, []);
  mock.timers.tick(16);
  made.add();
  mock.timers.tick(16);
  made.add();
  assert.deepEqual(told, [true, true]);
  mock.timers.tick(149);
  assert.deepEqual(told, [true, true]);
  mock.timers.tick(1);
  assert.deepEqual(told, [true, true, false]);
});

test("leaps with a rest between them, as by keys, are none", () => {
  const { made, told } = leaps();
  made.add();
  mock.timers.tick(200);
  made.add();
  mock.timers.tick(200);
  assert.deepEqual(told, [false, false]);
});

test("a list that is gone is told nothing", () => {
  const { made, told } = leaps();
  made.add();
  made.add();
  made.stop();
  mock.timers.tick(1000);
  assert.deepEqual(told, [true]);
});
