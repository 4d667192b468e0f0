import { ApiError, NetworkError } from "../../api/client";
import { pause } from "../../api/pause";

/** Some ten minutes of trying, in milliseconds between one try and the next. */
export const DELAYS = [500, 1000, 2000, 4000, 8000, 15_000, ...Array<number>(18).fill(30_000)];

/** As many milliseconds, or up to a quarter more: those that were turned away together do not all come back together. */
export const scatter = (milliseconds: number): number => milliseconds * (1 + Math.random() / 4);

/** Whether a request that failed with this status (0: without an answer) may succeed when it is sent again. */
export const isPassing = (status: number): boolean =>
  status === 0 || status === 408 || status === 423 || status === 429 || status >= 500;

/**
 * Whether an answer with this status and `Retry-After` says nothing of how far an upload is, and a later one may: 409 with the
 * latter is one that another request is at work on, as that of a page that was loaded anew.
 */
export const isUntold = (status: number, retryAfter: string | undefined): boolean =>
  status === 401 || isPassing(status) || (status === 409 && waitOf(retryAfter) > 0);

/** Milliseconds that an answer with this `Retry-After` asks for. One that is a date asks for none: the service sends seconds. */
export const waitOf = (retryAfter: string | undefined): number => Math.max(0, Number(retryAfter ?? 0) * 1000) || 0;

/** Tries again what failed for a reason that passes, not before a busy service says: `busy` is told that time. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  signal: AbortSignal,
  busy: (until: number) => void = () => undefined,
  delays = DELAYS,
): Promise<T> {
  for (const delay of delays) {
    let asked = 0;
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      if (error instanceof ApiError) asked = (error.retryAfter ?? 0) * 1000;
    }
    const wait = scatter(Math.max(delay, asked));
    if (asked > 0) busy(Date.now() + wait);
    await pause(wait, signal);
  }
  return attempt();
}

/** Whether what failed with this may succeed when it is tried again. */
export function mayPass(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  return error instanceof ApiError && (isPassing(error.status) || error.code === "conflict");
}
