import type { Sort } from "../../api/items";
import { stored } from "../../ui/stored";

const keys: readonly unknown[] = ["name", "modified_at", "size", "type"];

/** How folders are shown, in all of them. */
export const sort = stored<Sort>("sort", { key: "name", order: "asc" }, (value): value is Sort => {
  const candidate = value as Partial<Sort> | null;
  return keys.includes(candidate?.key) && (candidate?.order === "asc" || candidate?.order === "desc");
});

export const view = stored<"list" | "grid">(
  "view",
  "list",
  (value): value is "list" | "grid" => value === "list" || value === "grid",
);

export const details = stored("details", false, (value): value is boolean => typeof value === "boolean");
