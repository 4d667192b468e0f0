import assert from "node:assert/strict";
import { afterEach, type TestContext, test } from "node:test";
import { type Answer, ask, PreviewQueue, type Wanted } from "./previews";

const real = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = real;
});

const ticks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const open = (): AbortSignal => new AbortController().signal;
const wanted = (url: string, signal = open(), distance = 0): Wanted => ({ url, signal, distance: () => distance });

const later = { retryAfter: 1 };

/** A queue, what it asks for, and how that is answered; what is given up is answered too, as by the browser. */
function queue(limit: () => number = () => 2) {
  const asked: string[] = [];
  const waits: number[] = [];
  const held = new Map<string, (answer: Answer) => void>();
  const made = new PreviewQueue((url, waitSeconds, signal) => {
    asked.push(url);
    waits.push(waitSeconds);
    return new Promise((resolve) => {
      held.set(url, resolve);
      signal.addEventListener("abort", () => resolve("none"));
    });
  }, limit);
  const answer = async (url: string, answer: Answer) => {
    held.get(url)?.(answer);
    await ticks();
  };
  return { made, asked, waits, answer };
}

/** Stops the time of timers; what it gives lets so many seconds pass. */
function stopTime({ mock }: TestContext): (seconds: number) => Promise<void> {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  mock.method(performance, "now", () => Date.now());
  return async (seconds) => {
    await ticks();
    for (let milliseconds = 0; milliseconds < seconds * 1000; milliseconds += 100) {
      mock.timers.tick(100);
      await ticks();
    }
  };
}

/** The seconds at which a preview is asked for that is never there, and when it is given up. */
async function asksInVain(pass: (seconds: number) => Promise<void>, answer: Answer) {
  const asked: number[] = [];
  const seconds = () => Math.round(performance.now() / 1000);
  const made = new PreviewQueue(
    async () => {
      asked.push(seconds());
      return answer;
    },
    () => 2,
  );
  let end: number | null = null;
  void made.wait(wanted("a")).then((isThere) => {
    assert.equal(isThere, false);
    end = seconds();
  });
  await pass(100);
  return { asked, end };
}

test("two are asked for at a time, in the order in which they are wanted", async () => {
  const { made, asked, answer } = queue();
  const waits = ["a", "b", "c", "d"].map((url) => made.wait(wanted(url)));
  assert.deepEqual(asked, ["a", "b"]);
  await answer("b", "ready");
  assert.deepEqual(asked, ["a", "b", "c"]);
  await answer("a", "none");
  await answer("c", "ready");
  await answer("d", "ready");
  assert.deepEqual(await Promise.all(waits), [false, true, true, true]);
});

test("what is nearer to the visible part comes first", async () => {
  const { made, asked, answer } = queue(() => 1);
  for (const [url, distance] of Object.entries({ a: 900, b: 300, c: 0, d: 0, e: 600 })) {
    void made.wait(wanted(url, open(), distance));
  }
  for (const url of ["a", "c", "d", "b"]) await answer(url, "ready");
  assert.deepEqual(asked, ["a", "c", "d", "b", "e"]);
});

test("while files are sent one is asked for at a time", async () => {
  let limit = 2;
  const { made, asked, answer } = queue(() => limit);
  for (const url of ["a", "b", "c"]) void made.wait(wanted(url));
  limit = 1;
  await answer("a", "ready");
  assert.deepEqual(asked, ["a", "b"]);
  await answer("b", "ready");
  assert.deepEqual(asked, ["a", "b", "c"]);
});

test("what has left is given up, and not asked for where its turn has not come", async () => {
  const { made, asked } = queue();
  const leaving = new AbortController();
  const waits = ["a", "b", "c"].map((url) => made.wait(wanted(url, leaving.signal)));
  void made.wait(wanted("d"));
  leaving.abort();
  assert.deepEqual(await Promise.all(waits), [false, false, false]);
  assert.deepEqual(asked, ["a", "b", "d"]);
});

test("what is there is remembered, and asked for again once it is forgotten", async () => {
  const { made, asked, answer } = queue();
  assert.equal(made.isKnown("a"), false);
  const first = made.wait(wanted("a"));
  await answer("a", "ready");
  assert.equal(await first, true);
  assert.equal(made.isKnown("a"), true);
  assert.equal(await made.wait(wanted("a")), true);
  assert.deepEqual(asked, ["a"]);
  made.forget("a");
  assert.equal(made.isKnown("a"), false);
  void made.wait(wanted("a"));
  assert.deepEqual(asked, ["a", "a"]);
});

test("what there is none of is not remembered", async () => {
  const { made, answer } = queue();
  const wait = made.wait(wanted("a"));
  await answer("a", "none");
  assert.equal(await wait, false);
  assert.equal(made.isKnown("a"), false);
});

test("what is not there yet is asked for in growing pauses for a minute", async (context) => {
  const { asked, end } = await asksInVain(stopTime(context), later);
  assert.deepEqual(asked, [0, 1, 3, 7, 15, 23, 31, 39, 47, 55]);
  assert.equal(end, 55);
});

test("a pause is as long as the service wants, unless that is beyond the minute", async (context) => {
  const pass = stopTime(context);
  assert.deepEqual((await asksInVain(pass, { retryAfter: 20 })).asked, [0, 20, 40, 60]);
  assert.deepEqual(await asksInVain(pass, { retryAfter: 61 }), { asked: [100], end: 100 });
});

test("the minute begins with the first question, and not with the wish", async (context) => {
  const pass = stopTime(context);
  const { made, asked, answer } = queue(() => 1);
  void made.wait(wanted("a"));
  void made.wait(wanted("b"));
  await pass(70);
  await answer("a", "ready");
  await answer("b", later);
  await pass(1);
  assert.deepEqual(asked, ["a", "b", "b"]);
});

test("others are asked for while one pauses", async (context) => {
  const pass = stopTime(context);
  const { made, asked, answer } = queue(() => 1);
  const waits = ["slow", "a", "b"].map((url) => made.wait(wanted(url)));
  await answer("slow", later);
  await answer("a", "ready");
  assert.deepEqual(asked, ["slow", "a", "b"]);
  await pass(1);
  assert.deepEqual(asked, ["slow", "a", "b"], "its pause is over, but the only place is taken");
  await answer("b", "ready");
  assert.deepEqual(asked, ["slow", "a", "b", "slow"]);
  await answer("slow", "ready");
  assert.deepEqual(await Promise.all(waits), [true, true, true]);
});

test("the first answer is to come at once, later ones may be held", async (context) => {
  const pass = stopTime(context);
  const { made, waits, answer } = queue();
  void made.wait(wanted("a"));
  await answer("a", later);
  await pass(1);
  await answer("a", later);
  await pass(2);
  assert.deepEqual(waits, [0, 10, 10]);
});

test("what is there does not wait for what is slow", async (context) => {
  const pass = stopTime(context);
  const { made, asked, waits, answer } = queue();
  for (const url of ["slow", "slower"]) void made.wait(wanted(url));
  for (const url of ["slow", "slower"]) await answer(url, later);
  await pass(1);
  assert.deepEqual(asked, ["slow", "slower", "slow", "slower"]);
  assert.deepEqual(waits, [0, 0, 10, 0]);
  await answer("slower", later);
  const wait = made.wait(wanted("ready"));
  await answer("ready", "ready");
  assert.equal(await wait, true);
  await answer("slow", later);
  await pass(2);
  assert.deepEqual(asked.slice(4), ["ready", "slower", "slow"]);
  assert.deepEqual(waits.slice(4), [0, 10, 0]);
});

test("while files are sent none is held", async (context) => {
  const pass = stopTime(context);
  const { made, waits, answer } = queue(() => 1);
  void made.wait(wanted("a"));
  await answer("a", later);
  await pass(1);
  assert.deepEqual(waits, [0, 0]);
});

test("the pause before another question ends with the tile", async (context) => {
  stopTime(context);
  const leaving = new AbortController();
  const { made, asked, answer } = queue();
  const wait = made.wait(wanted("a", leaving.signal));
  await answer("a", later);
  leaving.abort();
  assert.equal(await wait, false);
  assert.deepEqual(asked, ["a"]);
});

/** What the service answers to a question for a preview. */
function serve(answer: () => Response): Request[] {
  const asked: Request[] = [];
  globalThis.fetch = async (input, init) => {
    asked.push(new Request(new URL(String(input), "http://127.0.0.1"), init));
    return answer();
  };
  return asked;
}

const problem =
  (status: number, code: string, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ status, code, detail: code }, { status, headers });

const URL_OF_ONE = "/v1/files/1/previews/small?v=1";
const askOnce = (): Promise<Answer> => ask(URL_OF_ONE, 0, open());

test("a redirection says that a preview is there, and is not followed", async () => {
  const asked = serve(() => Object.defineProperty(Response.error(), "type", { value: "opaqueredirect" }));
  assert.equal(await askOnce(), "ready");
  assert.equal(await ask(URL_OF_ONE, 10, open()), "ready");
  assert.deepEqual(
    asked.map(({ headers }) => headers.get("Prefer")),
    [null, "wait=10"],
  );
  for (const { redirect, url, credentials, cache } of asked) {
    assert.equal(redirect, "manual");
    // Those of an `<img>`, which finds the redirection in the browser's cache.
    assert.ok(url.endsWith(URL_OF_ONE), url);
    assert.deepEqual({ credentials, cache }, { credentials: "same-origin", cache: "default" });
  }
});

test("what is being made comes later, as what can't be asked for", async () => {
  serve(problem(404, "preview_not_ready", { "Retry-After": "1" }));
  assert.deepEqual(await askOnce(), { retryAfter: 1 });
  serve(() => {
    throw new TypeError("Failed to fetch");
  });
  assert.deepEqual(await askOnce(), { retryAfter: 0 });
});

test("a service that is too busy is asked later, without waiting for that here", async () => {
  for (const [status, retryAfter] of [
    [429, 3],
    [503, 30],
  ] as const) {
    const asked = serve(problem(status, "busy", { "Retry-After": String(retryAfter) }));
    assert.deepEqual(await askOnce(), { retryAfter });
    assert.equal(asked.length, 1);
  }
  serve(problem(502, "unavailable"));
  assert.deepEqual(await askOnce(), { retryAfter: 0 });
});

test("a refusal says that there is none", async () => {
  for (const [status, code] of [
    [404, "no_preview"],
    [404, "not_found"],
    [403, "forbidden"],
  ] as const) {
    serve(problem(status, code));
    assert.equal(await askOnce(), "none", code);
  }
});

test("a question that is given up ends", async () => {
  const leaving = new AbortController();
  globalThis.fetch = (_, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(new DOMException("It was given up", "AbortError")));
    });
  const answer = ask(URL_OF_ONE, 0, leaving.signal);
  leaving.abort();
  assert.equal(await answer, "none");
});
