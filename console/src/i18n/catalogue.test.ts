import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { en } from "./en";

/** Texts whose names are put together from what the service says. */
const composed = /^(error|kind|theme|view|admin|jobs|uploads\.state|move|copy)\./;

test("every text is used", () => {
  const root = join(process.cwd(), "src");
  const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path) && !/i18n.(en|de)\.ts$/.test(path))
    .map((path) => readFileSync(join(root, path), "utf8"))
    .join("\n");
  const unused = Object.keys(en.messages).filter((key) => !composed.test(key) && !sources.includes(`"${key}"`));
  assert.deepEqual(unused, []);
});
