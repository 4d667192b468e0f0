// The routes that the console speaks, over the state in `state.mjs`: as much of the contract as pages need.
import { randomUUID } from "node:crypto";
import * as state from "./state.mjs";

const routes = [];
const route = (method, pattern, run) => routes.push({ method, pattern, run });
const ID = "([\\w-]+)";

class Refusal extends Error {
  constructor(status, code, detail, errors) {
    super(detail);
    Object.assign(this, { status, code, errors });
  }
}

const refuse = (status, code, detail, errors) => {
  throw new Refusal(status, code, detail, errors);
};

/** Answers a request; refusals become problems. */
export async function service(request, response, url) {
  const path = url.pathname.slice("/v1/".length);
  const open = /^(auth\/(login|register|refresh)|capabilities|blobs\/)/.test(path);
  try {
    if (!open && !/(^|; )access_token=ok/.test(request.headers.cookie ?? "")) {
      refuse(401, "unauthenticated", "valid credentials are needed");
    }
    for (const { method, pattern, run } of routes) {
      const match = method === request.method && new RegExp(`^${pattern}$`).exec(path);
      if (match) return await run({ request, response, url, query: url.searchParams, id: match[1], second: match[2] });
    }
    refuse(404, "not_found", "there is no such route");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, code, message: detail, errors } = error;
    const problem = { type: "about:blank", title: code, status, code, detail, request_id: randomUUID(), errors };
    send(response, status, problem, { "Content-Type": "application/problem+json" });
  }
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "private, no-store", ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function bytes(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const body = async (request) => JSON.parse((await bytes(request)).toString() || "{}");

const cookies = (life) => ({
  "Set-Cookie": [
    `access_token=ok; Path=/; HttpOnly; SameSite=Lax; Max-Age=${life}`,
    `refresh_token=ok; Path=/v1/auth; HttpOnly; SameSite=Lax; Max-Age=${life && 86400}`,
  ],
});

// Accounts

route("POST", "auth/login", async ({ request, response }) => {
  const { email, password } = await body(request);
  if (password !== "password") refuse(401, "invalid_credentials", "the email or the password is wrong");
  state.account.email = email;
  // A short life shows that the session is renewed.
  send(response, 200, {}, cookies(60));
});
route("POST", "auth/register", async ({ request, response }) => {
  const { email, password, name } = await body(request);
  const errors = [{ pointer: "/password", detail: "is one of the most common passwords" }];
  if (password === "password1") refuse(422, "validation_failed", "the body is not acceptable", errors);
  if (email === "taken@example.com") refuse(409, "email_taken", "there is an account with this address");
  Object.assign(state.account, { email, name: name ?? null });
  send(response, 201, state.account);
});
route("POST", "auth/refresh", ({ request, response }) => {
  if (!/refresh_token=ok/.test(request.headers.cookie ?? "")) refuse(401, "unauthenticated", "the session has ended");
  send(response, 200, {}, cookies(60));
});
route("POST", "auth/logout", ({ response }) => send(response, 204, undefined, cookies(0)));
route("GET", "auth/me", ({ response }) => send(response, 200, { ...state.account, storage: state.storage() }));
route("PATCH", "auth/me", async ({ request, response }) => {
  state.account.name = (await body(request)).name;
  send(response, 200, state.account);
});
route("DELETE", "auth/me", async ({ request, response }) => {
  if ((await body(request)).password !== "password") refuse(403, "wrong_password", "the password is wrong");
  send(response, 204, undefined, cookies(0));
});
route("POST", "auth/password", async ({ request, response }) => {
  if ((await body(request)).current_password !== "password") refuse(403, "wrong_password", "the password is wrong");
  send(response, 204);
});
route("GET", "auth/sessions", ({ response }) => send(response, 200, { items: state.sessions }));
route("DELETE", `auth/sessions/${ID}`, ({ response, id }) => {
  state.sessions.splice(state.sessions.findIndex((session) => session.id === id) >>> 0, 1);
  send(response, 204);
});
route("DELETE", "auth/sessions", ({ response }) => {
  state.sessions.splice(1);
  send(response, 204);
});
route("GET", "capabilities", ({ response }) => send(response, 200, { registration_open: true, limits: {} }));

// Items

const found = (id) => state.find(id) ?? refuse(404, "not_found", "there is no such item");
const living = (id) => {
  const item = found(id);
  return item.trashed_at ? refuse(404, "not_found", "there is no such item") : item;
};
const thrownAway = (id) => (state.trashTop(found(id)) ? found(id) : refuse(404, "not_found", "there is no such item"));

function page(response, request, all, query, tag = state.sequence()) {
  const limit = Number(query.get("limit") ?? 50);
  const start = Number(query.get("cursor") ?? 0);
  const etag = `W/"${tag}-${query}"`;
  if (request.headers["if-none-match"] === etag) return send(response, 304, undefined);
  const next_cursor = start + limit < all.length ? String(start + limit) : null;
  send(response, 200, { items: all.slice(start, start + limit), next_cursor }, { ETag: etag });
}

route("GET", `items/${ID}`, ({ response, id }) => send(response, 200, state.withPath(living(id))));
route("GET", `folders/${ID}`, ({ response, id }) => send(response, 200, state.withPath(living(id))));
route("GET", `folders/${ID}/children`, ({ request, response, id, query }) =>
  page(response, request, state.children(living(id).id, query), query),
);
route("GET", `folders/${ID}/usage`, ({ response, id }) => send(response, 200, state.usage(living(id).id)));
route("POST", "folders", async ({ request, response }) => {
  const { parent_id, name, paths } = await body(request);
  const parent = living(parent_id ?? "root").id;
  if (paths) return send(response, 200, { items: paths.map((path) => ({ path, id: state.makePath(parent, path) })) });
  if (state.taken(parent, name)) refuse(409, "name_taken", "the folder has an entry of this name");
  send(response, 201, state.addFolder(parent, name));
});
for (const kind of ["files", "folders"]) {
  route("PATCH", `${kind}/${ID}`, async ({ request, response, id }) => {
    const item = living(id);
    const { name } = await body(request);
    if (state.taken(item.parent_id, name, id)) refuse(409, "name_taken", "the folder has an entry of this name");
    send(response, 200, state.change(item, { name }));
  });
}
route("POST", "batch", async ({ request, response }) => {
  const { operations } = await body(request);
  const results = operations.map((operation) => {
    try {
      return { id: operation.id, status: 200, item: operate(operation) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { id: operation.id, status: error.status, code: error.code, detail: error.message };
    }
  });
  const failed = results.filter(({ status }) => status >= 400).length;
  send(response, 200, { results, succeeded: results.length - failed, failed });
});

function operate({ op, id, parent_id, on_conflict }) {
  const item = found(id);
  if (op === "trash") return state.trash(item);
  if (op === "delete") return state.remove(item);
  if (op === "restore") return state.restore(item);
  const parent = living(parent_id);
  if (state.isWithin(parent.id, id)) refuse(409, "move_into_itself", "a folder can't go into itself");
  const taken = state.taken(parent.id, item.name, op === "move" ? id : undefined);
  const how = on_conflict ?? (op === "move" ? "fail" : "rename");
  if (taken && how === "fail") refuse(409, "name_taken", "the folder has an entry of this name");
  if (taken && how === "replace") state.remove(taken);
  const name = taken && how === "rename" ? state.freeName(parent.id, item.name) : item.name;
  return op === "move" ? state.change(item, { parent_id: parent.id, name }) : state.copy(item, parent.id, name);
}

route("GET", "files", ({ request, response, query }) => page(response, request, state.search(query), query));
route("GET", "trash", ({ request, response, query }) => page(response, request, state.trashed(query), query));
route("GET", `trash/${ID}`, ({ response, id }) => send(response, 200, state.inTrash(thrownAway(id))));
route("GET", `trash/${ID}/children`, ({ request, response, id, query }) =>
  page(response, request, state.trashedChildren(thrownAway(id).id), query),
);
route("DELETE", "trash", ({ response }) => {
  for (const item of state.trashed(new URLSearchParams())) state.remove(item);
  send(response, 202, { id: randomUUID(), status: "done", done_count: 1, total_count: 1, failed: [] });
});
route("GET", `files/${ID}/versions`, ({ response, id }) => send(response, 200, { items: state.versions(living(id)) }));
route("PATCH", `files/${ID}/versions/${ID}`, async ({ request, response, id, second }) =>
  send(response, 200, state.changeVersion(living(id), Number(second), await body(request))),
);
route("POST", `files/${ID}/versions/${ID}/restore`, ({ response, id }) => send(response, 200, living(id)));
route("DELETE", `files/${ID}/versions/${ID}`, ({ response }) => send(response, 204));
route("POST", `files/${ID}/signed-url`, ({ response, id }) =>
  send(response, 200, { url: living(id).download.url, expires_at: "2030-01-01T00:00:00Z" }),
);
route("GET", `files/${ID}/content`, ({ response, id }) =>
  send(response, 302, undefined, { Location: living(id).download.url, "Cache-Control": "private, no-store" }),
);
route("GET", `files/${ID}/previews/${ID}`, async ({ response, url }) => {
  // As when each request waits for it.
  const Location = (await state.preview(url.pathname)) ?? refuse(404, "no_preview", "the file has no preview");
  send(response, 302, undefined, { Location, "Cache-Control": "private, max-age=60" });
});
route("GET", `blobs/${ID}`, ({ response, id }) => {
  const { type, contents } = state.contents(id) ?? refuse(404, "not_found", "there is no such blob");
  response.writeHead(200, { "Content-Type": type, "Content-Length": contents.length }).end(contents);
});

// Resumable uploads (tus)

const uploads = new Map();
const TUS = { "Tus-Resumable": "1.0.0" };

route("POST", "uploads", async ({ request, response }) => {
  const metadata = Object.fromEntries(
    (request.headers["upload-metadata"] ?? "").split(",").map((pair) => {
      const [name, value = ""] = pair.trim().split(" ");
      return [name, Buffer.from(value, "base64").toString()];
    }),
  );
  const parent = living(metadata.parent_id ?? "root").id;
  const first = await bytes(request);
  if (metadata.on_conflict === "fail" && state.taken(parent, metadata.filename)) {
    refuse(409, "name_taken", "the folder has an entry of this name");
  }
  const upload = {
    id: randomUUID(),
    parent,
    metadata,
    length: Number(request.headers["upload-length"]),
    chunks: [first],
  };
  uploads.set(upload.id, upload);
  const headers = {
    ...TUS,
    Location: `/v1/uploads/${upload.id}`,
    "Upload-Offset": String(first.length),
    ...finish(upload),
  };
  send(response, 201, undefined, headers);
});
route("HEAD", `uploads/${ID}`, ({ response, id }) => {
  const upload = uploads.get(id);
  if (!upload) return send(response, 404, undefined, TUS);
  send(response, 200, undefined, {
    ...TUS,
    "Upload-Offset": String(offset(upload)),
    "Upload-Length": String(upload.length),
  });
});
route("PATCH", `uploads/${ID}`, async ({ request, response, id }) => {
  const upload = uploads.get(id) ?? refuse(404, "not_found", "there is no such upload");
  upload.chunks.push(await bytes(request));
  send(response, 204, undefined, { ...TUS, "Upload-Offset": String(offset(upload)), ...finish(upload) });
});
route("DELETE", `uploads/${ID}`, ({ response, id }) => {
  uploads.delete(id);
  send(response, 204, undefined, TUS);
});

const offset = (upload) => upload.chunks.reduce((sum, chunk) => sum + chunk.length, 0);

function finish(upload) {
  if (offset(upload) < upload.length) return {};
  const { filename, filetype, on_conflict } = upload.metadata;
  const taken = state.taken(upload.parent, filename);
  if (taken && on_conflict === "replace") state.remove(taken);
  const name = taken && on_conflict !== "replace" ? state.freeName(upload.parent, filename) : filename;
  const file = state.addFile(upload.parent, name, filetype || "application/octet-stream", Buffer.concat(upload.chunks));
  return { "X-File-Id": file.id };
}

// Administration

route("GET", "admin/stats", ({ response }) =>
  send(response, 200, {
    users: { total: state.users.length, suspended: 1, admins: 1 },
    storage: { used_bytes: 812_000_000_000, reserved_bytes: 2_400_000_000, file_count: 1_204_332 },
    jobs: { dead: state.jobs.length },
  }),
);
route("GET", "admin/users", ({ request, response, query }) =>
  page(
    response,
    request,
    state.users.filter(({ email }) => email.includes(query.get("q") ?? "")),
    query,
  ),
);
route("PATCH", `admin/users/${ID}`, async ({ request, response, id }) => {
  const user = state.users.find((entry) => entry.id === id) ?? refuse(404, "not_found", "there is no such user");
  send(response, 200, Object.assign(user, await body(request)));
});
route("DELETE", `admin/users/${ID}`, ({ response, id }) => {
  state.users.splice(state.users.findIndex((user) => user.id === id) >>> 0, 1);
  send(response, 204);
});
route("GET", "admin/jobs", ({ request, response, query }) =>
  page(response, request, query.get("state") === "dead" ? state.jobs : [], query),
);
route("POST", `admin/jobs/${ID}/retry`, ({ response, id }) => {
  state.jobs.splice(state.jobs.findIndex((job) => job.id === id) >>> 0, 1);
  send(response, 202, { id });
});
route("GET", "admin/audit", ({ request, response, query }) =>
  page(
    response,
    request,
    state.audit.filter(
      ({ action, account, at }) =>
        action === (query.get("action") ?? action) &&
        account === (query.get("user") ?? account) &&
        at >= (query.get("since") ?? at) &&
        (!query.has("until") || at < query.get("until")),
    ),
    query,
  ),
);
