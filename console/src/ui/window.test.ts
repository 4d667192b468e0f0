import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERSCAN, reveal, windowOf } from "./window";

test("of ten thousand rows only those near the visible ones are drawn", () => {
  const { start, end } = windowOf(10_000, 40, 200_000, 1200);
  assert.ok(start <= 5000 - OVERSCAN / 40 && end >= 5030 + OVERSCAN / 40);
  assert.ok(end - start < 70, `${end - start} rows`);
});

test("a scroll by less than some rows draws nothing anew", () => {
  const windows = Array.from({ length: 200 }, (_, index) =>
    JSON.stringify(windowOf(10_000, 40, 200_000 + index, 1200)),
  );
  assert.ok(new Set(windows).size <= 3);
});

test("the window never leaves the list, not even when it is scrolled beyond or has shrunk", () => {
  assert.deepEqual(windowOf(10_000, 40, -50, 400), windowOf(10_000, 40, 0, 400));
  assert.deepEqual(windowOf(3, 40, 0, 400), { start: 0, end: 3 });
  assert.deepEqual(windowOf(0, 40, 0, 400), { start: 0, end: 0 });
  assert.deepEqual(windowOf(5, 40, 200_000, 400), { start: 5, end: 5 });
});

test("a row is revealed with the least scrolling", () => {
  assert.equal(reveal(3, 40, 0, 400), 0);
  assert.equal(reveal(10, 40, 0, 400), 40);
  assert.equal(reveal(2, 40, 400, 400), 80);
});
