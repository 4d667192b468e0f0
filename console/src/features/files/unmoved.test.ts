import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { batch } from "../../api/items";
import type { BatchOperation, BatchResult } from "../../api/types";
import { unmovedOf } from "./unmoved";

const original = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = original;
});

const moves = (count: number): BatchOperation[] =>
  Array.from({ length: count }, (_, index) => ({ op: "move", id: String(index), parent_id: "f" }));

/** Does the first batch, and answers those behind it with this status; 0 for no answer. */
function failingAfterTheFirst(status: number): void {
  let asked = 0;
  globalThis.fetch = async (_target, init) => {
    asked += 1;
    if (asked === 1) {
      const { operations } = JSON.parse(String(init?.body)) as { operations: BatchOperation[] };
      return Response.json({ results: operations.map(({ op, id }) => ({ op, id, status: 200 })) });
    }
    if (status === 0) throw new TypeError("no answer");
    return Response.json({ code: "unavailable", detail: "busy" }, { status });
  };
}

test("what later requests of a paste did not move is left to be pasted again", async () => {
  for (const status of [0, 429, 502, 503]) {
    failingAfterTheFirst(status);
    const operations = moves(1002);
    const left = unmovedOf(operations, await batch(operations));
    assert.deepEqual(
      left.map(({ id }) => id),
      ["1000", "1001"],
      `status ${status}`,
    );
  }
});

test("what was moved, was refused for itself or was left out is not", () => {
  const results: BatchResult[] = [
    { op: "move", id: "0", status: 200 },
    { op: "move", id: "1", status: 404, code: "not_found" },
    { op: "move", id: "2", status: 409, code: "move_into_itself" },
  ];
  assert.deepEqual(unmovedOf(moves(4), results), []);
});
