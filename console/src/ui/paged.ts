import { computed, signal } from "@preact/signals";
import { ApiError, isOutOfReach } from "../api/client";
import type { PageRequest, Tagged } from "../api/items";

type Fetch<T> = (request: PageRequest) => Promise<Tagged<T> | null>;

/**
 * A list that is read page by page: more when the reader comes near its end, all when that is asked for, and again when
 * the service says that it has changed. What is shown stays until what replaces it is there.
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
  #etag: string | null = null;
  #pages = 0;
  #edits = 0;
  #running: Promise<void> | null = null;
  #abort = new AbortController();

  constructor(fetch: Fetch<T>) {
    this.#fetch = fetch;
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
   * Reads again as many pages as are here, if the first has changed; a failure leaves what is shown. A list that could not be
   * read because the service was away is read when it is back. Resolves to why it could not be read, else to null.
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
    this.#etag = null;
    this.#edits += 1;
  }

  /** Ends what is running; nothing changes any more. */
  close(): void {
    this.#abort.abort();
  }

  async #readFirst(): Promise<unknown> {
    try {
      const first = await this.#fetch({ signal: this.#abort.signal });
      if (first === null) return null;
      this.#etag = first.etag;
      this.#pages = 1;
      this.items.value = first.page.items;
      this.#next.value = first.page.next_cursor ?? null;
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
      if (answer === null) return;
      this.#pages += 1;
      this.items.value = append(this.items.value, answer.page.items);
      this.#next.value = answer.page.next_cursor ?? null;
    } catch (error) {
      if (!this.#abort.signal.aborted) this.error.value = error;
    }
  }

  async #readAgain(): Promise<unknown> {
    const edits = this.#edits;
    try {
      const first = await this.#fetch({ etag: this.#etag, signal: this.#abort.signal });
      if (first === null) return null;
      let items: readonly T[] = first.page.items;
      let next = first.page.next_cursor ?? null;
      let pages = 1;
      while (next !== null && pages < this.#pages) {
        const answer = await this.#fetch({ cursor: next, signal: this.#abort.signal });
        if (answer === null) break;
        items = append(items, answer.page.items);
        next = answer.page.next_cursor ?? null;
        pages += 1;
      }
      // It may be older than a change that is shown by now, which it would take back: the next refresh reads again.
      if (edits !== this.#edits) return null;
      this.#etag = first.etag;
      this.#pages = pages;
      this.items.value = items;
      this.#next.value = next;
      this.changes.value += 1;
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
}

/** The items that are not here yet, behind those that are: an entry that was renamed between two pages comes twice. */
function append<T extends { id: string }>(items: readonly T[], more: readonly T[]): readonly T[] {
  const known = new Set(items.map((item) => item.id));
  return [...items, ...more.filter((item) => !known.has(item.id))];
}
