// Serves what was built, and a service that keeps everything in memory, so that pages can be looked at without the real one.
// Not shipped. `node dev/server.mjs [PORT [SERVICE]]`, then sign in as anna@example.com with the password "password"; with the
// URL of a running service it is that one that answers.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { proxyTo } from "./proxy.mjs";
import { service } from "./service.mjs";

const dist = join(dirname(fileURLToPath(import.meta.url)), "../../crates/console/dist");
const port = Number(process.argv[2] ?? 8090);
const answer = process.argv[3] ? proxyTo(process.argv[3]) : service;
const types = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain" };

/** As the real service sends it; the store is ourselves. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const server = createServer(async (request, response) => {
  const url = new URL(request.url, `http://${request.headers.host}`);
  try {
    if (url.pathname.startsWith("/v1/")) return await answer(request, response, url);
    await asset(url.pathname, response);
  } catch (error) {
    console.error(error);
    if (!response.headersSent) response.writeHead(500).end();
    else response.destroy();
  }
});

async function asset(path, response) {
  const file = /^\/(assets\/[\w.-]+|favicon\.svg|licenses\.txt)$/.test(path) ? path : "/index.html";
  const contents = await readFile(join(dist, file)).catch(() => null);
  if (contents === null) return response.writeHead(404).end();
  response.writeHead(200, {
    "Content-Type": `${types[extname(file)] ?? "text/html"}; charset=utf-8`,
    "Content-Security-Policy": policy,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": file.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
  });
  response.end(contents);
}

server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
