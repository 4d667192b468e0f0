import assert from "node:assert/strict";
import { test } from "node:test";
import type { ListedItem } from "../../api/types";
import { accept, fits, startDrag } from "./drag";

/** An event of a drag with data of these types; a page can't change what an event says of its keys. */
function dragOf(types: readonly string[], keys: { ctrlKey?: boolean; altKey?: boolean } = {}) {
  const dataTransfer = { types: [...types], effectAllowed: "", dropEffect: "" };
  const setData = (type: string) => dataTransfer.types.push(type);
  const event = { ...keys, dataTransfer: Object.assign(dataTransfer, { setData }), preventDefault: () => undefined };
  return event as typeof event & DragEvent;
}

const entry = (id: string, parent_id: string) => ({ id, parent_id }) as ListedItem;

/** A drag of these entries from within the page. */
function dragged(...entries: ListedItem[]) {
  const event = dragOf([]);
  startDrag(event, entries);
  return event;
}

test("files from outside fit into every folder", () => {
  assert.equal(fits(dragOf(["Files"]), "archive"), true);
  assert.equal(fits(dragOf(["text/plain"]), "archive"), false);
});

test("entries fit into a folder that is none of them and lacks one of them", () => {
  const event = dragged(entry("archive", "root"), entry("notes", "root"));
  assert.equal(fits(event, "archive"), false);
  assert.equal(fits(event, "letters"), true);
  assert.equal(fits(event, "root"), false);
});

test("the entries of another page fit nowhere, whatever was dragged here before", () => {
  const { types } = dragged(entry("notes", "root")).dataTransfer;
  const others = types.map((type) => type.replace(/\d+-\d+$/, "1-2"));
  assert.equal(fits(dragOf(types), "archive"), true);
  assert.equal(fits(dragOf(others), "archive"), false);
});

test("entries are moved, and copied while Ctrl or Alt is held", () => {
  const shown = (types: string[], keys = {}) => {
    const event = dragOf(types, keys);
    accept(event);
    return event.dataTransfer.dropEffect;
  };
  assert.deepEqual(
    [shown(["x"]), shown(["x"], { ctrlKey: true }), shown(["x"], { altKey: true }), shown(["Files"])],
    ["move", "copy", "copy", "copy"],
  );
});
