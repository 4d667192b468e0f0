import { ApiError } from "../../api/client";
import type { Upload } from "./queue";

/** What emptying the trash would free for uploads that found no room, and which those are. */
export interface Lack {
  ids: string[];
  trashBytes: number;
}

/** Refusals are of different moments: the trash has at most what the fullest of them tells. */
export function lackOf(uploads: readonly Pick<Upload, "id" | "state" | "error">[]): Lack {
  const lack: Lack = { ids: [], trashBytes: 0 };
  for (const { id, state, error } of uploads) {
    if (state !== "failed" || !isLack(error)) continue;
    lack.ids.push(id);
    lack.trashBytes = Math.max(lack.trashBytes, error.problem.reclaimable?.trash_bytes ?? 0);
  }
  return lack;
}

const isLack = (error: unknown): error is ApiError => error instanceof ApiError && error.code === "quota_exceeded";
