import { fromTransfer } from "../uploads/entries";
import { upload } from "../uploads/start";
import { move, type Target } from "./commands";
import { draggedItems, isFileDrag } from "./drag";

/** Files from outside are sent into a folder, entries of the console are moved there. */
export async function dropInto(event: DragEvent, target: Target): Promise<void> {
  if (isFileDrag(event) && event.dataTransfer) return upload(fromTransfer(event.dataTransfer), target);
  const items = draggedItems().filter((item) => item.id !== target.id && item.parent_id !== target.id);
  if (items.length > 0) await move(items, target);
}
