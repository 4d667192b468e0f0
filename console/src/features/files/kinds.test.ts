import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item } from "../../api/types";
import { kindOf } from "./kinds";

const file = (content_type: string) => kindOf({ kind: "file", content_type } as Item);

test("families, and types that stand for one", () => {
  assert.equal(file("image/png"), "image");
  assert.equal(file("TEXT/Plain; charset=utf-8"), "text");
  assert.equal(file("application/ld+json"), "text");
  assert.equal(file("application/pdf"), "pdf");
  assert.equal(file("application/zip"), "archive");
  assert.equal(file("application/octet-stream"), "file");
  assert.equal(file(""), "file");
  assert.equal(kindOf({ kind: "folder" } as Item), "folder");
});

test("pictures that are XML are pictures", () => {
  assert.equal(file("image/svg+xml"), "image");
});
