import {
  ApiError,
  bodyOf,
  discard,
  json,
  NetworkError,
  type Query,
  retryAfter,
  send,
  UnansweredError,
  url,
} from "./client";
import { pause } from "./pause";
import type {
  BatchOperation,
  BatchResult,
  BatchResults,
  FileItem,
  Folder,
  Item,
  MadePath,
  Operation,
  Page,
  SignedUrl,
  TrashedItem,
  Usage,
  Version,
  VersionChanges,
} from "./types";

/** `modified_at` and `type` are of folders alone, `trashed_at` of the trash. */
export type SortKey = "name" | "modified_at" | "size" | "type" | "trashed_at";
export interface Sort {
  key: SortKey;
  order: "asc" | "desc";
}

/** The largest page that lists give. */
export const PAGE = 200;
/** The most operations in one batch, and paths in one skeleton. */
export const BATCH = 1000;

export const item = (id: string): Promise<Item> =>
  json("GET", `v1/items/${id}`, { query: { include: "path,ancestors" } });

export const folder = (id: string): Promise<Folder> =>
  json("GET", `v1/folders/${id}`, { query: { include: "path,ancestors" } });

/** A page of a list with its entity tag; `null` when `etag` is still right. */
export interface Tagged<T> {
  page: Page<T>;
  etag: string | null;
  /** When its URLs are to be renewed, by the clock here; never where it has none. */
  renewAt?: number;
}

/** What has URLs that expire, where it has some. */
type Expiring = Partial<Pick<FileItem, "download">>;

async function tagged<T>(
  path: string,
  query: Query,
  etag?: string | null,
  signal?: AbortSignal,
): Promise<Tagged<T> | null> {
  const answer = await send("GET", path, {
    query,
    ...(etag ? { headers: { "If-None-Match": etag } } : {}),
    ...(signal ? { signal } : {}),
  });
  if (answer.status === 304) return null;
  const page = await bodyOf<Page<T & Expiring>>(answer);
  return { page, etag: answer.headers.get("ETag"), renewAt: renewalOf(page.items, answer) };
}

/** Once half the time is over that the first URL has left. How long that is the service's clock tells: the one here may be wrong. */
function renewalOf(items: readonly Expiring[], answer: Response): number {
  const given = Date.parse(answer.headers.get("Date") ?? "") || Date.now();
  const ends = items.map(({ download }) => (download ? Date.parse(download.expires_at) : Number.POSITIVE_INFINITY));
  return Date.now() + (Math.min(...ends) - given) / 2;
}

export interface PageRequest {
  cursor?: string | null;
  etag?: string | null;
  signal?: AbortSignal;
}

export const children = (id: string, sort: Sort, request: PageRequest = {}): Promise<Tagged<Item> | null> =>
  tagged(
    `v1/folders/${id}/children`,
    { limit: PAGE, sort: sort.key, order: sort.order, cursor: request.cursor },
    request.etag,
    request.signal,
  );

/** The state of the drive that a folder is in. A page of folders has no URLs, so that its tag changes with the drive alone. */
export const driveState =
  (id: string) =>
  ({ etag, signal }: PageRequest): Promise<Tagged<Folder> | null> =>
    tagged(`v1/folders/${id}/children`, { kind: "folder", limit: 1 }, etag, signal);

export const subfolders = (id: string, cursor?: string | null): Promise<Page<Folder>> =>
  json("GET", `v1/folders/${id}/children`, { query: { kind: "folder", limit: PAGE, cursor } });

/** What a folder holds. While that is being counted it is asked for again, until `signal` is aborted. */
export async function usage(id: string, signal: AbortSignal): Promise<Usage> {
  for (;;) {
    const answer = await send("GET", `v1/folders/${id}/usage`, { signal });
    if (answer.status !== 202) return bodyOf<Usage>(answer);
    discard(answer);
    await pause((retryAfter(answer) ?? 1) * 1000, signal);
  }
}

export const createFolder = (parent_id: string, name: string): Promise<Folder> =>
  json("POST", "v1/folders", { body: { parent_id, name } });

/** Makes the folders that are missing; answers the ids in the order of `paths`. */
export async function createFolders(parent_id: string, paths: string[]): Promise<MadePath[]> {
  const made: MadePath[] = [];
  for (let start = 0; start < paths.length; start += BATCH) {
    const body = { parent_id, paths: paths.slice(start, start + BATCH) };
    try {
      made.push(...(await json<Page<MadePath>>("POST", "v1/folders", { body, mayRepeat: true })).items);
    } catch (error) {
      throw withPath(error, body.paths);
    }
  }
  return made;
}

/** A refusal of one of many paths, with that path. */
function withPath(error: unknown, paths: readonly string[]): unknown {
  const fault = error instanceof ApiError ? error.problem.errors?.[0] : undefined;
  const path = paths[Number(fault?.pointer.split("/")[2])];
  return fault && path !== undefined ? new Error(`${path}: ${fault.detail}`) : error;
}

export const rename = (target: Item, name: string): Promise<Item> =>
  json("PATCH", `v1/${target.kind}s/${target.id}`, { body: { name } });

/** Files by a part of their name, in all folders; of a media type or a family of them, unless `type` is empty. */
export const search = (q: string, type: string, request: PageRequest = {}): Promise<Tagged<FileItem> | null> =>
  tagged(
    "v1/files",
    { q, content_type: type, sort: "name", order: "asc", limit: 50, cursor: request.cursor },
    request.etag,
    request.signal,
  );

export const trash = (sort: Sort, request: PageRequest = {}): Promise<Tagged<TrashedItem> | null> =>
  tagged(
    "v1/trash",
    { limit: PAGE, sort: sort.key, order: sort.order, cursor: request.cursor },
    request.etag,
    request.signal,
  );

export const trashed = (id: string): Promise<TrashedItem> => json("GET", `v1/trash/${id}`);

/** What lies in a folder of the trash: folders first, by name. */
export const trashedChildren = (id: string, request: PageRequest = {}): Promise<Tagged<TrashedItem> | null> =>
  tagged(`v1/trash/${id}/children`, { limit: PAGE, cursor: request.cursor }, request.etag, request.signal);

export async function emptyTrash(): Promise<void> {
  await finish(await json<Operation>("DELETE", "v1/trash"));
}

/** The present content first, then what it was before, newest first. */
export const versions = (id: string, cursor?: string | null): Promise<Page<Version>> =>
  json("GET", `v1/files/${id}/versions`, { query: { cursor } });

export const changeVersion = (id: string, number: number, body: VersionChanges): Promise<Version> =>
  json("PATCH", `v1/files/${id}/versions/${number}`, { body });

/** Leads to the bytes of a version. */
export const versionAddress = (id: string, number: number): string => url(`v1/files/${id}/versions/${number}/content`);

export const restoreVersion = (id: string, number: number): Promise<FileItem> =>
  json("POST", `v1/files/${id}/versions/${number}/restore`);

export async function removeVersion(id: string, number: number): Promise<void> {
  await send("DELETE", `v1/files/${id}/versions/${number}`);
}

/** Leads to the bytes of a file, whenever it is followed: signed URLs expire while a page is open. */
export const contentAddress = (id: string, disposition: "inline" | "attachment"): string =>
  url(`v1/files/${id}/content`, { disposition });

/** A URL that shows the file in the browser where its type allows that. */
export const inlineUrl = (id: string): Promise<SignedUrl> =>
  json("POST", `v1/files/${id}/signed-url`, { body: { disposition: "inline" }, mayRepeat: true });

/**
 * Does many operations, as many requests as that takes, and waits for those that outlive their request. A request that fails
 * after others leaves what they did: its operations, and those behind it, are failed ones.
 */
export async function batch(operations: BatchOperation[]): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  for (let start = 0; start < operations.length; start += BATCH) {
    try {
      results.push(...(await batchOnce(operations.slice(start, start + BATCH))));
    } catch (error) {
      if (start === 0) throw error;
      return results.concat(failedOf(operations.slice(start), error));
    }
  }
  return results;
}

async function batchOnce(operations: BatchOperation[]): Promise<BatchResult[]> {
  const outcome = await json<BatchResults | Operation>("POST", "v1/batch", { body: { operations } });
  return ("results" in outcome ? outcome : batchResult(await finish(outcome))).results;
}

/** What became of operations whose request failed. Where it got no answer, or the work broke off, the code is our own. */
export function failedOf(operations: BatchOperation[], error: unknown): BatchResult[] {
  const isUnknown = error instanceof UnansweredError;
  const own = {
    status: 503,
    code: error instanceof InterruptedError ? "interrupted" : isUnknown ? "unanswered" : "offline",
  };
  const { status, code } = error instanceof ApiError ? error : own;
  return operations.map(({ op, id }) => ({ op, id, status, code }));
}

function batchResult({ result }: Operation): BatchResults {
  if (result && "results" in result) return result;
  throw new InterruptedError();
}

/** An operation that could not go on: what was done of it stays. */
export class InterruptedError extends Error {}

/** How often in a row an operation is asked for in vain: it goes on when the service is back, some seconds later. */
const IN_VAIN = 30;

/** Asks for an operation until it is over, each second at last; fails where it could not go on. */
async function finish(operation: Operation): Promise<Operation> {
  let wait = 100;
  let current = operation;
  let failures = 0;
  while (current.status === "running") {
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(wait * 2, 1000);
    try {
      current = await json("GET", `v1/operations/${operation.id}`);
      failures = 0;
    } catch (error) {
      failures += 1;
      const isAway = error instanceof NetworkError || (error instanceof ApiError && error.status >= 500);
      if (!isAway || failures > IN_VAIN) throw error;
    }
  }
  if (current.status !== "done") throw new InterruptedError();
  return current;
}
