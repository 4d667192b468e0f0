import assert from "node:assert/strict";
import { test } from "node:test";
import { de } from "./de";
import { en } from "./en";
import { type Message, type Plural, write } from "./message";

const rules = (language: string) => new Intl.PluralRules(language);
const numbers = (locale: string) => new Intl.NumberFormat(locale);

test("values take the place of their names, numbers in the way of the locale", () => {
  const written = write("{name}: {size}", { name: "a{b}", size: 12345 }, rules("en"), numbers("de"));
  assert.equal(written, "a{b}: 12.345");
});

test("a plural is chosen by the rules of its language", () => {
  const polish: Plural = { one: "{count} plik", few: "{count} pliki", many: "{count} plików", other: "{count} pliku" };
  const said = [1, 3, 5, 22, 1.5].map((count) => write(polish, { count }, rules("pl"), numbers("en")));
  assert.deepEqual(said, ["1 plik", "3 pliki", "5 plików", "22 pliki", "1.5 pliku"]);
});

test("a category that a text lacks falls back to `other`", () => {
  assert.equal(write({ other: "{count} files" }, { count: 1 }, rules("en"), numbers("en")), "1 files");
});

test("a placeholder without a value stays", () => {
  assert.equal(write("{what}?", {}, rules("en"), numbers("en")), "{what}?");
});

test("both catalogues ask for the same values", () => {
  const asked = (message: Message): string[] => {
    const texts = typeof message === "string" ? [message] : Object.values(message);
    return [...new Set(texts.flatMap((text) => text.match(/\{\w+\}/g) ?? []))]
      .filter((name) => name !== "{count}")
      .sort();
  };
  for (const key of Object.keys(en.messages) as (keyof typeof en.messages)[]) {
    assert.deepEqual(asked(de.messages[key]), asked(en.messages[key]), key);
    assert.equal(typeof de.messages[key], typeof en.messages[key], key);
  }
});
