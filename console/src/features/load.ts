import { reached } from "../api/scripts";

/** What most visits do not show: a script of its own, loaded with the first of it. */
export const later = (): Promise<typeof import("./later")> => reached(() => import("./later"));

/** All that sends files: a script of its own too. */
export const sending = (): Promise<typeof import("./uploads/all")> => reached(() => import("./uploads/all"));
