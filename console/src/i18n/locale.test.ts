import assert from "node:assert/strict";
import { test } from "node:test";
import { localeOf } from "./locale";

test("numbers are written as in the browser's country, where it has the language", () => {
  assert.equal(localeOf("en", null, ["en-GB", "de-AT"]), "en-GB");
  assert.equal(localeOf("de", "de", ["en-GB", "de-AT"]), "de-AT");
});

test("a language that was chosen has its own numbers, and one that stands in for the browser's has those of the browser", () => {
  assert.equal(localeOf("de", "de", ["fr-FR", "fr"]), "de");
  assert.equal(localeOf("en", null, ["fr-FR", "fr"]), "fr-FR");
});

test("a tag that is no locale is left out", () => {
  assert.equal(localeOf("en", null, ["en-US@posix", "en-US"]), "en-US");
  assert.equal(localeOf("en", null, ["en-US@posix"]), "en");
});
