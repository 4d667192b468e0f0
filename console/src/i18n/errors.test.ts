import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ApiError } from "../api/client";
import { describe } from "../ui/problem";
import { de } from "./de";
import { en } from "./en";

/** Codes that users of the console are never told, and why. */
const unmet: Record<string, string> = {
  thumbnail_not_ready: "thumbnails are asked for only once they are there",
  no_thumbnail: "a file without a thumbnail is shown by its kind",
  preview_not_ready: "it is asked for again, with what stands in for it",
  no_preview: "what stands in for it stays",
  method_not_allowed: "each route is asked by the methods that its document names",
  unsupported_media_type: "bodies are JSON, or of the one type that uploads have",
  range_not_satisfiable: "an empty text is shown as one, and players of sound and film ask for ranges themselves",
  header_fields_too_large: "requests have few fields, and no cookies but those of the session",
  checksum_mismatch: "no piece of an upload is sent with a checksum",
};

/** Failures that the service has no code for, and what stands beside a failure. */
const own = ["interrupted", "offline", "outdated", "reload", "request", "title", "unanswered"];

/** The codes that the service answers with. */
const codes: string[] = [
  ...readFileSync(join(process.cwd(), "../docs/ERRORS.md"), "utf8").matchAll(/^\| \d{3} \| `(\w+)` \|/gm),
].map(([, code]) => code as string);

/** The codes that this catalogue has a text for. */
const toldIn = ({ messages }: { messages: object }): string[] =>
  Object.keys(messages)
    .filter((key) => key.startsWith("error."))
    .map((key) => key.slice("error.".length))
    .filter((code) => !own.includes(code))
    .sort();

test("every code of the service that users can meet has a text in both languages, and no other has", () => {
  assert.ok(codes.length > 30, `${codes.length} codes are found`);
  const met = codes.filter((code) => !(code in unmet)).sort();
  assert.deepEqual(toldIn(en), met);
  assert.deepEqual(toldIn(de), met);
});

test("what counts as never met is a code of the service", () => {
  assert.deepEqual(
    Object.keys(unmet).filter((code) => !codes.includes(code)),
    [],
  );
});

const refusal = (code: string, errors?: { pointer: string; detail: string }[]) =>
  new ApiError(422, {
    type: "about:blank",
    title: "",
    status: 422,
    code,
    detail: "the detail",
    request_id: "r",
    ...(errors ? { errors } : {}),
  });

// The runner's oldest version has none.
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"] }, configurable: true });

test("a failure is told in our own words, and with the service's where one code has many reasons", () => {
  assert.equal(describe(refusal("internal")), en.messages["error.internal"]);
  assert.equal(describe(refusal("conflict")), `${en.messages["error.conflict"]} (the detail)`);
  const faults = [
    { pointer: "/name", detail: "is too long" },
    { pointer: "/size", detail: "is too large" },
  ];
  const told = describe(refusal("validation_failed", faults));
  assert.equal(told, `${en.messages["error.validation_failed"]} (is too long; is too large)`);
  assert.equal(describe(refusal("a_new_code")), "the detail");
});
