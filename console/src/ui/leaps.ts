import type { Window } from "./window";

/**
 * Milliseconds after a leap in which another one is of the same drag, and after which the scroll bar rests: longer than a slow
 * machine needs to draw all rows once, which would not find out otherwise that it is too slow for that.
 */
const REST = 150;

/** Whether less than half of what is drawn stays when the window moves. */
export function isLeap(from: Window, to: Window): boolean {
  const stays = Math.min(from.end, to.end) - Math.max(from.start, to.start);
  return stays < (to.end - to.start) / 2;
}

/**
 * Tells a list whether its scroll bar is dragged so fast that most of what is drawn is gone with the next frame: from the
 * second leap in a row on, until there was none for a moment. One leap alone, as by a key, is none of that.
 */
export class Leaps {
  readonly #tell: (isDragged: boolean) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (isDragged: boolean) => void) {
    this.#tell = tell;
  }

  add(): void {
    if (this.#timer !== undefined) this.#tell(true);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tell(false);
    }, REST);
  }

  /** Tells nothing any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
