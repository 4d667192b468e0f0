import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../api/client";
import type { Problem } from "../../api/types";
import { lackOf } from "./room";

const refused = (code: string, trash_bytes?: number): ApiError => {
  const room = trash_bytes === undefined ? {} : { reclaimable: { trash_bytes, version_bytes: 7 } };
  return new ApiError(413, { status: 413, code, detail: code, ...room } as Problem);
};

test("what found no room is named, with what the trash has at most", () => {
  const uploads = [
    { id: "a", state: "failed", error: refused("quota_exceeded", 2000) },
    { id: "b", state: "failed", error: refused("quota_exceeded", 500) },
    { id: "c", state: "failed", error: refused("quota_exceeded") },
    { id: "d", state: "failed", error: refused("payload_too_large", 9000) },
    { id: "e", state: "waiting", error: refused("quota_exceeded", 9000) },
    { id: "f", state: "failed", error: new Error("out of reach") },
    { id: "g", state: "done", error: null },
  ] as const;
  assert.deepEqual(lackOf(uploads), { ids: ["a", "b", "c"], trashBytes: 2000 });
});

test("nothing is offered where no upload lacks room", () => {
  assert.deepEqual(lackOf([]), { ids: [], trashBytes: 0 });
});
