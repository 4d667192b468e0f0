import assert from "node:assert/strict";
import { test } from "node:test";
import { NetworkError } from "../../api/client";
import { Renewals } from "./renewals";

test("an upload whose requests are refused again and again gives up, though the session is renewed", async () => {
  const renewals = new Renewals(async () => true);
  const begun: boolean[] = [];
  for (let refusal = 0; refusal < 3; refusal += 1) {
    begun.push(renewals.begin());
    await renewals.ended();
  }
  assert.deepEqual(begun, [true, true, false]);
});

test("a request that was not refused begins the count anew", async () => {
  const renewals = new Renewals(async () => true);
  for (let refusal = 0; refusal < 5; refusal += 1) {
    assert.equal(renewals.begin(), true);
    await renewals.ended();
    renewals.reset();
  }
});

test("a service that is too busy to renew the session does not end the upload", async () => {
  let isAway = true;
  const renewals = new Renewals(async () => {
    if (isAway) throw new NetworkError("the session could not be renewed: 503");
    return true;
  });
  for (let refusal = 0; refusal < 10; refusal += 1) {
    assert.equal(renewals.begin(), true);
    await renewals.ended();
  }
  isAway = false;
  assert.equal(renewals.begin(), true);
});
