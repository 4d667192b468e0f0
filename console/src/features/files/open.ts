import type { Item } from "../../api/types";
import { go, href } from "../../app/router";
import { ROOT, type Route } from "../../app/routes";
import { account } from "../../app/session";
import { type Place, tell, toldOf, type Way } from "./told";

const routeOf = (item: Item): Route =>
  item.kind === "folder" ? { page: "files", folder: item.id } : { page: "view", file: item.id };

/** What was left last: where the keyboard is when its folder is shown again. */
let left: string | null = null;

export const leftLast = (): string | null => left;

/** Notes that a file's or a folder's own page is left, and what it knows of the way to its folder and of that one's entries. */
export function leave(id: string, way?: Way, entries: readonly Item[] = []): void {
  left = id;
  tell(account.peek()?.id, way, entries);
}

/** What the page that was left last knows of a folder. */
export const knownFolder = (id: string): Place | null => toldOf(account.peek()?.id, id);

/** Where an entry is shown. */
export const addressOf = (item: Item): string => href(routeOf(item));

export const openItem = (item: Item): void => go(routeOf(item));

/** The folder around an entry, as it is addressed. A path that is too long to be told leads through many. */
export const folderAround = ({ ancestors, parent_id }: Pick<Item, "ancestors" | "parent_id">): string =>
  !parent_id || (ancestors && ancestors.length <= 1) ? ROOT : parent_id;
