import assert from "node:assert/strict";
import { test } from "node:test";
import { rgbaToThumbHash } from "thumbhash";
import { pixelsOf } from "./pixels";

/** A picture with a red left half and a blue right half. */
function halves(width: number, height: number): Uint8Array {
  const rgba = new Uint8Array(width * height * 4);
  for (let at = 0; at < width * height; at += 1) {
    rgba.set(at % width < width / 2 ? [220, 20, 20, 255] : [20, 20, 220, 255], at * 4);
  }
  return rgba;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

test("a hash becomes pixels of the picture's colours and shape", () => {
  const pixels = pixelsOf(base64(rgbaToThumbHash(60, 40, halves(60, 40))));
  assert.ok(pixels);
  const { width, height, rgba } = pixels;
  assert.equal(width, 32);
  assert.ok(height < width && height > 16, `${height} rows`);
  assert.equal(rgba.length, width * height * 4);
  const at = (x: number, y: number) => [...rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];
  const [left, right] = [at(4, 10), at(width - 5, 10)];
  assert.ok((left[0] ?? 0) > 150 && (left[2] ?? 255) < 100 && left[3] === 255, `${left}`);
  assert.ok((right[2] ?? 0) > 150 && (right[0] ?? 255) < 100 && right[3] === 255, `${right}`);
});

test("what is no hash has no pixels", () => {
  for (const text of ["", "AAAA", "AAAAAAAAAA==", "not Base64!"]) assert.equal(pixelsOf(text), null, text);
});
