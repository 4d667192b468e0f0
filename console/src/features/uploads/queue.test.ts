import assert from "node:assert/strict";
import { test } from "node:test";
import { type TransferEvents, type Upload, UploadQueue } from "./queue";

function upload(id: string, size = 10): Upload {
  return {
    id,
    name: id,
    type: "text/plain",
    size,
    lastModified: 1,
    parentId: "root",
    place: "",
    onConflict: "fail",
    file: { name: id, size, lastModified: 1 } as File,
    url: null,
    parts: {},
    gone: null,
    sent: 0,
    busyUntil: 0,
    state: "waiting",
    error: null,
  };
}

/** A queue whose transfers do what the test says. */
function queue(limit = 2) {
  const events = new Map<string, TransferEvents>();
  const log: string[] = [];
  const made = new UploadQueue({
    limit,
    begin: (upload, told) => {
      log.push(`begin ${upload.id}${upload.url ? ` at ${upload.url}` : ""}`);
      events.set(upload.id, told);
      return { stop: () => log.push(`stop ${upload.id}`), cancel: () => log.push(`cancel ${upload.id}`) };
    },
    changed: () => undefined,
    astray: ({ id }) => log.push(`astray ${id}`),
    removed: (uploads) => log.push(`removed ${uploads.map(({ id }) => id).join()}`),
  });
  const told = (id: string): TransferEvents => {
    const found = events.get(id);
    if (!found) throw new Error(`no transfer of ${id}`);
    return found;
  };
  const states = () => made.uploads.map((entry) => `${entry.id}:${entry.state}`).join(" ");
  return { made, told, log, states };
}

test("a few are sent at a time, and the next begins when one is over", () => {
  const { made, told, states } = queue(2);
  made.add([upload("a"), upload("b"), upload("c")]);
  assert.equal(states(), "a:sending b:sending c:waiting");
  told("a").done(false);
  assert.equal(states(), "a:done b:sending c:sending");
  told("b").failed(new Error("no"));
  assert.equal(states(), "a:done b:failed c:sending");
  assert.deepEqual(made.totals(), { count: 3, done: 1, failed: 1, running: 1, sent: 10, size: 30 });
});

test("a paused upload lets the next one in, and goes on where it was", () => {
  const { made, told, log, states } = queue(1);
  made.add([upload("a"), upload("b")]);
  told("a").begun("/uploads/1");
  told("a").progress(4);
  made.pause("a");
  assert.equal(states(), "a:paused b:sending");
  told("b").done(false);
  made.resume("a");
  assert.equal(states(), "a:sending b:done");
  assert.deepEqual(log, ["begin a", "stop a", "begin b", "begin a at /uploads/1"]);
});

test("what is paused is left, and what is done or has failed is not", () => {
  const { made, told } = queue(2);
  assert.equal(made.areLeft(), false);
  made.add([upload("a"), upload("b"), upload("c")]);
  told("a").done(false);
  told("b").failed(new Error("no"));
  made.pause("c");
  assert.equal(made.areLeft(), true);
  made.resume("c");
  told("c").done(false);
  assert.equal(made.areLeft(), false);
});

test("what a stopped transfer still tells is not heard", () => {
  const { made, told, states } = queue(1);
  made.add([upload("a")]);
  const old = told("a");
  made.pause("a");
  old.failed(new Error("aborted"));
  old.progress(9);
  assert.equal(states(), "a:paused");
  assert.equal(made.totals().sent, 0);
});

test("names that are taken are decided once for all", () => {
  const { made, told, log, states } = queue(2);
  made.add([upload("a"), upload("b"), upload("c")]);
  told("a").begun("/uploads/1");
  told("a").conflict();
  told("b").conflict();
  assert.equal(states(), "a:conflict b:conflict c:sending");
  made.decide("rename");
  assert.equal(states(), "a:sending b:waiting c:sending");
  assert.equal(log.at(-1), "begin a");
  assert.equal(made.uploads[0]?.onConflict, "rename");
});

test("names that are taken can be skipped", () => {
  const { made, told, states } = queue(2);
  made.add([upload("a"), upload("b")]);
  told("a").conflict();
  made.decide("skip");
  assert.equal(states(), "b:sending");
});

test("the end of the session pauses all, until they are resumed", () => {
  const { made, told, log, states } = queue(2);
  made.add([upload("a"), upload("b"), upload("c")]);
  told("a").signedOut();
  assert.equal(states(), "a:paused b:paused c:paused");
  assert.equal(log.filter((line) => line.startsWith("begin")).length, 2);
  made.resumeAll();
  assert.equal(states(), "a:sending b:sending c:waiting");
});

test("an upload without its file waits for the same file", () => {
  const { made, states } = queue(1);
  const lost = { ...upload("a"), file: null, state: "missing" as const };
  made.add([lost]);
  assert.equal(made.supply("a", { name: "a", size: 11, lastModified: 1 } as File), false);
  assert.equal(states(), "a:missing");
  assert.equal(made.supply("a", { name: "a", size: 10, lastModified: 1 } as File), true);
  assert.equal(states(), "a:sending");
});

test("files that are chosen again go to the uploads into their folder that lack them", () => {
  const { made, log, states } = queue(2);
  const missing = { file: null, state: "missing" as const };
  made.add([
    { ...upload("a"), ...missing, url: "/uploads/1" },
    { ...upload("b"), ...missing, parentId: "f" },
  ]);
  const file = (name: string) => ({ name, size: 10, lastModified: 1 }) as File;
  assert.deepEqual(
    ["a", "b", "c", "a"].map((name) => made.supplyAny("root", file(name))),
    [true, false, false, false],
  );
  assert.equal(states(), "a:sending b:missing");
  assert.deepEqual(log, ["begin a at /uploads/1"]);
});

test("a cancelled upload is dropped at the service too", () => {
  const { made, log, states } = queue(1);
  made.add([upload("a"), upload("b")]);
  made.remove(["a"]);
  assert.equal(states(), "b:sending");
  assert.deepEqual(log, ["begin a", "cancel a", "removed a", "begin b"]);
});

test("ten thousand files are one total", () => {
  const { made } = queue(4);
  made.add(Array.from({ length: 10_000 }, (_, index) => upload(String(index), 3)));
  assert.equal(made.totals().size, 30_000);
  assert.equal(made.totals().running, 10_000);
});

test("a file whose folder went away meanwhile is told of before it is done", () => {
  const { made, told, log, states } = queue(1);
  made.add([upload("a")]);
  told("a").done(true);
  assert.deepEqual([log.at(-1), states()], ["astray a", "a:done"]);
});

test("a file that can't be read any more has to be chosen again, and the next one begins", () => {
  const { made, told, states } = queue(1);
  made.add([upload("a"), upload("b")]);
  told("a").begun("/uploads/1");
  told("a").lost();
  assert.equal(states(), "a:missing b:sending");
  assert.equal(made.supply("a", { name: "a", size: 10, lastModified: 1 } as File), true);
  told("b").done(false);
  assert.equal(states(), "a:sending b:done");
  assert.equal(made.uploads[0]?.url, "/uploads/1");
});

test("uploads that are released are stopped, and neither dropped nor heard of any more", () => {
  const { made, told, log, states } = queue(1);
  made.add([upload("a"), upload("b")]);
  const old = told("a");
  made.release();
  old.done(false);
  assert.equal(states(), "");
  assert.deepEqual(log, ["begin a", "stop a"]);
  made.add([upload("c")]);
  assert.equal(states(), "c:sending");
});

test("parts of a direct upload that is gone are sent again", () => {
  const { made, told } = queue(1);
  made.add([upload("a")]);
  told("a").part(1, "tag");
  told("a").progress(4);
  told("a").gone("d");
  told("a").failed(new Error("expired"));
  const [first] = made.uploads;
  assert.deepEqual([first?.gone, first?.parts, first?.sent], ["d", {}, 0]);
});

test("an upload knows until when the service is too busy for it", () => {
  const { made, told } = queue(1);
  made.add([upload("a")]);
  told("a").busy(1234);
  assert.equal(made.uploads[0]?.busyUntil, 1234);
});

test("what is sent is held no longer", () => {
  const { made, told } = queue(1);
  made.add([upload("a")]);
  told("a").done(false);
  assert.deepEqual([made.uploads[0]?.state, made.uploads[0]?.file], ["done", null]);
});
