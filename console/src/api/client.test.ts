import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { logIn } from "./auth";
import { ApiError, json, NetworkError, onChangeUnanswered, onSessionEnded, send, UnansweredError, url } from "./client";

const real = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = real;
  mock.restoreAll();
});

const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ status, code, detail: code, title: code, type: "about:blank", request_id: "r" }), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });

/** Answers requests by `answer`, and keeps what was asked. */
function serve(answer: (path: string, init: RequestInit) => Response): string[] {
  const asked: string[] = [];
  globalThis.fetch = async (input, init = {}) => {
    asked.push(`${init.method} ${input}`);
    return answer(String(input), init);
  };
  return asked;
}

test("requests that find the session's access over share one renewal and are sent again", async () => {
  let fresh = false;
  const asked = serve((path) => {
    if (path === "/v1/auth/refresh") {
      fresh = true;
      return Response.json({});
    }
    return fresh ? Response.json({ path }) : problem(401, "unauthenticated");
  });
  const answers = await Promise.all([json("GET", "v1/a"), json("GET", "v1/b"), json("GET", "v1/c")]);
  assert.deepEqual(answers, [{ path: "/v1/a" }, { path: "/v1/b" }, { path: "/v1/c" }]);
  assert.equal(asked.filter((line) => line.includes("refresh")).length, 1);
  assert.equal(asked.length, 7);
});

test("a session that has ended is told, and the refusal is the request's answer", async () => {
  let told = 0;
  onSessionEnded(() => {
    told += 1;
  });
  serve(() => problem(401, "unauthenticated"));
  await assert.rejects(send("GET", "v1/a"), (error) => error instanceof ApiError && error.code === "unauthenticated");
  assert.equal(told, 1);
});

test("a renewal that is not answered ends no session", async () => {
  let told = 0;
  onSessionEnded(() => {
    told += 1;
  });
  serve((path) => (path.endsWith("refresh") ? problem(503, "unavailable") : problem(401, "unauthenticated")));
  await assert.rejects(send("GET", "v1/a"), NetworkError);
  assert.equal(told, 0);
});

test("a wrong password is no reason to renew the session", async () => {
  const asked = serve(() => problem(401, "invalid_credentials"));
  await assert.rejects(logIn({ email: "a@b.c", password: "x" }), ApiError);
  assert.deepEqual(asked, ["POST /v1/auth/login"]);
});

test("signing in asks for an answer without tokens, and does not read it", async () => {
  let answer: Response | null = null;
  serve((_, init) => {
    assert.equal(new Headers(init.headers).get("Prefer"), "return=minimal");
    answer = Response.json({ access_token: "secret" });
    return answer;
  });
  await logIn({ email: "a@b.c", password: "x" });
  await assert.rejects((answer as unknown as Response).text());
});

test("no answer is told apart from a refusal", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("Failed to fetch");
  };
  await assert.rejects(send("GET", "v1/a"), NetworkError);
});

/** Leaves requests without an answer until they are given up; ends their time when that is called. */
function hang(): () => void {
  const over = new AbortController();
  mock.method(AbortSignal, "timeout", () => over.signal);
  globalThis.fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      const stop = () => reject(init?.signal?.reason);
      if (init?.signal?.aborted) stop();
      init?.signal?.addEventListener("abort", stop);
    });
  return () => over.abort(new DOMException("the time is over", "TimeoutError"));
}

test("a read that is not answered in time is one without an answer", { timeout: 3000 }, async () => {
  const end = hang();
  const answer = send("GET", "v1/a");
  end();
  await assert.rejects(answer, NetworkError);
});

test("a read that is given up while it is not answered was not refused by the network", { timeout: 3000 }, async () => {
  hang();
  const leaving = new AbortController();
  const answer = send("GET", "v1/a", { signal: leaving.signal });
  leaving.abort();
  await assert.rejects(answer, { name: "AbortError" });
});

test("a read does not wait for ever for a session whose renewal is not answered", { timeout: 3000 }, async () => {
  const end = hang();
  const hanging = globalThis.fetch;
  globalThis.fetch = (input, init) =>
    String(input).endsWith("refresh") ? hanging(input, init) : Promise.resolve(problem(401, "unauthenticated"));
  const answer = send("GET", "v1/a");
  await new Promise((resolve) => setImmediate(resolve));
  end();
  await assert.rejects(answer, NetworkError);
});

test("a change that is not answered in time may have been made, and that is told", { timeout: 3000 }, async () => {
  let told = 0;
  onChangeUnanswered(() => {
    told += 1;
  });
  for (const method of ["POST", "PATCH", "PUT", "DELETE"]) {
    const end = hang();
    const answer = send(method, "v1/a", { body: {} });
    end();
    await assert.rejects(answer, UnansweredError, method);
    mock.restoreAll();
  }
  assert.equal(told, 4);
});

test("every request has a minute to be answered", async () => {
  const limits = mock.method(AbortSignal, "timeout");
  serve(() => Response.json({}));
  for (const method of ["GET", "POST", "PATCH", "PUT", "DELETE"]) await send(method, "v1/a");
  assert.deepEqual(
    limits.mock.calls.map(({ arguments: [limit] }) => limit),
    Array(5).fill(60_000),
  );
});

test("a change that may be sent again counts as one that never arrived", { timeout: 3000 }, async () => {
  for (const options of [{ headers: { "Idempotency-Key": "k" } }, { mayRepeat: true as const }]) {
    const end = hang();
    const answer = send("POST", "v1/a", options);
    end();
    await assert.rejects(answer, NetworkError);
    mock.restoreAll();
  }
});

test("a change that the network does not take is told as that", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("Failed to fetch");
  };
  await assert.rejects(send("POST", "v1/a"), NetworkError);
});

test("a change that is given up is no lost one", { timeout: 3000 }, async () => {
  hang();
  const leaving = new AbortController();
  const answer = send("POST", "v1/a", { signal: leaving.signal });
  leaving.abort();
  await assert.rejects(answer, { name: "AbortError" });
});

test("of a change whose answer breaks off it is not known what it says", async () => {
  const broken = () =>
    new Response(new ReadableStream({ pull: (stream) => stream.error(new TypeError("terminated")) }));
  serve(broken);
  await assert.rejects(json("POST", "v1/a"), UnansweredError);
  await assert.rejects(json("POST", "v1/a", { mayRepeat: true }), NetworkError);
});

test("an answer that breaks off is none", async () => {
  const broken = new ReadableStream({ pull: (stream) => stream.error(new TypeError("terminated")) });
  serve(() => new Response(broken));
  await assert.rejects(json("GET", "v1/a"), NetworkError);
});

test("an answer that is no problem document is one all the same", async () => {
  serve(() => new Response("<h1>502</h1>", { status: 502, statusText: "Bad Gateway" }));
  await assert.rejects(
    send("GET", "v1/a"),
    (error) => error instanceof ApiError && error.code === "unavailable" && error.message === "502 Bad Gateway",
  );
});

test("a read that the service is too busy for is repeated after the time that it asks for", async () => {
  let busy = 2;
  const answer = () => {
    busy -= 1;
    return busy >= 0 ? problem(503, "unavailable", { "Retry-After": "0.01" }) : Response.json({ done: true });
  };
  const asked = serve(answer);
  assert.deepEqual(await json("GET", "v1/a"), { done: true });
  assert.equal(asked.length, 3);
});

test("the time before a read is repeated ends with the wish for it", { timeout: 3000 }, async () => {
  const leaving = new AbortController();
  const asked = serve(() => problem(503, "unavailable", { "Retry-After": "5" }));
  const answer = send("GET", "v1/a", { signal: leaving.signal });
  await new Promise((resolve) => setTimeout(resolve, 10));
  leaving.abort();
  await assert.rejects(answer, { name: "AbortError" });
  assert.equal(asked.length, 1);
});

test("a read that was given up when its refusal comes is not waited for", { timeout: 3000 }, async () => {
  const asked = serve(() => problem(503, "unavailable", { "Retry-After": "5" }));
  await assert.rejects(send("GET", "v1/a", { signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.equal(asked.length, 1);
});

test("what changes something, or would wait for long, is not repeated", async () => {
  const asked = serve((path) => problem(429, "rate_limited", { "Retry-After": path === "/v1/long" ? "60" : "0.01" }));
  await assert.rejects(send("POST", "v1/a"), ApiError);
  await assert.rejects(send("GET", "v1/long"), ApiError);
  assert.equal(asked.length, 2);
});

test("a caller that repeats reads itself is told at once, and when", async () => {
  const asked = serve(() => problem(429, "rate_limited", { "Retry-After": "2" }));
  const isRefusal = (error: unknown) => error instanceof ApiError && error.status === 429 && error.retryAfter === 2;
  await assert.rejects(send("GET", "v1/a", { whenBusy: "fail" }), isRefusal);
  assert.equal(asked.length, 1);
});

test("a redirection is the answer where it is not to be followed", async () => {
  const redirection = Object.defineProperty(Response.error(), "type", { value: "opaqueredirect" });
  serve((_, init) => {
    assert.equal(init.redirect, "manual");
    return redirection;
  });
  assert.equal(await send("GET", "v1/a", { redirect: "manual" }), redirection);
});

test("an address that the service has told is asked as it is", async () => {
  const asked = serve(() => Response.json({}));
  await send("GET", "/drive/v1/a?v=1");
  await send("GET", "https://files.example.com/v1/a");
  assert.deepEqual(asked, ["GET /drive/v1/a?v=1", "GET https://files.example.com/v1/a"]);
});

test("queries leave out what is not there, and keep what is false or zero", () => {
  assert.equal(
    url("v1/a", { q: "a&b", cursor: null, none: undefined, empty: "", zero: 0, no: false }),
    "/v1/a?q=a%26b&zero=0&no=false",
  );
});
