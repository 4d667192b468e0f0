import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, daysUntil, scale } from "./format";

test("sizes go up in powers of a thousand", () => {
  assert.deepEqual(scale(0), { value: 0, unit: "byte" });
  assert.deepEqual(scale(999), { value: 999, unit: "byte" });
  assert.deepEqual(scale(1000), { value: 1, unit: "kilobyte" });
  assert.deepEqual(scale(5_368_709_120), { value: 5.36870912, unit: "gigabyte" });
});

test("what would be told as 1,000 of a unit is one of the next", () => {
  assert.equal(scale(999_949).unit, "kilobyte");
  assert.deepEqual(scale(999_950).unit, "megabyte");
});

test("there is no unit beyond petabytes", () => {
  assert.deepEqual(scale(5e18), { value: 5000, unit: "petabyte" });
});

test("a span has hours only where there are some", () => {
  assert.deepEqual([0, 9, 309, 3909].map(clock), ["0:00", "0:09", "5:09", "1:05:09"]);
});

test("a day that has begun counts as one", () => {
  const now = new Date("2026-01-01T12:00:00Z");
  assert.equal(daysUntil("2026-01-31T11:00:00Z", now), 30);
  assert.equal(daysUntil("2025-12-31T12:00:00Z", now), 0);
});
