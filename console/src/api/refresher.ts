/**
 * Renews the session once for all requests that wait for it.
 *
 * Each success is a generation. A request notes the generation that it was sent in; when it is refused and a newer one is
 * there, it is sent again without another renewal.
 */
export class Refresher {
  #generation = 0;
  #running: Promise<boolean> | null = null;
  readonly #refresh: () => Promise<boolean>;

  /** `refresh` resolves to whether the session goes on; it rejects when that could not be found out. */
  constructor(refresh: () => Promise<boolean>) {
    this.#refresh = refresh;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Resolves to whether there are credentials newer than those of the generation `seen`. */
  renew(seen: number): Promise<boolean> {
    if (seen !== this.#generation) return Promise.resolve(true);
    this.#running ??= this.#refresh()
      .then((renewed) => {
        if (renewed) this.#generation += 1;
        return renewed;
      })
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }
}
