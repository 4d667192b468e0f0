import type { Folder, Item } from "../../api/types";

/** As much of a folder as is shown before it is read. */
export type Place = Pick<Folder, "id" | "name" | "parent_id" | "ancestors">;

/** The folders from the root down to one; undefined where they are not known. */
export type Way = NonNullable<Folder["ancestors"]> | undefined;

let told: { user: string; way: Way; folders: readonly Item[] } | null = null;

/** Notes what a page that is left has told its user: the way to its folder, and the entries of that. */
export function tell(user: string | undefined, way: Way, entries: readonly Item[]): void {
  told = user === undefined ? null : { user, way, folders: entries.filter(({ kind }) => kind === "folder") };
}

/** What the page that was left last has told this user of a folder. */
export function toldOf(user: string | undefined, id: string): Place | null {
  if (!told || told.user !== user) return null;
  const { way, folders } = told;
  const at = way?.findIndex((place) => place.id === id) ?? -1;
  const above = way?.[at];
  if (way && above) return { ...above, parent_id: way[at - 1]?.id ?? null, ancestors: way.slice(0, at) };
  const entry = folders.find((folder) => folder.id === id);
  return entry ? { ...entry, ...(way && { ancestors: way }) } : null;
}
