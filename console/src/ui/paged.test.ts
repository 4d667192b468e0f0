import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, NetworkError } from "../api/client";
import type { PageRequest } from "../api/items";
import type { Problem } from "../api/types";
import { PagedList } from "./paged";

/** A service with pages of two, whose tag is the version of its list. */
function service(names: string[]) {
  const requests: PageRequest[] = [];
  const state: { names: string[]; version: number; failing: boolean | number | "away" } = {
    names,
    version: 1,
    failing: false,
  };
  const fetch = async (request: PageRequest) => {
    requests.push(request);
    if (state.failing === 404) throw new ApiError(404, { code: "not_found", detail: "gone" } as Problem);
    if (state.failing === 502) throw new ApiError(502, { code: "unavailable", detail: "Bad Gateway" } as Problem);
    if (state.failing === "away") throw new NetworkError("no answer");
    if (state.failing) throw new Error("503");
    const etag = `v${state.version}`;
    if (request.etag === etag) return null;
    const start = Number(request.cursor ?? 0);
    const items = state.names.slice(start, start + 2).map((id) => ({ id }));
    return { page: { items, next_cursor: start + 2 < state.names.length ? String(start + 2) : null }, etag };
  };
  return { state, requests, list: new PagedList<{ id: string }>(fetch) };
}

test("pages follow each other, and one at a time is read", async () => {
  const { list, requests } = service(["a", "b", "c", "d", "e"]);
  await list.load();
  assert.equal(list.complete.value, false);
  await Promise.all([list.more(), list.more()]);
  assert.deepEqual(list.ids.value, ["a", "b", "c", "d"]);
  assert.equal(requests.length, 2);
  await list.all();
  assert.deepEqual(list.ids.value, ["a", "b", "c", "d", "e"]);
  assert.equal(list.complete.value, true);
});

test("a list that could not be read is read once the service is back, and is not said to be loading meanwhile", async () => {
  const { list, state } = service(["a"]);
  state.failing = "away";
  await list.load();
  assert.equal(list.status.value, "failed");
  const refreshed = list.refresh();
  assert.equal(list.status.value, "failed");
  await refreshed;
  state.failing = false;
  await list.refresh();
  assert.deepEqual([list.status.value, list.ids.value, list.error.value], ["ready", ["a"], null]);
});

test("a list is read once the service is back behind its proxy", async () => {
  const { list, state } = service(["a"]);
  state.failing = 502;
  await list.load();
  state.failing = false;
  await list.refresh();
  assert.deepEqual([list.status.value, list.ids.value], ["ready", ["a"]]);
});

test("a list that was refused is not read again by itself", async () => {
  const { list, state, requests } = service(["a"]);
  state.failing = 404;
  await list.load();
  await list.refresh();
  assert.deepEqual([list.status.value, requests.length], ["failed", 1]);
});

test("a refresh reads nothing more while the list is the same", async () => {
  const { list, requests } = service(["a", "b", "c"]);
  await list.load();
  await list.all();
  await list.refresh();
  assert.equal(requests.length, 3);
  assert.equal(requests[2]?.etag, "v1");
});

test("a refresh reads as many pages as were here", async () => {
  const { list, state } = service(["a", "b", "c", "d", "e"]);
  await list.load();
  await list.more();
  state.names = ["x", "a", "c", "d", "e"];
  state.version = 2;
  await list.refresh();
  assert.deepEqual(list.ids.value, ["x", "a", "c", "d"]);
  assert.equal(list.complete.value, false);
  assert.equal(list.changes.value, 1);
  await list.refresh();
  assert.equal(list.changes.value, 1);
});

test("a change while a page is being read is read afterwards, once for all who ask", async () => {
  const { list, state, requests } = service(["a", "b", "c"]);
  await list.load();
  const more = list.more();
  state.names = ["a", "c"];
  state.version = 2;
  await Promise.all([more, list.refresh(), list.refresh()]);
  assert.deepEqual(list.ids.value, ["a", "c"]);
  assert.equal(requests.length, 3);
});

test("an entry that comes again on the next page is listed once", async () => {
  const { list, state } = service(["a", "b", "c", "d"]);
  await list.load();
  state.names = ["new", "a", "b", "c", "d"];
  await list.all();
  assert.deepEqual(list.ids.value, ["a", "b", "c", "d"]);
});

test("a first page that fails is told; a refresh that fails leaves what is shown", async () => {
  const { list, state } = service(["a"]);
  state.failing = true;
  await list.load();
  assert.equal(list.status.value, "failed");
  state.failing = false;
  await list.load();
  state.failing = true;
  assert.equal(String(await list.refresh()), "Error: 503");
  assert.equal(list.status.value, "ready");
  assert.deepEqual(list.ids.value, ["a"]);
  state.failing = false;
  assert.equal(await list.refresh(), null);
});

test("a later page that fails leaves those before it, and is read when it is asked for again", async () => {
  const { list, state } = service(["a", "b", "c"]);
  await list.load();
  state.failing = true;
  await list.all();
  assert.equal(list.status.value, "ready");
  assert.notEqual(list.error.value, null);
  assert.deepEqual(list.ids.value, ["a", "b"]);
  state.failing = false;
  await list.all();
  assert.deepEqual(list.ids.value, ["a", "b", "c"]);
  assert.equal(list.error.value, null);
});

test("a list of what is gone is one no more", async () => {
  const { list, state } = service(["a"]);
  await list.load();
  state.failing = 404;
  await list.refresh();
  assert.equal(list.status.value, "failed");
});

test("a change that is shown at once makes the next refresh read anew", async () => {
  const { list } = service(["a", "b"]);
  await list.load();
  list.edit((items) => items.filter((item) => item.id !== "a"));
  assert.deepEqual(list.ids.value, ["b"]);
  await list.refresh();
  assert.deepEqual(list.ids.value, ["a", "b"]);
});

test("a list that is closed while all of it is read asks for nothing more", async () => {
  let asked = 0;
  const list = new PagedList<{ id: string }>(async ({ signal }) => {
    asked += 1;
    const isLast = asked === 100;
    if (!isLast) signal?.throwIfAborted();
    return { page: { items: [{ id: String(asked) }], next_cursor: isLast ? null : "next" }, etag: null };
  });
  await list.load();
  const all = list.all();
  list.close();
  await all;
  assert.equal(asked, 2);
});

test("what was read before a change is not shown after it", async () => {
  const answers: ((ids: string[]) => void)[] = [];
  const list = new PagedList<{ id: string }>(
    () =>
      new Promise((resolve) => {
        answers.push((ids) => resolve({ page: { items: ids.map((id) => ({ id })) }, etag: null }));
      }),
  );
  const loaded = list.load();
  answers[0]?.(["a", "b"]);
  await loaded;
  const refreshed = list.refresh();
  await Promise.resolve();
  list.edit((items) => items.filter(({ id }) => id !== "a"));
  answers[1]?.(["a", "b"]);
  await refreshed;
  assert.deepEqual(list.ids.value, ["b"]);
});

/** A service with pages of two, whose tags change with the URLs too, and with looks, whose tags do not. */
function serviceWithUrls(names: string[]) {
  const asked: string[] = [];
  const state = { names, version: 1, urls: 1, renewAt: Number.POSITIVE_INFINITY };
  const fetch = async ({ cursor, etag }: PageRequest) => {
    asked.push(cursor ?? "first");
    const tag = `v${state.version} u${state.urls}`;
    if (etag === tag) return null;
    const start = Number(cursor ?? 0);
    const items = state.names.slice(start, start + 2).map((id) => ({ id, url: `${id}${state.urls}` }));
    const next = start + 2 < state.names.length ? String(start + 2) : null;
    return { page: { items, next_cursor: next }, etag: tag, renewAt: state.renewAt };
  };
  const look = async ({ etag }: PageRequest) => {
    asked.push("look");
    const tag = `v${state.version}`;
    return etag === tag ? null : { page: { items: [] }, etag: tag };
  };
  const list = new PagedList<{ id: string; url: string }>(fetch, look);
  /** What a refresh asks for. */
  const refresh = async () => {
    const before = asked.length;
    await list.refresh();
    return asked.slice(before);
  };
  return { state, list, refresh, urls: () => list.items.value.map(({ url }) => url) };
}

test("pages are not read again where nothing but their URLs has changed", async () => {
  const { list, state, refresh } = serviceWithUrls(["a", "b", "c", "d", "e"]);
  await list.load();
  await list.all();
  assert.deepEqual(await refresh(), ["look", "first"], "the state that they are of is not known yet");
  state.urls = 2;
  assert.deepEqual(await refresh(), ["look"]);
  assert.equal(list.changes.value, 0);
});

test("a change behind the first page is read, also where URLs have changed before it", async () => {
  const { list, state, refresh } = serviceWithUrls(["a", "b", "c"]);
  await list.load();
  await list.all();
  await refresh();
  Object.assign(state, { names: ["a", "b", "c", "d"], version: 2, urls: 2 });
  assert.deepEqual(await refresh(), ["look", "first", "2"]);
  assert.deepEqual(list.ids.value, ["a", "b", "c", "d"]);
  assert.equal(list.changes.value, 1);
  assert.deepEqual(await refresh(), ["look"]);
});

test("the URLs of all pages are renewed before those of one expire, which is no change", async () => {
  const { list, state, refresh, urls } = serviceWithUrls(["a", "b", "c"]);
  await list.load();
  await refresh();
  state.renewAt = 0;
  await list.all();
  Object.assign(state, { urls: 2, renewAt: Number.POSITIVE_INFINITY });
  assert.deepEqual(await refresh(), ["look", "first", "2"]);
  assert.deepEqual(urls(), ["a2", "b2", "c2"]);
  assert.equal(list.changes.value, 0);
  assert.deepEqual(await refresh(), ["look"]);
});

test("URLs are renewed where the first page has none, and so the same tag", async () => {
  const { list, state, refresh } = serviceWithUrls(["a", "b", "c"]);
  state.renewAt = 0;
  await list.load();
  await list.all();
  assert.deepEqual(await refresh(), ["look", "first", "2"]);
});

test("a change that is shown at once is read anew, though the list was known to be the same", async () => {
  const { list, refresh } = serviceWithUrls(["a", "b"]);
  await list.load();
  await refresh();
  list.edit((items) => items.filter(({ id }) => id !== "a"));
  await refresh();
  assert.deepEqual(list.ids.value, ["a", "b"]);
});
