import { ApiError, NetworkError } from "../../api/client";
import { pause } from "../../api/pause";

/** Some ten minutes of trying, in milliseconds between one try and the next. */
export const DELAYS = [500, 1000, 2000, 4000, 8000, 15_000, ...Array<number>(18).fill(30_000)];

/** Whether a request that failed with this status (0: without an answer) may succeed when it is sent again. */
export const isPassing = (status: number): boolean =>
  status === 0 || status === 408 || status === 423 || status === 429 || status >= 500;

/** Tries again what failed for a reason that passes. */
export async function patiently<T>(attempt: () => Promise<T>, signal: AbortSignal, delays = DELAYS): Promise<T> {
  for (const delay of delays) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!passes(error)) throw error;
    }
    await pause(delay, signal);
  }
  return attempt();
}

function passes(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  return error instanceof ApiError && (isPassing(error.status) || error.code === "conflict");
}
