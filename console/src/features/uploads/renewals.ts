/** How often in a row a request may be refused although the session was renewed. */
const MOST = 2;

/** Renews the session for an upload whose requests are refused for want of one. */
export class Renewals {
  readonly #renew: () => Promise<unknown>;
  #refusals = 0;
  #running: Promise<unknown> = Promise.resolve();

  constructor(renew: () => Promise<unknown>) {
    this.#renew = renew;
  }

  /** Begins one after a refusal; false where it has not helped before. */
  begin(): boolean {
    this.#refusals += 1;
    if (this.#refusals > MOST) return false;
    this.#running = this.#renew().catch(() => {
      // The service was away or too busy for it: that says nothing of the session.
      this.#refusals = Math.max(0, this.#refusals - 1);
    });
    return true;
  }

  /** Resolves once none is under way. */
  async ended(): Promise<void> {
    await this.#running;
  }

  /** Notes that a request was not refused. */
  reset(): void {
    this.#refusals = 0;
  }
}
