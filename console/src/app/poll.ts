import { signal } from "@preact/signals";
import { ApiError, isOutOfReach } from "../api/client";

/** Milliseconds between two looks while all is well, and at most while they fail. */
const INTERVAL = 3000;
const LONGEST = 12_000;

/** Whether the last look of what is shown found no service: it may be out of date. */
export const isAway = signal(false);

/** How long to wait after so many looks that failed one after another, the last of them with this error. */
export function waitAfter(failures: number, error: unknown): number {
  const wait = Math.min(LONGEST, INTERVAL * 2 ** failures);
  return error instanceof ApiError ? Math.max(wait, (error.retryAfter ?? 0) * 1000) : wait;
}

/**
 * Looks again and again while the page is visible, and at once when it becomes so or the network is back. A look resolves to
 * why it failed, else to null. The returned function ends it.
 */
export function poll(look: () => Promise<unknown>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isLooking = false;
  let isOver = false;
  const isWanted = () => !isOver && document.visibilityState === "visible";
  const run = async () => {
    clearTimeout(timer);
    if (isLooking || !isWanted()) return;
    isLooking = true;
    const error = await look();
    isLooking = false;
    if (isOver) return;
    isAway.value = isOutOfReach(error);
    failures = error === null ? 0 : failures + 1;
    later(waitAfter(failures, error));
  };
  const later = (wait: number) => {
    if (isWanted()) timer = setTimeout(() => void run(), wait);
  };
  const now = () => void run();
  later(INTERVAL);
  document.addEventListener("visibilitychange", now);
  addEventListener("online", now);
  return () => {
    isOver = true;
    isAway.value = false;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", now);
    removeEventListener("online", now);
  };
}
