import assert from "node:assert/strict";
import { test } from "node:test";
import type { PageRequest } from "../../api/items";
import type { Item } from "../../api/types";
import { type Siblings, siblingsOf } from "./siblings";

/** A folder with pages of two, and what it was asked for: the tag of the first page is its state. */
function folder(names: string[]) {
  const asked: string[] = [];
  const state = { names, etag: "v1" };
  const read = async ({ cursor, etag }: PageRequest) => {
    asked.push(cursor ?? etag ?? "first");
    if (etag === state.etag) return null;
    const start = Number(cursor ?? 0);
    const shown = state.names.slice(start, start + 2);
    const items = shown.map((id) => ({ id, kind: id.startsWith("f") ? "folder" : "file" })) as Item[];
    const next = start + 2 < state.names.length ? String(start + 2) : null;
    return { page: { items, next_cursor: next }, etag: state.etag };
  };
  return { asked, read, state };
}

const namesOf = ({ files }: Siblings) => files.map(({ id }) => id);

test("a folder is read as far as the file behind the one that is shown", async () => {
  const { asked, read } = folder(["f1", "a", "b", "c", "d", "e", "f"]);
  const found = await siblingsOf("a", null, read);
  assert.deepEqual(namesOf(found), ["a", "b", "c"]);
  assert.deepEqual(asked, ["first", "2"]);
});

test("going on to the next file reads no page again", async () => {
  const { asked, read } = folder(["a", "b", "c", "d", "e"]);
  let found: Siblings | null = null;
  for (const id of ["a", "b", "c", "d", "e"]) found = await siblingsOf(id, found, read);
  assert.deepEqual(found && namesOf(found), ["a", "b", "c", "d", "e"]);
  assert.deepEqual(
    asked.filter((what) => what !== "v1"),
    ["first", "2", "4"],
  );
});

test("a folder that has changed is read anew", async () => {
  const { read, state } = folder(["a", "b", "c"]);
  const found = await siblingsOf("c", null, read);
  Object.assign(state, { names: ["b", "c"], etag: "v2" });
  assert.deepEqual(namesOf(await siblingsOf("b", found, read)), ["b", "c"]);
});

test("a file that is not there is looked for to the end", async () => {
  const { asked, read } = folder(["a", "b", "c"]);
  assert.deepEqual(namesOf(await siblingsOf("x", null, read)), ["a", "b", "c"]);
  assert.deepEqual(asked, ["first", "2"]);
});
