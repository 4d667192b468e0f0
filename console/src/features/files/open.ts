import type { Item } from "../../api/types";
import { go, href } from "../../app/router";
import { ROOT, type Route } from "../../app/routes";

const routeOf = (item: Item): Route =>
  item.kind === "folder" ? { page: "files", folder: item.id } : { page: "view", file: item.id };

/** What was left last: where the keyboard is when its folder is shown again. */
let left: string | null = null;

export const leftLast = (): string | null => left;

/** Notes that a file's or a folder's own page is left. */
export function leave(id: string): void {
  left = id;
}

/** Where an entry is shown. */
export const addressOf = (item: Item): string => href(routeOf(item));

export const openItem = (item: Item): void => go(routeOf(item));

/** The folder around an entry, as it is addressed. A path that is too long to be told leads through many. */
export const folderAround = ({ ancestors, parent_id }: Pick<Item, "ancestors" | "parent_id">): string =>
  !parent_id || (ancestors && ancestors.length <= 1) ? ROOT : parent_id;
