import type { Sort, SortKey } from "../../api/items";
import { stored } from "../../ui/stored";

const isSort =
  (keys: readonly SortKey[]) =>
  (value: unknown): value is Sort => {
    const candidate = value as Partial<Sort> | null;
    const { key, order } = candidate ?? {};
    return key !== undefined && keys.includes(key) && (order === "asc" || order === "desc");
  };

export const sortKeys: readonly SortKey[] = ["name", "modified_at", "size", "type"];
/** How folders are shown, in all of them. */
export const sort = stored<Sort>("sort", { key: "name", order: "asc" }, isSort(sortKeys));

export const trashSortKeys: readonly SortKey[] = ["trashed_at", "name", "size"];
/** How the trash is shown. */
export const trashSort = stored<Sort>("trash-sort", { key: "trashed_at", order: "desc" }, isSort(trashSortKeys));

export const view = stored<"list" | "grid">(
  "view",
  "list",
  (value): value is "list" | "grid" => value === "list" || value === "grid",
);

export const details = stored("details", false, (value): value is boolean => typeof value === "boolean");
