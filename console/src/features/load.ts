import { NetworkError } from "../api/client";

/** What most visits do not show: a script of its own, loaded with the first of it. */
export async function later(): Promise<typeof import("./later")> {
  try {
    return await import("./later");
  } catch (error) {
    throw new NetworkError("a script of the console could not be loaded", { cause: error });
  }
}
