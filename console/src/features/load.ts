import { NetworkError } from "../api/client";

/** What most visits do not show: a script of its own, loaded with the first of it. */
export const later = (): Promise<typeof import("./later")> => reached(import("./later"));

/** All that sends files: a script of its own too. */
export const sending = (): Promise<typeof import("./uploads/all")> => reached(import("./uploads/all"));

async function reached<T>(script: Promise<T>): Promise<T> {
  try {
    return await script;
  } catch (error) {
    throw new NetworkError("a script of the console could not be loaded", { cause: error });
  }
}
