import assert from "node:assert/strict";
import { test } from "node:test";
import { setBeneath } from "./cover";

/** A part of a page, as far as it matters here. */
class Part {
  isInert = false;
  constructor(readonly previousElementSibling: Part | null) {}
  toggleAttribute(name: string, force: boolean): void {
    assert.equal(name, "inert");
    this.isInert = force;
  }
}

test("what a part covers is out of reach until it is closed, and what is above it never is", () => {
  const first = new Part(null);
  const second = new Part(first);
  const sheet = new Part(second);
  const after = new Part(sheet);
  const states = () => [first, second, sheet, after].map(({ isInert }) => isInert);
  setBeneath(sheet as unknown as Element, true);
  assert.deepEqual(states(), [true, true, false, false]);
  setBeneath(sheet as unknown as Element, false);
  assert.deepEqual(states(), [false, false, false, false]);
});
