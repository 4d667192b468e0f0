import { discard, NetworkError } from "./client";

/** A script that the page can't load any more, and would if it were loaded anew. */
export class ReloadError extends Error {
  /** Whether the service has another version of the console by now. */
  readonly isOutdated: boolean;

  constructor(isOutdated: boolean, options: ErrorOptions) {
    super("a script of the console can't be loaded any more", options);
    this.isOutdated = isOutdated;
  }
}

/**
 * Loads a script of the console, and tells why it is not there: it has another name in each version of the console. Many
 * browsers never ask again for a script that was not there once, though the service is back.
 */
export async function reached<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const status = await statusOfFirst();
    if (status === 404) throw new ReloadError(true, { cause });
    if (status !== 200) throw new NetworkError("a script of the console could not be loaded", { cause });
    return load().catch(() => {
      throw new ReloadError(false, { cause });
    });
  }
}

/** What the service answers for the first script of this page, whose name changes with any other's; 0 for no answer. */
async function statusOfFirst(): Promise<number> {
  const first = document.querySelector<HTMLScriptElement>("script[type=module][src]");
  try {
    // Browsers keep scripts for a year.
    const answer = await fetch(first?.src ?? "", { cache: "no-store" });
    discard(answer);
    return answer.status;
  } catch {
    return 0;
  }
}
