import assert from "node:assert/strict";
import { test } from "node:test";
import { NetworkError } from "../../api/client";
import { dropAfter } from "./dropping";

/** Ends a session whose end, and what drops uploads, may be out of reach; gives what was done. */
async function ending({ end = true, load = true }): Promise<string[]> {
  const log: string[] = [];
  const step = async (name: string, succeeds = true) => {
    if (!succeeds) throw new NetworkError("the service is out of reach");
    log.push(name);
  };
  const loading = async () => {
    await step("load", load);
    return { dropAll: () => step("drop") };
  };
  await dropAfter(() => step("end", end), loading).catch((error) => {
    assert.ok(error instanceof NetworkError);
    log.push("tell");
  });
  return log;
}

test("uploads are dropped after the session has ended", async () => {
  assert.deepEqual(await ending({}), ["load", "end", "drop"]);
});

test("uploads go on where the session could not be ended, and that is told", async () => {
  assert.deepEqual(await ending({ end: false }), ["load", "tell"]);
});

test("a session does not end before its uploads can be dropped", async () => {
  assert.deepEqual(await ending({ load: false }), ["tell"]);
});

test("a session without uploads ends alone", async () => {
  let ended = false;
  await dropAfter(
    async () => {
      ended = true;
    },
    async () => null,
  );
  assert.ok(ended);
});
