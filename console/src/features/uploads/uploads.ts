import { signal } from "@preact/signals";
import { NetworkError, onSessionEnded } from "../../api/client";
import { createFolders } from "../../api/items";
import { pause } from "../../api/pause";
import type { MadePath } from "../../api/types";
import { changed } from "../../app/live";
import { account, loadAccount } from "../../app/session";
import { t } from "../../i18n";
import { announce } from "../../ui/announcer";
import { toast, toastError } from "../../ui/toast";
import type { Target } from "../files/commands";
import { askConflict } from "../files/conflict";
import { beginDirect, DIRECT_FROM, isFit } from "./direct";
import type { Gathered } from "./entries";
import { DELAYS, patiently } from "./patience";
import { type Transfer, type TransferEvents, type Upload, UploadQueue } from "./queue";
import * as records from "./records";
import { uploads as all } from "./running";
import { Speed } from "./speed";
import { beginTus, dropAt } from "./tus";

/** How many files are sent at a time. */
const LIMIT = 4;

/** Milliseconds between two looks for more names that are taken, before the user is asked, and how many looks there are at most. */
const LOOK_AFTER = 300;
const LOOKS = 30;

/** Whether the tray shows its list. */
export const expanded = signal(true);
export const speed = new Speed();

let asking = false;
let told = 0;
/** Whose uploads the queue has. */
let owner: string | null = null;

export const queue: UploadQueue = new UploadQueue({
  limit: LIMIT,
  begin: (upload, events) =>
    begin(upload, {
      ...events,
      progress: (sent) => {
        speed.add(Math.max(0, sent - upload.sent), performance.now());
        events.progress(sent);
      },
    }),
  changed: (upload) => {
    if (upload.state === "done") {
      void records.remove([upload.id]).catch(unkept);
      listsChanged();
    } else if (upload.state === "conflict") {
      void ask();
    } else {
      const { id, url, parts, gone, onConflict } = upload;
      void records.amend(id, { url, parts, gone, onConflict }).catch(unkept);
    }
    if (upload.state === "missing") announce(t("uploads.missing", { count: 1 }));
    if (upload.state === "done" || upload.state === "failed") queueMicrotask(tellEnd);
  },
  astray: (upload) => {
    upload.place = t("files.root");
    toast(t("uploads.astray", { name: upload.name }));
  },
  removed: (uploads) => {
    void records.remove(uploads.map(({ id }) => id)).catch(unkept);
    // What was being sent ends with its transfer.
    for (const { url, state } of uploads) if (url && state !== "sending" && state !== "done") dropAt(url);
  },
});

all.areRunning = () => queue.totals().running > 0;
all.areLeft = () => queue.areLeft();

/** Large files go to the store itself, where it takes them. What the service has of an upload it gets the rest of. */
function begin(upload: Upload, events: TransferEvents): Transfer {
  const throughService = () => beginTus(upload, events);
  const isDirect = upload.size >= DIRECT_FROM && upload.url === null && isFit();
  return isDirect ? beginDirect(upload, events, throughService) : throughService();
}

/** A browser that keeps nothing (private windows) sends uploads all the same: they end with the page. */
const unkept = () => undefined;

/** Sends what was dropped, pasted or chosen into a folder; makes the folders within first, in one request. */
export async function add(gathered: Gathered, target: Target): Promise<void> {
  const { files, folders, unread } = gathered;
  if (unread > 0) toastError(new Error(t("uploads.unread", { count: unread })));
  if (files.length === 0 && folders.length === 0) return;
  try {
    const { id: user } = account.value ?? (await loadAccount());
    own(user);
    const made = folders.length > 0 ? await makeFolders(target.id, folders) : [];
    if (made.length > 0) changed();
    if (files.length === 0) return;
    const ids = new Map(made.map(({ path, id }) => [path, id]));
    let budget = records.KEPT_BATCH;
    const kept: records.UploadRecord[] = [];
    const copies = new Map<string, File>();
    const folderOf = (path: string) => ids.get(path) ?? target.id;
    // What a page that is gone has begun goes on where its file is chosen again: by the same user.
    const others = files.filter(({ file, path }) => owner !== user || !queue.supplyAny(folderOf(path), file));
    const uploads = others.map(({ file, path, handle }): Upload => {
      const upload = newUpload(file, folderOf(path), path === "" ? target.name : `${target.name}/${path}`);
      if (!handle && file.size <= records.KEPT_FILE && file.size <= budget) {
        budget -= file.size;
        copies.set(upload.id, file);
      }
      kept.push({ ...recordOf(upload, user), ...(handle ? { handle } : {}) });
      return upload;
    });
    records.holdTab();
    await records.put(kept).catch(unkept);
    // Another user has signed in meanwhile: these wait in the records for their own.
    if (owner !== user) return;
    expanded.value = true;
    announce(t("uploads.begun", { count: files.length }));
    queue.add(uploads);
    void keep(copies);
  } catch (error) {
    toastError(error);
  }
}

/**
 * Makes the folders that are missing. A service that is away is waited for during half a minute: what was chosen, perhaps
 * thousands of files, would have to be chosen again.
 */
const makeFolders = (parent: string, folders: string[]): Promise<MadePath[]> =>
  patiently(() => createFolders(parent, folders), new AbortController().signal, undefined, DELAYS.slice(0, 6));

/** Copies files into the browser's store while they are sent, but for those that are there by then. */
async function keep(copies: ReadonlyMap<string, File>): Promise<void> {
  for (const [id, file] of copies) {
    try {
      await records.keepCopy(id, file);
    } catch (error) {
      // What is not copied is chosen again after the page was loaded anew: one that can't be read, and all where there is no room for more.
      if (error instanceof DOMException && error.name === "QuotaExceededError") return;
    }
  }
}

/** Uploads are sent by the user who has begun them: those of another one wait in the records for their own. */
function own(user: string): void {
  if (owner !== null && owner !== user) queue.release();
  owner = user;
}

/** Goes on with what a page that is gone has left. */
export async function resumeLeft(): Promise<void> {
  const user = account.value?.id;
  if (!user) return;
  own(user);
  try {
    records.holdTab();
    queue.resumeAll(["paused"]);
    await takeOver(user);
    // The question about names has gone with the session.
    if (isOwner(user) && queue.uploads.some(({ state }) => state === "conflict")) void ask();
  } catch {
    // Without a database nothing was left.
  }
}

const isOwner = (user: string): boolean => owner === user && account.peek()?.id === user;

/** Sends what tabs of this user have left that are gone, and what other ones leave later. */
async function takeOver(user: string): Promise<void> {
  const claimed = await records.claim(user, () => {
    if (isOwner(user)) takeOver(user).catch(unkept);
  });
  const left = await Promise.all(claimed.map(revive));
  // Another user may have signed in meanwhile.
  if (!isOwner(user)) return;
  const known = new Set(queue.uploads.map(({ id }) => id));
  const revived = left.filter(({ id }) => !known.has(id));
  const missing = revived.filter(({ state }) => state === "missing").length;
  if (missing > 0) announce(t("uploads.missing", { count: missing }));
  queue.add(revived);
}

async function revive(record: records.UploadRecord): Promise<Upload> {
  const file = record.file ?? (await readable(record.handle));
  return {
    id: record.id,
    name: record.name,
    type: record.type,
    size: record.size,
    lastModified: record.lastModified,
    parentId: record.parentId,
    place: record.place,
    onConflict: record.onConflict,
    url: record.url,
    parts: record.parts ?? {},
    gone: record.gone ?? null,
    file,
    sent: 0,
    busyUntil: 0,
    state: file ? "waiting" : "missing",
    error: null,
  };
}

/** The file of a handle, where the browser still allows to read it. */
async function readable(handle: FileSystemFileHandle | undefined): Promise<File | null> {
  if (!handle) return null;
  const permission = handle as FileSystemFileHandle & { queryPermission?: () => Promise<PermissionState> };
  if ((await permission.queryPermission?.()) !== "granted") return null;
  return handle.getFile().catch(() => null);
}

/** Finds the file that was sent before: its copy, or, where the browser or the user allows that, itself; false: choose it. */
export async function reopen(id: string): Promise<boolean> {
  const record = (await records.all().catch(() => [])).find((entry) => entry.id === id);
  if (record?.file) return queue.supply(id, record.file);
  const handle = record?.handle as
    | (FileSystemFileHandle & { requestPermission?: () => Promise<PermissionState> })
    | undefined;
  if (!handle || (await handle.requestPermission?.().catch(() => "denied")) !== "granted") return false;
  const file = await handle.getFile().catch(() => null);
  return file !== null && queue.supply(id, file);
}

/**
 * Drops all of a user whose session has ended: the service drops by itself what no one goes on with. What other tabs have begun
 * they keep until they are closed; no file of it stays in the browser's store.
 */
export async function dropAll(user: string): Promise<void> {
  queue.release();
  await records.removeOf(user).catch(unkept);
}

function newUpload(file: File, parentId: string, place: string): Upload {
  return {
    id: Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join(""),
    name: file.name,
    type: file.type,
    size: file.size,
    lastModified: file.lastModified,
    parentId,
    place,
    onConflict: "fail",
    file,
    url: null,
    parts: {},
    gone: null,
    sent: 0,
    busyUntil: 0,
    state: "waiting",
    error: null,
  };
}

function recordOf(upload: Upload, user: string): records.UploadRecord {
  const { id, name, type, size, lastModified, parentId, place, onConflict, url } = upload;
  return { id, user, tab: records.tab, name, type, size, lastModified, parentId, place, onConflict, url };
}

/** Lists are read again now and then while uploads end one after another, and after the last. */
function listsChanged(): void {
  const now = performance.now();
  if (now - told > 1500 || queue.totals().running === 0) {
    told = now;
    changed();
  }
}

function tellEnd(): void {
  const { running, done, failed } = queue.totals();
  if (running > 0) return;
  changed();
  announce(failed > 0 ? t("uploads.ended", { count: done, failed }) : t("uploads.done", { count: done }));
}

/** Those that the user is to be asked about. */
const taken = (): Upload[] => queue.uploads.filter(({ state }) => state === "conflict");

/** Resolves when no more names turn out to be taken, or after some seconds: all that have by then are one question. */
async function allTurnedOut(): Promise<void> {
  let known = 0;
  for (let look = 0; look < LOOKS && taken().length > known; look += 1) {
    known = taken().length;
    await pause(LOOK_AFTER);
  }
}

/** Asks once for all names that are taken; those that turn out meanwhile are part of it. */
async function ask(): Promise<void> {
  if (asking) return;
  asking = true;
  await allTurnedOut();
  // They may be gone by now, or the session: who signs in again is asked again.
  const isAsked = taken().length > 0 && account.peek() !== null;
  // Drawn anew with each change of the queue.
  const shown = () => (queue.revision.value > 0 ? taken().map(({ name }) => name) : []);
  // A file replaces no folder: that was tried.
  const canReplace = taken().every(({ onConflict }) => onConflict !== "replace");
  const choice = isAsked ? await askConflict(shown, canReplace) : null;
  asking = false;
  if (choice !== null) queue.decide(choice);
  // The question has gone with a page that was left, and not with the session: they still wait.
  else if (isAsked && account.peek()) void ask();
}

addEventListener("beforeunload", (event) => {
  if (queue.uploads.some(({ state }) => state === "sending")) event.preventDefault();
});
// The next user of the page may be another one.
onSessionEnded(() => queue.pauseAll());
addEventListener("online", () => {
  for (const { id, state, error } of queue.uploads) {
    if (state === "failed" && error instanceof NetworkError) queue.resume(id);
  }
});
