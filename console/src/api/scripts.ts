import { discard, NetworkError } from "./client";

/** A script that is not there any more: the service has another version of the console by now. */
export class OutdatedError extends Error {}

/** Loads a script of the console, and tells why it is not there: it has another name in each version of the console. */
export async function reached<T>(script: Promise<T>): Promise<T> {
  try {
    return await script;
  } catch (error) {
    if (await isOutdated()) throw new OutdatedError("the console has a new version", { cause: error });
    throw new NetworkError("a script of the console could not be loaded", { cause: error });
  }
}

/** Whether the service has the first script of this page no more. Its name changes with any other's. */
async function isOutdated(): Promise<boolean> {
  const first = document.querySelector<HTMLScriptElement>("script[type=module][src]");
  if (!first) return false;
  try {
    // Browsers keep scripts for a year.
    const answer = await fetch(first.src, { cache: "no-store" });
    discard(answer);
    return answer.status === 404;
  } catch {
    return false;
  }
}
