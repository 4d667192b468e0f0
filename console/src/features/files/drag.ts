import type { ListedItem } from "../../api/types";

/** The type of drags within the console: other pages see it and can't read what is dragged. */
const TYPE = "application/x-file-manager-items";

let dragged: readonly ListedItem[] = [];

export function startDrag(event: DragEvent, items: readonly ListedItem[]): void {
  if (!event.dataTransfer) return;
  dragged = items;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData(TYPE, "");
}

export const draggedItems = (): readonly ListedItem[] => dragged;

export const isItemDrag = (event: DragEvent): boolean => event.dataTransfer?.types.includes(TYPE) ?? false;

export const isFileDrag = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
