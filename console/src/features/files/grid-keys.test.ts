import assert from "node:assert/strict";
import { test } from "node:test";
import { destination, isTyped, letterOf } from "./grid-keys";

const list = { count: 10, perRow: 1, page: 4, rightToLeft: false };
/** Three rows: of four, four and two. */
const tiles = { count: 10, perRow: 4, page: 8, rightToLeft: false };

test("in a list, up and down stay at the ends and pages stop there", () => {
  const keys = ["ArrowDown", "ArrowUp", "PageDown", "PageUp"];
  assert.deepEqual(
    keys.map((key) => destination(key, 5, list)),
    [6, 4, 9, 1],
  );
  assert.deepEqual(
    keys.map((key) => destination(key, 9, list)),
    [9, 8, 9, 5],
  );
  assert.deepEqual(
    keys.map((key) => destination(key, 0, list)),
    [1, 0, 4, 0],
  );
  assert.equal(destination("ArrowRight", 5, list), null);
});

test("among tiles, down reaches a last row that is not full", () => {
  assert.equal(destination("ArrowDown", 5, tiles), 9);
  assert.equal(destination("ArrowDown", 7, tiles), 9);
  assert.equal(destination("ArrowDown", 9, tiles), 9);
  assert.equal(destination("ArrowUp", 2, tiles), 2);
  assert.equal(destination("ArrowRight", 3, tiles), 4);
  assert.equal(destination("ArrowRight", 9, tiles), 9);
});

test("where one reads from right to left, left leads on", () => {
  const mirrored = { ...tiles, rightToLeft: true };
  assert.equal(destination("ArrowLeft", 3, mirrored), 4);
  assert.equal(destination("ArrowRight", 3, mirrored), 2);
});

test("the first key leads to the first entry, and other keys lead nowhere", () => {
  assert.equal(destination("ArrowDown", -1, list), 0);
  assert.equal(destination("a", 3, list), null);
});

test("keys of every page are not typed into a name", () => {
  const event = (key: string, more: Partial<KeyboardEvent> = {}) => ({ key, ...more }) as KeyboardEvent;
  assert.deepEqual(
    ["a", "Ä", "7", "/", "?", "F2"].map((key) => isTyped(event(key))),
    [true, true, true, false, false, false],
  );
  assert.equal(isTyped(event("a", { ctrlKey: true })), false);
});

test("a letter is that of the key, and on a layout without Latin ones that of its place", () => {
  const press = (key: string, code: string) => letterOf({ key, code } as KeyboardEvent);
  assert.equal(press("c", "KeyI"), "c", "Dvorak");
  assert.equal(press("A", "KeyA"), "a", "with Caps Lock");
  assert.equal(press("с", "KeyC"), "c", "Russian");
  assert.equal(press("ש", "KeyA"), "a", "Hebrew");
  assert.equal(press("Dead", "KeyI"), "i", "with Option");
  assert.equal(press("7", "Digit7"), "digit7");
});
