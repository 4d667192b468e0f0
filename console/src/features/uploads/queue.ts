import { signal } from "@preact/signals";
import type { OnConflict } from "../../api/types";

/**
 * `waiting` for its turn · `sending` · `paused` by the user, or since the session ended · `conflict`: the name is taken
 * and the user is asked · `missing`: the file has to be chosen again · `failed` · `done`.
 */
export type UploadState = "waiting" | "sending" | "paused" | "conflict" | "missing" | "failed" | "done";

export interface Upload {
  id: string;
  name: string;
  type: string;
  size: number;
  lastModified: number;
  parentId: string;
  /** Where it goes, for people. */
  place: string;
  onConflict: OnConflict;
  /** The bytes; null until the file was chosen again, and when all of it is sent. */
  file: File | null;
  /** Where the service takes the rest, once it knows of the upload. */
  url: string | null;
  /** The tags of the parts that the store has, by their numbers, where the bytes go there without the service between. */
  parts: Record<number, string>;
  /** The direct upload that had parts of it and is gone: there is a new one after it. */
  gone: string | null;
  sent: number;
  /** Until when a busy service wants to be left alone, in milliseconds of the clock; 0 where it has not said so. */
  busyUntil: number;
  state: UploadState;
  error: unknown;
}

/** What a transfer tells the queue. */
export interface TransferEvents {
  progress: (sent: number) => void;
  begun: (url: string) => void;
  part: (number: number, tag: string) => void;
  /** The service is too busy for it until this time. */
  busy: (until: number) => void;
  /** The direct upload with this id is gone, and its parts with it. */
  gone: (id: string) => void;
  /** `toRoot`: its folder went away meanwhile, and it is in the root folder. */
  done: (toRoot: boolean) => void;
  conflict: () => void;
  /** The file can't be read any more. */
  lost: () => void;
  signedOut: () => void;
  failed: (error: unknown) => void;
}

export interface Transfer {
  /** Stops sending; what the service has stays for a later transfer. */
  stop: () => void;
  /** Stops, and has the service drop what it has. */
  cancel: () => void;
}

export interface Totals {
  count: number;
  done: number;
  failed: number;
  /** Those that go on without the user. */
  running: number;
  sent: number;
  size: number;
}

interface Options {
  /** How many are sent at a time. */
  limit: number;
  begin: (upload: Upload, events: TransferEvents) => Transfer;
  /** Called with each upload whose place in the queue, address or state has changed. */
  changed: (upload: Upload) => void;
  /** Called with each upload whose folder went away before it was done. */
  astray: (upload: Upload) => void;
  /** Called with those that are the queue's no more. */
  removed: (uploads: readonly Upload[]) => void;
}

/** Sends files a few at a time, in the order in which they came. */
export class UploadQueue {
  /** Raised by each change; readers take it as a dependency. */
  readonly revision = signal(0);
  readonly #uploads = new Map<string, Upload>();
  readonly #transfers = new Map<string, Transfer>();
  readonly #options: Options;
  #totals: { revision: number; totals: Totals } | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  get uploads(): readonly Upload[] {
    return [...this.#uploads.values()];
  }

  totals(): Totals {
    if (this.#totals?.revision === this.revision.value) return this.#totals.totals;
    const totals: Totals = { count: 0, done: 0, failed: 0, running: 0, sent: 0, size: 0 };
    for (const upload of this.#uploads.values()) {
      totals.count += 1;
      totals.size += upload.size;
      totals.sent += upload.state === "done" ? upload.size : upload.sent;
      if (upload.state === "done") totals.done += 1;
      if (upload.state === "failed") totals.failed += 1;
      if (upload.state === "waiting" || upload.state === "sending") totals.running += 1;
    }
    this.#totals = { revision: this.revision.value, totals };
    return totals;
  }

  /** Whether any are neither sent nor given up: those that are paused too, and those that wait for the user. */
  areLeft(): boolean {
    return this.uploads.some(({ state }) => state !== "done" && state !== "failed");
  }

  add(uploads: readonly Upload[]): void {
    for (const upload of uploads) this.#uploads.set(upload.id, upload);
    this.#fill();
  }

  pause(id: string): void {
    const upload = this.#uploads.get(id);
    if (!upload || (upload.state !== "waiting" && upload.state !== "sending")) return;
    this.#stop(id);
    this.#set(upload, "paused");
    this.#fill();
  }

  /** Goes on with what is paused or has failed. */
  resume(id: string): void {
    const upload = this.#uploads.get(id);
    if (!upload || (upload.state !== "paused" && upload.state !== "failed")) return;
    this.#set(upload, upload.file ? "waiting" : "missing");
    this.#fill();
  }

  pauseAll(): void {
    for (const upload of this.#uploads.values()) {
      if (upload.state === "waiting" || upload.state === "sending") {
        this.#stop(upload.id);
        this.#set(upload, "paused");
      }
    }
  }

  /** Goes on with all that have failed, and with those that are paused. */
  resumeAll(states: readonly UploadState[] = ["paused", "failed"]): void {
    for (const upload of this.#uploads.values()) {
      if (states.includes(upload.state)) this.#set(upload, upload.file ? "waiting" : "missing");
    }
    this.#fill();
  }

  /** Gives the file to an upload that lacks it; false when it is another one, or none is lacking. */
  supply(id: string, file: File): boolean {
    const upload = this.#uploads.get(id);
    if (upload?.state !== "missing") return false;
    if (file.size !== upload.size || file.lastModified !== upload.lastModified || file.name !== upload.name)
      return false;
    upload.file = file;
    this.#set(upload, "waiting");
    this.#fill();
    return true;
  }

  /** Gives the file to an upload into this folder that lacks it; false where there is none. */
  supplyAny(parentId: string, file: File): boolean {
    for (const upload of this.#uploads.values()) {
      if (upload.parentId === parentId && this.supply(upload.id, file)) return true;
    }
    return false;
  }

  /** What becomes of all that wait for an answer about their name. */
  decide(choice: "rename" | "replace" | "skip"): void {
    const asking = this.uploads.filter((upload) => upload.state === "conflict");
    if (choice === "skip") {
      this.remove(asking.map((upload) => upload.id));
      return;
    }
    for (const upload of asking) {
      upload.onConflict = choice;
      upload.url = null;
      upload.parts = {};
      upload.sent = 0;
      this.#set(upload, "waiting");
    }
    this.#fill();
  }

  /** Ends uploads, and forgets those that are over. */
  remove(ids: readonly string[]): void {
    const removed: Upload[] = [];
    for (const id of ids) {
      const upload = this.#uploads.get(id);
      if (!upload) continue;
      this.#transfers.get(id)?.cancel();
      this.#transfers.delete(id);
      this.#uploads.delete(id);
      removed.push(upload);
    }
    this.#options.removed(removed);
    this.#fill();
  }

  /** Stops all and lets go of them, as they are: for their user, who finds them in the records. */
  release(): void {
    for (const transfer of this.#transfers.values()) transfer.stop();
    this.#transfers.clear();
    this.#uploads.clear();
    this.revision.value += 1;
  }

  #stop(id: string): void {
    this.#transfers.get(id)?.stop();
    this.#transfers.delete(id);
  }

  #set(upload: Upload, state: UploadState, error: unknown = null): void {
    upload.state = state;
    upload.error = error;
    this.#options.changed(upload);
    this.revision.value += 1;
  }

  /** Begins as many as may be sent. */
  #fill(): void {
    this.revision.value += 1;
    if (this.#transfers.size >= this.#options.limit) return;
    for (const upload of this.#uploads.values()) {
      if (this.#transfers.size >= this.#options.limit) return;
      if (upload.state === "waiting") this.#begin(upload);
    }
  }

  #begin(upload: Upload): void {
    upload.state = "sending";
    upload.error = null;
    // A transfer that was stopped may still tell something: it is not heard any more.
    const current = () => this.#transfers.get(upload.id) === transfer;
    const end = (state: UploadState, error: unknown = null) => {
      if (!current()) return;
      this.#transfers.delete(upload.id);
      this.#set(upload, state, error);
      this.#fill();
    };
    const transfer = this.#options.begin(upload, {
      progress: (sent) => {
        if (!current()) return;
        upload.sent = sent;
        this.revision.value += 1;
      },
      begun: (url) => {
        if (!current()) return;
        upload.url = url;
        this.#options.changed(upload);
      },
      part: (number, tag) => {
        if (!current()) return;
        upload.parts[number] = tag;
        this.#options.changed(upload);
      },
      busy: (until) => {
        if (!current()) return;
        upload.busyUntil = until;
        this.revision.value += 1;
      },
      gone: (id) => {
        if (!current()) return;
        Object.assign(upload, { gone: id, parts: {}, sent: 0 });
        this.#options.changed(upload);
      },
      done: (toRoot) => {
        if (!current()) return;
        if (toRoot) this.#options.astray(upload);
        // The browser may have a copy of it: there may be thousands.
        upload.file = null;
        end("done");
      },
      conflict: () => end("conflict"),
      lost: () => {
        if (current()) upload.file = null;
        end("missing");
      },
      signedOut: () => {
        if (current()) this.pauseAll();
      },
      failed: (error) => end("failed", error),
    });
    this.#transfers.set(upload.id, transfer);
  }
}
