import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { paced } from "./frames";

const { performance: realClock } = globalThis;
let now = 0;
let asked = new Map<number, () => void>();
let count = 0;

/** Draws the next frame. */
function frame(): void {
  const callbacks = asked;
  asked = new Map();
  for (const callback of callbacks.values()) callback();
}

beforeEach(() => {
  Object.assign(globalThis, {
    performance: { now: () => now },
    requestAnimationFrame: (callback: () => void) => {
      count += 1;
      asked.set(count, callback);
      return count;
    },
    cancelAnimationFrame: (id: number) => asked.delete(id),
  });
});
afterEach(() => {
  for (let frames = 0; asked.size > 0 && frames < 10; frames += 1) frame();
  Object.assign(globalThis, { performance: realClock });
});

/** Work of 1.5 milliseconds. */
function works(names: string) {
  const done: string[] = [];
  const stops = [...names].map((name) =>
    paced(() => {
      now += 1.5;
      done.push(name);
    }),
  );
  return { done, stops };
}

test("a frame takes a little work, and the next ones the rest in its order", () => {
  const { done } = works("abcdefgh");
  assert.deepEqual(done, ["a", "b", "c"]);
  frame();
  assert.deepEqual(done, ["a", "b", "c", "d", "e", "f"]);
  frame();
  assert.deepEqual(done, ["a", "b", "c", "d", "e", "f", "g", "h"]);
});

test("what is given up before its frame is not done", () => {
  const { done, stops } = works("abcde");
  stops[3]?.();
  frame();
  assert.deepEqual(done, ["a", "b", "c", "e"]);
});
