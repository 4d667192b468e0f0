import assert from "node:assert/strict";
import { test } from "node:test";
import { format, parse, type Route } from "./routes";

const at = (path: string): Route => {
  const url = new URL(path, "http://host/");
  return parse(url.pathname, url.searchParams);
};

test("every page is found again under the path that is written for it", () => {
  const pages: Route[] = [
    { page: "login", next: "files/0195c2f4" },
    { page: "register", next: null },
    { page: "files", folder: "root" },
    { page: "files", folder: "0195c2f4-7a3e" },
    { page: "view", file: "0195c2f4-7a3e" },
    { page: "search", q: "Rechnung & Co", kind: "image/*" },
    { page: "trash", folder: null },
    { page: "trash", folder: "0195c2f4-7a3e" },
    { page: "settings" },
    { page: "admin", section: "audit" },
  ];
  for (const page of pages) assert.deepEqual(at(format(page)), page);
});

test("the first page is that of the files, with or without a slash", () => {
  for (const path of ["/", "/files", "/files/"]) assert.deepEqual(at(path), { page: "files", folder: "root" });
});

test("what is no page is missing", () => {
  for (const path of ["/nothing", "/files/a/edit", "/files/a/view/b", "/admin/root", "/trash/a/b", "/admin/users/a"]) {
    assert.deepEqual(at(path), { page: "missing" }, path);
  }
});

test("signing in leads to pages of the console alone", () => {
  for (const next of ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil", "files#x", "a b"]) {
    assert.deepEqual(at(`/login?next=${encodeURIComponent(next)}`), { page: "login", next: null }, next);
  }
  assert.deepEqual(at("/login?next=files%2Fabc%2Fview"), { page: "login", next: "files/abc/view" });
  assert.deepEqual(at("/login?next=search%3Fq%3Da"), { page: "login", next: "search?q=a" });
});
