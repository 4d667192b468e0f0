import assert from "node:assert/strict";
import { test } from "node:test";
import { needsWhole } from "./whole";

const stage = { width: 1200, height: 800 };

test("a preview that fills its screen well is enough", () => {
  assert.equal(needsWhole({ width: 1024, height: 768 }, stage, 1), false);
  assert.equal(needsWhole({ width: 683, height: 1024 }, { width: 390, height: 700 }, 2), false);
});

test("a picture that is no larger than its preview is shown itself", () => {
  assert.equal(needsWhole({ width: 640, height: 480 }, stage, 1), true);
  assert.equal(needsWhole({ width: 480, height: 1023 }, stage, 1), true);
});

test("on a screen of many pixels the preview would be coarse", () => {
  assert.equal(needsWhole({ width: 1024, height: 768 }, { width: 3600, height: 1900 }, 1), true);
  assert.equal(needsWhole({ width: 1024, height: 768 }, stage, 2), true);
});
