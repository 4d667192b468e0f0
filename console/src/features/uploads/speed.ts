/** How far back is looked. */
const SPAN = 5000;

/** Bytes a second, over the last seconds. */
export class Speed {
  #samples: { at: number; bytes: number }[] = [];

  add(bytes: number, now: number): void {
    const last = this.#samples.at(-1);
    if (last && now - last.at < 100) last.bytes += bytes;
    else this.#samples.push({ at: now, bytes });
    this.#drop(now);
  }

  /** 0 when nothing was sent lately. */
  perSecond(now: number): number {
    this.#drop(now);
    const first = this.#samples[0];
    if (!first) return 0;
    const bytes = this.#samples.reduce((sum, sample) => sum + sample.bytes, 0);
    return (bytes * 1000) / Math.max(1000, now - first.at);
  }

  #drop(now: number): void {
    this.#samples = this.#samples.filter((sample) => now - sample.at <= SPAN);
  }
}
