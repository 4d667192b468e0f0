import { computed, signal } from "@preact/signals";
import { ApiError, isOutOfReach } from "../api/client";
import type { PageRequest, Tagged } from "../api/items";

type Fetch<T> = (request: PageRequest) => Promise<Tagged<T> | null>;

const NEVER = Number.POSITIVE_INFINITY;

/**
 * A list that is read page by page: more when the reader comes near its end, all when that is asked for, and again when
 * the service says that it has changed, or before its URLs expire. What is shown stays until what replaces it is there.
 */
export class PagedList<T extends { id: string }> {
  readonly items = signal<readonly T[]>([]);
  readonly status = signal<"loading" | "ready" | "failed">("loading");
  /** Why the first page (`failed`), or else the last one that was asked for, is not here. */
  readonly error = signal<unknown>(null);
  /** Raised when it is found that the list has changed at the service. */
  readonly changes = signal(0);
  readonly #next = signal<string | null>(null);
  /** Whether the last page is here. */
  readonly complete = computed(() => this.status.value === "ready" && this.#next.value === null);
  readonly ids = computed(() => this.items.value.map((item) => item.id));

  readonly #fetch: Fetch<T>;
  readonly #look: Fetch<unknown> | undefined;
  /** The tag of the last look. */
  #state: string | null = null;
  #etag: string | null = null;
  /** When the URLs of what is here are to be renewed. */
  #renewAt = NEVER;
  #pages = 0;
  #edits = 0;
  #running: Promise<void> | null = null;
  #abort = new AbortController();

  /** The tag of `look` changes with the list alone, and not with its URLs as that of a page does. */
  constructor(fetch: Fetch<T>, look?: Fetch<unknown>) {
    this.#fetch = fetch;
    this.#look = look;
  }

  /** Reads the first page. */
  async load(): Promise<void> {
    this.status.value = "loading";
    this.error.value = null;
    await this.#readFirst();
  }

  /** Reads the next page, once however often it is asked for meanwhile. */
  more(): Promise<void> {
    if (this.#next.value === null) return Promise.resolve();
    this.error.value = null;
    this.#running ??= this.#readNext().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Reads all pages that are left, unless the list is closed meanwhile. */
  async all(): Promise<void> {
    do await this.more();
    while (this.#next.value !== null && this.error.value === null && !this.#abort.signal.aborted);
  }

  /**
   * Reads again as many pages as are here, if the list has changed or its URLs are about to expire; a failure leaves what is
   * shown. A list that could not be read because the service was away is read when it is back. Resolves to why it could not be
   * read, else to null.
   */
  async refresh(): Promise<unknown> {
    // What is being read may be older than the change; of those who wait one reads again for all.
    await this.#running;
    if (this.#running) return null;
    const wasAway = this.status.value === "failed" && isOutOfReach(this.error.value);
    if (this.status.value !== "ready" && !wasAway) return null;
    const reading = wasAway ? this.#readFirst() : this.#readAgain();
    this.#running = reading.then(() => {
      this.#running = null;
    });
    return reading;
  }

  /** Shows a change before the service's list does. */
  edit(change: (items: readonly T[]) => readonly T[]): void {
    this.items.value = change(this.items.value);
    this.#state = null;
    this.#etag = null;
    this.#edits += 1;
  }

  /** Ends what is running; nothing changes any more. */
  close(): void {
    this.#abort.abort();
  }

  async #readFirst(): Promise<unknown> {
    try {
      const first = await this.#read(1, null);
      if (first.length === 0) return null;
      this.#show(first);
      this.error.value = null;
      this.status.value = "ready";
      return null;
    } catch (error) {
      if (this.#abort.signal.aborted) return null;
      this.error.value = error;
      this.status.value = "failed";
      return error;
    }
  }

  async #readNext(): Promise<void> {
    try {
      const answer = await this.#fetch({ cursor: this.#next.value, signal: this.#abort.signal });
      if (answer) this.#show([answer], true);
    } catch (error) {
      if (!this.#abort.signal.aborted) this.error.value = error;
    }
  }

  async #readAgain(): Promise<unknown> {
    const edits = this.#edits;
    try {
      // Before the pages: a change that comes between is read twice, and never missed.
      const state = this.#look && (await this.#look({ etag: this.#state, signal: this.#abort.signal }));
      const isExpiring = Date.now() >= this.#renewAt;
      if (state === null && !isExpiring) return null;
      const pages = await this.#read(this.#pages, isExpiring ? null : this.#etag);
      // It may be older than a change that is shown by now, which it would take back: the next refresh reads again.
      if (edits !== this.#edits) return null;
      if (state) this.#state = state.etag;
      if (pages.length === 0) return null;
      this.#show(pages);
      // Other URLs are no change.
      if (state !== null) this.changes.value += 1;
      return null;
    } catch (error) {
      // What is shown stays, and the next refresh asks again; unless what the list is of is gone.
      if (error instanceof ApiError && error.status === 404) {
        this.error.value = error;
        this.status.value = "failed";
      }
      return error;
    }
  }

  /** Reads so many pages, or as many as there are; none where `etag` is that of the first one. */
  async #read(count: number, etag: string | null): Promise<readonly Tagged<T>[]> {
    const { signal } = this.#abort;
    const pages: Tagged<T>[] = [];
    let request: PageRequest = { etag, signal };
    for (;;) {
      const answer = await this.#fetch(request);
      if (answer === null) return pages;
      pages.push(answer);
      const cursor = answer.page.next_cursor;
      if (!cursor || pages.length >= count) return pages;
      request = { cursor, signal };
    }
  }

  /** Shows pages in place of what is here, or behind that. */
  #show(pages: readonly Tagged<T>[], isMore = false): void {
    if (!isMore) {
      this.#etag = pages[0]?.etag ?? null;
      this.#pages = 0;
      this.#renewAt = NEVER;
    }
    let items = isMore ? this.items.value : [];
    for (const { page, renewAt = NEVER } of pages) {
      items = append(items, page.items);
      this.#renewAt = Math.min(this.#renewAt, renewAt);
    }
    this.#pages += pages.length;
    this.items.value = items;
    this.#next.value = pages.at(-1)?.page.next_cursor ?? null;
  }
}

/** The items that are not here yet, behind those that are: an entry that was renamed between two pages comes twice. */
function append<T extends { id: string }>(items: readonly T[], more: readonly T[]): readonly T[] {
  const known = new Set(items.map((item) => item.id));
  return [...items, ...more.filter((item) => !known.has(item.id))];
}
