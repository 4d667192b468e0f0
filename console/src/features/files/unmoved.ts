import type { BatchResult } from "../../api/types";
import { isPassing } from "../uploads/patience";

/** The entries that a batch left where they were for a reason that passes: its request failed, or its work broke off. */
export function unmovedOf<T extends { id: string }>(items: readonly T[], results: readonly BatchResult[]): T[] {
  const ids = new Set(results.filter(({ status }) => isPassing(status)).map(({ id }) => id));
  return items.filter(({ id }) => ids.has(id));
}
