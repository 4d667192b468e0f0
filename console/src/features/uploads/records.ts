import type { Upload } from "./queue";

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

/** Whether there may be records: a look that needs no database. */
const MARK = "uploads";
export const mayHaveRecords = (): boolean => localStorage.getItem(MARK) !== null;

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
  localStorage.setItem(MARK, "1");
  await transact("readwrite", (store) => {
    for (const record of records) store.put(record);
    return null;
  });
}

/** Changes what a record says, if it is still there. */
export async function amend(id: string, changes: Partial<UploadRecord>): Promise<void> {
  await transact("readwrite", (store) => {
    const found = store.get(id) as IDBRequest<UploadRecord | undefined>;
    found.onsuccess = () => {
      if (found.result) store.put({ ...found.result, ...changes });
    };
    return null;
  });
}

export async function remove(ids: readonly string[]): Promise<void> {
  await transact("readwrite", (store) => {
    for (const id of ids) store.delete(id);
    return null;
  });
  await unmark();
}

/** Removes all of a user, those of other tabs too. */
export async function removeOf(user: string): Promise<void> {
  await transact("readwrite", (store) => {
    const found = store.getAll() as IDBRequest<UploadRecord[]>;
    found.onsuccess = () => {
      for (const record of found.result) if (record.user === user) store.delete(record.id);
    };
    return null;
  });
  await unmark();
}

async function unmark(): Promise<void> {
  if ((await transact("readonly", (store) => store.count())) === 0) localStorage.removeItem(MARK);
}

export async function all(): Promise<UploadRecord[]> {
  return (await transact("readonly", (store) => store.getAll() as IDBRequest<UploadRecord[]>)) ?? [];
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

/**
 * Takes over the user's uploads whose tab is gone, and gives them with those of this tab. Two tabs never take the same.
 */
export async function claim(user: string): Promise<UploadRecord[]> {
  if (!navigator.locks) return (await all()).filter((record) => record.user === user);
  return navigator.locks.request("uploads-claim", async () => {
    const { held = [] } = await navigator.locks.query();
    const alive = new Set(held.map((lock) => lock.name));
    const ours = (await all()).filter((record) => record.user === user);
    const orphans = ours.filter((record) => record.tab !== tab && !alive.has(lockOf(record.tab)));
    for (const record of orphans) record.tab = tab;
    if (orphans.length > 0) await put(orphans);
    return ours.filter((record) => record.tab === tab);
  });
}
