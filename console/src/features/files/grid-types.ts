import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Sort, SortKey } from "../../api/items";
import type { ListedItem } from "../../api/types";
import type { MenuItem } from "../../ui/menu";
import type { PagedList } from "../../ui/paged";
import type { Selection } from "./selection";

export interface Column<T> {
  key: string;
  label: string;
  sort?: SortKey;
  render: (item: T) => ComponentChildren;
}

export interface GridProps<T extends ListedItem> {
  label: string;
  list: PagedList<T>;
  selection: Signal<Selection>;
  view: "list" | "grid";
  columns: readonly Column<T>[];
  /** One line for narrow screens, in place of the columns. */
  summary: (item: T) => string;
  /** What is told of it below its picture; the summary where that is left out. */
  caption?: (item: T) => string;
  address: (item: T) => string | null;
  onOpen: (item: T) => void;
  menu: (items: readonly T[]) => readonly MenuItem[];
  sort?: { value: Sort; onChange: (sort: Sort) => void };
  /** Keys of the page: true when it was one of its own. */
  onKey?: (event: KeyboardEvent, items: readonly T[]) => boolean;
  drag?: DragProps<T>;
}

export interface DragProps<T> {
  start: (event: DragEvent, items: readonly T[]) => void;
  accepts: (event: DragEvent, target: T) => boolean;
  drop: (event: DragEvent, target: T) => void;
}
