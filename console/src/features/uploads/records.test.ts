import assert from "node:assert/strict";
import { test } from "node:test";
import { type UploadRecord, whole } from "./records";

const file = (name: string) => new File(["bytes"], name);
const record = (id: string, others: Partial<UploadRecord> = {}) => ({ id, user: "u", ...others }) as UploadRecord;

test("a record has the copy that stands beside it", () => {
  const copy = file("a");
  const [first, second, ...others] = whole([record("1"), { id: "1.copy", file: copy }, record("2")]);
  assert.equal(first?.file, copy);
  assert.equal(second?.id, "2");
  assert.equal(second?.file, undefined);
  assert.deepEqual(others, []);
});

test("a file that an earlier version has left within its record is found", () => {
  const old = file("a");
  assert.equal(whole([record("1", { file: old })])[0]?.file, old);
});

test("a copy whose record is gone is no record", () => {
  assert.deepEqual(whole([{ id: "1.copy", file: file("a") }]), []);
});
