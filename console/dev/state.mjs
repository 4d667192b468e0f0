// What the service of the pages' workshop keeps: one account with folders, files and a trash, all made up.
import { randomUUID } from "node:crypto";
import { deflateSync } from "node:zlib";
import { rgbaToThumbHash } from "thumbhash";

const nodes = new Map();
const blobs = new Map();
const previews = new Map();
let seq = 1;

export const sequence = () => seq;

export const account = {
  id: randomUUID(),
  email: "anna@example.com",
  name: "Anna Berg",
  role: "admin",
  created_at: "2026-01-10T09:00:00Z",
};

const rootId = randomUUID();
const at = (daysAgo) => new Date(Date.now() - daysAgo * 86_400_000).toISOString();

function node(parent_id, kind, name, daysAgo, more = {}) {
  const made = {
    kind,
    id: randomUUID(),
    parent_id,
    name,
    created_at: at(daysAgo + 3),
    updated_at: at(daysAgo),
    modified_at: at(daysAgo),
    trashed_at: null,
    ...more,
  };
  nodes.set(made.id, made);
  seq += 1;
  return made;
}

nodes.set(rootId, { ...node(null, "folder", "", 300), id: rootId });

export const find = (id) => nodes.get(id === "root" ? rootId : id);

export const addFolder = (parent, name, daysAgo = 0) => node(parent, "folder", name, daysAgo);

function addBlob(type, contents) {
  const id = randomUUID();
  blobs.set(id, { type, contents });
  return `/v1/blobs/${id}`;
}

export function addFile(parent, name, content_type, contents, { daysAgo = 0, size = contents.length, draw } = {}) {
  const url = addBlob(content_type, contents);
  const shown = content_type.startsWith("image/") && contents.length > 0;
  const made = node(parent, "file", name, daysAgo, {
    content_type,
    size,
    version: 1,
    sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    thumbnail: shown ? { status: "ready", url: draw ? draw(64) : url } : { status: "none", url: null },
    placeholder: draw ? hash(draw.colour) : null,
    download: { url, expires_at: at(-1) },
  });
  const preview = (name, pixels) => {
    const url = `/v1/files/${made.id}/previews/${name}`;
    previews.set(url, { url: null, make: () => (draw ? draw(pixels) : made.download.url) });
    return { url: `${url}?v=1` };
  };
  made.previews = shown ? { small: preview("small", 256), medium: preview("medium", 1024) } : null;
  return made;
}

/** Where the preview at this path is, made when it is first asked for; null where there is none. */
export async function preview(path) {
  const preview = previews.get(path);
  if (!preview) return null;
  if (preview.url === null) await new Promise((resolve) => setTimeout(resolve, 400));
  preview.url ??= preview.make();
  return preview.url;
}

export const contents = (id) => blobs.get(id);

export function withPath(item) {
  const ancestors = [];
  for (let parent = find(item.parent_id); parent; parent = find(parent.parent_id)) {
    ancestors.unshift({ id: parent.id, name: parent.name });
  }
  return { ...item, ancestors, path: pathOf(item) };
}

function pathOf(item) {
  const parent = find(item.parent_id);
  return parent ? `${pathOf(parent)}/${item.name}`.replace("//", "/") : "/";
}

const fold = (name) => name.normalize("NFC").toLowerCase();

export function children(id, query) {
  const kind = query.get("kind");
  const sort = query.get("sort") ?? "name";
  const sign = query.get("order") === "desc" ? -1 : 1;
  const value = {
    name: (n) => fold(n.name),
    modified_at: (n) => n.modified_at,
    size: (n) => n.size ?? 0,
    type: (n) => n.content_type ?? "",
  }[sort];
  return [...nodes.values()]
    .filter((item) => item.parent_id === id && !item.trashed_at && (!kind || item.kind === kind))
    .sort((a, b) => {
      if (a.kind !== b.kind) return a.kind === "folder" ? -1 : 1;
      const [x, y] = [value(a), value(b)];
      return x < y ? -sign : x > y ? sign : a.id < b.id ? -1 : 1;
    });
}

export const taken = (parent, name, except) =>
  [...nodes.values()].find(
    (item) => item.parent_id === parent && !item.trashed_at && item.id !== except && fold(item.name) === fold(name),
  );

export function freeName(parent, name) {
  const dot = name.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  for (let number = 2; ; number += 1) {
    const candidate = `${stem} (${number})${extension}`;
    if (!taken(parent, candidate)) return candidate;
  }
}

export function makePath(parent, path) {
  return path.split("/").reduce((id, name) => (taken(id, name) ?? addFolder(id, name)).id, parent);
}

export function change(item, changes) {
  seq += 1;
  return Object.assign(item, changes, { updated_at: at(0) });
}

export function isWithin(id, folder) {
  for (let item = find(id); item; item = find(item.parent_id)) if (item.id === folder) return true;
  return false;
}

export function copy(item, parent, name) {
  const made = node(parent, item.kind, name, 0, { ...item, id: randomUUID(), parent_id: parent, name });
  for (const child of [...nodes.values()]) if (child.parent_id === item.id) copy(child, made.id, child.name);
  return made;
}

export const trash = (item) => change(item, { trashed_at: at(0), purge_at: at(-30) });
export const restore = (item) => change(item, { trashed_at: null });

export function remove(item) {
  seq += 1;
  nodes.delete(item.id);
  return undefined;
}

/** What was put into the trash: the item, or a folder above it; nothing of what is not there. */
export const trashTop = (item) => (!item || item.trashed_at ? item : trashTop(nodes.get(item.parent_id)));

/** As the service tells it: without URLs. */
export function inTrash({ thumbnail: _, previews: __, placeholder: ___, download: ____, ...item }) {
  const { id: trash_id, trashed_at, purge_at } = trashTop(item);
  return {
    ...item,
    trash_id,
    trashed_at,
    purge_at,
    original_path: pathOf(item),
    original_parent_id: item.parent_id,
    size_bytes: item.size ?? usage(item.id).size_bytes,
  };
}

export function trashed(query) {
  const key = { name: "name", size: "size_bytes" }[query.get("sort")] ?? "trashed_at";
  const direction = query.get("order") === "asc" ? 1 : -1;
  return [...nodes.values()]
    .filter((item) => item.trashed_at)
    .map(inTrash)
    .sort((a, b) => (a[key] < b[key] ? -direction : direction));
}

export const trashedChildren = (id) =>
  [...nodes.values()].filter((item) => item.parent_id === id && !item.trashed_at).map(inTrash);

export function usage(id) {
  const total = { files: 0, folders: 0, size_bytes: 0 };
  for (const item of nodes.values()) {
    if (item.id === id || item.trashed_at || !isWithin(item.id, id)) continue;
    if (item.kind === "folder") total.folders += 1;
    else total.files += 1;
    total.size_bytes += item.size ?? 0;
  }
  return total;
}

export function search(query) {
  const q = fold(query.get("q") ?? "");
  const type = query.get("content_type");
  const matches = (item) =>
    !type || (type.endsWith("/*") ? item.content_type.startsWith(type.slice(0, -1)) : item.content_type === type);
  return [...nodes.values()].filter(
    (item) => item.kind === "file" && !item.trashed_at && fold(item.name).includes(q) && matches(item),
  );
}

const versionsOf = new Map();

export function versions({ id, size, content_type, modified_at }) {
  const old = { content_type, pinned: false, label: null, expires_at: at(-50) };
  const made = [
    { number: 3, size, content_type, created_at: modified_at, current: true },
    { ...old, number: 2, size: Math.round(size * 0.9), created_at: at(12) },
    { ...old, number: 1, size: Math.round(size * 0.7), created_at: at(40) },
  ];
  if (!versionsOf.has(id)) versionsOf.set(id, made);
  return versionsOf.get(id);
}

/** Changes what is told of a version; pinned ones do not expire. */
export function changeVersion(file, number, changes) {
  const version = versions(file).find((entry) => entry.number === number);
  Object.assign(version, changes);
  return Object.assign(version, { expires_at: version.pinned ? null : at(-50) });
}

export const storage = () => ({
  used_bytes: 6_400_000_000,
  trash_bytes: 310_000_000,
  version_bytes: 520_000_000,
  file_count: [...nodes.values()].filter((item) => item.kind === "file" && !item.trashed_at).length,
  quota_bytes: 20_000_000_000,
});

const agent = (system, browser) => `Mozilla/5.0 (${system}) AppleWebKit/537.36 ${browser}`;
export const sessions = [
  {
    id: randomUUID(),
    current: true,
    user_agent: agent("X11; Linux x86_64", "Chrome/140.0 Safari/537.36"),
    ip: "192.0.2.7",
  },
  {
    id: randomUUID(),
    current: false,
    user_agent: agent("iPhone; CPU iPhone OS 18_0 like Mac OS X", "Safari/604.1"),
    ip: "198.51.100.20",
  },
  { id: randomUUID(), current: false, user_agent: "rclone/v1.68", ip: "203.0.113.9" },
].map((session, index) => ({ ...session, created_at: at(20), last_seen_at: at(index * 2), expires_at: at(-20) }));

export const users = ["ben", "carla", "david", "elena", "farid", "greta"].map((name, index) => ({
  id: randomUUID(),
  email: `${name}@example.com`,
  name: index % 3 === 2 ? null : `${name[0].toUpperCase()}${name.slice(1)} Example`,
  role: index === 0 ? "admin" : "user",
  suspended: index === 3,
  created_at: at(30 + index * 17),
  quota_bytes: null,
  storage: { used_bytes: 3_100_000_000 * (index + 1), file_count: 120 * index, quota_bytes: 20_000_000_000 },
}));

export const jobs = ["make_thumbnail", "remove_blobs"].map((kind) => ({
  id: randomUUID(),
  kind,
  state: "dead",
  attempts: 12,
  run_at: at(1),
  last_error: "the blob store did not answer within 60 s",
}));

export const audit = Array.from({ length: 70 }, (_, index) => ({
  id: randomUUID(),
  at: at(index / 3),
  action: ["session.created", "file.uploaded", "login.failed", "file.renamed"][index % 4],
  account: account.id,
  actor: index % 4 === 2 ? null : account.id,
  ip: "192.0.2.7",
  user_agent: sessions[index % 3].user_agent,
}));

/** The colour of a gradient at a place: what pictures of a list look like from afar. */
function shade(x, y, colour) {
  const light = 0.45 + (0.55 * (x + 1 - y)) / 2 + 0.08 * Math.sin(x * 40 + y * 20);
  return colour.map((value) => Math.min(255, value * light));
}

/** The ThumbHash of such a gradient. */
function hash(colour) {
  const rgba = new Uint8Array(32 * 24 * 4);
  for (let y = 0; y < 24; y += 1) {
    for (let x = 0; x < 32; x += 1) rgba.set([...shade(x / 32, y / 24, colour), 255], (y * 32 + x) * 4);
  }
  return Buffer.from(rgbaToThumbHash(32, 24, rgba)).toString("base64");
}

/** A PNG of such a gradient. */
function picture(width, height, colour) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      rows.set(shade(x / width, y / height, colour), y * (width * 3 + 1) + 1 + x * 3);
    }
  }
  const chunk = (type, data) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    const framed = Buffer.alloc(named.length + 8);
    framed.writeUInt32BE(data.length, 0);
    named.copy(framed, 4);
    framed.writeUInt32BE(crc(named), named.length + 4);
    return framed;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc(bytes) {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

const none = Buffer.alloc(0);
const text = Buffer.from("# Meeting\n\n- budget for the spring\n- who brings the cake?\n".repeat(20));
const work = addFolder(rootId, "Work", 2);
const invoices = addFolder(work.id, "Invoices", 5);
addFolder(rootId, "Music", 50);
addFolder(rootId, "Fotos Ålesund 2026", 9);
const many = addFolder(rootId, "Ten thousand files", 1);
addFile(rootId, "Minutes of the meeting.md", "text/markdown; charset=utf-8", text, { daysAgo: 0 });
addFile(rootId, "Annual report with quite a long name that does not fit into one line.pdf", "application/pdf", none, {
  daysAgo: 4,
  size: 2_411_000,
});
addFile(rootId, "Birthday.mp4", "video/mp4", none, { daysAgo: 30, size: 734_000_000 });
addFile(rootId, "Interview.mp3", "audio/mpeg", none, { daysAgo: 33, size: 48_300_000 });
addFile(rootId, "backup.tar.gz", "application/gzip", none, { daysAgo: 80, size: 5_800_000_000 });
addFile(rootId, "firmware.bin", "application/octet-stream", none, { daysAgo: 120, size: 4_194_304 });
addFile(invoices.id, "2026-01.pdf", "application/pdf", none, { daysAgo: 200, size: 88_000 });
const colours = {
  Lake: [90, 150, 230],
  Sunset: [250, 140, 90],
  Forest: [90, 190, 120],
  Dunes: [235, 200, 130],
  Heather: [190, 130, 220],
};
for (const [index, [name, colour]] of Object.entries(colours).entries()) {
  const [width, height] = index === 0 ? [1600, 1200] : [360, index % 2 ? 240 : 300];
  // Its longer side has at most so many pixels.
  const draw = (pixels) => {
    const scale = Math.min(1, pixels / width);
    return addBlob("image/png", picture(Math.round(width * scale), Math.round(height * scale), colour));
  };
  addFile(rootId, `${name}.png`, "image/png", picture(width, height, colour), {
    daysAgo: index * 3,
    size: 2_300_000 + index * 410_000,
    draw: Object.assign(draw, { colour }),
  });
}
for (let index = 0; index < 10_000; index += 1) {
  addFile(many.id, `Scan ${String(index).padStart(5, "0")}.txt`, "text/plain; charset=utf-8", none, {
    daysAgo: index / 30,
    size: 1000 + index,
  });
}
trash(addFile(work.id, "Draft of the draft.docx", "application/octet-stream", none, { daysAgo: 10, size: 91_000 }));
const oldStuff = addFolder(rootId, "Old stuff", 400);
addFile(oldStuff.id, "Notes of old.txt", "text/plain", none, { daysAgo: 390, size: 1200 });
trash(oldStuff);
