import { ApiError, discard, json, NetworkError, send } from "../../api/client";
import type { DirectPart, DirectUpload, FileItem } from "../../api/types";
import { patiently } from "./patience";
import type { Transfer, TransferEvents, Upload } from "./queue";
import { isReadable, LostError } from "./readable";

/** From this size on the store gets the bytes without the service between: less than that gains nothing by it. */
export const DIRECT_FROM = 64 * 1024 * 1024;
/** Parts of a file that are sent at a time. */
const PARTS = 3;

/** The store takes nothing from this page: it is the service itself, or answers other origins not at all. */
class UnfitError extends Error {}

/** The store takes no more parts of an upload that it took some of: its links have expired. */
const expired = (): ApiError => {
  const problem = { type: "about:blank", title: "", detail: "the links of the upload have expired", request_id: "" };
  return new ApiError(410, { ...problem, status: 410, code: "upload_expired" });
};

/** Whether an upload that had begun is no more, or does not fit together: a new one takes its place. */
const isGone = (error: unknown): boolean => error instanceof ApiError && [404, 410, 422].includes(error.status);

/** What the pages know of the store: whether it takes parts from them, and whether it has taken one. */
const store = { isFit: true, works: false };

export const isFit = (): boolean => store.isFit;

/** Sends an upload part by part to the store; `instead` begins it otherwise where the store is not fit for that. */
export function beginDirect(upload: Upload, events: TransferEvents, instead: () => Transfer): Transfer {
  const abort = new AbortController();
  const direct = new Direct(upload, events, abort.signal);
  let other: Transfer | null = null;
  let cancelled = false;
  direct.run().then(
    (file) => (cancelled ? direct.drop() : events.done(file.moved_from_parent_id !== undefined)),
    (error) => {
      const isTaken = error instanceof ApiError && error.code === "name_taken";
      if (cancelled || isTaken || error instanceof UnfitError) direct.drop();
      if (abort.signal.aborted) return;
      // Other parts may still be under way.
      abort.abort();
      if (direct.id !== null && isGone(error)) events.gone(direct.id);
      if (error instanceof UnfitError) {
        store.isFit = false;
        other = instead();
      } else if (isTaken) events.conflict();
      else if (error instanceof LostError) events.lost();
      else if (error instanceof ApiError && error.status === 401) events.signedOut();
      else events.failed(error);
    },
  );
  return {
    stop: () => {
      abort.abort();
      other?.stop();
    },
    cancel: () => {
      cancelled = true;
      abort.abort();
      if (other) other.cancel();
      else direct.drop();
    },
  };
}

/** One upload on its way. */
class Direct {
  readonly #upload: Upload;
  readonly #events: TransferEvents;
  readonly #signal: AbortSignal;
  /** Its name at the service, once that knows of it. */
  id: string | null = null;
  /** Bytes of the parts that are under way. */
  readonly #moving = new Map<number, number>();

  constructor(upload: Upload, events: TransferEvents, signal: AbortSignal) {
    this.#upload = upload;
    this.#events = events;
    this.#signal = signal;
  }

  async run(): Promise<FileItem> {
    const { id, parts } = await patiently(() => this.#create(), this.#signal, this.#events.busy);
    this.id = id;
    this.#signal.throwIfAborted();
    if (parts.some((part) => new URL(part.url).pathname.includes(`/v1/direct-uploads/${id}/`))) throw new UnfitError();
    const sizes = new Map(parts.map((part) => [part.number, part.size]));
    const left = parts.filter((part) => this.#upload.parts[part.number] === undefined);
    const lane = async () => {
      for (let part = left.shift(); part; part = left.shift()) await this.#send(part, sizes);
    };
    await Promise.all(Array.from({ length: PARTS }, lane));
    return patiently(() => this.#complete(id), this.#signal, this.#events.busy);
  }

  /** Has the service drop what it knows of the upload. */
  drop(): void {
    if (this.id === null) return;
    void send("DELETE", `v1/direct-uploads/${this.id}`).catch(() => undefined);
    this.id = null;
  }

  /** A repetition finds the upload that was begun, with new links. */
  async #create(): Promise<DirectUpload> {
    const { id, name, type, size, parentId, onConflict, lastModified, gone } = this.#upload;
    try {
      return await json("POST", "v1/direct-uploads", {
        headers: { "Idempotency-Key": [id, onConflict, "direct", ...(gone ? [gone] : [])].join(".") },
        body: {
          name,
          size,
          parent_id: parentId,
          on_conflict: onConflict,
          modified_at: new Date(lastModified).toISOString(),
          ...(type ? { content_type: type } : {}),
        },
      });
    } catch (error) {
      // There are no direct uploads, or the folder is gone: what takes its place tells.
      if (error instanceof ApiError && error.status === 404) throw new UnfitError();
      throw error;
    }
  }

  async #send(part: DirectPart, sizes: ReadonlyMap<number, number>): Promise<void> {
    const { file, parts } = this.#upload;
    if (!file) throw new Error("an upload needs its file");
    const bytes = file.slice(part.offset, part.offset + part.size);
    const tell = (sent: number) => {
      this.#moving.set(part.number, sent);
      const there = Object.keys(parts).reduce((sum, number) => sum + (sizes.get(Number(number)) ?? 0), 0);
      this.#events.progress([...this.#moving.values()].reduce((sum, sent) => sum + sent, there));
    };
    const tag = await patiently(async () => {
      try {
        return await put(part, bytes, tell, this.#signal);
      } catch (error) {
        if (error instanceof NetworkError && !(await isReadable(bytes))) throw new LostError();
        if (error instanceof NetworkError && !store.works && (await isServiceThere())) throw new UnfitError();
        if (error instanceof UnfitError && (store.works || Object.keys(parts).length > 0)) throw expired();
        throw error;
      }
    }, this.#signal);
    store.works = true;
    this.#moving.delete(part.number);
    this.#events.part(part.number, tag);
  }

  #complete(id: string): Promise<FileItem> {
    const parts = Object.entries(this.#upload.parts).map(([number, etag]) => ({ number: Number(number), etag }));
    return json("POST", `v1/direct-uploads/${id}/complete`, { body: { parts }, mayRepeat: true });
  }
}

/** Whether it is the store alone that is out of reach: browsers say nothing else of one that answers other origins not at all. */
async function isServiceThere(): Promise<boolean> {
  return send("GET", "v1/capabilities").then(
    (answer) => {
      discard(answer);
      return true;
    },
    () => false,
  );
}

/** Sends a part, and gives the tag that the store has for it. */
function put(part: DirectPart, bytes: Blob, tell: (sent: number) => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    signal.addEventListener("abort", stop);
    request.open(part.method, part.url);
    for (const [name, value] of Object.entries(part.headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => tell(event.loaded);
    request.onerror = () => reject(new NetworkError("the store is out of reach"));
    request.onabort = () => reject(signal.reason);
    request.onload = () => {
      const tag = request.getResponseHeader("ETag");
      if (request.status >= 500) reject(new NetworkError(`the store answers ${request.status}`));
      // It refuses what the service has signed, or doesn't show our origin what it has stored.
      else if (request.status >= 300 || tag === null) reject(new UnfitError());
      else resolve(tag);
    };
    request.onloadend = () => signal.removeEventListener("abort", stop);
    request.send(bytes);
  });
}
