import assert from "node:assert/strict";
import { test } from "node:test";
import { all, clear, extend, focus, nothing, only, prune, toggle, typeAhead } from "./selection";

const ids = ["a", "b", "c", "d", "e"];
const chosen = (state: { selected: ReadonlySet<string> }) => [...state.selected].sort().join("");

test("a range goes from the anchor, and shrinks again", () => {
  const started = only("b");
  const down = extend(started, ids, "d");
  assert.equal(chosen(down), "bcd");
  assert.equal(chosen(extend(down, ids, "c")), "bc");
  assert.equal(chosen(extend(down, ids, "a")), "ab");
  assert.equal(extend(down, ids, "a").anchor, "b");
});

test("a range without an anchor begins where the keyboard is", () => {
  assert.equal(chosen(extend(nothing, ids, "c")), "c");
  assert.equal(chosen(extend(focus(nothing, "d"), ids, "b")), "bcd");
});

test("toggling adds and removes, and keeps the others", () => {
  const two = toggle(only("a"), "c");
  assert.equal(chosen(two), "ac");
  assert.equal(chosen(toggle(two, "a")), "c");
});

test("selecting all leaves the keyboard where it is", () => {
  assert.equal(all(focus(nothing, "c"), ids).active, "c");
  assert.equal(chosen(all(nothing, ids)), "abcde");
  assert.equal(chosen(clear(all(nothing, ids))), "");
});

test("when entries go, the keyboard goes to the next that stays, else to the last", () => {
  assert.equal(prune(only("b"), ids, ["a", "c", "d"]).active, "c");
  assert.equal(prune(only("b"), ids, ["a", "d"]).active, "d");
  assert.equal(prune(only("e"), ids, ["a", "b"]).active, "b");
  assert.equal(prune(only("a"), ["a"], []).active, null);
  assert.equal(chosen(prune(all(nothing, ids), ids, ["c", "x"])), "c");
});

test("a selection that loses nothing is the same, so that nothing is drawn anew", () => {
  const state = toggle(only("b"), "d");
  assert.equal(prune(state, ids, [...ids, "f"]), state);
  assert.notEqual(prune(state, ids, ["a", "d"]), state);
});

test("the keyboard waits for an entry of a later page", () => {
  assert.equal(prune(focus(nothing, "e"), ["a", "b"], ["a", "b", "c"]).active, "e");
  assert.equal(prune(focus(nothing, "e"), ["a"], ids).active, "e");
});

test("letters find the next name, around the end", () => {
  const names = ["Äpfel", "berlin", "Bonn", "Zebra"];
  assert.equal(typeAhead(names, 0, "b"), 1);
  assert.equal(typeAhead(names, 1, "b"), 2);
  assert.equal(typeAhead(names, 2, "b"), 1);
  assert.equal(typeAhead(names, 1, "be"), 1);
  assert.equal(typeAhead(names, 1, "bb"), 2);
  assert.equal(typeAhead(names, 2, "bbb"), 1);
  assert.equal(typeAhead(names, 3, "a\u0308"), 0);
  assert.equal(typeAhead(names, 0, "q"), -1);
  assert.equal(typeAhead([], 0, "q"), -1);
});
