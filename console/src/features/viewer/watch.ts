import { ApiError, discard, send } from "../../api/client";
import { poll } from "../../app/poll";

interface Listener {
  changed: () => void;
  gone: (error: unknown) => void;
}

/** Looks every few seconds whether a file is what it was at the look before: another device may have changed it. */
export function watch(id: string, { changed, gone }: Listener): () => void {
  let tag: string | null = null;
  return poll(async () => {
    try {
      const answer = await send("GET", `v1/items/${id}`, tag === null ? {} : { headers: { "If-None-Match": tag } });
      discard(answer);
      if (answer.status === 304) return null;
      tag = answer.headers.get("ETag");
      changed();
      return null;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        // When it is back, it may be what it was.
        tag = null;
        gone(error);
      }
      return error;
    }
  });
}
