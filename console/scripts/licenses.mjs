import { readFile } from "node:fs/promises";
import { join } from "node:path";

const NAMES = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license"];

/**
 * The licence texts of the packages below `root` that these inputs of a bundle come from. Those of packages that are published without
 * theirs stand in the folder `licenses`.
 */
export async function licenses(root, inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) packages.add(match[1]);
  }
  const texts = [];
  for (const name of [...packages].sort()) {
    const folder = join(root, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const paths = [...NAMES.map((file) => join(folder, file)), join(root, "licenses", `${name}.txt`)];
    texts.push(`${name} ${version} (${license})\n\n${(await firstOf(paths)).trim()}\n`);
  }
  return texts.join(`\n${"-".repeat(78)}\n\n`);
}

async function firstOf(paths) {
  for (const path of paths) {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  throw new Error(`no licence text at ${paths[0]}`);
}
