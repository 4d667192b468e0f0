import assert from "node:assert/strict";
import { test } from "node:test";
import { fromInput, fromTransfer, parentOf, withParents } from "./entries";

test("folders come each once, parents first", () => {
  assert.deepEqual(withParents(["b/c/d", "a", "b/c", ""]), ["a", "b", "b/c", "b/c/d"]);
});

test("a path without a folder has none", () => {
  assert.equal(parentOf("a.txt"), "");
  assert.equal(parentOf(""), "");
  assert.equal(parentOf("x/y/a.txt"), "x/y");
});

test("a chosen folder gives its files with the folders that they lie in", () => {
  const file = (name: string, webkitRelativePath: string) => Object.assign(new File([], name), { webkitRelativePath });
  const { files, folders } = fromInput([file("a", "p/a"), file("b", "p/q/r/b")]);
  assert.deepEqual(
    files.map(({ path }) => path),
    ["p", "p/q/r"],
  );
  assert.deepEqual(folders, ["p", "p/q", "p/q/r"]);
  assert.deepEqual(fromInput([file("a", "")]).folders, []);
});

interface Tree {
  [name: string]: Tree | string;
}

const UNREADABLE = "unreadable";

/** A dropped folder, read two entries at a time as browsers give them in pieces. */
function entry(name: string, content: Tree | string): FileSystemEntry {
  if (typeof content === "string") {
    const file = (done: (file: File) => void, failed: (error: Error) => void) =>
      content === UNREADABLE ? failed(new Error(name)) : done(new File([content], name));
    return { isFile: true, isDirectory: false, name, file } as unknown as FileSystemEntry;
  }
  const createReader = () => {
    const left = Object.entries(content).map(([inner, value]) => entry(inner, value));
    return { readEntries: (done: (entries: FileSystemEntry[]) => void) => done(left.splice(0, 2)) };
  };
  return { isFile: false, isDirectory: true, name, createReader } as unknown as FileSystemEntry;
}

function transfer(...entries: (FileSystemEntry | null)[]): DataTransfer {
  const items = entries.map((found) => ({
    kind: "file",
    webkitGetAsEntry: () => found,
    getAsFile: () => new File(["p"], "pasted.png"),
  }));
  return { items: [...items, { kind: "string" }] } as unknown as DataTransfer;
}

test("a dropped folder is read to its last leaf, empty folders too", async () => {
  const tree = { "a.txt": "a", "b.txt": "b", "c.txt": "c", empty: {}, deep: { er: { "d.txt": "d" } } };
  const { files, folders } = await fromTransfer(transfer(entry("photos", tree), entry("e.txt", "e")));
  const found = files.map(({ file, path }) => `${path}:${file.name}`).sort();
  assert.deepEqual(found, [":e.txt", "photos/deep/er:d.txt", "photos:a.txt", "photos:b.txt", "photos:c.txt"]);
  assert.deepEqual(folders, ["photos", "photos/deep", "photos/empty", "photos/deep/er"]);
});

test("what has no entry is taken as a file", async () => {
  const { files, folders } = await fromTransfer(transfer(null));
  assert.deepEqual(
    files.map(({ file }) => file.name),
    ["pasted.png"],
  );
  assert.deepEqual(folders, []);
});

test("what can't be read is counted, and all else is there", async () => {
  const tree = { "a.txt": "a", "b.txt": UNREADABLE, "c.txt": "c" };
  const { files, unread } = await fromTransfer(transfer(entry("photos", tree), entry("d.txt", UNREADABLE)));
  assert.deepEqual([files.map(({ file }) => file.name).sort(), unread], [["a.txt", "c.txt"], 2]);
});
