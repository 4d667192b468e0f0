import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { ApiError, NetworkError, UnansweredError } from "./client";
import { batch, children, contentAddress, createFolders, emptyTrash, failedOf, InterruptedError, usage } from "./items";

const original = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = original;
  mock.restoreAll();
});

/** Gives these answers in turn, none for the status 0, and the requests that they were given to. */
function answering(...answers: [status: number, body: unknown, headers?: Record<string, string>][]): string[] {
  const asked: string[] = [];
  globalThis.fetch = async (target, init) => {
    asked.push(`${init?.method} ${String(target)}`);
    const [status, body, headers] = answers[asked.length - 1] ?? [500, {}];
    if (status === 0) throw new TypeError("no answer");
    return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
  };
  return asked;
}

const result = { id: "a", op: "trash", status: 200 };
const outcome = { results: [result], succeeded: 1, failed: 0 };
const running = { id: "o", kind: "batch", status: "running", done_count: 0, failed: [], created_at: "" };

test("a batch gives what became of each change", async () => {
  answering([200, outcome]);
  assert.deepEqual(await batch([{ op: "trash", id: "a" }]), [result]);
});

test("a batch that outlives its request is waited for", async () => {
  const asked = answering([202, running], [200, running], [200, { ...running, status: "done", result: outcome }]);
  assert.deepEqual(await batch([{ op: "trash", id: "a" }]), [result]);
  assert.deepEqual(asked, ["POST /v1/batch", "GET /v1/operations/o", "GET /v1/operations/o"]);
});

test("a batch goes on while the service is away, and is waited for", async () => {
  const done = { ...running, status: "done", result: outcome };
  const asked = answering([202, running], [0, null], [502, null], [200, done]);
  assert.deepEqual(await batch([{ op: "trash", id: "a" }]), [result]);
  assert.equal(asked.length, 4);
});

test("a batch that is not known any more is not waited for", async () => {
  const asked = answering([202, running], [404, { code: "not_found", detail: "gone" }]);
  await assert.rejects(batch([{ op: "trash", id: "a" }]), ApiError);
  assert.equal(asked.length, 2);
});

test("more changes than a batch takes are as many batches as they need", async () => {
  const asked = answering([200, outcome], [200, outcome]);
  const operations = Array.from({ length: 1001 }, (_, index) => ({ op: "trash" as const, id: String(index) }));
  assert.equal((await batch(operations)).length, 2);
  assert.equal(asked.length, 2);
});

test("what earlier requests of a batch did is told where a later one fails", async () => {
  const operations = Array.from({ length: 2001 }, (_, index) => ({ op: "trash" as const, id: String(index) }));
  const busy: [number, unknown] = [503, { code: "unavailable", detail: "busy" }];
  const broken: [number, unknown] = [202, { ...running, status: "failed" }];
  for (const [answer, code] of [
    [[0, null], "offline"],
    [busy, "unavailable"],
    [broken, "interrupted"],
  ] as [[number, unknown], string][]) {
    const asked = answering([200, outcome], answer);
    const [first, ...others] = await batch(operations);
    assert.deepEqual(first, result);
    assert.deepEqual(
      others.map(({ id }) => id),
      operations.slice(1000).map(({ id }) => id),
    );
    assert.ok(others.every((other) => other.code === code && other.status >= 400));
    assert.equal(asked.length, 2);
  }
});

test("of what was sent and not answered it is told that nothing is known of it", () => {
  const failed = failedOf([{ op: "trash", id: "a" }], new UnansweredError());
  assert.deepEqual(
    failed.map(({ id, code }) => [id, code]),
    [["a", "unanswered"]],
  );
});

test("a batch of which nothing was done is an error", async () => {
  answering([0, null]);
  await assert.rejects(batch([{ op: "trash", id: "a" }]), NetworkError);
});

test("work that could not go on is an error", async () => {
  answering([202, { ...running, status: "failed" }]);
  await assert.rejects(emptyTrash(), InterruptedError);
});

test("a refusal of one of many folders tells which", async () => {
  const paths = Array.from({ length: 1003 }, (_, index) => `photos/${index}`);
  const fault = { pointer: "/paths/2", detail: "must not contain control characters" };
  const answers: [number, unknown][] = [
    [200, { items: [] }],
    [422, { code: "validation_failed", detail: "a field is wrong", errors: [fault] }],
  ];
  answering(...answers);
  await assert.rejects(createFolders("f", paths), { message: "photos/1002: must not contain control characters" });
  answering([409, { code: "name_taken", detail: "taken" }]);
  await assert.rejects(createFolders("f", ["photos"]), ApiError);
});

const counting: [number, unknown, Record<string, string>] = [202, null, { "Retry-After": "0.01" }];

test("the address of a file's bytes is no signed URL", () => {
  assert.equal(contentAddress("a", "inline"), "/v1/files/a/content?disposition=inline");
  assert.equal(contentAddress("a", "attachment"), "/v1/files/a/content?disposition=attachment");
});

test("what a folder holds is asked for again while it is being counted", async () => {
  const figures = { files: 2, folders: 1, size_bytes: 3, seq: 4, computed_at: "" };
  const asked = answering(counting, counting, [200, figures]);
  assert.deepEqual(await usage("f", new AbortController().signal), figures);
  assert.deepEqual(asked, Array(3).fill("GET /v1/folders/f/usage"));
});

test("a count that no one waits for is not asked for again", async () => {
  const asked = answering(counting, counting);
  const over = new AbortController();
  const figures = usage("f", over.signal);
  setImmediate(() => over.abort(new Error("closed")));
  await assert.rejects(figures, /closed/);
  assert.equal(asked.length, 1);
});

test("URLs are renewed once half the time is over that the first one has left, whatever time it is here", async () => {
  mock.method(Date, "now", () => 0);
  const file = (id: string, expires_at: string) => ({ id, kind: "file", download: { url: "", expires_at } });
  const until = [file("b", "2026-01-01T01:00:00.000000Z"), file("c", "2026-01-01T00:40:00.000000Z")];
  const date = { Date: "Thu, 01 Jan 2026 00:00:00 GMT" };
  answering([200, { items: [{ id: "a", kind: "folder" }, ...until] }, date], [200, { items: [] }, date]);
  const read = () => children("root", { key: "name", order: "asc" });
  assert.equal((await read())?.renewAt, 20 * 60_000);
  assert.equal((await read())?.renewAt, Number.POSITIVE_INFINITY);
});
