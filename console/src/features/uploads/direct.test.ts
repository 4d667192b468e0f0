import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { beginDirect, isFit } from "./direct";
import type { TransferEvents, Upload } from "./queue";

const STORE = "https://store.example/files/1?signature";
const original = globalThis.fetch;
let asked: string[] = [];
let sent: string[] = [];
let keys: string[] = [];

/** What the store does with a part: gives this tag, or is out of reach. */
let store: (url: string) => string | null = () => null;

/** The status of what the store answers. */
let answered = 200;

class Request {
  readonly upload: { onprogress?: (event: { loaded: number }) => void } = {};
  onload = () => undefined as undefined;
  onerror = () => undefined as undefined;
  onloadend = () => undefined as undefined;
  status = answered;
  #url = "";
  #tag: string | null = null;

  open(_method: string, url: string): void {
    this.#url = url;
  }
  abort(): void {}
  getResponseHeader(): string | null {
    return this.#tag;
  }
  send(bytes: Blob): void {
    sent.push(`${this.#url} ${bytes.size}`);
    queueMicrotask(() => {
      this.#tag = store(this.#url);
      this.upload.onprogress?.({ loaded: bytes.size });
      if (this.#tag === null) this.onerror();
      else this.onload();
      this.onloadend();
    });
  }
}

beforeEach(() => {
  asked = [];
  sent = [];
  keys = [];
  store = (url) => `"${url.slice(-1)}"`;
  answered = 200;
  Object.assign(globalThis, { XMLHttpRequest: Request });
});
afterEach(() => {
  globalThis.fetch = original;
});

function upload(parts: Record<number, string> = {}): Upload {
  const file = new Blob(["0123456789"]) as File;
  const about = { id: "u", name: "Film.bin", type: "", size: 10, lastModified: 1, parentId: "root", place: "" };
  const begun = { file, url: null, parts, gone: null, sent: 0, busyUntil: 0, error: null };
  return { ...about, ...begun, onConflict: "fail", state: "sending" };
}

/** The service, whose parts of four bytes go to this place; `refusal` is its answer to the completion. */
function service(place: string, refusal: { status: number; code: string } | null = null): void {
  const parts = [0, 4, 8].map((offset, index) => ({
    number: index + 1,
    method: "PUT",
    url: `${place}&part=${index + 1}`,
    headers: {},
    offset,
    size: Math.min(4, 10 - offset),
  }));
  globalThis.fetch = async (target, init) => {
    asked.push(`${init?.method} ${String(target)} ${typeof init?.body === "string" ? init.body : ""}`.trim());
    if (init?.method === "DELETE") return new Response(null, { status: 204 });
    const isLast = String(target).endsWith("/complete");
    if (!isLast) keys.push(new Headers(init?.headers).get("Idempotency-Key") ?? "");
    const body = isLast ? { ...refusal, detail: "no" } : { id: "d", expires_at: "", parts };
    return new Response(JSON.stringify(body), { status: isLast && refusal ? refusal.status : 200 });
  };
}

/** Sends an upload, and gives the name of what ended it. */
function outcome(wanted: Upload): Promise<string> {
  return new Promise((resolve) => {
    const ended = (name: string) => () => resolve(name);
    const events: TransferEvents = {
      progress: () => undefined,
      busy: () => undefined,
      begun: () => undefined,
      part: (number, tag) => {
        wanted.parts[number] = tag;
      },
      gone: (id) => Object.assign(wanted, { gone: id, parts: {} }),
      done: ended("done"),
      conflict: ended("conflict"),
      lost: ended("lost"),
      signedOut: ended("signed out"),
      failed: ended("failed"),
    };
    const other = { stop: () => undefined, cancel: () => undefined };
    beginDirect(wanted, events, () => {
      resolve("instead");
      return other;
    });
  });
}

test("every part goes to the store, and its tags complete the upload", async () => {
  service(STORE);
  assert.equal(await outcome(upload()), "done");
  assert.deepEqual(
    sent.map((line) => line.slice(STORE.length)),
    ["&part=1 4", "&part=2 4", "&part=3 2"],
  );
  assert.match(
    asked.at(-1) ?? "",
    /complete {"parts":\[{"number":1,"etag":"\\"1\\""},{"number":2,"etag":"\\"2\\""},{"number":3,/,
  );
});

test("what the store has already is not sent again", async () => {
  service(STORE);
  assert.equal(await outcome(upload({ 1: '"1"', 3: '"3"' })), "done");
  assert.equal(sent.length, 1);
});

test("a name that was taken meanwhile is asked about, and the upload is dropped", async () => {
  service(STORE, { status: 409, code: "name_taken" });
  assert.equal(await outcome(upload()), "conflict");
  assert.equal(asked.at(-1), "DELETE /v1/direct-uploads/d");
});

test("after an upload that is gone there is a new one, to which all is sent", async () => {
  service(STORE, { status: 404, code: "not_found" });
  const wanted = upload({ 1: '"1"' });
  assert.equal(await outcome(wanted), "failed");
  assert.deepEqual([wanted.gone, wanted.parts, sent.length], ["d", {}, 2]);
  service(STORE);
  assert.equal(await outcome(wanted), "done");
  assert.deepEqual(keys, ["u.fail.direct", "u.fail.direct.d"]);
  assert.equal(sent.length, 5);
});

test("a store that took some parts and refuses the rest has links that have expired", async () => {
  service(STORE);
  answered = 403;
  const wanted = upload({ 1: '"1"' });
  assert.equal(await outcome(wanted), "failed");
  assert.deepEqual([wanted.gone, isFit()], ["d", true]);
});

test("a file that can't be read any more is told of, and the store is not blamed", async () => {
  service(STORE);
  store = () => null;
  const part = { size: 4, slice: (): unknown => part, arrayBuffer: () => Promise.reject(new Error("gone")) };
  assert.equal(await outcome({ ...upload(), file: part as unknown as File }), "lost");
  assert.equal(isFit(), true);
});

// The last ones: what is known of the store then holds for all uploads of a page.
test("a store that is the service itself is not sent to", async () => {
  service("https://files.example/v1/direct-uploads/d/parts?token");
  assert.equal(await outcome(upload()), "instead");
  assert.deepEqual(sent, []);
  assert.equal(asked.at(-1), "DELETE /v1/direct-uploads/d");
  assert.equal(isFit(), false);
});

test("a store that breaks off once it has worked is tried again", async () => {
  service(STORE);
  let first = true;
  store = (url) => {
    if (!first) return `"${url.slice(-1)}"`;
    first = false;
    return null;
  };
  assert.equal(await outcome(upload()), "done");
  assert.equal(sent.length, 4);
});
