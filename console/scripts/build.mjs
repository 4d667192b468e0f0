// Builds what the crate `fm-console` holds: its folder `dist` with hashed assets, `index.html`, the icon and the licences of
// what is bundled, each also compressed, and `src/files.rs`, which names them. Fails when the result is over the budget.
//
//     node scripts/build.mjs           writes them
//     node scripts/build.mjs --check   writes nothing, and fails unless they are what these sources make
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { budget } from "./budget.mjs";
import { licenses } from "./licenses.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const crate = join(root, "../crates/console");
const dist = join(crate, "dist");
const list = join(crate, "src/files.rs");
const types = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

const result = await build({
  absWorkingDir: root,
  entryPoints: { app: "src/main.tsx" },
  outdir: "assets",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  // The oldest that know `light-dark()`, `:has()` and popovers.
  target: ["es2022", "chrome123", "firefox125", "safari17.5"],
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  legalComments: "none",
  metafile: true,
  write: false,
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
});

const outputs = new Map(Object.entries(result.metafile.outputs).map(([path, output]) => [basename(path), output]));
const entry = [...outputs].find(([name, output]) => output.entryPoint === "src/main.tsx" && name.endsWith(".js"))[0];
const first = [entry, ...staticImports(entry)];

/** The chunks that a chunk imports statically: they load with it. */
function staticImports(name, seen = new Set()) {
  for (const imported of outputs.get(name).imports) {
    const chunk = basename(imported.path);
    if (imported.kind === "import-statement" && outputs.has(chunk) && !seen.has(chunk)) {
      seen.add(chunk);
      staticImports(chunk, seen);
    }
  }
  return [...seen];
}

/** Every file with its contents, by its path in `dist`. */
const files = new Map();
for (const file of result.outputFiles) files.set(`assets/${basename(file.path)}`, Buffer.from(file.contents));
files.set("index.html", Buffer.from(await page()));
files.set("favicon.svg", await readFile(join(root, "src/favicon.svg")));
files.set("licenses.txt", Buffer.from(await licenses(root, Object.keys(result.metafile.inputs))));
const paths = [...files.keys()].sort();

async function page() {
  const preloads = first.slice(1).map((name) => `    <link rel="modulepreload" href="/assets/${name}" />\n`);
  return (await readFile(join(root, "src/index.html"), "utf8"))
    .replace("{{css}}", `/assets/${basename(outputs.get(entry).cssBundle)}`)
    .replace("{{js}}", `/assets/${entry}`)
    .replace("    {{preload}}\n", preloads.join(""));
}

const embedded = (path) => `embedded!("${path}", "${types[path.slice(path.lastIndexOf("."))]}")`;

/** The list of the files, for the crate. */
const rust = `//! What \`console/scripts/build.mjs\` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = ${embedded("index.html")};

pub(crate) const FILES: &[Embedded] = &[
${paths
  .filter((path) => path !== "index.html")
  .map((path) => `    ${embedded(path)},\n`)
  .join("")}];
`;

const gzip = (contents) => gzipSync(contents, { level: 9 });
const brotli = (contents) =>
  brotliCompressSync(contents, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length },
  });

async function write() {
  await rm(dist, { recursive: true, force: true });
  await mkdir(join(dist, "assets"), { recursive: true });
  for (const [path, contents] of files) {
    await writeFile(join(dist, path), contents);
    await writeFile(join(dist, `${path}.gz`), gzip(contents));
    await writeFile(join(dist, `${path}.br`), brotli(contents));
  }
  await writeFile(list, rust);
}

/**
 * What is there and is not what was built. The sources make the same bytes everywhere; how they are compressed differs between
 * versions of Node and between processors, so compressed files are compared by what they hold.
 */
async function differences() {
  const expected = new Set(paths.flatMap((path) => [path, `${path}.gz`, `${path}.br`]));
  const entries = await readdir(dist, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath ?? one.path, one.name).slice(dist.length + 1));
  const faults = found.filter((path) => !expected.has(path)).map((path) => `${path} is not built any more`);
  const same = async (path, read, contents) => {
    const bytes = await readFile(join(dist, path)).then(read, () => null);
    if (!bytes?.equals(contents)) faults.push(`${path} is missing or has other contents`);
  };
  for (const [path, contents] of files) {
    await same(path, (bytes) => bytes, contents);
    await same(`${path}.gz`, gunzipSync, contents);
    await same(`${path}.br`, brotliDecompressSync, contents);
  }
  if ((await readFile(list, "utf8")) !== rust) faults.push("src/files.rs is another list");
  return faults;
}

const report = budget(
  paths.map((path) => ({ path, gzip: gzip(files.get(path)).length })),
  first,
);
console.log(report.lines.join("\n"));
if (report.faults.length > 0) {
  console.error(`over the budget:\n${report.faults.join("\n")}`);
  process.exit(1);
}
if (process.argv.includes("--check")) {
  const faults = await differences();
  if (faults.length > 0) {
    console.error(
      `crates/console is not what these sources make: commit what \`npm run build\` writes.\n${faults.join("\n")}`,
    );
    process.exit(1);
  }
} else {
  await write();
}
