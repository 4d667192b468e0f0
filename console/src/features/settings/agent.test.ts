import assert from "node:assert/strict";
import { test } from "node:test";
import { agentName } from "./agent";

test("browsers that name others as well are told by their own name", () => {
  const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
  assert.equal(agentName(chrome), "Chrome, Linux");
  assert.equal(agentName(`${chrome.replace("X11; Linux x86_64", "Windows NT 10.0")} Edg/140.0`), "Edge, Windows");
  assert.equal(
    agentName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"),
    "Safari, iOS",
  );
});

test("programs are told by their name", () => {
  assert.equal(agentName("curl/8.5.0"), "curl");
  assert.equal(agentName("Cyberduck/9.0 (Mac OS X)"), "macOS");
  assert.equal(agentName("my-backup/1.0"), "my-backup");
  assert.equal(agentName(""), null);
});
