import type { Upload } from "./queue";
import { mark, unmark } from "./running";

/** An upload as it is kept beyond the life of the page. */
export interface UploadRecord {
  id: string;
  user: string;
  /** The tab that sends it. */
  tab: string;
  name: string;
  type: string;
  size: number;
  lastModified: number;
  parentId: string;
  place: string;
  onConflict: Upload["onConflict"];
  url: string | null;
  parts?: Upload["parts"];
  gone?: Upload["gone"];
  /** The bytes themselves, of files that are not large. */
  file?: File;
  handle?: FileSystemFileHandle;
}

/** Larger files are not copied into the browser's store: their handle is kept, or they are chosen again. */
export const KEPT_FILE = 64 * 1024 * 1024;
/** All that is copied of one batch. */
export const KEPT_BATCH = 1024 * 1024 * 1024;

/** The bytes of an upload stand beside its record: browsers write them anew with each change of what they stand in. */
interface Copy {
  id: string;
  file: File;
}

const copyOf = (id: string): string => `${id}.copy`;

/** Records with their copies. A version before this one has left files within records. */
export function whole(entries: readonly (UploadRecord | Copy)[]): UploadRecord[] {
  const copies = new Map(entries.map(({ id, file }) => [id, file]));
  const records = entries.filter((entry): entry is UploadRecord => "user" in entry);
  return records.map((record) => {
    const file = copies.get(copyOf(record.id)) ?? record.file;
    return file ? { ...record, file } : record;
  });
}

const STORE = "uploads";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("uploads", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let database: Promise<IDBDatabase> | null = null;

/** Runs `work` in one transaction and resolves when that is committed. */
async function transact<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T> | null,
): Promise<T | undefined> {
  database ??= open();
  const transaction = (await database).transaction(STORE, mode);
  const request = work(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

export async function put(records: readonly UploadRecord[]): Promise<void> {
  mark();
  await transact("readwrite", (store) => {
    for (const record of records) store.put(record);
    return null;
  });
}

/** Does this with a record, if it is still there. */
async function ifKept(id: string, work: (store: IDBObjectStore, record: UploadRecord) => void): Promise<void> {
  await transact("readwrite", (store) => {
    const found = store.get(id) as IDBRequest<UploadRecord | undefined>;
    found.onsuccess = () => {
      if (found.result) work(store, found.result);
    };
    return null;
  });
}

/** Changes what a record says. */
export const amend = (id: string, changes: Omit<Partial<UploadRecord>, "file">): Promise<void> =>
  ifKept(id, (store, record) => store.put({ ...record, ...changes }));

/** Keeps the bytes too. */
export const keepCopy = (id: string, file: File): Promise<void> =>
  ifKept(id, (store) => store.put({ id: copyOf(id), file } satisfies Copy));

function erase(store: IDBObjectStore, id: string): void {
  store.delete(id);
  store.delete(copyOf(id));
}

export async function remove(ids: readonly string[]): Promise<void> {
  await transact("readwrite", (store) => {
    for (const id of ids) erase(store, id);
    return null;
  });
  await unmarkEmpty();
}

/** Removes all of a user, those of other tabs too. */
export async function removeOf(user: string): Promise<void> {
  await transact("readwrite", (store) => {
    const found = store.getAll() as IDBRequest<UploadRecord[]>;
    found.onsuccess = () => {
      for (const record of found.result) if (record.user === user) erase(store, record.id);
    };
    return null;
  });
  await unmarkEmpty();
}

async function unmarkEmpty(): Promise<void> {
  if ((await transact("readonly", (store) => store.count())) === 0) unmark();
}

export async function all(): Promise<UploadRecord[]> {
  const entries = await transact("readonly", (store) => store.getAll() as IDBRequest<(UploadRecord | Copy)[]>);
  return whole(entries ?? []);
}

/** This tab, among those that are open now. */
export const tab: string = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16)).join("");

const lockOf = (name: string) => `uploads-${name}`;
let held = false;

/** Makes this tab the one that sends the records with its name, as long as it is open. */
export function holdTab(): void {
  if (held || !navigator.locks) return;
  held = true;
  void navigator.locks.request(lockOf(tab), () => new Promise(() => undefined));
}

const awaited = new Set<string>();

/** Calls `gone` once this tab is closed; browsers may count one that was loaded anew as open for a while. */
function whenGone(name: string, gone: () => void): void {
  if (awaited.has(name)) return;
  awaited.add(name);
  void navigator.locks.request(lockOf(name), () => awaited.delete(name)).then(gone, () => undefined);
}

/**
 * Takes over the user's uploads whose tab is gone, and gives them with those of this tab. Two tabs never take the same.
 * `left` is called when another tab that has some goes: then there are more to claim.
 */
export async function claim(user: string, left: () => void): Promise<UploadRecord[]> {
  if (!navigator.locks) return (await all()).filter((record) => record.user === user);
  return navigator.locks.request("uploads-claim", async () => {
    const { held = [] } = await navigator.locks.query();
    const alive = new Set(held.map((lock) => lock.name));
    const ours = (await all()).filter((record) => record.user === user);
    for (const record of ours) {
      if (record.tab === tab) continue;
      if (alive.has(lockOf(record.tab))) {
        whenGone(record.tab, left);
      } else {
        record.tab = tab;
        await amend(record.id, { tab });
      }
    }
    return ours.filter((record) => record.tab === tab);
  });
}
