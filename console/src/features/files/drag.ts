import type { ListedItem } from "../../api/types";

/** The type of drags within this page: others see it and can't read what is dragged. Each has its own, since it knows its own entries alone. */
const TYPE = `application/x-file-manager-items-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;

let dragged: readonly ListedItem[] = [];

export function startDrag(event: DragEvent, items: readonly ListedItem[]): void {
  if (!event.dataTransfer) return;
  dragged = items;
  event.dataTransfer.effectAllowed = "copyMove";
  event.dataTransfer.setData(TYPE, "");
}

export const draggedItems = (): readonly ListedItem[] => dragged;

export const isFileDrag = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

/**
 * Whether what is dragged can be dropped into a folder: files from outside can, entries unless the folder is one of them or
 * has all of them. Those that another page drags are not known here.
 */
export function fits(event: DragEvent, folder: string): boolean {
  if (isFileDrag(event)) return true;
  const isOurs = event.dataTransfer?.types.includes(TYPE) ?? false;
  return isOurs && dragged.every(({ id }) => id !== folder) && dragged.some(({ parent_id }) => parent_id !== folder);
}

/** What a drop does with entries: with Ctrl or Alt held, as systems have it, they are copied. */
export const opOf = (event: DragEvent): "move" | "copy" => (event.ctrlKey || event.altKey ? "copy" : "move");

/** Takes what is dragged over a folder, and has the pointer show what would become of it. */
export function accept(event: DragEvent): void {
  event.preventDefault();
  if (event.dataTransfer) event.dataTransfer.dropEffect = isFileDrag(event) ? "copy" : opOf(event);
}

/** Whether what is dragged has left an element, and not for something in it. */
export const hasLeft = (event: DragEvent): boolean =>
  !(event.currentTarget as Element).contains(event.relatedTarget as Node | null);
