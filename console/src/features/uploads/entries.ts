/** A file that was dropped, pasted or chosen, and the folder within that it lay in: `` or `photos/2026`. */
export interface Found {
  file: File;
  path: string;
  /** Lets the file be read again after the page was loaded anew, where the browser has that. */
  handle?: FileSystemFileHandle;
}

export interface Gathered {
  files: Found[];
  /** Folders, those that are empty too. */
  folders: string[];
  /** How many entries can't be read. */
  unread: number;
}

/** Handles of dropped files: in Chromium alone, and in no library of types yet. */
interface WithHandle {
  getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
}

/** Files that an input has given, folders included (`webkitdirectory`). */
export function fromInput(list: Iterable<File>): Gathered {
  const files = [...list].map((file) => ({ file, path: parentOf(file.webkitRelativePath) }));
  return { files, folders: withParents(files.map(({ path }) => path)), unread: 0 };
}

/** What was dropped, folders to their last leaf. Reads `transfer` at once, since it is empty after the event. */
export function fromTransfer(transfer: DataTransfer): Promise<Gathered> {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const roots = items.map((item) => {
    const entry = item.webkitGetAsEntry();
    const handle = entry?.isFile ? (item as DataTransferItem & WithHandle).getAsFileSystemHandle?.() : undefined;
    return { entry, handle, file: entry ? null : item.getAsFile() };
  });
  return gather(roots);
}

interface Root {
  entry: FileSystemEntry | null;
  handle: Promise<FileSystemHandle | null> | undefined;
  file: File | null;
}

async function gather(roots: Root[]): Promise<Gathered> {
  const found: Gathered = { files: [], folders: [], unread: 0 };
  for (const { entry, handle, file } of roots) {
    if (file) found.files.push({ file, path: "" });
    if (!entry) continue;
    const before = found.files.length;
    await walk(entry, "", found);
    const kept = await handle?.catch(() => null);
    const first = found.files[before];
    if (first && kept?.kind === "file") first.handle = kept as FileSystemFileHandle;
  }
  return { ...found, folders: withParents(found.folders) };
}

/** Reads an entry to its last leaf; what can't be read is counted and left out. */
async function walk(entry: FileSystemEntry, path: string, found: Gathered): Promise<void> {
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.files.push({ file, path });
      return;
    }
    const inner = path === "" ? entry.name : `${path}/${entry.name}`;
    found.folders.push(inner);
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader gives some at a time, and nothing at the end.
    for (;;) {
      const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (entries.length === 0) return;
      for (const child of entries) await walk(child, inner, found);
    }
  } catch {
    found.unread += 1;
  }
}

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Every folder of the paths, each once, parents before what is in them. */
export function withParents(paths: readonly string[]): string[] {
  const all = new Set<string>();
  for (const path of paths) {
    for (let part = path; part !== ""; part = parentOf(part)) all.add(part);
  }
  return [...all].sort((a, b) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1));
}
