import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item } from "../../api/types";
import { tell, toldOf } from "./told";

const root = { id: "r", name: "" };
const work = { id: "w", name: "Work" };
const entries = [
  { id: "l", name: "Letters", kind: "folder", parent_id: "w" },
  { id: "n", name: "Notes.txt", kind: "file", parent_id: "w" },
] as Item[];

const shown = (user: string | undefined, id: string) => {
  const place = toldOf(user, id);
  return place && [place.name, place.parent_id, place.ancestors];
};

test("a page that is left has told of the folders in it and of those on the way to it", () => {
  tell("anna", [root, work], entries);
  assert.deepEqual(shown("anna", "l"), ["Letters", "w", [root, work]]);
  assert.deepEqual(shown("anna", "w"), ["Work", "r", [root]]);
  assert.deepEqual(shown("anna", "r"), ["", null, []]);
  assert.deepEqual([shown("anna", "n"), shown("anna", "x")], [null, null]);
});

test("of a folder that is entered before the one around it was read its name is told", () => {
  tell("anna", undefined, entries);
  assert.deepEqual(shown("anna", "l"), ["Letters", "w", undefined]);
  assert.equal(toldOf("anna", "w"), null);
});

test("what one user was told is not told another one", () => {
  tell("anna", [root], entries);
  assert.deepEqual([toldOf("ben", "l"), toldOf(undefined, "l")], [null, null]);
  tell(undefined, [root], entries);
  assert.deepEqual([toldOf("anna", "l"), toldOf(undefined, "l")], [null, null]);
});
