import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { actions } from "./actions";

test("every action of the service can be chosen", () => {
  const source = readFileSync(join(process.cwd(), "../crates/domain/src/audit/action.rs"), "utf8");
  const declared = [...source.matchAll(/^ {4}[A-Z_]+ = "(.+)";$/gm)].map(([, name]) => name);
  assert.ok(declared.includes("account.registered"), "the actions are found in the source");
  assert.deepEqual(actions, declared);
});
