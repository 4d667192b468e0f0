import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf } from "./decode";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a text is read in the charset that the service tells", () => {
  assert.equal(textOf(utf8("Äpfel"), "text/plain; charset=utf-8", false), "Äpfel");
  assert.equal(textOf(Uint8Array.of(0xc4, 0x70), 'text/plain; charset="ISO-8859-1"', false), "Äp");
});

test("UTF-16 is read in the order of bytes that its mark tells", () => {
  for (const bytes of [Uint8Array.of(0xfe, 0xff, 0, 0x41), Uint8Array.of(0xff, 0xfe, 0x41, 0)]) {
    assert.equal(textOf(bytes, "text/plain; charset=utf-16", false), "A");
    assert.equal(textOf(bytes, "text/plain", false), "A");
  }
});

test("without a charset, or with one that is none, a text is UTF-8, or else of a time before that", () => {
  for (const type of ["text/plain", "text/plain; charset=nothing"]) {
    assert.equal(textOf(utf8("Äpfel, 5 €"), type, false), "Äpfel, 5 €");
    assert.equal(textOf(Uint8Array.of(0xc4, 0x70, 0x66, 0x65, 0x6c), type, false), "Äpfel");
  }
});

test("a character that is cut in two is left out", () => {
  const cut = utf8("Preis: 5 €").slice(0, -1);
  for (const type of ["text/plain", "text/plain; charset=utf-8"]) assert.equal(textOf(cut, type, true), "Preis: 5 ");
});

test("what has zero bytes is no text", () => {
  assert.equal(textOf(Uint8Array.of(0x41, 0, 0x42), "text/plain", false), null);
  assert.equal(textOf(new Uint8Array(), "text/plain", false), "");
});
