import { fromTransfer } from "../uploads/entries";
import { upload } from "../uploads/start";
import { bring, type Target } from "./commands";
import { draggedItems, isFileDrag, opOf } from "./drag";

/** Files from outside are sent into a folder, entries of the console are moved or copied there. */
export async function dropInto(event: DragEvent, target: Target): Promise<void> {
  if (isFileDrag(event) && event.dataTransfer) return upload(fromTransfer(event.dataTransfer), target);
  const items = draggedItems().filter((item) => item.parent_id !== target.id);
  await bring(opOf(event), items, target);
}
